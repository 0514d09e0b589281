/*
 * What the compiler says of names that another hook has, or no hook yet, and
 * what it warns of.
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
	{ NULL, "Accept();", "1:1: Accept() is a function of hooks: connect, "
	    "helo, auth, mailfrom, rcptto, eod\n" },
	{ "disconnect", "Reject(\"no\");", "1:1: Reject() is a function of "
	    "hooks: connect, helo, auth, mailfrom, rcptto, eod\n" },
	{ "eod", "Pass();", "1:1: Pass() is a function of hooks: proxy, "
	    "disconnect\n" },
	{ "helo", "$f = Reply;", "1:6: Reply() is a function of hooks: proxy, "
	    "auth\n" },
	{ "helo", "$m = MIME();", "1:6: MIME is a class of a later version\n" },
	{ "helo", "$m = MailMessage::String(\"\");", "" },
	{ "eod", "$m = MailMessage::String(\"\");", "" },
	{ "eod", "$m = File::nothing(\"\");", "1:6: class File has no static "
	    "'nothing'\n" },
	{ "helo", "function Pass() { } Pass(); Reject();", "" },
	{ "helo", "sleep(\"1\"); syslog(5, 5); rate(1, \"a\", 1, none);",
	    "1:7: sleep(): argument 1 is a string, not a number\n"
	    "1:23: syslog(): argument 2 is a number, not a string\n" },
	{ NULL, "memory_store(\"k\", [], true); memory_dec(5, 1, true);",
	    "1:23: memory_store(): argument 3 is a boolean, not a function "
	    "or array\n"
	    "1:41: memory_dec(): argument 1 is a number, not a string\n" },
	{ "helo", "echo $arguments . $connection . $transaction . $context;",
	    "" },
	{ "helo", "echo $message;", "1:6: nothing assigns $message\n" },
	{ NULL, "echo $arguments . $connection . $transaction . $context;",
	    "" },
	{ "eod", "if (1) Accept();", "1:8: Accept() without a send() or "
	    "queue() before it: the client is told that the message was "
	    "taken, and nobody has it\n" },
	{ "eod", "foreach ($transaction[\"recipients\"] as $r)\n"
	    "$arguments[\"mail\"]->queue(\"a@b\", $r[\"address\"], \"mx\");"
	    "Accept();", "" },
	{ "eod", "foreach ([1] as $r) { if ($r == 1) break;\n"
	    "$arguments[\"mail\"]->queue(\"a@b\", \"c@d\", \"mx\"); }"
	    "Accept();", "2:49: Accept() without a send() or queue() before "
	    "it: the client is told that the message was taken, and nobody "
	    "has it\n" },
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
	struct hsl_host		 host;
	struct hsl_program	*p;
	struct buf		 out = BUF_INIT;

	(void)state;
	for (c = cases; c->script != NULL; c++) {
		buf_clear(&out);
		host = c->hook != NULL ? *hooks_host_named(c->hook) :
		    hooks_script_host;
		host.warn = hosts_diag;
		host.warn_arg = &out;
		p = hsl_compile(&host, "t", str_of(c->script), hosts_diag,
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
