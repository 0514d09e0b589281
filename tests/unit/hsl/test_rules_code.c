/*
 * The language's rules again, as in test_rules.c: statements, functions,
 * classes.
 */
#include "run.h"

static const struct run_case	statements[] = {
	{ "4 blocks are no scopes",
	    "if (1) { $blk = 5; } echo $blk; foreach ([1] as $l) {} echo "
	    "$l; try { throw 1; } catch ($ee) {} echo $ee; $i = none; "
	    "foreach ([] as $i => $x) {} echo $i === none;",
	    "5\n1\n1\ntrue\n" },
	{ "4 global",
	    "$x = 1; function f() { return isset($x); } echo f(); "
	    "function g() { global $x; return isset($x); } echo g(); "
	    "function h() { global $newg; $newg = 3; } h(); echo $newg; "
	    "function k() { global $x; unset($x); } k(); echo isset($x); "
	    "function m() { global $zz; echo isset($zz); $zz[] = 1; } "
	    "m(); m(); echo $zz;",
	    "false\ntrue\n3\nfalse\nfalse\ntrue\n[0=>1,1=>1]\n" },
	{ "4 global of a name that exists",
	    "function f() { $x = 1; global $x; }",
	    "t:1:31: $x exists already in this function\n" },
	{ "4 global at the top",
	    "global $x;",
	    "t:1:1: global stands in functions only\n" },
	{ "4 isset and unset",
	    "$n = none; echo isset($n); $a = [\"k\" => none]; echo "
	    "isset($a[\"k\"]); echo isset($a[\"k\"][\"l\"]); echo "
	    "unset($a[\"k\"]); echo unset($a[\"zz\"][\"y\"]); echo $a; "
	    "echo unset($n); echo isset($n); echo unset($n);",
	    "true\ntrue\nfalse\ntrue\nfalse\n[]\ntrue\nfalse\nfalse\n" },
	{ "4 isset takes one place",
	    "echo isset($a, $b);",
	    "t:1:14: isset takes one variable; write 'isset($a) and "
	    "isset($b)'\n" },
	{ "4 isset takes a place",
	    "echo isset(f());",
	    "t:1:15: isset takes a variable, index or property\n" },
	{ "5 if and blocks",
	    "if (0) if (1) echo \"a\"; else echo \"b\"; echo \"c\"; { { "
	    "echo \"d\"; } } ;;; for (;;) break; while (true) { break; } "
	    "forever { break; }",
	    "c\nd\n" },
	{ "5 lists in for",
	    "for ($i = 0, $j = 2; $i < $j; $i++, $j--) echo \"$i$j\";"
	    "for ($k = 0; true, false;) {}",
	    "t:1:72: ';' expected before ','\nt:1:80: an expression is "
	    "expected before ')'\n" },
	{ "5 foreach over a scalar",
	    "foreach (5 as $x) echo 1;",
	    "! foreach over a number\n" },
	{ "5 foreach over an object",
	    "class P {} foreach (P() as $x) echo 1;",
	    "! foreach over an object\n" },
	{ "5 foreach: targets, whole expressions",
	    "foreach (true ? [1, 2] : [] as $x) echo $x; class P { $v; "
	    "static $s; } $p = P(); foreach ([\"a\" => 1] as $p->v => "
	    "P::$s) echo [$p->v, P::$s]; foreach ([1] as $arr[]) {} echo "
	    "$arr; foreach ([[1, [2]], [3, [4]]] as [$a, [$b]]) echo [$a, "
	    "$b]; foreach ([[\"k\" => 1]] as [\"k\" => $z]) echo $z; "
	    "foreach (none as $q) echo \"never\";",
	    "1\n2\n[0=>\"a\",1=>1]\n[0=>1]\n[0=>1,1=>2]\n[0=>3,1=>4]\n1\n" },
	{ "5 switch falls through",
	    "switch (2) { case 1: echo 1; case 2: echo 2; case 3: echo 3; "
	    "break; default: echo \"d\"; } switch (9) { default: echo "
	    "\"d\"; case 1: echo 1; break; case 2: echo 2; } switch "
	    "(none) { case false: echo \"false\"; break; case none: echo "
	    "\"none\"; } switch (\"1\") { case 1: echo \"num\"; } switch "
	    "(1) { case 1: { echo \"blk\"; break; } case 1: echo \"dup\"; "
	    "}",
	    "2\n3\nd\n1\nnone\nnum\nblk\n" },
	{ "5 labels are lazy",
	    "function lab($x) { echo \"lab$x\"; return $x; } switch (2) { "
	    "case lab(1): case lab(2): echo \"hit\"; case lab(3): echo "
	    "\"ft\"; }",
	    "lab1\nlab2\nhit\nft\n" },
	{ "5 continue in switch",
	    "for ($i = 0; $i < 3; $i++) { switch ($i) { case 1: continue; "
	    "default: echo $i; } echo \"-\"; } foreach ([1, 2] as $v) "
	    "switch ($v) { case 1: continue; case 2: break; }",
	    "0\n-\n2\n-\n" },
	{ "5 nothing before case",
	    "switch (1) { echo 1; }",
	    "t:1:14: 'case' expected before 'echo'\n" },
	{ "5 one default",
	    "switch (1) { default: echo 1; default: echo 2; }",
	    "t:1:48: a switch has one default\n" },
	{ "5 match",
	    "echo match (2) { 1 => \"a\", 2, 3 => \"b\", default => \"c\" "
	    "}; echo match (\"x\") { default => match (1) { 1 => \"in\" } "
	    "}; echo match (1) { \"1\" => \"loose\" }; echo match (true) "
	    "{ false => 1, 1 == 1 => \"yes\", }; echo match (1) { default "
	    "=> \"only\" };",
	    "b\nin\nloose\nyes\nonly\n" },
	{ "5 match without a match",
	    "try { match (5) { 1 => 2 }; } catch ($e) { echo "
	    "$e->message(); } try { match (5) {}; } catch ($e) { echo "
	    "$e->message(); }",
	    "no match for 5\nno match for 5\n" },
	{ "5 match has one default",
	    "match (1) { default => 1, default => 2 };",
	    "t:1:40: a match has one default\n" },
	{ "5 throw and catch",
	    "try { throw [\"a\" => 1]; } catch ($e) { echo $e; } try { "
	    "try { throw 1; } catch ($e) { throw $e + 1; } } catch ($e) { "
	    "echo $e; } function f() { try { return 1; } catch ($e) {} } "
	    "echo f(); for ($i = 0; $i < 2; $i++) { try { if ($i) break; "
	    "continue; } catch ($e) {} } echo $i; $v = 1 ?\? throw "
	    "\"no\"; try { $v = none ?\? throw \"t\"; } catch ($e) { echo "
	    "$e; }",
	    "[\"a\"=>1]\n2\n1\n1\nt\n" },
	{ "5 no finally",
	    "try { throw 1; } catch ($e) { } finally {}",
	    "t:1:33: 'finally' is a reserved word; there is only "
	    "'catch'\n" },
	{ "5 try needs catch",
	    "try { }",
	    "t:1:8: 'catch' expected at end of file\n" },
	{ "5 return at the top",
	    "if (1) { echo 1; return 5; } echo 6;",
	    "1\n" },
	{ "5 break in a function in a loop",
	    "while (1) { function g() { continue; } }",
	    "t:1:28: 'continue' outside of a loop\n" },
	{ "5 echo takes one",
	    "echo 1, 2;",
	    "t:1:7: echo takes one value; write 'echo $a . $b'\n" },
	{ .name = NULL }
};

