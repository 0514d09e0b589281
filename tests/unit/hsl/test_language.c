/*
 * The rules of the language in a line or two; longer ones are in scripts.
 *
 * Names of cases begin with the section of the description that they are of
 * where that says more.
 */
#include "run.h"

static const struct run_case	lexical[] = {
	{ "no exponent", "echo 1e3;", "t:1:6: a number has no exponent; "
	    "write '1 * 10 ** 3'\n" },
	{ "two points", "echo 1.2.3;",
	    "t:1:6: a number has one point only\n" },
	{ "a point is not a fraction", "echo 5 . 6; echo 1.0 . 2.5;",
	    "56\n12.5\n" },
	{ "raw string without end", "echo ''a;",
	    "t:1:6: raw string without end\n" },
	{ "single quotes are no string", "echo 'a b';",
	    "t:1:6: a string stands in double quotes: \"text\"; a raw string "
	    "is 'END'text'END', or ''text''\n" },
	{ "string without end", "echo \"a",
	    "t:1:6: string without end\n" },
	{ "reserved words", "$x = new;",
	    "t:1:6: 'new' is a reserved word; an object of the class C "
	    "is made by 'C()'\n" },
	{ "bad regex", "$x = #/(/;",
	    "t:1:6: regular expression: missing closing parenthesis\n" },
	{ "last semicolon", "echo 1", "1\n" },
	{ "1.1 comments do not nest",
	    "/* a /* b */ echo 1; */",
	    "t:1:22: an expression is expected before '*'\n" },
	{ "1.2 keywords are no names",
	    "function match() {}",
	    "t:1:10: name expected before 'match'\n" },
	{ "1.3 underscores stand between digits",
	    "echo 1_;",
	    "t:1:6: invalid number\n" },
	{ "1.3 two underscores",
	    "echo 1__0;",
	    "t:1:6: invalid number\n" },
	{ "1.3 digits after a prefix",
	    "echo 0x;",
	    "t:1:6: digits expected after the prefix of a number\n" },
	{ "1.3 digits of a base",
	    "echo 0b2;",
	    "t:1:6: invalid number\n" },
	{ "1.3 no fraction without digits",
	    "echo 5.;",
	    "t:1:8: an expression is expected before ';'\n" },
	{ "1.3 a leading zero",
	    "echo 010 + 08; echo 0x1_F; echo 0o7_7; echo 5 .6;",
	    "18\n31\n63\n56\n" },
	{ "1.7 not in the language: <<=",
	    "$a = 1; $a <<= 2;",
	    "t:1:14: an expression is expected before '='\n" },
	{ "1.7 not in the language: <>",
	    "echo 5 <> 3;",
	    "t:1:9: '<>' is written '!='\n" },
	{ "1.7 not in the language: &&",
	    "echo 1 && 2;",
	    "t:1:8: '&&' is written 'and'\n" },
	{ "1.2 not in the language: elseif",
	    "if (1) {} elseif (1) {}",
	    "t:1:22: ';' expected before '{'; instead of 'elseif' write "
	    "'else if'\n" },
	{ "1.7 not in the language: ?->",
	    "echo none?->x;",
	    "t:1:11: an expression is expected before '->'\n" },
	{ "1.2 reserved words",
	    "function this() {}",
	    "t:1:10: 'this' is a reserved word; write '$this'\n" },
	{ .name = NULL }
};

static const struct run_case	conversion[] = {
	{ "array in arithmetic", "echo [1] * [2];",
	    "! a number is expected, not an array\n" },
	{ .name = NULL }
};

static const struct run_case	operators[] = {
	{ "precedence of . and +", "echo 1 + 2 . 3 + 4;", "37\n" },
	{ "bitwise above comparison", "echo 6 & 3 == 2; echo 1 | 2 << 1;",
	    "true\n5\n" },
	{ "remainder", "echo 7 % 3; echo -7 % 3; echo 7.5 % 2; echo 1 % 0;",
	    "1\n-1\n1.5\nnan\n" },
	{ "3.1 comparisons",
	    "echo 1 < 2 == true; echo 1 == 1 < 2; echo 3 > 2 > 1;",
	    "true\ntrue\nfalse\n" },
	{ "3.3 the rest is last",
	    "[$a, ...$r, $b] = [1, 2, 3];",
	    "t:1:17: '...' must be last in a pattern\n" },
	{ "3.3 only places",
	    "[1] = [2];",
	    "t:1:5: a pattern holds variables only\n" },
	{ "3.4 a number has no slice",
	    "echo 5[1:];",
	    "! a number can't be sliced\n" },
	{ "3.4 no step into a slice",
	    "$a = [1, 2, 3, 4]; $a[::2] = [0, 0];",
	    "! the step of this slice must be 1\n" },
	{ "3.4 no ++ of a slice",
	    "$a = [1]; $a[0:1]++;",
	    "t:1:18: ++ and -- take no slice\n" },
	{ "3.5 + of an array is not turned around",
	    "echo 2 + [1];",
	    "! a number is expected, not an array\n" },
	{ "3.5 - of what is no array",
	    "echo 5 - [1];",
	    "! a number is expected, not an array\n" },
	{ .name = NULL }
};

