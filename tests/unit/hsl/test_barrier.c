/*
 * barrier: every way out of its block releases it, its variable is loaded
 * and stored, and whatever ends the execution releases what it held.  The
 * host writes down what it is asked.  Natives in steps are tried beside it.
 */
#include <stdlib.h>

#include "run.h"

static struct {
	struct buf		 log;
	struct hsl_frozen	*kept;
	bool			 suspends;
	bool			 fails;		/* store() */
} host;

static enum hsl_rc
host_said(struct hsl_call *c, const char *what)
{
	struct str	name = hsl_value_str(c->argv[1]);

	buf_printf(&host.log, "%s(%.0f %.*s) ", what,
	    hsl_value_number(c->argv[0], -1), (int)name.len, name.p);
	return host.suspends ? HSL_SUSPEND : HSL_OK;
}

static enum hsl_rc
host_acquire(struct hsl_call *c)
{
	return host_said(c, "acquire");
}

static enum hsl_rc
host_load(struct hsl_call *c)
{
	(void)host_said(c, "load");
	if (host.kept != NULL)
		*c->ret = hsl_thaw(c->x, host.kept);
	return HSL_OK;
}

static enum hsl_rc
host_store(struct hsl_call *c)
{
	struct err	e;

	if (host.fails)
		return hsl_throw(c, "full");
	hsl_frozen_free(&host.kept);
	if (c->argv[2].type != HSL_NONE &&
	    hsl_freeze(c->argv[2], 1000, &host.kept, &e) == -1)
		return hsl_throw(c, "%s", e.text);
	return host_said(c, "store");
}

static void
host_release(struct hsl_exec *x, uint64_t id)
{
	(void)x;
	buf_printf(&host.log, "release(%d) ", (int)id);
}

static const struct hsl_barriers	barriers = {
	.acquire = host_acquire, .load = host_load, .store = host_store,
	.release = host_release
};

static enum hsl_rc
fn_exit(struct hsl_call *c)
{
	(void)c;
	return HSL_EXIT;
}

static enum hsl_rc
fn_log(struct hsl_call *c)
{
	*c->ret = hsl_string(c->x, buf_str(&host.log));
	return HSL_OK;
}

static enum hsl_rc
fn_wait(struct hsl_call *c)
{
	(void)c;
	return HSL_SUSPEND;
}

/* twice(f, v): f(f(v)), with a wait between the two. */
static enum hsl_rc
twice_step(struct hsl_steps *s)
{
	switch (s->state++) {
	case 0:
		return hsl_steps_call(s, s->slots[1], &s->slots[2], 1);
	case 1:
		hsl_slot_set(s, 3, hsl_value_ref(s->slots[0]));
		return HSL_SUSPEND;
	case 2:
		return hsl_steps_call(s, s->slots[1], &s->slots[3], 1);
	default:
		return HSL_OK;
	}
}

static enum hsl_rc
fn_twice(struct hsl_call *c)
{
	if (c->argv[0].type != HSL_FUNCTION)
		return hsl_throw(c, "twice() wants a function");
	return hsl_steps_begin(c, twice_step, 4);
}

static enum hsl_rc
fail_step(struct hsl_steps *s)
{
	return hsl_steps_throw(s, "step %u", (unsigned)s->count++);
}

static enum hsl_rc
fn_fail(struct hsl_call *c)
{
	return hsl_steps_begin(c, fail_step, 1);
}

static const struct hsl_function	functions[] = {
	{ "Accept", 0, 0, fn_exit, "()", "ends" },
	{ "said", 0, 0, fn_log, "()", "what was asked" },
	{ "pause", 0, 0, fn_wait, "()", "waits" },
	{ "twice", 2, 2, fn_twice, "(f, v)", "f(f(v))" },
	{ "fail", 0, 0, fn_fail, "()", "throws" },
	{ .name = NULL }
};

static const struct hsl_host	with_barriers = {
	.functions = functions, .barriers = &barriers
};

/* What a script echoed, with what the host was asked as the last line. */
static void
host_run(const char *script, const struct hsl_limits *limits, int waits,
    struct buf *out)
{
	struct hsl_program	*p;
	struct hsl_exec		*x;

	p = hsl_compile(&with_barriers, "t", str_of(script), run_diag, out);
	if (p == NULL)
		return;
	x = hsl_exec_new(p, limits, NULL);
	hsl_program_unref(&p);
	hsl_on_echo(x, run_echo, out);
	while (hsl_run(x) == HSL_RUN_WAIT && waits-- > 0)
		hsl_resume(x, hsl_number(waits));
	run_finish(x, out);
	hsl_exec_free(&x);
	buf_add_str(out, buf_str(&host.log));
	buf_free(&host.log);
	hsl_frozen_free(&host.kept);
}

