/*
 * Natives that wait, wherever they are called from, and values that are kept
 * from one execution to the next.
 */
#include <stdlib.h>

#include "run.h"

static enum hsl_rc
susp_wait(struct hsl_call *c)
{
	(void)c;
	return HSL_SUSPEND;
}

static enum hsl_rc
susp_exit(struct hsl_call *c)
{
	(void)c;
	return HSL_EXIT;
}

static enum hsl_rc
susp_throw(struct hsl_call *c)
{
	return hsl_throw(c, "host says %d", c->argc);
}

static enum hsl_rc
susp_method(struct hsl_call *c)
{
	int	*n = hsl_object_data(c->self, c->host);

	(void)n;
	*c->ret = hsl_number(c->argc);
	return HSL_OK;
}

static enum hsl_rc
susp_make(struct hsl_call *c);

static const struct hsl_function	thing_methods[] = {
	{ "count", 0, HSL_VARIADIC, susp_method, "(...)", "arguments" },
	{ "wait", 0, 1, susp_wait, "([any])", "waits" },
	{ .name = NULL }
};
static const struct hsl_function	thing_statics[] = {
	{ "count", 0, HSL_VARIADIC, susp_method, "(...)", "arguments" },
	{ .name = NULL }
};
static const struct hsl_function	thing_constructor = {
	"Thing", 0, 1, susp_make, "([any])", "a thing"
};
static const struct hsl_class	thing_class = {
	.name = "Thing",
	.methods = thing_methods,
	.statics = thing_statics,
	.constructor = &thing_constructor,
	.free = free
};
static const struct hsl_class	*const classes[] = { &thing_class, NULL };

static enum hsl_rc
susp_make(struct hsl_call *c)
{
	*c->ret = hsl_object_new(c->x, &thing_class, malloc(1));
	return HSL_OK;
}

static const struct hsl_function	functions[] = {
	{ "wait", 0, HSL_VARIADIC, susp_wait, "(...)", "waits" },
	{ "stop", 0, 0, susp_exit, "()", "ends" },
	{ "fail", 0, HSL_VARIADIC, susp_throw, "(...)", "throws" },
	{ .name = NULL }
};
static const struct hsl_variable	variables[] = {
	{ "context", false },
	{ .name = NULL }
};
static const struct hsl_host	host = {
	.functions = functions,
	.classes = classes,
	.variables = variables
};

/* Every wait gives the number of waits so far; every fourth throws. */
static void
susp_run(const char *script, const char *want)
{
	struct buf		 out = BUF_INIT;
	struct hsl_limits	 l = hsl_limits_default;
	struct hsl_program	*p;
	struct hsl_exec		*x;
	enum hsl_run		 rc;
	int			 n = 0;

	l.slice = 7;
	p = hsl_compile(&host, "t", str_of(script), run_diag, &out);
	assert_string_equal(buf_cstr(&out), "");
	x = hsl_exec_new(p, &l, NULL);
	hsl_program_unref(&p);
	hsl_on_echo(x, run_echo, &out);
	while ((rc = hsl_run(x)) == HSL_RUN_YIELD || rc == HSL_RUN_WAIT) {
		if (rc == HSL_RUN_YIELD)
			continue;
		if (++n % 4 == 0)
			hsl_resume_throw(x, "gone");
		else
			hsl_resume(x, hsl_number(n));
	}
	if (rc == HSL_RUN_ERROR)
		buf_printf(&out, "! %s\n", hsl_error(x)->text);
	if (hsl_exited(x))
		buf_add_text(&out, "exit\n");
	hsl_exec_free(&x);
	assert_string_equal(buf_cstr(&out), want);
	buf_free(&out);
}

static void
test_places(void **state)
{
	(void)state;
	susp_run("echo wait() + wait();", "3\n");
	susp_run("foreach ([1, 2] as $i) { $f = function ($l) closure ($i)"
	    " { return array_map(function ($v) closure ($i) { return"
	    " wait($v) * 10 + $i; }, $l); }; echo $f([0, 0]); }",
	    "[0=>11,1=>21]\n! gone\n");
	susp_run("echo array_map(wait, [5, 6]);", "[0=>1,1=>2]\n");
	susp_run("echo array_sort(function ($a, $b) { wait(); return $a < $b;"
	    " },"
	    " [3, 1]); echo array_reduce(function ($c, $v) { return $c +"
	    " wait(); }, [1, 1], 0);", "[1=>1,0=>3]\n5\n");
	susp_run("echo pcre_replace(\"a\", function ($m) { return wait(); },"
	    " \"aba\");", "1b2\n");
	susp_run("class A { constructor() { $this->v = wait(); } function f()"
	    " { return wait() + $this->v; } } echo A()->f();", "3\n");
	susp_run("function g() { yield wait(); yield wait(); } foreach (g() as"
	    " $v) echo $v;", "1\n2\n");
	susp_run("for ($i = 0; $i < 5; $i++) { try { echo wait(); } catch ($e)"
	    " { echo $e->message(); } }", "1\n2\n3\ngone\n5\n");
	susp_run("try { echo array_map(function ($x) { return wait(); },"
	    " [1, 2, 3, 4]); } catch ($e) { echo $e->line(); }", "1\n");
	susp_run("echo [wait(), ...[wait()]]; echo \"a\" . wait();"
	    " echo wait(...[1, 2]) ?? 5;", "[0=>1,1=>2]\na3\n! gone\n");
	susp_run("$a = []; $a[wait()][wait()] = wait(); echo $a;",
	    "[1=>[2=>3]]\n");
	susp_run("$t = Thing(); echo $t->wait() . $t->count(1, 2) ."
	    " Thing::count(1) . array_map($t->wait, [9])[0];", "1212\n");
}