static const struct run_case	assignment[] = {
	{ "not an lvalue", "5 = 6;", "t:1:3: this can't be assigned to\n" },
	{ "no base", "f()[1] = 2; function f() { return []; }",
	    "t:1:8: this can't be assigned to\n" },
	{ "first", "[, $b] = [1, 2]; echo $b;", "2\n" },
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
	{ .name = NULL }
};

static const struct run_case	statements[] = {
	{ "dangling else", "if (1) if (0) echo 1; else echo 2;", "2\n" },
	{ "default first", "switch (2) { default: echo 1; case 2: echo 2; }",
	    "2\n" },
	{ "uncaught", "throw [1, 2];", "! [0=>1,1=>2]\n" },
	{ "break outside", "break;", "t:1:1: 'break' outside of a loop\n" },
	{ "return at top level", "echo 1; return; echo 2;", "1\n" },
	{ "4 global of a name that exists",
	    "function f() { $x = 1; global $x; }",
	    "t:1:31: $x exists already in this function\n" },
	{ "4 global at the top",
	    "global $x;",
	    "t:1:1: global stands in functions only\n" },
	{ "4 isset takes one place",
	    "echo isset($a, $b);",
	    "t:1:14: isset takes one variable; write 'isset($a) and "
	    "isset($b)'\n" },
	{ "4 isset takes a place",
	    "echo isset(f());",
	    "t:1:15: isset takes a variable, index or property\n" },
	{ "5 foreach over a scalar",
	    "foreach (5 as $x) echo 1;",
	    "! foreach over a number\n" },
	{ "5 foreach over an object",
	    "class P {} foreach (P() as $x) echo 1;",
	    "! foreach over an object\n" },
	{ "5 nothing before case",
	    "switch (1) { echo 1; }",
	    "t:1:14: 'case' expected before 'echo'\n" },
	{ "5 one default",
	    "switch (1) { default: echo 1; default: echo 2; }",
	    "t:1:48: a switch has one default\n" },
	{ "5 match has one default",
	    "match (1) { default => 1, default => 2 };",
	    "t:1:40: a match has one default\n" },
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
	{ "variadic", "function f($a, ...$r) { echo $r; } f(1); f(1, 2, 3);",
	    "[]\n[0=>2,1=>3]\n" },
	{ "nested names are local", "function f() { function g() {} } g();",
	    "t:1:34: unknown function 'g'\n" },
	{ "twice", "function f() {} function f() {}",
	    "t:1:26: 'f' is declared twice\n" },
	{ "scope", "$x = 1; function f() { return isset($x); } echo f();",
	    "false\n" },
	{ "global that exists", "function f($x) { global $x; }",
	    "t:1:25: $x exists already in this function\n" },
	{ "no capture", "$x = 1; $f = function () { return $x; }; $f();",
	    "! undefined variable $x\n" },
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
	{ "6 no capture, no view",
	    "$x = 1; $g = function () { return $x; }; $g();",
	    "! undefined variable $x\n" },
	{ "6 yield at the top",
	    "yield 1;",
	    "t:1:1: yield stands in functions only\n" },
	{ .name = NULL }
};

static const struct run_case	classes[] = {
	{ "no constructor", "class A { } echo is_object(A()); A(1);",
	    "t:1:34: A() takes 0 arguments, not 1\n" },
	{ "private statics", "class A { private static $p = 1; } echo A::$p;",
	    "t:1:41: 'p' of class A is private\n" },
	{ "missing", "class A { } $a = A(); echo $a->x === none; $a->f();",
	    "true\n! class A has no method 'f'\n" },
	{ "$this is no variable", "class A { function f() { $this = 1; } }",
	    "t:1:32: $this can't be assigned to\n" },
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
	{ "7 no inheritance",
	    "class A extends B {}",
	    "t:1:9: 'extends' is a reserved word; classes do not "
	    "inherit\n" },
	{ .name = NULL }
};

static void
test_lexical(void **state)
{
	(void)state;
	run_table(lexical);
}

static void
test_conversion(void **state)
{
	(void)state;
	run_table(conversion);
}

static void
test_operators(void **state)
{
	(void)state;
	run_table(operators);
}

static void
test_assignment(void **state)
{
	(void)state;
	run_table(assignment);
}

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
		cmocka_unit_test(test_lexical),
		cmocka_unit_test(test_conversion),
		cmocka_unit_test(test_operators),
		cmocka_unit_test(test_assignment),
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
