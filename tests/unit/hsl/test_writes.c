/*
 * What assignments write to: values never share what is written, and no
 * array comes to hold itself.
 */
#include "run.h"

static const struct run_case	holes[] = {
	{ "first", "[, $b] = [1, 2]; echo $b;", "2\n" },
	{ "between", "[$a, , $b] = [1, 2, 3]; echo \"$a$b\";", "13\n" },
	{ "only", "[,] = [1, 2]; echo 1;", "1\n" },
	{ "then the rest", "[, ...$r] = [1, 2, 3]; echo $r;",
	    "[0=>2,1=>3]\n" },
	{ "two, and a last comma", "[, , $c,] = [1, 2, 3]; echo $c;", "3\n" },
	{ "nested", "[[, $a], , [$b]] = [[1, 2], 3, [4]]; echo $a . $b;",
	    "24\n" },
	{ "foreach", "foreach ([[1, 2], [3, 4]] as [, $v]) echo $v;",
	    "2\n4\n" },
	{ "with a default", "[, $b = 7] = [1]; echo $b;", "7\n" },
	{ "not in a value", "$a = [1, , 2];",
	    "t:1:10: an expression is expected before ','\n" },
	{ "not in a constant", "function f($a = [,]) {} f();",
	    "t:1:17: a constant expression is expected\n" },
	{ "not in a value in a pattern", "[$a = [,]] = [];",
	    "t:1:8: an expression is expected before ','\n" },
	{ "not in arguments", "f(,);",
	    "t:1:3: an expression is expected before ','\n" },
	{ NULL, NULL, NULL }
};

/* v is the only owner of its array after the first write. */
#define OWN	"$v = [1, 2]; $v[1] = 3; "

static const struct run_case	selves[] = {
	{ "index", OWN "$v[1] = $v; echo $v;", "[0=>1,1=>[0=>1,1=>3]]\n" },
	{ "index, twice", OWN "$v[1] = $v; $v[0] = $v; echo $v;",
	    "[0=>[0=>1,1=>[0=>1,1=>3]],1=>[0=>1,1=>3]]\n" },
	{ "index of a map", "$v = []; $v[\"a\"] = 3; $v[\"a\"] = $v; echo $v;",
	    "[\"a\"=>[\"a\"=>3]]\n" },
	{ "new index", OWN "$v[\"k\"] = $v; echo $v;",
	    "[0=>1,1=>3,\"k\"=>[0=>1,1=>3]]\n" },
	{ "index in a variable", OWN "$i = 1; $v[$i] = $v; echo $v;",
	    "[0=>1,1=>[0=>1,1=>3]]\n" },
	{ "after .=", "$v = [2, 0.1, 3]; $v[2] .= \"c,\"; $v[2] = $v; "
	    "echo $v;", "[0=>2,1=>0.1,2=>[0=>2,1=>0.1,2=>\"3c,\"]]\n" },
	{ "append", OWN "$v[] = $v; echo $v;",
	    "[0=>1,1=>3,2=>[0=>1,1=>3]]\n" },
	{ "nested", OWN "$v[\"a\"][\"b\"] = $v; echo $v;",
	    "[0=>1,1=>3,\"a\"=>[\"b\"=>[0=>1,1=>3]]]\n" },
	{ "nested append", OWN "$v[\"a\"][] = $v; echo $v;",
	    "[0=>1,1=>3,\"a\"=>[0=>[0=>1,1=>3]]]\n" },
	{ "an inner into an inner", "$v = [[1], 2]; $v[0][0] = 3; "
	    "$v[0][0] = $v[0]; echo $v;", "[0=>[0=>[0=>3]],1=>2]\n" },
	{ "the whole into an inner", "$v = [[1], 2]; $v[0][0] = 3; "
	    "$v[0][0] = $v; echo $v;",
	    "[0=>[0=>[0=>[0=>3],1=>2]],1=>2]\n" },
	{ "slice", OWN "$v[0:1] = $v; echo $v;", "[0=>1,1=>3,2=>3]\n" },
	{ "slice of an inner", OWN "$v[\"s\"][0:0] = $v; echo $v;",
	    "[0=>1,1=>3,\"s\"=>[0=>1,1=>3]]\n" },
	{ "+=", OWN "$v += $v; echo $v;", "[0=>1,1=>3,2=>1,3=>3]\n" },
	{ "+= an array of it", OWN "$v += [$v]; echo $v;",
	    "[0=>1,1=>3,2=>[0=>1,1=>3]]\n" },
	{ "+= at an index", OWN "$v[1] = []; $v[1] += $v; echo $v;",
	    "[0=>1,1=>[0=>1,1=>[]]]\n" },
	{ ".= at an index", OWN "$v[1] .= $v; echo $v;",
	    "[0=>1,1=>\"3[0=>1,1=>3]\"]\n" },
	{ ".= a string", "$s = \"ab\"; $s .= \"c\"; $s .= $s; $s .= $s; "
	    "echo $s;", "abcabcabcabc\n" },
	{ "?\?=", OWN "$v[7] ?\?= $v; echo $v;",
	    "[0=>1,1=>3,7=>[0=>1,1=>3]]\n" },
	{ "destructuring", OWN "[$v[0], $v[1]] = [$v, $v]; echo $v;",
	    "[0=>[0=>1,1=>3],1=>[0=>1,1=>3]]\n" },
	{ "destructuring itself", "$v = [[1, 2], 5]; $v[0][0] = 3; "
	    "[$v[0][0]] = $v; echo $v;",
	    "[0=>[0=>[0=>3,1=>2],1=>2],1=>5]\n" },
	{ "foreach over itself", OWN "foreach ($v as $v[1]) echo $v;",
	    "[0=>1,1=>1]\n[0=>1,1=>3]\n" },
	{ "foreach of arrays of it", OWN "foreach ([$v, 9] as $v[1]) "
	    "echo $v;", "[0=>1,1=>[0=>1,1=>3]]\n[0=>1,1=>9]\n" },
	{ "a literal of it", OWN "$v = [$v, $v]; echo $v;",
	    "[0=>[0=>1,1=>3],1=>[0=>1,1=>3]]\n" },
	{ "a literal with it as the key", "$k = 1; $k = [$k => $k]; "
	    "echo $k;", "[1=>1]\n" },
	{ "in a function", "function f() { " OWN "$v[1] = $v; return $v; } "
	    "echo f();", "[0=>1,1=>[0=>1,1=>3]]\n" },
	{ "a parameter", "function f($v) { $v[1] = 3; $v[1] = $v; return $v; "
	    "} echo f([1, 2]);", "[0=>1,1=>[0=>1,1=>3]]\n" },
	{ "a global", OWN "function f() { global $v; $v[1] = $v; } f(); "
	    "echo $v;", "[0=>1,1=>[0=>1,1=>3]]\n" },
	{ "captured", "function f() { " OWN "$g = function () closure ($v) { "
	    "$v[1] = $v; $v[] = $v; return $v; }; return $g(); } echo f();",
	    "[0=>1,1=>[0=>1,1=>3],2=>[0=>1,1=>[0=>1,1=>3]]]\n" },
	{ "static", "class A { static $s = [1, 2]; } A::$s[1] = 3; "
	    "A::$s[1] = A::$s; echo A::$s;", "[0=>1,1=>[0=>1,1=>3]]\n" },
	{ "a property", "class A { $l = [1, 2]; } $a = A(); $a->l[1] = 3; "
	    "$a->l[1] = $a->l; echo $a->l;", "[0=>1,1=>[0=>1,1=>3]]\n" },
	{ "a property of $this", "class A { $l = [1, 2]; function f() { "
	    "$this->l[1] = 3; $this->l[1] = $this->l; } } $a = A(); $a->f(); "
	    "echo $a->l;", "[0=>1,1=>[0=>1,1=>3]]\n" },
	{ "an object's own array", "class A { $o = none; } $a = A(); "
	    "$a->o = $a; echo $a->o === $a ? 1 : 0;", "1\n" },
	{ NULL, NULL, NULL }
};