static void
host_table(const struct run_case *c, const struct hsl_limits *limits,
    int waits)
{
	struct buf	 out = BUF_INIT;
	int		 wrong = 0;

	for (; c->name != NULL; c++) {
		host_run(c->script, limits, waits, &out);
		if (strcmp(buf_cstr(&out), c->want) != 0) {
			fprintf(stderr, "%s:\n%s\ngave:\n%s\nwanted:\n%s\n",
			    c->name, c->script, buf_cstr(&out), c->want);
			wrong++;
		}
		buf_clear(&out);
	}
	buf_free(&out);
	assert_int_equal(wrong, 0);
}

#define ONE	"acquire(1 a) release(1) "
#define TWO	"acquire(1 a) acquire(2 b) release(2) release(1) "

static const struct run_case	ways_out[] = {
	{ "the end", "barrier \"a\" { echo 1; } echo said();", "1\n" ONE "\n"
	    ONE },
	{ "an expression", "$n = \"x\"; barrier $n . \"y\" { }",
	    "acquire(1 xy) release(1) " },
	{ "coalesce", "barrier none ?? \"a\" { }", ONE },
	{ "break", "forever { barrier \"a\" { break; } } echo said();",
	    ONE "\n" ONE },
	{ "continue", "for ($i = 0; $i < 2; $i += 1) barrier \"a\" "
	    "{ if ($i == 0) continue; echo $i; }", "1\n" ONE
	    "acquire(2 a) release(2) " },
	{ "break inside", "barrier \"a\" { forever { break; } echo said(); }",
	    "acquire(1 a) \n" ONE },
	{ "two at once", "forever { barrier \"a\" { barrier \"b\" "
	    "{ break; } } }", TWO },
	{ "one of two", "barrier \"a\" { forever { barrier \"b\" { break; } } "
	    "echo said(); }", "acquire(1 a) acquire(2 b) release(2) \n" TWO },
	{ "switch", "for ($i = 0; $i < 1; $i += 1) switch (1) { case 1: "
	    "barrier \"a\" { continue; } } echo said();", ONE "\n" ONE },
	{ "return", "function f() { barrier \"a\" { barrier \"b\" "
	    "{ return said(); } } } echo f();",
	    "acquire(1 a) acquire(2 b) \n" TWO },
	{ "return of nothing", "function f() { barrier \"a\" { return; } } "
	    "f(); echo said();", ONE "\n" ONE },
	{ "return at the top", "barrier \"a\" { return 1; }", ONE },
	{ "exception", "try { barrier \"a\" { throw 1; } } catch ($e) "
	    "{ echo $e . said(); }", "1" ONE "\n" ONE },
	{ "deep", "function f() { throw 1; } try { barrier \"a\" { barrier "
	    "\"b\" { array_map(function ($x) { f(); }, [1]); } } } "
	    "catch ($e) { echo $e; }", "1\n" TWO },
	{ "caught inside", "barrier \"a\" { try { throw 1; } catch ($e) { } "
	    "echo said(); }", "acquire(1 a) \n" ONE },
	{ "uncaught", "\n  barrier \"a\" {\n throw 7; }", "! 7\n" ONE },
	{ "exit", "barrier \"a\" { barrier \"b\" { Accept(); } }", TWO },
	{ "exit in a call", "function f() { Accept(); } barrier \"a\" "
	    "{ f(); }", ONE },
	{ "callback", "barrier \"a\" { array_map(function ($x) "
	    "{ barrier \"b\" { return $x; } }, [1]); }", TWO },
	{ "again", "barrier \"a\" { } barrier \"a\" { }", ONE
	    "acquire(2 a) release(2) " },
	{ "twice", "barrier \"a\" { try { barrier \"a\" { } } catch ($e) "
	    "{ echo $e->message(); } }", "barrier \"a\" is held already\n"
	    ONE },
	{ "twice through a call", "function f() { barrier \"a\" { } } "
	    "barrier \"a\" { f(); }", "! barrier \"a\" is held already\n"
	    ONE },
	{ "no string", "try { barrier 5 { } } catch ($e) { echo "
	    "$e->message(); } barrier \"\" { }", "barrier: the name is a "
	    "number, not a string that is not empty\n! barrier: the name is a "
	    "string, not a string that is not empty\n" },
	{ "in a generator", "function g() { yield 1; barrier \"a\" { } "
	    "yield 2; } foreach (g() as $v) echo $v;", "1\n2\n" ONE },
	{ "yield inside", "function g() { barrier \"a\" { yield 1; } }",
	    "t:1:30: no yield inside a barrier: nothing says that the rest "
	    "is ever run\n" },
	{ "a function inside may", "barrier \"a\" { $g = function () "
	    "{ yield 1; }; foreach ($g() as $v) echo $v; }",
	    "1\n" ONE },
	{ "break out of nothing", "barrier \"a\" { break; }",
	    "t:1:15: 'break' outside of a loop\n" },
	{ NULL, NULL, NULL }
};

