/*
 * A script that grows piece by piece, and what of it stays.
 */
#include "hsl/session.h"
#include "run.h"

struct piece {
	const char	*text;
	const char	*want;
};

static int
session_open_file(void *arg, const struct hsl_open *o, struct err *e)
{
	(void)arg;
	if (strcmp(o->path, "lib") != 0)
		return err_set(e, "no file '%s'", o->path);
	buf_add_text(o->text, "$n = 0; class L { static $s = 1; }"
	    "function next() { global $n; return ++$n; } echo \"lib\";");
	snprintf(o->name, o->name_size, "lib");
	return 0;
}

static const struct hsl_host	host = { .open = session_open_file };

/* What each piece echoes, then "= value", or its errors. */
static void
run_pieces(const struct hsl_limits *limits, const struct piece *p)
{
	struct hsl_session	*s = hsl_session_new(&host, limits, NULL);
	struct hsl_exec		*x = hsl_session_exec(s);
	struct buf		 out = BUF_INIT;
	int			 wrong = 0;
	bool			 ok;

	hsl_on_echo(x, run_echo, &out);
	for (; p->text != NULL; p++) {
		buf_clear(&out);
		ok = hsl_session_add(s, "p", str_of(p->text), run_diag, &out);
		if (ok)
			run_finish(x, &out);
		if (ok && hsl_result(x).type != HSL_NONE) {
			buf_add_text(&out, "= ");
			hsl_value_print(hsl_result(x), &out);
		}
		if (strcmp(buf_cstr(&out), p->want) != 0) {
			wrong++;
			fprintf(stderr, "%s\ngave:\n%s\nwanted:\n%s\n",
			    p->text, buf_cstr(&out), p->want);
		}
	}
	buf_free(&out);
	hsl_session_free(&s);
	assert_null(s);
	assert_int_equal(wrong, 0);
}

static const struct piece	stays[] = {
	{ "$a = 5", "" },
	{ "$a + 1", "= 6" },
	{ "function f($x) { return $x * 2; }", "" },
	{ "f($a);", "= 10" },
	{ "class A { $v = 1; static $s = 3; function m() { return $this->v; }"
	    " } $o = A();", "" },
	{ "$o->m() . A::$s++", "= 13" },
	{ "A::$s", "= 4" },
	{ "$c = function () closure ($a) { return ++$a; };", "" },
	{ "$c() + $c()", "= 13" },
	{ "function g() { global $a; $a[] = 1; return $a; }", "" },
	{ "g()", "= [0=>1]" },
	{ "import { next as n, $n as $count, L } from \"lib\";", "lib\n" },
	{ "n()", "= 1" },
	{ "import { next } from \"lib\"; next() . $count . L::$s", "= 221" },
	{ "function it() { yield 1; yield 2; yield 3; } $it = it();", "" },
	{ "foreach ($it as $v) { echo $v; break; }", "1\n" },
	{ "foreach ($it as $w) echo $w; $v", "2\n3\n= 1" },
	{ "unset($a)", "" },
	{ "isset($a) or isset($nothing)", "= false" },
	{ "", "" },
	{ "return [1, \"x\"]; echo 2;", "= [0=>1,1=>\"x\"]" },
	{ "none", "" },
	{ "cache [] f(4)", "= 8" },
	{ .text = NULL }
};

static const struct piece	again[] = {
	{ "function f() { return \"old\"; } function g() { return f(); }", "" },
	{ "function f($x) { return \"new$x\"; }", "" },
	{ "f(1) . g()", "= new1old" },
	{ "class A { static $n = 1; } A::$n = 5;", "" },
	{ "class A { static $n = 2; } A::$n", "= 2" },
	{ "function h() {} function h() {}",
	    "p:1:26: 'h' is declared twice\n" },
	{ "import * as ns from \"lib\"; import * as ns from \"lib\";",
	    "lib\n" },
	{ .text = NULL }
};

