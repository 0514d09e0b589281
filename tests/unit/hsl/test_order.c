/*
 * Operands are evaluated from left to right, once each, and what a later one
 * changes is not seen by an earlier one.
 */
#include "run.h"

#define SAY	"function f($x) { echo \"f$x\"; return $x; }"
#define NEW	"$v = 1; function g() { global $v; $v = 9; return 1; }"
#define OBJ	"class O { $p = 1; function m($q) { return $q; } } $o = O();" \
		"function g() { global $o; $o = none; return 5; }"

static const struct run_case	once[] = {
	{ "?\?= of an index", SAY "$a[f(1)] ?\?= 5; echo $a;",
	    "f1\n[1=>5]\n" },
	{ "?\?= of what is there", SAY "$a = [0, 4]; $a[f(1)] ?\?= f(5);"
	    "echo $a;", "f1\n[0=>0,1=>4]\n" },
	{ "?\?= deeply", SAY "$a[f(1)][f(2)] ?\?= f(3);"
	    "echo $a[f(1)][f(2)] ?\?= 7;", "f1\nf2\nf3\nf1\nf2\n3\n" },
	{ "?\?= of a slice", SAY "$a[f(0):f(1)] ?\?= [f(2)]; echo $a;"
	    "$a[f(0):] ?\?= [f(3)]; echo $a;",
	    "f0\nf1\nf2\n[0=>2]\nf0\n[0=>2]\n" },
	{ "?\?= of a property", SAY "class C { $p = none; function q() {"
	    "$this->p[f(1)] ?\?= f(2); $this->p[f(1)] ?\?= f(3);"
	    "return $this->p; } } function c() { static_(); return C(); }"
	    "function static_() { echo \"c\"; } echo c()->q();"
	    "c()->p ?\?= 4; $x = [C()]; $x[f(0)]->p[f(\"k\")] ?\?= 1;"
	    "echo $x[0]->p;",
	    "c\nf1\nf2\nf1\n[1=>2]\nc\nf0\nfk\n[\"k\"=>1]\n" },
	{ "?\?= of statics and captures", SAY "class C { static $s = [];"
	    "static function q() { static::$s[f(1)] ?\?= f(2);"
	    "static::$s[f(1)] ?\?= f(3); return static::$s; } } echo C::q();"
	    "function m() { $c = []; $in = function () closure ($c) {"
	    "$c[f(1)] ?\?= f(4); }; $in(); $in(); return $c; } echo m();",
	    "f1\nf2\nf1\n[1=>2]\nf1\nf4\nf1\n[1=>4]\n" },
	{ "?\?= of a global", SAY "$g = []; function q() { global $g;"
	    "$g[f(1)] ?\?= f(2); $g[f(1)] ?\?= f(3); } q(); echo $g;",
	    "f1\nf2\nf1\n[1=>2]\n" },
	{ "?\?= appends nothing", "$a[] ?\?= 1;", "t:1:6: [] reads nothing\n" },
	{ "op= and ++", SAY "$a[f(1)] += f(2); $a[f(1)]++; --$a[f(1)];"
	    "echo $a; $a[f(\"k\")] .= \"x\"; unset($a[f(1)]); echo $a;",
	    "f1\nf2\nf1\nf1\n[1=>2]\nfk\nf1\n[\"k\"=>\"x\"]\n" },
	{ "what is indexed", SAY "$a = [[1]]; echo $a[f(0)][f(0)];"
	    "echo isset($a[f(0)][f(1)]); echo $a[f(0):f(1)];",
	    "f0\nf0\n1\nf0\nf1\nfalse\nf0\nf1\n[0=>[0=>1]]\n" },
	{ "?: and ?\?", SAY "echo f(1) ?: f(2); echo f(0) ?: f(2);"
	    "echo f(1) ?\? f(2); echo f(none) ?\? f(2);",
	    "f1\n1\nf0\nf2\n2\nf1\n1\nf\nf2\n2\n" },
	{ .name = NULL }
};

static const struct run_case	changes[] = {
	{ "an index", NEW "$a = [0, 1]; $a[$v] = g(); echo $a;",
	    "[0=>0,1=>1]\n" },
	{ "an inner index", NEW "$a = [0, 1]; $a[$v][g()] = $v; echo $a;",
	    "[0=>0,1=>[1=>9]]\n" },
	{ "an operand", NEW "echo $v + g(); $v = 1; echo $v . g();"
	    "$v = 1; echo $v == g(); $v = 1; echo $v < g(); $v = 1;"
	    "echo [$v, g(), $v]; $v = 1; echo $v ** g(); $v = 1;"
	    "echo [$v => g()];", "2\n11\ntrue\nfalse\n"
	    "[0=>1,1=>1,2=>9]\n1\n[1=>1]\n" },
	{ "what is indexed", "$v = [1, 2]; function g() { global $v;"
	    "$v = [7, 8]; return 1; } echo $v[g()]; $v = [1, 2];"
	    "echo $v[g():]; $v = [1, 2]; echo $v[($v = 1)]; $v = \"ab\";"
	    "echo $v[g()];", "2\n[0=>2]\n2\nb\n" },
	{ "an argument", NEW "function h($a, $b, $c) { return [$a, $b, $c]; }"
	    "echo h($v, g(), $v);", "[0=>1,1=>1,2=>9]\n" },
	{ "an object", OBJ "echo $o->m(g());", "5\n" },
	{ "an object's property", OBJ "$c = $o; $o->p = g(); echo $c->p;"
	    "$o = $c; $o->p += g(); echo $c->p; $o = $c;"
	    "$o->z[g()] = 1; echo $c->z; $o = $c; $o->y ?\?= g();"
	    "echo $c->y;", "5\n10\n[5=>1]\n5\n" },
	{ "a pattern's value", NEW "[$a, $b] = [$v, g()]; echo [$a, $b];",
	    "[0=>1,1=>1]\n" },
	{ "a condition", NEW "if ($v == g()) echo \"same\"; $v = 1;"
	    "while ($v < g() + 1) break; echo $v;", "same\n9\n" },
	{ .name = NULL }
};

static void
test_once(void **state)
{
	(void)state;
	run_table(once);
}

static void
test_changes(void **state)
{
	(void)state;
	run_table(changes);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