static void
test_ways_out(void **state)
{
	(void)state;
	host.suspends = false;
	host_table(ways_out, NULL, 0);
}

#define LOADED	"acquire(1 a) load(1 a) store(1 a) release(1) "

static const struct run_case	variables[] = {
	{ "first use", "$v = 1; barrier \"a\" => $v { echo isset($v); }",
	    "false\n" LOADED },
	{ "kept", "for ($i = 0; $i < 2; $i += 1) barrier \"a\" => $v { "
	    "$v = isset($v) ? $v + 1 : 5; } echo $v;", "6\n" LOADED
	    "acquire(2 a) load(2 a) store(2 a) release(2) " },
	{ "unset again", "barrier \"a\" => $v { $v = 1; } barrier \"a\" => "
	    "$v { unset($v); } barrier \"a\" => $v { echo isset($v); }",
	    "false\n" LOADED "acquire(2 a) load(2 a) store(2 a) release(2) "
	    "acquire(3 a) load(3 a) store(3 a) release(3) " },
	{ "false is a value", "barrier \"a\" => $v { $v = false; } "
	    "barrier \"a\" => $v { echo isset($v) . ($v === false); }",
	    "truetrue\n" LOADED
	    "acquire(2 a) load(2 a) store(2 a) release(2) " },
	{ "break stores", "forever { barrier \"a\" => $v { $v = 3; break; } } "
	    "barrier \"a\" => $w { echo $w; }", "3\n" LOADED
	    "acquire(2 a) load(2 a) store(2 a) release(2) " },
	{ "return stores", "function f() { barrier \"a\" => $v { $v = [1]; "
	    "return $v; } } echo f(); barrier \"a\" => $w { echo $w; }",
	    "[0=>1]\n[0=>1]\n" LOADED
	    "acquire(2 a) load(2 a) store(2 a) release(2) " },
	{ "an exception does not", "try { barrier \"a\" => $v { $v = 3; throw "
	    "1; } } catch ($e) { } barrier \"a\" => $w { echo isset($w); }",
	    "false\nacquire(1 a) load(1 a) release(1) "
	    "acquire(2 a) load(2 a) store(2 a) release(2) " },
	{ "captured", "function f() { $g = function () closure ($v) { $v = "
	    "8; }; barrier \"a\" => $v { $g(); } $v = 0; barrier \"a\" => $v "
	    "{ return $v; } } echo f();", "8\n" LOADED
	    "acquire(2 a) load(2 a) store(2 a) release(2) " },
	{ "global", "function f() { global $v; barrier \"a\" => $v { $v = "
	    "4; } } f(); echo $v;", "4\n" LOADED },
	{ "no data", "try { barrier \"a\" => $v { $v = function () { }; } } "
	    "catch ($e) { echo $e->message(); } echo said();",
	    "a function can't be kept\nacquire(1 a) load(1 a) release(1) \n"
	    "acquire(1 a) load(1 a) release(1) " },
	{ "what to share", "barrier \"a\" => 1 { }",
	    "t:1:16: barrier shares a variable\n" },
	{ NULL, NULL, NULL }
};

static void
test_variables(void **state)
{
	(void)state;
	host.suspends = false;
	host_table(variables, NULL, 0);
}

static const struct run_case	failing[] = {
	{ "store fails", "try { forever { barrier \"a\" => $v { $v = 1; "
	    "barrier \"b\" { break; } } } } catch ($e) { echo "
	    "$e->message(); }", "full\nacquire(1 a) load(1 a) "
	    "acquire(2 b) release(2) release(1) " },
	{ "at the return", "function f() { barrier \"a\" => $v { return 1; } "
	    "} f();", "! full\nacquire(1 a) load(1 a) release(1) " },
	{ NULL, NULL, NULL }
};

static void
test_failing(void **state)
{
	(void)state;
	host.suspends = false;
	host.fails = true;
	host_table(failing, NULL, 0);
	host.fails = false;
}