static const struct piece	refused[] = {
	{ "$a = 1; function keep() { return \"kept\"; }", "" },
	{ "$a = 2; nope();", "p:1:9: unknown function 'nope'\n" },
	{ "$a", "= 1" },
	{ "function bad() { nope(); } class B { static $s = 1; }"
	    "function keep() { return \"lost\"; }",
	    "p:1:18: unknown function 'nope'\n" },
	{ "keep()", "= kept" },
	{ "bad()", "p:1:1: unknown function 'bad'\n" },
	{ "B()", "p:1:1: unknown function 'B'\n" },
	{ "import { $n } from \"lib\"; import { gone } from \"lib\"; $n;",
	    "p:1:36: 'lib' has no function or class 'gone'\n" },
	{ "$n ?\? \"unset\"", "= unset" },
	{ "global $g;", "p:1:1: global stands in functions only\n" },
	{ "isset($g)", "= false" },
	{ "import { next } from \"lib\"; next()", "lib\n= 1" },
	{ "class B { static $s = [7]; } function bad() { return B::$s; }", "" },
	{ "bad()", "= [0=>7]" },
	{ "$x = (", "p:1:7: an expression is expected at end of file\n" },
	{ "$q = 3; throw \"mine\"; $q = 4;", "! mine\n" },
	{ "$q", "= 3" },
	{ "$undefd", "! undefined variable $undefd\n" },
	{ "function deep($n) { return deep($n + 1); } deep(0)",
	    "! call depth limit exceeded\n" },
	{ "\"still here\"", "= still here" },
	{ .text = NULL }
};

static const struct piece	limited[] = {
	{ "$i = 0; while (true) $i++;",
	    "! limit: instruction limit exceeded\n" },
	{ "$i > 0", "= true" },
	{ "for ($j = 0; $j < 100; $j++); $j", "= 100" },
	{ "$s = \"x\" * 100000000;", "! limit: memory limit exceeded\n" },
	{ "$j", "= 100" },
	{ .text = NULL }
};

static void
test_stays(void **state)
{
	(void)state;
	run_pieces(NULL, stays);
}

static void
test_again(void **state)
{
	(void)state;
	run_pieces(NULL, again);
}

static void
test_refused(void **state)
{
	(void)state;
	run_pieces(NULL, refused);
}

static void
test_limited(void **state)
{
	struct hsl_limits	 l = hsl_limits_default;

	(void)state;
	l.instructions = 5000000;
	l.memory_bytes = 1 << 20;
	run_pieces(&l, limited);
}

/* Names, variables and tables that outgrow what they began with. */
static void
test_growth(void **state)
{
	struct hsl_session	*s = hsl_session_new(&host, NULL, NULL);
	struct hsl_exec		*x = hsl_session_exec(s);
	struct buf		 text = BUF_INIT;
	char			 wish[64];

	(void)state;
	for (int i = 0; i < 300; i++) {
		buf_clear(&text);
		buf_printf(&text, "$v%d = [\"%d\", %d]; function f%d() {"
		    " global $v%d; return $v%d[1] + C%d::$s; } class C%d {"
		    " static $s = %d; }", i, i, i, i, i, i, i, i, i);
		assert_true(hsl_session_add(s, "p", buf_str(&text), NULL,
		    NULL));
		assert_int_equal(hsl_run(x), HSL_RUN_DONE);
		if (i % 10 != 0)
			continue;
		assert_false(hsl_session_add(s, "p", STR("function g() {}"
		    "class D { static $a = 1; } $g1 = 1; nope();"), NULL,
		    NULL));
	}
	for (int i = 0; i < 300; i += 37) {
		snprintf(wish, sizeof wish, "f%d() . $v%d[0]", i, i);
		assert_true(hsl_session_add(s, "p", str_of(wish), NULL,
		    NULL));
		assert_int_equal(hsl_run(x), HSL_RUN_DONE);
		snprintf(wish, sizeof wish, "%d%d", 2 * i, i);
		assert_true(str_eq(hsl_value_str(hsl_result(x)),
		    str_of(wish)));
	}
	buf_free(&text);
	hsl_session_free(&s);
}

static void
test_incomplete(void **state)
{
	static const char *const	open[] = { "f(", "[1,", "if (1) {",
	    "\"abc", "''abc", "/* x", "{ ( ) ", "'X'a''", NULL };
	static const char *const	closed[] = { "", "1", "f()", "$a = ",
	    "}", ")]}", "\"a\"", "// (", "/* ( */", "\"(\"", "''[''", "#/(/",
	    "#/(", "'a b", NULL };

	(void)state;
	for (int i = 0; open[i] != NULL; i++)
		assert_true(hsl_incomplete(str_of(open[i])));
	for (int i = 0; closed[i] != NULL; i++)
		assert_false(hsl_incomplete(str_of(closed[i])));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_stays),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limited),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_incomplete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
