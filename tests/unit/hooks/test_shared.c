/*
 * memory_*(), rate() and barrier from scripts, on a store of this process:
 * what each returns and refuses, many runs at once, runs that are given up
 * or late in every turn of the loop.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event/loop.h"
#include "hooks/hooks.h"
#include "hooks/hooks.h"
#include "share/share.h"

#define RUNS	20

/* Every script begins with this: is() throws unless both are the same. */
#define IS	"function is($a, $b) { if ($a !== $b) throw [$a, $b]; } " \
		"function error($f) { try { $f(); } catch ($e) { return " \
		"$e->message(); } return none; } "

struct run {
	struct fixture		*f;
	struct hook_run		*run;
	struct hsl_frozen	*context;
	enum verdict_action	 action;
	bool			 done;
};

struct fixture {
	struct loop	*loop;
	struct share	*share;
	struct hook	*hook;
	struct run	 runs[RUNS];
	struct timer	 timer;
	int		 left;
};

static void
fixture_report(void *arg, const struct hsl_diag *d)
{
	(void)arg;
	fail_msg("%s:%d:%d: %s", d->file, d->line, d->column, d->text);
}

static void
fixture_init(struct fixture *f, bool shared)
{
	memset(f, 0, sizeof *f);
	f->loop = loop_new(NULL);
	if (shared)
		f->share = share_local(f->loop, 4 << 20);
}

static void
fixture_script(struct fixture *f, const char *script, uint32_t time_ms)
{
	struct hook_config	c = { .limits = hsl_limits_default };

	hook_free(&f->hook);
	c.offers = hooks_host(HOOK_CONNECT);
	c.host = (struct library_host){ .loop = f->loop, .share = f->share };
	c.limits.time_ms = time_ms;
	f->hook = hook_new(HOOK_CONNECT, &c, "t", str_of(script),
	    fixture_report, NULL);
	assert_non_null(f->hook);
}

static void
fixture_fini(struct fixture *f)
{
	timer_fini(&f->timer);
	hook_free(&f->hook);
	share_free(&f->share);
	loop_free(&f->loop);
}

static void
run_done(void *arg, const struct verdict *v)
{
	struct run	*r = arg;

	r->run = NULL;
	r->done = true;
	r->action = v->action;
	if (--r->f->left == 0)
		loop_stop(r->f->loop);
}

static void
run_start(struct fixture *f, int i)
{
	static struct hook_connection	 conn = { .serverid = "test" };
	static struct logctx		 log;
	struct run			*r = &f->runs[i];
	struct hook_request		 rq = { .conn = &conn, .log = &log,
	    .context = &r->context, .done = run_done, .arg = r };

	*r = (struct run){ .f = f };
	f->left++;
	r->run = hook_start(f->hook, &rq);
}

static enum verdict_action
run_one(struct fixture *f, const char *script, uint32_t time_ms)
{
	fixture_script(f, script, time_ms);
	run_start(f, 0);
	assert_int_equal(loop_run(f->loop), 0);
	hsl_frozen_free(&f->runs[0].context);
	return f->runs[0].action;
}

/* ---- What each returns ------------------------------------------------- */

