/*
 * What right files mean, and conf_load() on a directory.
 */
#include <sys/stat.h>

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/conf.h"

static const char	main_cf[] =
    "# sample\n"
    "myhostname = mx.example.com\n"
    "smtpd_greeting = ${myhostname} costs $$5\n"
    "log_target = stdout\n"
    "smtpd_idle_timeout = 1500ms\n";

static const char	master_cf[] =
    "# service type private unpriv chroot wakeup maxproc command\n"
    "smtp inet n - n - 3 smtpd\n"
    "[::1]:submission inet n n y 60 - smtpd\n"
    "    -o server_id=sub -o { myhostname = out.example.com }\n"
    "    # comments do not end it\n"
    "    -o smtpd_idle_timeout=2m\n"
    "127.0.0.1:2525 inet - - - - 2 smtpd\n"
    "metrics unix - - - - - metrics\n"
    "share.sock unix - - - - - share\n";

static void
print(void *arg, const char *file, int line, int column, const char *text)
{
	(void)arg;
	print_message("%s:%d:%d: %s\n", file, line, column, text);
}

static struct conf *
parse(void)
{
	struct conf_text	 text = { "/instance", STR(main_cf),
				    STR(master_cf) };
	struct conf		*c = NULL;

	assert_int_equal(conf_parse(&c, &text, print, NULL), 0);
	return c;
}

static void
test_services(void **state)
{
	struct conf			*c = parse();
	const struct conf_service	*s;

	(void)state;
	assert_int_equal(conf_service_count(c), 5);
	s = conf_service(c, 0);
	assert_string_equal(s->name, "smtp");
	assert_int_equal(s->type, CONF_INET);
	assert_string_equal(s->host, "");
	assert_int_equal(s->port, 25);
	assert_int_equal(s->line, 2);
	assert_int_equal(s->maxproc, 3);
	assert_int_equal(s->wakeup_s, 0);
	assert_true(s->unpriv && !s->chroot && !s->private);
	s = conf_service(c, 1);
	assert_string_equal(s->host, "::1");
	assert_int_equal(s->port, 587);
	assert_int_equal(s->wakeup_s, 60);
	assert_in_range(s->maxproc, 1, 1024);
	assert_true(!s->unpriv && s->chroot);
	s = conf_service(c, 2);
	assert_string_equal(s->host, "127.0.0.1");
	assert_int_equal(s->port, 2525);
	s = conf_service(c, 3);
	assert_int_equal(s->type, CONF_UNIX);
	assert_string_equal(s->command, "metrics");
	assert_int_equal(s->maxproc, 1);
	assert_true(s->private && !s->single);
	s = conf_service(c, 4);
	assert_string_equal(s->command, "share");
	assert_true(s->single && s->maxproc == 1);
	conf_free(&c);
	assert_null(c);
	conf_free(&c);
}

/* A service's -o reaches what main.cf refers to. */
static void
test_overrides(void **state)
{
	struct conf		*c = parse();
	const struct params	*p = conf_params(c);
	char			 where[64];

	(void)state;
	assert_string_equal(p->smtpd_greeting, "mx.example.com costs $5");
	assert_int_equal(p->smtpd_idle_timeout, 1500);
	p = &conf_service(c, 1)->params;
	assert_string_equal(p->smtpd_greeting, "out.example.com costs $5");
	assert_string_equal(p->server_id, "sub");
	assert_int_equal(p->smtpd_idle_timeout, 120000);
	p = &conf_service(c, 2)->params;
	assert_string_equal(p->smtpd_greeting, "mx.example.com costs $5");
	assert_string_equal(p->server_id, "");
	assert_string_equal(conf_origin(c, "log_target", where, sizeof where),
	    "main.cf:4");
	assert_string_equal(conf_origin(c, "log_level", where, sizeof where),
	    "default");
	assert_string_equal(conf_origin(c, "nothing", where, sizeof where),
	    "default");
	conf_free(&c);
}

static void
test_paths(void **state)
{
	struct conf	*c = parse();
	char		 path[CONF_PATH_SIZE];

	(void)state;
	assert_string_equal(conf_dir(c), "/instance");
	assert_string_equal(conf_path(c, "hooks/a", path, sizeof path),
	    "/instance/hooks/a");
	assert_string_equal(conf_path(c, "/hooks/a", path, sizeof path),
	    "/hooks/a");
	conf_free(&c);
}

