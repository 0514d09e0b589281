/*
 * What the compiler says of names that another hook has, or no hook yet.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hooks/hooks.h"

struct host_case {
	const char	*hook;		/* NULL: a script of its own */
	const char	*script;
	const char	*want;
};

static const struct host_case	cases[] = {
	{ "eod", "Accept();", "" },
	{ NULL, "Accept();", "1:1: Accept() is a function of hooks: connect, "
	    "helo, auth, mailfrom, rcptto, eod\n" },
	{ "disconnect", "Reject(\"no\");", "1:1: Reject() is a function of "
	    "hooks: connect, helo, auth, mailfrom, rcptto, eod\n" },
	{ "eod", "Pass();", "1:1: Pass() is a function of hooks: proxy, "
	    "disconnect\n" },
	{ "helo", "$f = Reply;", "1:6: Reply() is a function of hooks: proxy, "
	    "auth\n" },
	{ "helo", "$m = MailMessage::String(\"\");", "1:6: MailMessage is a "
	    "class of a later version\n" },
	{ "eod", "$m = MailMessage::String(\"\");", "1:6: MailMessage is a "
	    "class of a later version\n" },
	{ "eod", "$m = File::nothing(\"\");", "1:6: class File has no static "
	    "'nothing'\n" },
	{ "helo", "function Pass() { } Pass(); Reject();", "" },
	{ .script = NULL }
};

static void
hosts_diag(void *arg, const struct hsl_diag *d)
{
	buf_printf(arg, "%d:%d: %s\n", d->line, d->column, d->text);
}

static void
test_elsewhere(void **state)
{
	const struct host_case	*c;
	const struct hsl_host	*host;
	struct hsl_program	*p;
	struct buf		 out = BUF_INIT;

	(void)state;
	for (c = cases; c->script != NULL; c++) {
		buf_clear(&out);
		host = c->hook != NULL ? hooks_host(c->hook) :
		    &hooks_script_host;
		p = hsl_compile(host, "t", str_of(c->script), hosts_diag,
		    &out);
		assert_string_equal(buf_cstr(&out), c->want);
		hsl_program_unref(&p);
	}
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