static const char *const	scripts[] = {
	/* memory_add, fetch, exists, delete */
	IS "is(memory_fetch(\"k\"), none); is(memory_add(\"k\", [1, \"x\" => "
	"[none, true]]), true); is(memory_add(\"k\", 2), false); "
	"is(memory_fetch(\"k\"), [1, \"x\" => [none, true]]); "
	"is(memory_exists(\"k\"), true); is(memory_delete(\"k\"), true); "
	"is(memory_delete(\"k\"), false); is(memory_exists(\"k\"), false);",
	/* none is a value */
	IS "is(memory_store(\"k\", none), false); is(memory_exists(\"k\"), "
	"true); is(memory_fetch(\"k\"), none); is(memory_add(\"k\", 1), "
	"false); is(memory_delete(\"k\"), true);",
	/* callbacks see key and value, and may wait */
	IS "$seen = []; $see = function ($k, $v) closure ($seen) { sleep(0); "
	"$seen[] = [$k, $v]; return 99; }; "
	"is(memory_store(\"k\", 1, $see), false); "
	"is(memory_store(\"k\", 2, $see), true); "
	"is(memory_exists(\"k\", $see), true); "
	"is(memory_fetch(\"k\", function ($k) { throw 1; }), 2); "
	"is(memory_delete(\"k\", $see), true); "
	"is(memory_delete(\"k\", $see), false); "
	"is(memory_exists(\"k\", $see), false); "
	"is(memory_fetch(\"k\", function ($k) { return $k . \"?\"; }), "
	"\"k?\"); "
	"is($seen, [[\"k\", 1], [\"k\", 2], [\"k\", 2]]);",
	/* memory_update */
	IS "$u = function ($k, $c, $v) { sleep(0); return [$k, $c, $v]; }; "
	"is(memory_update(\"u\", 1, $u), false); "
	"is(memory_exists(\"u\"), false); "
	"is(memory_update(\"u\", 1, $u, 7), false); "
	"is(memory_fetch(\"u\"), [\"u\", 7, 1]); "
	"is(memory_update(\"u\", 2, $u, 7), true); "
	"is(memory_fetch(\"u\"), [\"u\", [\"u\", 7, 1], 2]); "
	"memory_delete(\"u\"); is(memory_update(\"u\", 1, $u, none), false); "
	"is(memory_fetch(\"u\"), [\"u\", none, 1]); "
	"$append = function ($k, $list, $v) { $list[] = $v; return $list; }; "
	"is(memory_update(\"l\", \"item\", $append, []), false); "
	"is(memory_update(\"l\", 2, $append, []), true); "
	"is(memory_fetch(\"l\"), [\"item\", 2]); memory_delete(\"l\"); "
	"is(memory_store(\"s\", 1), false); is(memory_store(\"s\", 2), true); "
	"memory_delete(\"s\"); "
	"is(memory_delete(\"u\"), true);",
	/* an exception in a callback leaves what was there */
	IS "memory_store(\"k\", 1); try { memory_update(\"k\", 2, function "
	"($k, $c, $v) { throw \"no\"; }); } catch ($e) { is($e, \"no\"); } "
	"is(memory_fetch(\"k\"), 1); memory_delete(\"k\");",
	/* memory_inc, memory_dec */
	IS "is(memory_inc(\"n\"), 1); is(memory_inc(\"n\", 2.5), 3.5); "
	"is(memory_dec(\"n\", 0.5), 3); is(memory_fetch(\"n\"), 3); "
	"is(memory_dec(\"n\", 3), 0); is(memory_exists(\"n\"), true); "
	"is(memory_inc(\"n\"), 1); is(memory_dec(\"n\", 1, true), 0); "
	"is(memory_exists(\"n\"), false); is(memory_dec(\"n\"), -1); "
	"memory_store(\"n\", \"5\"); is(memory_inc(\"n\"), none); "
	"is(memory_fetch(\"n\"), \"5\"); memory_delete(\"n\");",
	/* what they refuse */
	IS "is(error(function () { memory_fetch(5); }), \"memory_fetch(): "
	"argument 1 is a number, not a string\"); "
	"is(error(function () { memory_store(\"k\", function () { }); }), "
	"\"memory_store(): a function can't be kept\"); "
	"is(error(function () { memory_exists(\"k\", 5); }), "
	"\"memory_exists(): argument 2 is a number, not a function\"); "
	"is(error(function () { memory_update(\"k\", 1, \"f\"); }), "
	"\"memory_update(): argument 3 is a string, not a function\"); "
	"is(error(function () { memory_inc(\"k\", \"1\"); }), "
	"\"memory_inc(): offset is a string, not a number that is finite\"); "
	"is(error(function () { memory_fetch(str_repeat(\"k\", 1025)); }), "
	"\"a key is longer than 1024 bytes\"); "
	"is(error(function () { memory_store(\"k\", str_repeat(\"v\", "
	"1048577)); }), \"memory_store(): more than 1048576 bytes\"); "
	"is(memory_store(str_repeat(\"k\", 1024), str_repeat(\"v\", "
	"1000000)), false); "
	"is(memory_delete(str_repeat(\"k\", 1024)), true);",
	/* a time to live */
	IS "is(memory_store(\"t\", 1, [\"ttl\" => 0.05]), false); "
	"is(memory_fetch(\"t\"), 1); sleep(0.1); is(memory_fetch(\"t\"), "
	"none); is(memory_add(\"t\", 2, [\"ttl\" => 0.05]), true); "
	"is(memory_add(\"t\", 3, [\"ttl\" => 9]), false); "
	"is(memory_update(\"t\", 3, function ($k, $o, $v) { return $v; }), "
	"true); is(memory_inc(\"t\"), 4); sleep(0.1); "
	"is(memory_exists(\"t\"), false); "
	"is(memory_store(\"t\", 1, none, [\"ttl\" => 0.05]), false); "
	"is(memory_store(\"t\", 2, function ($k, $o) { }, [\"ttl\" => 9]), "
	"true); sleep(0.1); is(memory_delete(\"t\"), true);",
	IS "foreach ([0, -1, 1000000000, \"5\", true] as $t) "
	"is(error(function () closure ($t) { memory_store(\"t\", 1, "
	"[\"ttl\" => $t]); }), \"memory_store(): ttl is a number of "
	"seconds, at most 31622400\"); "
	"is(error(function () { memory_add(\"t\", 1, [\"for\" => 1]); }), "
	"\"memory_add(): the only option is ttl\"); "
	"is(error(function () { memory_add(\"t\", 1, 1); }), "
	"\"memory_add(): argument 3 is a number, not an array of options\"); "
	"is(memory_exists(\"t\"), false);",
	/* full is an exception; what has a time to live makes room */
	IS "$n = 0; while ($n < 20) { memory_store(\"t\" . $n, "
	"str_repeat(\"v\", 500000), [\"ttl\" => 60]); $n += 1; } "
	"is(memory_exists(\"t0\"), false); is(memory_exists(\"t19\"), true);"
	" while ($n > 0) { $n -= 1; memory_delete(\"t\" . $n); }",
	/* full is an exception; what is there stays */
	IS "$n = 0; try { while (true) { memory_store(\"f\" . $n, "
	"str_repeat(\"v\", 500000)); $n += 1; } } catch ($e) { "
	"is($e->message(), \"memory_store: shared memory is full\"); } "
	"is($n > 4 and $n < 9, true); while ($n > 0) { $n -= 1; "
	"is(memory_delete(\"f\" . $n), true); }",
	/* rate */
	IS "is(rate(\"n\", \"e\", 0, 60), 0); is(rate(\"n\", \"e\", 2, 60), "
	"true); is(rate(\"n\", \"e\", 2, 60, []), true); is(rate(\"n\", "
	"\"e\", 2, 60), false); is(rate(\"n\", \"e\", 0, 60), 2); "
	"is(rate(\"n\", \"f\", 1, 60), true); is(rate(\"ne\", \"\", 1, 60), "
	"true); is(rate(\"n\", 7, 1, 0.05), true); is(rate(\"n\", \"7\", 1, "
	"0.05), false); sleep(0.06); is(rate(\"n\", 7, 1, 0.05), true);",
	IS "is(error(function () { rate(\"n\", none, 1, 1); }), \"rate(): "
	"argument 2 is none, not a string\"); is(error(function () { "
	"rate(\"n\", \"e\", -1, 1); }), \"rate(): count is a number from "
	"0\"); is(error(function () { rate(\"n\", \"e\", 1, 0); }), \"rate(): "
	"interval is a number of seconds, at most 31622400\");",
	/* barriers, and what is in a spawned one's way */
	IS "barrier \"b\" => $v { is(isset($v), false); $v = [1]; "
	"memory_store(\"b\", 2); } barrier \"b\" => $w { is($w, [1]); "
	"unset($w); sleep(0); } barrier \"b\" => $w { is(isset($w), false); } "
	"is(memory_fetch(\"b\"), 2);",
	IS "barrier \"a\" { barrier \"b\" { is(error(function () { barrier "
	"\"a\" { } }), \"barrier \\\"a\\\" is held already\"); } } "
	"is(error(function () { barrier str_repeat(\"b\", 1025) { } }), "
	"\"barrier: the name is longer than 1024 bytes\");",
};

