/*
 * Secrets: the first line of a file beneath a directory, read again when the
 * file has changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "outbound/secret.h"

static char		dir[] = "/tmp/test_secret.XXXXXX";
static struct secrets	*secrets;

static void
put(const char *name, const char *text)
{
	char	path[128];
	FILE	*f;

	(void)snprintf(path, sizeof path, "%s/new", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
	{
		char	to[128];

		(void)snprintf(to, sizeof to, "%s/%s", dir, name);
		assert_int_equal(rename(path, to), 0);
	}
}

static void
get(const char *name, int64_t now_ms, const char *want)
{
	struct str	s = STR_NONE;
	struct err	e;
	int		rc = secrets_get(secrets, str_of(name), now_ms, &s, &e);

	assert_int_equal(rc, want == NULL ? -1 : 0);
	if (want != NULL)
		assert_true(str_eq(s, str_of(want)));
	secret_free(&s);
}

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	secrets = secrets_new(open(dir, O_RDONLY | O_DIRECTORY));
	return 0;
}

static int
teardown(void **state)
{
	char	command[160];

	(void)state;
	secrets_free(&secrets);
	(void)snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

static void
test_lines(void **state)
{
	static const struct {
		const char	*text;
		const char	*want;
	} files[] = {
		{ "pass word\n", "pass word" }, { "p", "p" },
		{ "p\r\nother\n", "p" }, { "", NULL }, { "\n", NULL },
		{ "a\tb\n", NULL },
	};
	char	name[8];
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof files / sizeof files[0]; i++) {
		(void)snprintf(name, sizeof name, "f%zu", i);
		put(name, files[i].text);
		get(name, 0, files[i].want);
	}
}

/* A second is as long as an old one may live. */
static void
test_again(void **state)
{
	(void)state;
	put("token", "one\n");
	get("token", 0, "one");
	put("token", "two\n");
	get("token", 999, "one");
	get("token", 1000, "two");
	put("token", "");
	get("token", 2000, NULL);
	put("token", "three\n");
	get("token", 2000, "three");
}

/* Nothing outside is a secret, and what is no file is none. */
static void
test_outside(void **state)
{
	char		path[128];
	struct secrets	*none = secrets_new(-1);
	struct str	s;
	struct err	e;

	(void)state;
	get("../../etc/passwd", 0, NULL);
	get("/etc/passwd", 0, NULL);
	get("absent", 0, NULL);
	(void)snprintf(path, sizeof path, "%s/link", dir);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	get("link", 0, NULL);
	(void)snprintf(path, sizeof path, "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	get("fifo", 0, NULL);
	assert_int_equal(secrets_get(none, STR("a"), 0, &s, &e), -1);
	assert_string_equal(e.text, "secret a: there is no secret_directory");
	secrets_free(&none);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_lines), cmocka_unit_test(test_again),
		cmocka_unit_test(test_outside),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