static char	dir[64];

static void
put(const char *name, const char *text, size_t len)
{
	char	 path[128];
	FILE	*f;

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void
collect(void *arg, const char *file, int line, int column, const char *text)
{
	const char	*base = strrchr(file, '/');

	buf_printf(arg, "%s:%d:%d: %s\n", base + 1, line, column, text);
}

#define PUT(name, text)	put(name, text, sizeof(text) - 1)

static void
test_load(void **state)
{
	struct conf	*c = NULL;
	struct buf	 got = BUF_INIT;
	char		*big;

	(void)state;
	assert_int_equal(conf_load(&c, dir, collect, &got), -1);
	assert_non_null(strstr(buf_cstr(&got), "/main.cf: No such file"));
	assert_non_null(strstr(buf_cstr(&got), "/master.cf: No such file"));
	PUT("main.cf", "hook_eod = eod.hsl\n");
	PUT("master.cf", "25 inet n - - - 1 smtpd\n"
	    "26 inet n - - - 1 smtpd -o hook_eod=other.hsl\n");
	PUT("eod.hsl", "Accept();\n");
	buf_clear(&got);
	assert_int_equal(conf_load(&c, dir, collect, &got), -1);
	assert_non_null(strstr(buf_cstr(&got), "master.cf:2:37: "));
	assert_non_null(strstr(buf_cstr(&got), "other.hsl: No such file"));
	big = test_calloc(1, (1 << 20) + 1);
	put("other.hsl", big, (1 << 20) + 1);
	buf_clear(&got);
	assert_int_equal(conf_load(&c, dir, collect, &got), -1);
	assert_non_null(strstr(buf_cstr(&got),
	    "other.hsl: larger than 1024 KiB"));
	put("other.hsl", big, 1 << 20);
	test_free(big);
	assert_int_equal(conf_load(&c, dir, print, NULL), 0);
	assert_true(str_eq(conf_script(c, "eod.hsl"), STR("Accept();\n")));
	assert_int_equal(conf_script(c, "other.hsl").len, 1 << 20);
	assert_null(conf_script(c, "none.hsl").p);
	conf_free(&c);
	buf_free(&got);
}

/* Broken files still tell where the instance is. */
static void
test_peek(void **state)
{
	struct buf	b = BUF_INIT;

	(void)state;
	PUT("main.cf", "junk\nrun_directory = run\nlog_level = loud\n");
	conf_peek(dir, "run_directory", &b);
	assert_string_equal(buf_cstr(&b), "run");
	buf_clear(&b);
	conf_peek("/nowhere", "run_directory", &b);
	assert_string_equal(buf_cstr(&b), "/run/halyard");
	buf_free(&b);
}

/* A directory or a fifo in the place of a hook is an error, not a hang. */
static void
test_not_regular(void **state)
{
	struct conf	*c = NULL;
	struct buf	 got = BUF_INIT;
	char		 path[128];

	(void)state;
	PUT("master.cf", "25 inet n - - - 1 smtpd\n");
	PUT("main.cf", "hook_eod = .\n");
	assert_int_equal(conf_load(&c, dir, collect, &got), -1);
	assert_non_null(strstr(buf_cstr(&got), "not a regular file"));
	(void)snprintf(path, sizeof path, "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	PUT("main.cf", "hook_eod = fifo\n");
	buf_clear(&got);
	assert_int_equal(conf_load(&c, dir, collect, &got), -1);
	assert_non_null(strstr(buf_cstr(&got), "main.cf:1:12: "));
	assert_non_null(strstr(buf_cstr(&got), "not a regular file"));
	buf_free(&got);
}

static int
setup(void **state)
{
	(void)state;
	(void)strcpy(dir, "/tmp/halyard-conf.XXXXXX");
	return mkdtemp(dir) == NULL;
}

static int
teardown(void **state)
{
	static const char *const names[] = { "main.cf", "master.cf",
		"eod.hsl", "other.hsl", "fifo" };
	char	path[128];
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		(void)unlink(path);
	}
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_not_regular),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