static const struct run_case	waiting[] = {
	{ "waits", "barrier \"a\" => $v { $v = 1; pause(); } echo said();",
	    LOADED "\n" LOADED },
	{ "given up", "barrier \"a\" { pause(); barrier \"b\" { pause(); "
	    "pause(); pause(); } }", "waiting\n"
	    "acquire(1 a) acquire(2 b) release(2) release(1) " },
	{ "given up waiting", "barrier \"a\" { pause(); pause(); barrier "
	    "\"b\" { pause(); } }", "waiting\n"
	    "acquire(1 a) acquire(2 b) release(2) release(1) " },
	{ NULL, NULL, NULL }
};

static void
test_waiting(void **state)
{
	(void)state;
	host.suspends = true;
	host_table(waiting, NULL, 3);
}

/* A wait that ends by an exception holds nothing. */
static void
test_wait_throws(void **state)
{
	struct buf		 out = BUF_INIT;
	struct hsl_program	*p;
	struct hsl_exec		*x;

	(void)state;
	host.suspends = true;
	p = hsl_compile(&with_barriers, "t", STR("try { barrier \"a\" "
	    "{ echo \"no\"; } } catch ($e) { echo $e->message(); } "
	    "barrier \"a\" { echo \"yes\"; }"), run_diag, &out);
	assert_non_null(p);
	x = hsl_exec_new(p, NULL, NULL);
	hsl_program_unref(&p);
	hsl_on_echo(x, run_echo, &out);
	assert_int_equal(hsl_run(x), HSL_RUN_WAIT);
	hsl_resume_throw(x, "late");
	assert_int_equal(hsl_run(x), HSL_RUN_WAIT);
	assert_string_equal(buf_cstr(&host.log), "acquire(1 a) release(1) "
	    "acquire(2 a) ");
	hsl_resume(x, hsl_none());
	run_finish(x, &out);
	hsl_exec_free(&x);
	host.suspends = false;
	assert_string_equal(buf_cstr(&out), "late\nyes\n");
	buf_free(&host.log);
	buf_free(&out);
}

/* The exception that a barrier hands on keeps the place it came from. */
static void
test_place(void **state)
{
	struct buf		 out = BUF_INIT;
	struct hsl_program	*p;
	struct hsl_exec		*x;

	(void)state;
	p = hsl_compile(&with_barriers, "t", STR("barrier \"a\" {\n\n"
	    "  throw 7;\n}"), run_diag, &out);
	assert_non_null(p);
	x = hsl_exec_new(p, NULL, NULL);
	hsl_program_unref(&p);
	assert_int_equal(hsl_run(x), HSL_RUN_ERROR);
	assert_string_equal(hsl_error(x)->text, "7");
	assert_int_equal(hsl_error(x)->line, 3);
	assert_int_equal(hsl_error(x)->column, 3);
	hsl_exec_free(&x);
	buf_free(&host.log);
	buf_free(&out);
}

static void
test_limits(void **state)
{
	static const struct hsl_limits	few = { .memory_bytes = 1 << 18,
	    .instructions = 100000, .slice = 100, .depth = 10 };
	static const struct run_case	cases[] = {
		{ "instructions", "barrier \"a\" { forever { } }",
		    "! limit: instruction limit exceeded\n" ONE },
		{ "no handler sees it", "try { barrier \"a\" { barrier \"b\" "
		    "{ forever { } } } } catch ($e) { }",
		    "! limit: instruction limit exceeded\n" TWO },
		{ "memory", "barrier \"a\" { $s = \"x\"; forever $s = $s . "
		    "$s . $s . $s . $s; }",
		    "! limit: memory limit exceeded\n" ONE },
		{ NULL, NULL, NULL }
	};

	(void)state;
	host.suspends = false;
	host_table(cases, &few, 0);
}

static const struct run_case	steps[] = {
	{ "calls and waits", "echo twice(function ($x) { pause(); return "
	    "$x . \"+\"; }, \"v\");", "v++\n" },
	{ "natives too", "echo twice(str_upper, \"abc\");", "ABC\n" },
	{ "exception", "try { twice(function ($x) { throw $x; }, 4); } catch "
	    "($e) { echo $e; }", "4\n" },
	{ "throws", "try { fail(); } catch ($e) { echo $e->message(); }",
	    "step 0\n" },
	{ "no function", "twice(1, 2);", "! twice() wants a function\n" },
	{ NULL, NULL, NULL }
};

static void
test_steps(void **state)
{
	(void)state;
	host_table(steps, NULL, 9);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_ways_out),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_failing),
		cmocka_unit_test(test_waiting),
		cmocka_unit_test(test_wait_throws),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
