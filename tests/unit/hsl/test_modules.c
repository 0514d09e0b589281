/*
 * include and import, from a handful of files in memory.
 */
#include "run.h"

struct mod_file {
	const char	*name;
	const char	*text;
};

static const struct mod_file	files[] = {
	{ "lib", "$count = 0; class Box { $v = 1; static $n = 5; }"
	    "function next() { global $count; return ++$count; }"
	    "function start() { return isset($count); }"
	    "$secret = \"s\"; $n = 8; echo \"lib runs\";" },
	{ "again", "import { next as more, $count } from \"lib\";"
	    "function both() { return more() . more(); }" },
	{ "entry", "import { both, more } from \"again\";" },
	{ "imports", "import { next as more } from \"lib\";" },
	{ "deeper", "include \"imports2\";" },
	{ "imports2", "import { next as more, $count } from \"lib\";" },
	{ "part", "$x = $x + 1; if ($x > 2) $y = \"big\";" },
	{ "box", "$v = \"box\";" },
	{ "spaced", "import * as n from \"box\";"
	    "function other() { return n::$v; }" },
	{ "self", "include \"self\";" },
	{ "ring1", "import { a } from \"ring2\"; function b() {}" },
	{ "ring2", "import { b } from \"ring1\"; function a() {}" },
	{ "broken", "\n  $x = ;" },
	{ "data.json", "{\"a\": [1, true]}" },
	{ "data.csv", "n,v\n1,x\n" },
	{ "semi.csv", "n;v\n1;x\n" },
	{ "bad.json", "{" },
	{ "hello", "hello\n" },
	{ "lines.txt", "a\r\n\nb\nc" },
	{ "comments.json", "// one\n{\"a\": /* two */ 2}" },
	{ "thrower", "function f() {\n\tthrow Exception(none->x());\n}" },
	{ .name = NULL }
};

static int
mod_open(void *arg, const struct hsl_open *o, struct err *e)
{
	const struct mod_file	*f;

	(void)arg;
	for (f = files; f->name != NULL; f++)
		if (strcmp(f->name, o->path) == 0) {
			buf_add_text(o->text, f->text);
			snprintf(o->name, o->name_size, "%s", f->name);
			return 0;
		}
	return err_set(e, "no file '%s'", o->path);
}

static const struct hsl_host	host = { .open = mod_open };