static const struct run_case	results[] = {
	{ "the root", OWN "$v = $v[1] = 9; echo $v;", "9\n" },
	{ "a key", "$v = []; $x = 1; $x = $v[$x] = 7; echo $v . $x;",
	    "[1=>7]7\n" },
	{ "itself", OWN "$w = $v[1] = $v; echo $w; echo $v;",
	    "[0=>1,1=>3]\n[0=>1,1=>[0=>1,1=>3]]\n" },
	{ "itself into itself", OWN "$v = $v[1] = $v; echo $v;",
	    "[0=>1,1=>3]\n" },
	{ "of op=", OWN "$v = $v[1] += 4; echo $v;", "7\n" },
	{ "of ++", OWN "$v = ++$v[1]; echo $v;", "4\n" },
	{ NULL, NULL, NULL }
};

static const struct run_case	known[] = {
	{ "?\?= of a global", "$a=1;$b=2;$c=3;$d=4;$e=5;$f=6;$g=7;$h=8;$i=9;"
	    "$j=10;$z=none; function q() { global $z; $z ?\?= 1; return $z; }"
	    " echo q();", "1\n" },
	{ "?\?= says nothing of a neighbour", "$a=1;$z=none; function q() { "
	    "global $z; if (false) { $x = 1; $y = 1; } $z ?\?= 1; "
	    "return $y; } echo q();", "! undefined variable $y\n" },
	{ "the condition of else if", "function f($c) { if ($c) { } else if"
	    " ($d) { } echo $d; } f(1);", "! undefined variable $d\n" },
	{ "the condition of if", "function f($c) { if ($c) { $e = 1; } else"
	    " if (isset($d)) { } else { $e = 2; } echo $e; echo $c; } f(1);",
	    "1\n1\n" },
	{ "?\?= of what is captured", "function f() { $a=1;$b=2;$c=3;$d=4;"
	    "$z=none; $g = function () closure ($z) { if (false) $w = 1; "
	    "$z ?\?= 5; return $z; }; return $g(); } echo f();", "5\n" },
	{ NULL, NULL, NULL }
};

static void
test_holes(void **state)
{
	(void)state;
	run_table(holes);
}

static void
test_selves(void **state)
{
	(void)state;
	run_table(selves);
}

static void
test_results(void **state)
{
	(void)state;
	run_table(results);
}

static void
test_known(void **state)
{
	(void)state;
	run_table(known);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_selves),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