static void
test_exit(void **state)
{
	(void)state;
	susp_run("echo 1; stop(); echo 2;", "1\nexit\n");
	susp_run("function f() { try { stop(); } catch ($e) { echo 2; } }"
	    " array_map(function ($x) { f(); }, [1]);", "exit\n");
	susp_run("function g() { yield 1; stop(); } foreach (g() as $x)"
	    " echo $x;", "1\nexit\n");
}

static void
test_throw(void **state)
{
	(void)state;
	susp_run("try { fail(1, 2); } catch ($e) { echo $e->toString(); }"
	    " array_map(fail, [1]);",
	    "host says 2 in t:1:7\n! host says 1\n");
}

static void
test_host_types(void **state)
{
	struct buf	 out = BUF_INIT;

	(void)state;
	run_with(&host, NULL, STR("$t = Thing(); echo $t; echo $t == Thing();"
	    " try { $t->x = 1; } catch ($e) { echo $e->message(); }"
	    " try { $t->nope(); } catch ($e) { echo $e->message(); }"
	    " try { $t->wait(1, 2); } catch ($e) { echo $e->message(); }"
	    " Thing::nope();"), &out);
	assert_string_equal(buf_cstr(&out),
	    "t:1:212: class Thing has no static 'nope'\n");
	buf_clear(&out);
	run_with(&host, NULL, STR("$t = Thing(); echo $t; echo $t == Thing();"
	    " try { $t->x = 1; } catch ($e) { echo $e->message(); }"
	    " try { $t->nope(); } catch ($e) { echo $e->message(); }"
	    " try { $t->wait(1, 2); } catch ($e) { echo $e->message(); }"),
	    &out);
	assert_string_equal(buf_cstr(&out), "Thing\nfalse\n"
	    "property 'x' of an object can't be set\n"
	    "class Thing has no method 'nope'\n"
	    "wait() takes at most 1 argument, not 2\n");
	buf_free(&out);
}

/* ---- Frozen values ----------------------------------------------------- */

static void
susp_keep(const char *script, size_t limit, const char *want)
{
	struct hsl_frozen	*f = NULL;
	struct hsl_program	*p;
	struct hsl_exec		*x;
	struct err		 e = { "" };
	struct buf		 out = BUF_INIT;

	p = hsl_compile(&host, "t", str_of(script), run_diag, &out);
	assert_non_null(p);
	x = hsl_exec_new(p, NULL, NULL);
	assert_int_equal(hsl_run(x), HSL_RUN_DONE);
	if (hsl_freeze(hsl_get_variable(x, "context"), limit, &f, &e) == -1)
		buf_add_text(&out, e.text);
	hsl_exec_free(&x);
	x = hsl_exec_new(p, NULL, NULL);
	hsl_program_unref(&p);
	if (f != NULL) {
		hsl_set_variable(x, "context", hsl_thaw(x, f));
		hsl_frozen_free(&f);
		hsl_value_print(hsl_get_variable(x, "context"), &out);
	}
	hsl_exec_free(&x);
	assert_string_equal(buf_cstr(&out), want);
	buf_free(&out);
}

static void
test_freeze(void **state)
{
	(void)state;
	susp_keep("$context = [1, \"k\" => [none, true, false, -1.5, \"\"],"
	    " true => \"t\", \"7\" => \"n\"];", 1000,
	    "[0=>1,\"k\"=>[0=>none,1=>true,2=>false,3=>-1.5,4=>\"\"],"
	    "1=>\"t\",7=>\"n\"]");
	susp_keep("$x = 1;", 1000, "");
	susp_keep("$context = \"abc\";", 1000, "abc");
	susp_keep("$context = [length];", 1000, "a function can't be kept");
	susp_keep("$context = Thing();", 1000, "an object can't be kept");
	susp_keep("$context = \"x\" * 2000;", 1000, "more than 1000 bytes");
	susp_keep("$context = [1] * 200;", 1000, "more than 1000 bytes");
	susp_keep("$context = [1]; for ($i = 0; $i < 40; $i++) $context ="
	    " [$context, $context];", 100000, "more than 100000 bytes");
	susp_keep("$context = []; for ($i = 0; $i < 5000; $i++) $context ="
	    " [$context];", 1000000, "nested too deeply to be kept");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_exit),
		cmocka_unit_test(test_throw),
		cmocka_unit_test(test_host_types),
		cmocka_unit_test(test_freeze),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