static const struct run_case	functions[] = {
	{ "6 defaults and rest",
	    "function f($a, $b = 2 + 3, $c = [\"x\" => [1, -2]], ...$r) { "
	    "return [$a, $b, $c, $r]; } echo f(1); echo f(1, 2, 3, 4, 5); "
	    "echo f(...[1, 2], ...[3, 4]); echo f(1, ...[], ...[2]); echo "
	    "f(1,);",
	    "[0=>1,1=>5,2=>[\"x\"=>[0=>1,1=>-2]],3=>[]]\n"
	    "[0=>1,1=>2,2=>3,3=>[0=>4,1=>5]]\n[0=>1,1=>2,2=>3,3=>[0=>4]]\n"
	    "[0=>1,1=>2,2=>[\"x\"=>[0=>1,1=>-2]],3=>[]]\n"
	    "[0=>1,1=>5,2=>[\"x\"=>[0=>1,1=>-2]],3=>[]]\n" },
	{ "6 defaults are last",
	    "function f($a, $b = 1, $c) {}",
	    "t:1:26: a parameter with a default precedes\n" },
	{ "6 defaults are constant",
	    "function f($a = time()) {}",
	    "t:1:17: a constant expression is expected\n" },
	{ "6 a name twice",
	    "function f($a, $a) {}",
	    "t:1:16: parameter $a stands twice\n" },
	{ "6 a function and a class of one name",
	    "function f() {} class f {}",
	    "t:1:23: 'f' is declared twice\n" },
	{ "6 counts by value",
	    "$f = function ($x) { return 1; }; try { $f(); } catch ($e) { "
	    "echo $e->message(); } try { array_map(function () {}, [1]); "
	    "} catch ($e) { echo $e->message(); } try { strlen(...[1, "
	    "2]); } catch ($e) { echo $e->message(); }",
	    "function() takes 1 argument, not 0\nfunction() takes 0 "
	    "arguments, not 1\nstrlen() takes 1 argument, not 2\n" },
	{ "6 closures share variables",
	    "$n = 0; $inc = function () closure ($n) { return ++$n; }; "
	    "$inc(); $inc(); echo $n; $n = 10; echo $inc(); function mk() "
	    "{ $c = 0; return [function () closure ($c) { return ++$c; }, "
	    "function () closure ($c) { return $c; }]; } $a = mk(); $b = "
	    "mk(); $a[0](); $a[0](); $b[0](); echo $a[1]() . $b[1]();",
	    "2\n11\n21\n" },
	{ "6 closures in loops",
	    "$fs = []; for ($i = 0; $i < 3; $i++) $fs[] = function () "
	    "closure ($i) { return $i; }; echo array_map(function ($f) { "
	    "return $f(); }, $fs); $g = []; for ($i = 0; $i < 3; $i++) "
	    "$g[] = function ($i) { return function () closure ($i) { "
	    "return $i; }; }($i); echo array_map(function ($f) { return "
	    "$f(); }, $g);",
	    "[0=>3,1=>3,2=>3]\n[0=>0,1=>1,2=>2]\n" },
	{ "6 captures not yet set",
	    "$f = function () closure ($later) { return isset($later) ? "
	    "$later : \"unset\"; }; echo $f(); $later = 5; echo $f(); $w "
	    "= function () closure ($made) { $made = 1; }; $w(); echo "
	    "$made;",
	    "unset\n5\n1\n" },
	{ "6 no capture, no view",
	    "$x = 1; $g = function () { return $x; }; $g();",
	    "! undefined variable $x\n" },
	{ "6 recursion",
	    "function fac($n) { return $n <= 1 ? 1 : $n * fac($n - 1); } "
	    "echo fac(10); function deep($n) { return $n == 0 ? 0 : 1 + "
	    "deep($n - 1); } echo deep(200); try { deep(1000); } catch "
	    "($e) { echo $e->message(); } echo deep(10);",
	    "3628800\n200\ncall depth limit exceeded\n10\n" },
	{ "6 functions in functions",
	    "function a() { function b() { return c(); } function c() { "
	    "return \"c\"; } return b(); } echo a(); b();",
	    "t:1:98: unknown function 'b'\n" },
	{ "6 generators: keys, return, the rest",
	    "function g() { yield 1; yield \"k\" => 2; yield 3; return; "
	    "yield 4; } foreach (g() as $k => $v) echo \"$k=$v\"; $it = "
	    "g(); foreach ($it as $v) { echo $v; break; } foreach ($it as "
	    "$v) echo \"r$v\"; foreach ($it as $v) echo \"never\"; echo "
	    "is_object($it); echo $it; function e() { if (0) yield 1; } "
	    "foreach (e() as $v) echo \"no\";",
	    "0=1\nk=2\n2=3\n1\nr2\nr3\ntrue\nIterator\n" },
	{ "6 generators: exceptions, arguments, no end",
	    "function t() { yield 1; throw \"boom\"; } try { foreach (t() "
	    "as $v) echo $v; } catch ($e) { echo $e; } function args($a, "
	    "...$r) { foreach ([$a, ...$r] as $x) yield $x; } foreach "
	    "(args(1, 2, 3) as $v) echo $v; function inf() { $i = 0; "
	    "forever yield $i++; } foreach (inf() as $v) { if ($v > 2) "
	    "break; echo $v; } function h() { foreach (args(1, 2) as $x) "
	    "yield $x * 2; } foreach (h() as $v) echo $v;",
	    "1\nboom\n1\n2\n3\n0\n1\n2\n2\n4\n" },
	{ "6 generators: methods, closures, nothing",
	    "class G { $l = [1, 2]; function all() { foreach ($this->l as "
	    "$x) yield $x; } } foreach (G()->all() as $x) echo $x; $n = "
	    "5; $anon = function () closure ($n) { yield; yield $n++; }; "
	    "foreach ($anon() as $v) echo $v; echo $n; function c() { try "
	    "{ yield 1; throw 2; } catch ($e) { yield $e; } } foreach "
	    "(c() as $v) echo $v;",
	    "1\n2\n\n5\n6\n1\n2\n" },
	{ "6 yield at the top",
	    "yield 1;",
	    "t:1:1: yield stands in functions only\n" },
	{ .name = NULL }
};

