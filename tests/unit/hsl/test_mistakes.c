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
	{ "a class's function", "$m = X509::String(\"\");",
	    "t:1:6: X509 is a class of a later version\n" },
	{ "a function", "$b = http(\"http://x/\");",
	    "t:1:6: http() is a function of a later version\n" },
	{ "of the queue's hooks", "Queue([\"delay\" => 60]);",
	    "t:1:1: Queue() is a function of a later version\n" },
	{ "near a keyword", "Try();",
	    "t:1:1: Try() is a function of a later version\n" },
	{ "as a value", "$f = idna_encode;",
	    "t:1:6: idna_encode() is a function of a later version\n" },
	{ "foreign functions", "$f = FFI(\"libc.so\");",
	    "t:1:6: unknown function 'FFI'; there are no foreign "
	    "functions\n" },
	{ "a name that nothing has", "$f = Foo::bar();",
	    "t:1:6: unknown class 'Foo'\n" },
	{ .name = NULL }
};

static const struct run_case	operands[] = {
	{ "in", "if (1 in [1]) echo 1;", "t:1:7: 'in' is a reserved word; "
	    "write 'array_includes($item, $list)'\n" },
	{ "in of foreach", "foreach ($x in [1]) echo 1;", "t:1:13: 'in' is a "
	    "reserved word; write 'foreach ($list as $item)'\n" },
	{ "fn", "$f = fn ($x) => $x + 1;", "t:1:14: ';' expected before "
	    "'=>'; " FN_HINT },
	{ "fn as an argument", "echo array_map(fn ($x) => $x, [1]);",
	    "t:1:24: ')' expected before '=>'; " FN_HINT },
	{ "fn in an array", "$a = [fn ($x) => $x];", "t:1:7: unknown function "
	    "'fn'; write 'function ($x) { return $x; }'\n" },
	{ "an arrow alone", "$f = ($x) => $x;", "t:1:11: ';' expected before "
	    "'=>'; " FN_HINT },
	{ "function with an arrow", "$f = function ($x) => $x;",
	    "t:1:20: the body of a function is written '{ return $x; }'\n" },
	{ "a reference", "$b = &$a;", "t:1:6: " NO_REFERENCES },
	{ "a reference as an argument", "f(&$a);", "t:1:3: " NO_REFERENCES },
	{ "a reference as a parameter", "function f(&$a) {}",
	    "t:1:12: " NO_REFERENCES },
	{ "a reference in foreach", "foreach ([1] as &$v) {}",
	    "t:1:17: " NO_REFERENCES },
	{ "a reference in a list", "$a = [1, &$b];",
	    "t:1:10: " NO_REFERENCES },
	{ "a pattern", "if (\"a\" =~ /a/) echo 1;", "t:1:12: a pattern is "
	    "written '#/text/'\n" },
	{ "a pattern that does not hold", "if (\"a\" =~ #/(a/) echo 1;",
	    "t:1:12: regular expression: missing closing parenthesis\n" },
	{ "and as an argument", "echo pcre_match(#/(a/, \"a\");",
	    "t:1:17: regular expression: missing closing parenthesis\n" },
	{ "<>", "if (1 <> 2) echo 1;", "t:1:8: '<>' is written '!='\n" },
	{ "< and >", "if (1 < > 2) echo 1;", "t:1:9: an expression is "
	    "expected before '>'\n" },
	{ "and is no reference", "$a = 3; echo 6 &$a;", "2\n" },
	{ "a colon in an array", "$a = [\"a\": 1];", "t:1:10: between a key "
	    "and its value write '=>', not ':'\n" },
	{ "braces", "$a = {\"a\": 1};", "t:1:6: an array is written "
	    "'[\"key\" => $value]'\n" },
	{ "named arguments", "echo str_upper(string: \"a\");", "t:1:22: "
	    "arguments have no names; write the value alone\n" },
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
	{ "'text'", "$a = 'text';\necho $b = ;", "t:1:6: " RAW_TEXT
	    "t:2:11: an expression is expected before ';'\n" },
	{ "'some text'", "$a = 'some text';\necho $b = ;", "t:1:6: a string "
	    "stands in double quotes: \"text\"; a raw string is "
	    "'END'text'END', or ''text''\nt:2:11: an expression is expected "
	    "before ';'\n" },
	{ "an empty one", "$a = '';", "t:1:6: '' starts a raw string, which "
	    "does not end; write \"\"\n" },
	{ "typographic quotes", "echo \xe2\x80\x9c" "a\xe2\x80\x9d;",
	    "t:1:6: " QUOTES },
	{ "single ones", "echo \xe2\x80\x98" "a\xe2\x80\x99;",
	    "t:1:6: " QUOTES },
	{ "in a string they are text", "echo \"\xe2\x80\x9c\";",
	    "\xe2\x80\x9c\n" },
	{ "a back quote", "echo `a`;", "t:1:6: a string stands in double "
	    "quotes, not in '`'\n" },
	{ "a blank that does not break", "echo\xc2\xa0" "1;", "t:1:5: a blank "
	    "that does not break; write a plain one\n" },
	{ "a dash", "echo 1 \xe2\x80\x93 1;", "t:1:8: a dash; write '-'\n" },
	{ "a byte order mark first", "\xef\xbb\xbf" "echo 1;", "1\n" },
	{ "its column", "\xef\xbb\xbf" "echo ;", "t:1:6: an expression is "
	    "expected before ';'\n" },
	{ "a byte order mark later", "echo \xef\xbb\xbf" "1;", "t:1:6: a byte "
	    "order mark; remove it\n" },
	{ .name = NULL }
};

static const struct run_case	open_ends[] = {
	{ "a block", "if (1) {\n\techo 1;\n", "t:3:1: '}' for the '{' of line "
	    "1 is expected at end of file\n" },
	{ "a function", "\nfunction f() {\n\techo 1;\n\tif (1) {\n\t}\n",
	    "t:6:1: '}' for the '{' of line 2 is expected at end of file\n" },
	{ "a class", "class C {\n\t$a;\n", "t:3:1: '}' for the '{' of line 1 "
	    "is expected at end of file\n" },
	{ "a switch", "switch (1)\n{\ncase 1:\n", "t:4:1: '}' for the '{' of "
	    "line 2 is expected at end of file\n" },
	{ "a match", "echo match (1) {\n1 => 2", "t:2:7: '}' for the '{' of "
	    "line 1 is expected at end of file\n" },
	{ "a bracket", "$a = [\n1,\n2;\n", "t:3:2: ']' for the '[' of line 1 "
	    "is expected before ';'\n" },
	{ "arguments", "echo f(1,\n2;\n", "t:2:2: ')' for the '(' of line 1 "
	    "is expected before ';'\n" },
	{ "in one line", "echo (1;", "t:1:8: ')' expected before ';'\n" },
	{ .name = NULL }
};

static const struct run_case	thrown[] = {
	{ "none", "throw none;", "! none\n" },
	{ "an empty text", "throw \"\";", "! \"\"\n" },
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