static void
test_functions(void **state)
{
	struct fixture	 f;
	size_t		 i;

	(void)state;
	fixture_init(&f, true);
	for (i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
		if (run_one(&f, scripts[i], 0) != VERDICT_ACCEPT)
			fail_msg("script %zu: %s", i, scripts[i]);
	assert_int_equal(share_open_tickets(f.share), 0);
	fixture_fini(&f);
}

static void
test_nothing_is_shared(void **state)
{
	static const char *const	all[] = {
		"memory_inc(\"k\")", "memory_fetch(\"k\")",
		"memory_store(\"k\", 1)", "rate(\"n\", \"e\", 1, 1)",
	};
	char				script[512];
	struct fixture			f;
	size_t				i;

	(void)state;
	fixture_init(&f, false);
	for (i = 0; i < sizeof all / sizeof all[0]; i++) {
		(void)snprintf(script, sizeof script, "try { %s; } catch "
		    "($e) { if ($e->message() =~ #/no share service here$/) "
		    "Accept(); } Reject();", all[i]);
		assert_int_equal(run_one(&f, script, 0), VERDICT_ACCEPT);
	}
	assert_int_equal(run_one(&f, "try { barrier \"b\" { } } catch ($e) "
	    "{ Accept(); } Reject();", 0), VERDICT_ACCEPT);
	fixture_fini(&f);
}

/* ---- Many at once ------------------------------------------------------ */

static void
run_many(struct fixture *f, const char *script)
{
	int	i;

	fixture_script(f, script, 0);
	for (i = 0; i < RUNS; i++)
		run_start(f, i);
	assert_int_equal(loop_run(f->loop), 0);
	for (i = 0; i < RUNS; i++) {
		assert_true(f->runs[i].done);
		assert_int_equal(f->runs[i].action, VERDICT_ACCEPT);
		hsl_frozen_free(&f->runs[i].context);
	}
}

static void
test_many(void **state)
{
	struct fixture	f;

	(void)state;
	fixture_init(&f, true);
	run_many(&f, "for ($i = 0; $i < 10; $i += 1) { memory_inc(\"i\"); "
	    "memory_update(\"u\", 1, function ($k, $c, $v) { "
	    "memory_inc(\"calls\"); sleep(0); return $c + $v; }, 0); "
	    "barrier \"b\" => $n { $was = isset($n) ? $n : 0; sleep(0); "
	    "$n = $was + 1; } }");
	assert_int_equal(run_one(&f, IS "is(memory_fetch(\"i\"), 200); "
	    "is(memory_fetch(\"u\"), 200); barrier \"b\" => $n { is($n, 200); "
	    "} if (memory_fetch(\"calls\") <= 200) Reject(\"no retry\");",
	    0), VERDICT_ACCEPT);
	fixture_fini(&f);
}

/* One that always loses gives up. */
static void
test_too_many_tries(void **state)
{
	struct fixture	f;

	(void)state;
	fixture_init(&f, true);
	assert_int_equal(run_one(&f, "try { memory_update(\"k\", 1, function "
	    "($k, $c, $v) { memory_inc(\"k\"); return 0; }, 0); } catch ($e) { "
	    "if ($e->message() == \"memory_update(): others changed it 1000 "
	    "times meanwhile\" and memory_fetch(\"k\") == 1000) Accept(); } "
	    "Reject();", 0), VERDICT_ACCEPT);
	fixture_fini(&f);
}

/* ---- Given up, and late ------------------------------------------------ */

static void
cancel(void *arg)
{
	struct fixture	*f = arg;

	if (f->runs[0].run == NULL)
		return;
	hook_cancel(&f->runs[0].run);
	f->left--;
	loop_stop(f->loop);
}

/* Whatever was held or waited for is free again. */
static void
test_cancelled(void **state)
{
	static const char	script[] = "barrier \"a\" => $v { $v = 1; "
	    "barrier \"b\" { memory_update(\"k\", 1, function ($k, $c, $v) { "
	    "sleep(0); return 1; }); } } barrier \"a\" { barrier \"b\" { } }";
	struct fixture		f;
	int			i, turns, given_up = 0;

	(void)state;
	fixture_init(&f, true);
	for (turns = 0; turns < 60; turns++) {
		fixture_script(&f, script, 0);
		run_start(&f, 0);
		/* A timer of 0 is a turn. */
		for (i = 0; i < turns && f.left > 0; i++) {
			struct timer	t;

			timer_init(&t, f.loop, (void (*)(void *))loop_stop,
			    f.loop);
			timer_start(&t, 0);
			(void)loop_run(f.loop);
			timer_fini(&t);
		}
		given_up += f.runs[0].run != NULL;
		cancel(&f);
		hsl_frozen_free(&f.runs[0].context);
		f.left = 0;
		assert_int_equal(run_one(&f, "barrier \"a\" { barrier \"b\" "
		    "{ Accept(); } } Reject();", 0), VERDICT_ACCEPT);
		assert_int_equal(share_open_tickets(f.share), 0);
	}
	print_message("given up in %d of 60 places\n", given_up);
	assert_true(given_up > 5 && given_up < 60);
	fixture_fini(&f);
}

static void
test_late(void **state)
{
	struct fixture	f;

	(void)state;
	fixture_init(&f, true);
	/* The one holds it for longer than the other may wait. */
	fixture_script(&f, "barrier \"a\" { sleep(0.01); memory_store(\"in\", "
	    "1); sleep(30); }", 300);
	run_start(&f, 0);
	run_start(&f, 1);
	assert_int_equal(loop_run(f.loop), 0);
	assert_int_equal(f.runs[0].action, VERDICT_DEFER);
	assert_int_equal(f.runs[1].action, VERDICT_DEFER);
	hsl_frozen_free(&f.runs[0].context);
	hsl_frozen_free(&f.runs[1].context);
	assert_int_equal(share_open_tickets(f.share), 0);
	assert_int_equal(run_one(&f, "barrier \"a\" { Accept(); } Reject();",
	    0), VERDICT_ACCEPT);
	fixture_fini(&f);
}

/* ---- The pages --------------------------------------------------------- */

static void
page_read(const char *path, struct buf *b)
{
	FILE	*f = fopen(path, "r");
	char	 text[4096];
	size_t	 n;

	assert_non_null(f);
	while ((n = fread(text, 1, sizeof text, f)) > 0)
		buf_add(b, text, n);
	(void)fclose(f);
}

/* What every script may call is on the page of hooks or of the language. */
static void
test_pages(void **state)
{
	const struct hsl_function	*fn = hooks_script_host.functions;
	struct buf			 page = BUF_INIT;
	char				 here[80], there[80], bare[80];

	(void)state;
	page_read("common/hsl/halyard-hsl.7", &page);
	page_read("smtpd/smtpd.8", &page);
	for (; fn->name != NULL; fn++) {
		(void)snprintf(here, sizeof here, "\n.It Ic %s Ns ",
		    fn->name);
		(void)snprintf(there, sizeof there, " Fn %s ",
		    fn->name);
		(void)snprintf(bare, sizeof bare, "\n.It Fn %s\n", fn->name);
		if (strstr(buf_cstr(&page), here) == NULL &&
		    strstr(buf_cstr(&page), there) == NULL &&
		    strstr(buf_cstr(&page), bare) == NULL)
			fail_msg("no page has %s()", fn->name);
	}
	buf_free(&page);
}

/* ---- What each charges ------------------------------------------------- */

/*
 * Every function beside the core library, with a call whose work grows with
 * its text and must be charged for, or NULL where a call costs the same
 * whatever it is given, and charges that.
 */
static const struct {
	const char	*name;
	const char	*call;
} charges[] = {
	{ "gethostname", NULL }, { "sleep", NULL }, { "dns_query", NULL },
	{ "syslog", NULL },		/* is cut */
	{ "header_dkim_decode", "header_dkim_decode(\"a=\" . $s)" },
	{ "mimeword_encode", "mimeword_encode($s)" },
	{ "mimeword_decode", "mimeword_decode($s)" },
	{ "memory_add", "memory_add(\"k\", $s)" },
	{ "memory_store", "memory_store(\"k\", $s)" },
	{ "memory_fetch", "memory_fetch(\"kept\")" },
	{ "memory_exists", "memory_exists(\"kept\", function ($k, $v) { })" },
	{ "memory_delete", "memory_delete(\"kept\", function ($k, $v) { })" },
	{ "memory_update", "memory_update(\"kept\", 1, "
	    "function ($k, $c, $v) { return 1; })" },
	{ "memory_inc", NULL }, { "memory_dec", NULL }, { "rate", NULL },
	/* By the size of the file, when it is read: hooks/file.c. */
	{ "file", NULL }, { "file_get_contents", NULL }, { "in_file", NULL },
};

/* Whether a script of this call ends within so many instructions. */
static bool
run_within(struct fixture *f, const char *call, uint64_t instructions)
{
	struct hook_config	c = { .limits = hsl_limits_default };
	char			script[256];

	(void)snprintf(script, sizeof script,
	    "$s = \"a\" * 900000; $x = %s;", call);
	hook_free(&f->hook);
	c.offers = hooks_host(HOOK_CONNECT);
	c.host = (struct library_host){ .loop = f->loop, .share = f->share };
	c.limits.instructions = instructions;
	f->hook = hook_new(HOOK_CONNECT, &c, "t", str_of(script),
	    fixture_report, NULL);
	run_start(f, 0);
	assert_int_equal(loop_run(f->loop), 0);
	hsl_frozen_free(&f->runs[0].context);
	return f->runs[0].action == VERDICT_ACCEPT;
}

static bool
has_charge(const char *name, const char **call)
{
	for (size_t i = 0; i < sizeof charges / sizeof charges[0]; i++)
		if (strcmp(charges[i].name, name) == 0) {
			*call = charges[i].call;
			return true;
		}
	return false;
}

static void
test_charges(void **state)
{
	static const char *const	names[] = {
#define FN(name, min, max, signature, text)	#name,
#include "hooks/library/library.def"
#undef FN
	};
	const uint64_t			few = 900000 / 32 + 5000;
	struct fixture			f;
	const char			*call = NULL;

	(void)state;
	fixture_init(&f, true);
	assert_true(run_within(&f, "1", few));
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (!has_charge(names[i], &call))
			fail_msg("what does %s() charge?", names[i]);
		if (call == NULL)
			continue;
		assert_int_equal(run_one(&f, "memory_delete(\"k\"); "
		    "memory_store(\"kept\", \"v\" * 900000);", 0),
		    VERDICT_ACCEPT);
		if (run_within(&f, call, few + 10000) ||
		    !run_within(&f, call, 10000000))
			fail_msg("%s charges too little or too much", call);
	}
	fixture_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_nothing_is_shared),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_too_many_tries),
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_charges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