static const struct run_case	modules[] = {
	{ "import", "import { next, $count, Box } from \"lib\"; echo next();"
	    "next(); echo $count; $count = 9; echo next(); echo Box()->v;"
	    "echo Box::$n; echo isset($secret);",
	    "lib runs\n1\n2\n10\n1\n5\nfalse\n" },
	{ "renamed", "import { next as n, $count as $c } from \"lib\";"
	    "n(); echo $c; function f() { global $c; $c += 5; return $c; }"
	    "echo f(); echo n();", "lib runs\n1\n6\n7\n" },
	{ "once", "import { next } from \"lib\"; import { $count } from"
	    " \"lib\"; next(); echo $count;", "lib runs\n1\n" },
	{ "passed on", "import { both, more } from \"entry\"; echo both();"
	    "echo more();", "lib runs\n12\n3\n" },
	{ "namespace", "import * as l from \"lib\"; echo l::next();"
	    "echo l::$count; echo l::Box()->v; echo l::Box;",
	    "lib runs\n1\n1\n1\nfunction Box\n" },
	{ "closures over imports", "import { $count, next } from \"lib\";"
	    "$f = function () closure ($count) { return ++$count; };"
	    "echo $f(); echo next();", "lib runs\n1\n2\n" },
	{ "the same twice", "import { next, $count as $c } from \"lib\";"
	    "import { next, $count as $c } from \"lib\"; import * as l from"
	    " \"lib\"; import * as l from \"lib\"; next(); echo $c . l::$n;",
	    "lib runs\n18\n" },
	{ "two of one name", "import { next as f } from \"lib\"; import { start"
	    " as f } from \"lib\";", "t:1:43: 'f' is declared twice\n" },
	{ "two variables of one name", "import { $count as $v } from \"lib\";"
	    "import { $v } from \"box\";", "t:1:45: $v exists already\n" },
	{ "import in an included file", "include \"imports\"; echo more();"
	    " include \"deeper\"; echo $count;", "lib runs\n1\n1\n" },
	{ "import in a file included deeper", "if (1) { include \"imports\"; }",
	    "imports:1:1: import stands at the top level only\n" },
	{ "import in a function", "function f() { include \"imports\"; }",
	    "imports:1:1: import stands at the top level only\n" },
	{ "missing", "import { nope, $nope } from \"lib\";",
	    "t:1:16: 'lib' has no variable $nope\n"
	    "t:1:10: 'lib' has no function or class 'nope'\n" },
	{ "no file", "import { x } from \"none\";", "t:1:1: no file 'none'\n" },
	{ "clash", "$count = 1; import { $count } from \"lib\";",
	    "t:1:29: $count exists already\n" },
	{ "not at the top", "if (1) import { next } from \"lib\";",
	    "t:1:8: import stands at the top level only\n" },
	{ "ring", "import { a } from \"ring2\";",
	    "ring1:1:1: 'ring2' imports itself\n" },
	{ "errors there", "import { a } from \"broken\";",
	    "broken:2:8: an expression is expected before ';'\n" },
	{ "exceptions there", "import { f } from \"thrower\"; try { f(); }"
	    " catch ($e) { echo $e->toString(); }",
	    "method 'x' of none in thrower:2:24\n" },
	{ "include", "$x = 1; include \"part\"; include ''part''; echo $x;"
	    "echo $y; function f() { $x = 5; include \"part\"; return $y; }"
	    "echo f();", "3\nbig\nbig\n" },
	{ "include_once", "$x = 1; include_once \"part\"; include_once"
	    " \"part\"; echo $x;", "2\n" },
	{ "include in a loop", "$x = 0; for ($i = 0; $i < 3; $i++)"
	    " include \"part\"; echo $x;", "3\n" },
	{ "include itself", "include \"self\";",
	    "self:1:1: 'self' includes itself\n" },
	{ "include of no constant", "$x = 1; include \"a$x\";",
	    "t:1:22: a path can't hold variables\n" },
	{ "json", "import $d from \"data.json\"; echo $d; $d[] = 1; echo $d;",
	    "[\"a\"=>[0=>1,1=>true]]\n[\"a\"=>[0=>1,1=>true],0=>1]\n" },
	{ "csv", "import $d from \"data.csv\"; echo $d; import $e from"
	    " \"semi.csv\" with [\"delimiter\" => \";\", \"header\" => false];"
	    "echo $e;", "[0=>[\"n\"=>\"1\",\"v\"=>\"x\"]]\n"
	    "[0=>[0=>\"n\",1=>\"v\"],1=>[0=>\"1\",1=>\"x\"]]\n" },
	{ "text", "import $t from \"hello\"; echo $t; import $u from"
	    " \"txt!data.json\"; echo $u;", "hello\n\n{\"a\": [1, true]}\n" },
	{ "text as lines", "import $l from \"lines.txt\" with [\"array\" =>"
	    " true]; echo $l;", "[0=>\"a\",1=>\"\",2=>\"b\",3=>\"c\"]\n" },
	{ "json with comments", "import $d from \"comments.json\"; echo $d;",
	    "[\"a\"=>2]\n" },
	{ "bad data", "import $d from \"bad.json\";",
	    "t:1:1: 'bad.json' is no json\n" },
	{ "later loaders", "import $d from \"x.yaml\";",
	    "t:1:1: import of 'yaml' is not available in this version\n" },
	{ "unknown loader", "import $d from \"foo!hello\";",
	    "t:1:1: unknown loader 'foo'\n" },
	{ "variables of namespaces", "import * as n from \"lib\";"
	    "n::$count = 7; echo n::next(); n::$count += 2; n::$count++;"
	    "n::$count ?\?= 1; echo n::$count; echo isset(n::$count);"
	    "echo unset(n::$count); echo isset(n::$count);"
	    "function f() { n::$count[\"x\"] = 1; return n::$count; }"
	    "echo f();", "lib runs\n8\n11\ntrue\ntrue\nfalse\n"
	    "[\"x\"=>1]\n" },
	{ "no such name in a namespace", "import * as n from \"lib\";"
	    "n::$nope = 1; echo n::$nope; echo n::nope();",
	    "t:1:26: 'lib' has no variable $nope\n"
	    "t:1:45: 'lib' has no variable $nope\n"
	    "t:1:60: unknown function 'nope'\n" },
	{ "one name for two namespaces", "import * as n from \"lib\";"
	    "import { other } from \"spaced\"; echo other(); echo n::next();",
	    "lib runs\nbox\n1\n" },
	{ "a namespace's name twice", "import * as n from \"lib\";"
	    "class n {}", "t:1:1: 'n' is declared twice\n" },
	{ "a list's last comma", "import { next, } from \"lib\"; echo next();",
	    "lib runs\n1\n" },
	{ .name = NULL }
};

static void
test_modules(void **state)
{
	int	 wrong = 0;

	(void)state;
	for (const struct run_case *c = modules; c->name != NULL; c++)
		wrong += !run_check(&host, c);
	assert_int_equal(wrong, 0);
}

/* Two executions of one program do not see each other. */
static void
test_interleaved(void **state)
{
	struct hsl_limits	 l = hsl_limits_default;
	struct hsl_program	*p;
	struct hsl_exec		*x, *y;

	(void)state;
	l.slice = 50;
	p = hsl_compile(&host, "t", STR("import { next } from \"lib\";"
	    "class A { static $n = []; } function f($l) { $l[] = 1; return"
	    " length($l); } for ($i = 0; $i < 100; $i++) { next();"
	    " A::$n[] = f([1, 2]); } return next() + length(A::$n);"), NULL,
	    NULL);
	assert_non_null(p);
	x = hsl_exec_new(p, &l, NULL);
	y = hsl_exec_new(p, &l, NULL);
	hsl_program_unref(&p);
	while (hsl_run(x) == HSL_RUN_YIELD && hsl_run(y) == HSL_RUN_YIELD)
		continue;
	while (hsl_run(x) == HSL_RUN_YIELD || hsl_run(y) == HSL_RUN_YIELD)
		continue;
	assert_int_equal(hsl_run(x), HSL_RUN_DONE);
	assert_true(hsl_value_number(hsl_result(x), 0) == 201);
	hsl_exec_free(&x);
	assert_true(hsl_value_number(hsl_result(y), 0) == 201);
	hsl_exec_free(&y);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_modules),
		cmocka_unit_test(test_interleaved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
