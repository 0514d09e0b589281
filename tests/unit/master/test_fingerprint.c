/*
 * fingerprint: what changes it, so that there are new workers, and what does
 * not, so that those that run go on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "master/fingerprint.h"

static char	dir[] = "/tmp/halyard-fingerprint.XXXXXX";

static const struct {
	const char	*name, *text;
} files[] = {
	{ "main.cf", "hook_eod = hooks/eod.hsl\n"
	    "tls_default_ca_file = cert.pem\n"
	    "send_tls_client_certs = one=id.pem two=other.pem\n"
	    "run_directory = run\nlog_target = log\n"
	    "secret_directory = secrets\n" },
	{ "master.cf", "25 inet n n n - 2 smtpd\n"
	    "26 inet n n n - 2 smtpd\n  -o hop_count_limit=9\n" },
	{ "transport.cf", "transport a mx -\n" },
	{ "policy.cf", "" },
	{ "cert.pem", "certificate" }, { "id.pem", "identity" },
	{ "other.pem", "identity" }, { "log", "" },
	{ "hooks/eod.hsl", "Accept();" }, { "hooks/in/one.hsl", "1;" },
	{ "run/pid", "1" }, { "secrets/s", "s" }, { "programs/smtpd", "" },
};
static const char *const	folders[] = { "hooks", "hooks/in", "run",
	"secrets", "programs" };

#define COUNT(list)	(sizeof list / sizeof list[0])

static const char *
path_of(const char *name)
{
	static char	path[4][200];
	static int	next;

	next = (next + 1) % 4;
	(void)snprintf(path[next], sizeof path[next], "%s/%s", dir, name);
	return path[next];
}

/* In place of what was there, as programs do that write a file anew. */
static void
put(const char *name, const char *text)
{
	FILE	*f = fopen(path_of("new"), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(rename(path_of("new"), path_of(name)), 0);
}

static void
collect(void *arg, const char *file, int line, int column, const char *text)
{
	(void)arg;
	fail_msg("%s:%d:%d: %s", file, line, column, text);
}

static void
take(struct fingerprint *f)
{
	struct conf	*c = NULL;

	assert_int_equal(conf_load(&c, dir, collect, NULL), 0);
	fingerprint_take(f, c, path_of("programs"));
	conf_free(&c);
}

static int
set_up(void **state)
{
	size_t	i;

	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	for (i = 0; i < COUNT(folders); i++)
		if (mkdir(path_of(folders[i]), 0755) == -1)
			return -1;
	for (i = 0; i < COUNT(files); i++)
		put(files[i].name, files[i].text);
	return 0;
}

static int
tear_down(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(files); i++)
		(void)unlink(path_of(files[i].name));
	(void)unlink(path_of("hooks/link"));
	(void)unlink(path_of("hooks/in/two.hsl"));
	for (i = COUNT(folders); i-- > 0;)
		(void)rmdir(path_of(folders[i]));
	return rmdir(dir);
}

static void
test_changes(void **state)
{
	static const struct {
		const char	*file, *text;
		bool		 equal;
	} cases[] = {
		{ "transport.cf", "transport b mx -\n", true },
		{ "policy.cf", "policy a - -o concurrency=1\n", true },
		{ "log", "a line", true },
		{ "run/pid", "2", true },
		{ "secrets/s", "t", true },
		{ "main.cf", "# only a comment\nhook_eod = hooks/eod.hsl\n"
		    "tls_default_ca_file = cert.pem\n"
		    "send_tls_client_certs = one=id.pem two=other.pem\n"
		    "run_directory = run\nlog_target = log\n"
		    "secret_directory = secrets\n", true },
		{ "cert.pem", "certificate", false },
		{ "other.pem", "identity", false },
		{ "hooks/eod.hsl", "Reject();", false },
		{ "hooks/in/one.hsl", "1;", false },
		{ "hooks/in/two.hsl", "2;", false },
		{ "programs/smtpd", "", false },
		{ "master.cf", "25 inet n n n - 3 smtpd\n"
		    "26 inet n n n - 2 smtpd\n  -o hop_count_limit=9\n",
		    false },
		{ "master.cf", "25 inet n n n - 3 smtpd\n"
		    "26 inet n n n - 2 smtpd\n  -o hop_count_limit=8\n",
		    false },
		{ "main.cf", "hook_eod = hooks/eod.hsl\n"
		    "tls_default_ca_file = cert.pem\n"
		    "run_directory = run\nlog_target = log\n"
		    "secret_directory = secrets\n", false },
	};
	struct fingerprint	before = FINGERPRINT_INIT;
	struct fingerprint	after = FINGERPRINT_INIT;
	size_t			i;

	(void)state;
	take(&before);
	for (i = 0; i < COUNT(cases); i++) {
		put(cases[i].file, cases[i].text);
		take(&after);
		if (fingerprint_equal(&before, &after) != cases[i].equal)
			fail_msg("%zu: %s", i, cases[i].file);
		take(&before);
		assert_true(fingerprint_equal(&before, &after));
	}
	fingerprint_fini(&before);
	fingerprint_fini(&after);
}

/* Of a file that was written where it is, and has the size that it had. */
static void
test_time(void **state)
{
	struct fingerprint	before = FINGERPRINT_INIT;
	struct fingerprint	after = FINGERPRINT_INIT;
	struct timespec		t[2] = { { 1000, 5 }, { 1000, 5 } };

	(void)state;
	assert_int_equal(utimensat(-1, path_of("cert.pem"), t, 0), 0);
	take(&before);
	t[1].tv_nsec = 6;
	assert_int_equal(utimensat(-1, path_of("cert.pem"), t, 0), 0);
	take(&after);
	assert_false(fingerprint_equal(&before, &after));
	fingerprint_fini(&before);
	fingerprint_fini(&after);
}

/* A link may lead around, and what it points to counts. */
static void
test_links(void **state)
{
	struct fingerprint	before = FINGERPRINT_INIT;
	struct fingerprint	after = FINGERPRINT_INIT;

	(void)state;
	assert_int_equal(symlink("..", path_of("hooks/link")), 0);
	take(&before);
	take(&after);
	assert_true(fingerprint_equal(&before, &after));
	assert_int_equal(unlink(path_of("hooks/link")), 0);
	assert_int_equal(symlink("../log", path_of("hooks/link")), 0);
	take(&before);
	put("log", "another line");
	take(&after);
	assert_false(fingerprint_equal(&before, &after));
	fingerprint_fini(&before);
	fingerprint_fini(&after);
}

/* What is not looked at may have changed. */
static void
test_doubtful(void **state)
{
	struct fingerprint	one = FINGERPRINT_INIT;
	char			deep[100] = "hooks";
	int			i;

	(void)state;
	for (i = 0; i < 20; i++) {
		(void)strlcat(deep, "/d", sizeof deep);
		assert_int_equal(mkdir(path_of(deep), 0755), 0);
	}
	take(&one);
	while (i-- > 0) {
		assert_int_equal(rmdir(path_of(deep)), 0);
		*strrchr(deep, '/') = '\0';
	}
	assert_false(fingerprint_equal(&one, &one));
	fingerprint_fini(&one);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_doubtful),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
