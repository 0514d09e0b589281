/*
 * What other languages write: each error says how it is written here.
 */
#include "run.h"

#define FN_HINT	"a function is written 'function ($x) { return $x; }'\n"
#define NO_REFERENCES	"there are no references; return the value, or share "\
	"the variable by 'global' or 'closure ($name)'\n"
#define RAW_TEXT	"'text' starts a raw string, which does not end; "\
	"write \"text\"\n"
#define QUOTES	"a typographic quote; write '\"'\n"

static const struct run_case	names[] = {
	{ "a class of a later version", "$m = MIME();",
	    "t:1:6: MIME is a class of a later version\n" },
	{ "near a keyword", "Try();",
	    "t:1:1: Try() is a function of a later version\n" },
	{ "as a value", "$f = idna_encode;",
	    "t:1:6: idna_encode() is a function of a later version\n" },
	{ "a name that nothing has", "$f = Foo::bar();",
	    "t:1:6: unknown class 'Foo'\n" },
	{ .name = NULL }
};

static const struct run_case	operands[] = {
	{ "in", "if (1 in [1]) echo 1;", "t:1:7: 'in' is a reserved word; "
	    "write 'array_includes($item, $list)'\n" },
	{ "in of foreach", "foreach ($x in [1]) echo 1;", "t:1:13: 'in' is a "
	    "reserved word; write 'foreach ($list as $item)'\n" },
	{ "fn in an array", "$a = [fn ($x) => $x];", "t:1:7: unknown function "
	    "'fn'; write 'function ($x) { return $x; }'\n" },
	{ "function with an arrow", "$f = function ($x) => $x;",
	    "t:1:20: the body of a function is written '{ return $x; }'\n" },
	{ "<>", "if (1 <> 2) echo 1;", "t:1:8: '<>' is written '!='\n" },
	{ "< and >", "if (1 < > 2) echo 1;", "t:1:9: an expression is "
	    "expected before '>'\n" },
	{ "and is no reference", "$a = 3; echo 6 &$a;", "2\n" },
	{ .name = NULL }
};

static const struct run_case	statements[] = {
	{ "isset of two", "$a = 1; echo isset($a, $b);", "t:1:22: isset takes "
	    "one variable; write 'isset($a) and isset($b)'\n" },
	{ "unset of two", "$a = 1; unset($a, $b);", "t:1:17: unset takes one "
	    "variable; write 'unset($a); unset($b)'\n" },
	{ "echo of two", "echo 1, 2;", "t:1:7: echo takes one value; write "
	    "'echo $a . $b'\n" },
	{ "return of two", "return 1, 2;", "t:1:9: return takes one value; "
	    "write 'return [$a, $b]'\n" },
	{ "break 2", "while (1) break 2;", "t:1:17: 'break' is of the "
	    "innermost loop and takes no number; leave others by 'return', or "
	    "by a variable that they look at\n" },
	{ "continue 2", "while (1) continue 2;", "t:1:20: 'continue' is of "
	    "the innermost loop and takes no number; leave others by "
	    "'return', or by a variable that they look at\n" },
	{ .name = NULL }
};

static const struct run_case	types[] = {
	{ "a type before a parameter", "function f(string $x) {}", "t:1:12: "
	    "a parameter has no type; write '$x'\n" },
	{ "array before a parameter", "function f($a, array $x) {}",
	    "t:1:16: a parameter has no type; write '$x'\n" },
	{ "an optional type", "function f(?string $x) {}", "t:1:12: a "
	    "parameter has no type; write '$name'\n" },
	{ "one of two types", "function f(string|none $x) {}", "t:1:12: a "
	    "parameter has no type; write '$name'\n" },
	{ "a type behind a parameter", "function f($x: number) {}",
	    "t:1:14: a parameter has no type; leave it out\n" },
	{ "a type of the result", "function f($x): string {}", "t:1:15: the "
	    "result of a function has no type; leave it out\n" },
	{ "a parameter without $", "function f(x) {}", "t:1:12: a parameter "
	    "is written '$x'\n" },
	{ "no parameter at all", "function f(1) {}", "t:1:12: a parameter is "
	    "expected\n" },
	{ "a member with a type", "class C { string $x; }", "t:1:11: a member "
	    "is written '$name = value;', without a type\n" },
	{ "a member without $", "class C { x = 1; }", "t:1:11: a member is "
	    "written '$name = value;', without a type\n" },
	{ "a method without function", "class C { m() {} }", "t:1:11: a "
	    "method is written 'function m() { }'\n" },
	{ .name = NULL }
};

static const struct run_case	literals[] = {
	{ "1e3", "echo 1e3;", "t:1:6: a number has no exponent; write "
	    "'1 * 10 ** 3'\n" },
	{ "1.5E-3", "echo 1.5E-3;", "t:1:6: a number has no exponent; write "
	    "'1 * 10 ** 3'\n" },
	{ "1elephant", "echo 1elephant;", "t:1:6: invalid number\n" },
	{ ".5", "echo .5;", "t:1:6: a number begins with a digit; write "
	    "'0.5'\n" },
	{ ".25 as an argument", "echo round(.25, 1);", "t:1:12: a number "
	    "begins with a digit; write '0.25'\n" },
	{ "a concatenation", "$a = 1; echo $a .5;", "15\n" },
	{ "an empty one", "$a = '';", "t:1:6: '' starts a raw string, which "
	    "does not end; write \"\"\n" },
	{ "a back quote", "echo `a`;", "t:1:6: a string stands in double "
	    "quotes, not in '`'\n" },
	{ "a dash", "echo 1 \xe2\x80\x93 1;", "t:1:8: a dash; write '-'\n" },
	{ .name = NULL }
};

static const struct run_case	open_ends[] = {
	{ "in one line", "echo (1;", "t:1:8: ')' expected before ';'\n" },
	{ .name = NULL }
};

static const struct run_case	thrown[] = {
	{ "none", "throw none;", "! none\n" },
	{ "false", "throw false;", "! false\n" },
	{ "an article", "foreach (1 as $x) {}", "! foreach over a number\n" },
	{ "another", "$a = [1]; $a();", "! an array can't be called\n" },
	{ .name = NULL }
};

#define TABLE(name)							\
	static void							\
	test_##name(void **state)					\
	{								\
		(void)state;						\
		run_table(name);					\
	}
TABLE(names)
TABLE(operands)
TABLE(statements)
TABLE(types)
TABLE(literals)
TABLE(open_ends)
TABLE(thrown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_operands),
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_literals),
		cmocka_unit_test(test_open_ends),
		cmocka_unit_test(test_thrown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