static const struct run_case	classes[] = {
	{ "7 members",
	    "class N { $x = 1; private $y = []; readonly $z = none; "
	    "static $s = 10; private static $t = 1; constructor($a, $b = "
	    "[]) { $this->a = $a; $this->z = $b; return 5; } function m() "
	    "{ return $this->y; } private function p() { return \"p\"; } "
	    "static function f() { return static::$s; } private static "
	    "function g() { return static::$t; } function callp() { "
	    "return $this->p() . static::g(); } function set() { $this->z "
	    "= 9; $this->y[] = 1; return $this; } } $o = N(1); echo $o; "
	    "echo N::f(); N::$s = 11; echo N::f(); echo $o->callp(); echo "
	    "$o->set()->z; echo $o->m(); echo $o[\"x\"]; $o[\"x\"] = 3; "
	    "echo $o->x; $o->new = 1; echo isset($o->new); try { echo "
	    "$o->y; } catch ($e) { echo $e->message(); } try { echo "
	    "$o[\"y\"]; } catch ($e) { echo $e->message(); } try { "
	    "$o->p(); } catch ($e) { echo $e->message(); } try { $o->z = "
	    "1; } catch ($e) { echo $e->message(); } echo $o->s === none; "
	    "try { $o->f(); } catch ($e) { echo $e->message(); }",
	    "N[\"x\"=>1,\"y\"=>[],\"z\"=>[],\"a\"=>1]\n10\n11\np1\n9\n"
	    "[0=>1]\n1\n3\ntrue\n'y' of class N is private\n'y' of class "
	    "N is private\n'p' of class N is private\n'z' of class N is "
	    "read-only\ntrue\nclass N has no method 'f'\n" },
	{ "7 a private static",
	    "class N { private static $t = 1; } echo N::$t;",
	    "t:1:41: 't' of class N is private\n" },
	{ "7 a private static function",
	    "class N { private static function t() {} } N::t();",
	    "t:1:44: 't' of class N is private\n" },
	{ "7 a method is not static",
	    "class A { function m() {} } A::m();",
	    "t:1:29: class A has no static 'm'\n" },
	{ "7 no such member",
	    "class A {} echo A::nope();",
	    "t:1:17: class A has no static 'nope'\n" },
	{ "7 no $this in what is static",
	    "class A { static function s() { return $this; } } echo "
	    "A::s();",
	    "t:1:40: $this stands in methods, and in functions with "
	    "closure ($this)\n" },
	{ "7 a constructor's arguments",
	    "class A { constructor($x) {} } A();",
	    "t:1:32: A() takes 1 argument, not 0\n" },
	{ "7 a member twice",
	    "class A { function a() {} function a() {} }",
	    "t:1:36: member 'a' is declared twice\n" },
	{ "7 a constructor twice",
	    "class A { constructor() {} constructor() {} }",
	    "t:1:28: a class has one constructor\n" },
	{ "7 a method and a property",
	    "class A { $a = 1; function a() {} }",
	    "t:1:28: member 'a' is declared twice\n" },
	{ "7 first values are constant",
	    "class A { $x = time(); }",
	    "t:1:16: a constant expression is expected\n" },
	{ "7 a constructor that throws",
	    "class A { constructor() { throw \"no\"; } } try { $a = A(); "
	    "} catch ($e) { echo $e; } echo isset($a);",
	    "no\nfalse\n" },
	{ "7 bound methods",
	    "class A { $n = 0; function inc() { return ++$this->n; } "
	    "function get() { return $this->inc; } } $a = A(); $f = "
	    "$a->inc; echo $f(); echo $f(); echo $a->n; $b = A(); $g = "
	    "$b->get(); echo $g(); echo $b->n; class B { $p = \"P\"; "
	    "function q($x) { return $this->p . $x; } } $c = B(); echo "
	    "array_map($c->q, [\"1\", \"2\"]);",
	    "1\n2\n2\n1\n1\n[0=>\"P1\",1=>\"P2\"]\n" },
	{ "7 properties before methods",
	    "class B { function q($x) { return \"method$x\"; } } $c = "
	    "B(); $c->fn = function ($x) { return \"fn$x\"; }; echo "
	    "$c->fn(1); $c->q = function ($x) { return \"own$x\"; }; echo "
	    "$c->q(1); unset($c->q); echo $c->q(1);",
	    "fn1\nown1\nmethod1\n" },
	{ "7 static variables and functions",
	    "class S { static $n = 0; static function inc() { return "
	    "++static::$n; } function i2() { return ++S::$n; } } echo "
	    "S::inc(); echo S()->i2(); $f = S::inc; echo $f(); echo "
	    "array_map(S::inc === S::inc ? str_upper : str_lower, "
	    "[\"a\"]); S::$n .= \"x\"; echo S::$n; S::$n = []; "
	    "S::$n[\"k\"][] = 1; echo S::$n;",
	    "1\n2\n3\n[0=>\"A\"]\n3x\n[\"k\"=>[0=>1]]\n" },
	{ "7 unset of a static",
	    "class S { static $n = 5; } echo unset(S::$n); echo "
	    "isset(S::$n); echo S::$n ?\? 4; S::$n ?\?= 3; echo S::$n; "
	    "unset(S::$n); echo S::$n[\"x\"] ?\? \"d\"; echo S::$n;",
	    "true\nfalse\n4\n3\nd\n! undefined variable\n" },
	{ "7 who sees what is private",
	    "class P { private $v = 1; function cmp($o) { return $o->v; } "
	    "static function peek($o) { return $o->v; } function cb() { "
	    "return function () closure ($this) { return $this->v; }; } "
	    "function cb2() { $me = $this; return function () closure "
	    "($me) { return $me->v; }; } function ex() { return "
	    "array_map(function ($o) { return $o->v; }, [$this]); } } $p "
	    "= P(); echo $p->cmp(P()); echo P::peek($p); echo $p->cb()(); "
	    "echo $p->cb2()(); echo $p->ex(); function outside($o) { "
	    "return $o->v; } outside($p);",
	    "1\n1\n1\n1\n[0=>1]\n! 'v' of class P is private\n" },
	{ "7 isset and unset of properties",
	    "class O { $p = none; private $q = 1; readonly $r = 2; "
	    "function m() {} } $o = O(); echo isset($o->p); echo "
	    "isset($o->zz); echo unset($o->p); echo isset($o->p); echo "
	    "unset($o->p); try { echo isset($o->q); } catch ($e) { echo "
	    "$e->message(); } try { unset($o->r); } catch ($e) { echo "
	    "$e->message(); } try { unset($o->q); } catch ($e) { echo "
	    "$e->message(); }",
	    "true\nfalse\ntrue\nfalse\nfalse\n'q' of class O is private\n"
	    "'r' of class O is read-only\n'q' of class O is private\n" },
	{ "7 objects are shared, first values are not",
	    "class D { $a = [1]; } $x = D(); $y = D(); $x->a[] = 2; echo "
	    "$y->a; $w = $x; $w->a[] = 3; echo $x->a; function mod($o) { "
	    "$o->a = 0; } mod($x); echo $w->a; $arr = [$x]; $brr = $arr; "
	    "$brr[0]->a = 7; echo $x->a;",
	    "[0=>1]\n[0=>1,1=>2,2=>3]\n0\n7\n" },
	{ "7 keywords as members",
	    "class K { $default = 1; function match() { return \"m\"; } "
	    "function class() { return static::for(); } static function "
	    "for() { return \"for\"; } } echo K()->default . K()->match() "
	    ". K()->class();",
	    "1mfor\n" },
	{ "7 classes in functions and blocks",
	    "function f() { class Inner { $v = 1; } return Inner(); } "
	    "echo f()->v; if (0) { class Cond { $v = 2; } } echo "
	    "Cond()->v; Inner();",
	    "t:1:121: unknown function 'Inner'\n" },
	{ "7 no inheritance",
	    "class A extends B {}",
	    "t:1:9: 'extends' is a reserved word; classes do not "
	    "inherit\n" },
	{ "7 object is reserved",
	    "object [\"k\" => 1];",
	    "t:1:1: 'object' is a reserved word\n" },
	{ "10 exceptions",
	    "function f() { return $undefd; } try { f(); } catch ($e) { "
	    "echo $e->message(); echo $e->line(); echo $e->column(); echo "
	    "is_string($e->file()); } $e = Exception(\"mine\"); echo "
	    "$e->message(); echo $e->line() === none; echo $e->file() === "
	    "none; echo $e->toString(); echo is_object($e);",
	    "undefined variable $undefd\n1\n23\ntrue\nmine\ntrue\ntrue\n"
	    "mine\ntrue\n" },
	{ "10 a script's exception, uncaught",
	    "throw Exception(\"mine\");",
	    "! mine\n" },
	{ .name = NULL }
};

static void
test_statements(void **state)
{
	(void)state;
	run_table(statements);
}

static void
test_functions(void **state)
{
	(void)state;
	run_table(functions);
}

static void
test_classes(void **state)
{
	(void)state;
	run_table(classes);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
