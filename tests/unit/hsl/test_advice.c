/*
 * What the compiler warns of fails when it is run, and nothing else is
 * warned of.
 */
#include "run.h"


static const struct hsl_variable	given[] = {
	{ "arguments", true }, { NULL, false }
};
static const struct hsl_variable	foreign[] = {
	{ "context", false }, { NULL, false }
};
static const struct hsl_advice	advice = { .foreign = foreign };

/* What a script that compiles is warned of. */
static void
advice_of(const char *script, hsl_open_fn *open, struct buf *out)
{
	const struct hsl_host	 host = { .variables = given,
				    .advice = &advice, .open = open,
				    .warn = run_diag, .warn_arg = out };
	struct hsl_program	*p;

	p = hsl_compile(&host, "t", str_of(script), run_diag, out);
	assert_true(p != NULL || out->len > 0);
	hsl_program_unref(&p);
}

static int
advice_open(void *arg, const struct hsl_open *o, struct err *e)
{
	(void)arg;
	(void)snprintf(o->name, o->name_size, "%s", o->path);
	if (strcmp(o->path, "lib") == 0)
		buf_add_text(o->text, "$given = 1; function get() {\n"
		    "global $given, $missing; return $given . $missing; }");
	else if (strcmp(o->path, "part") == 0)
		buf_add_text(o->text, "echo $before; $behind = 2;");
	else if (strcmp(o->path, "x.json") == 0)
		buf_add_text(o->text, "[1]");
	else
		return err_set(e, "no such file");
	return 0;
}

static void
advice_table(const struct run_case *c)
{
	struct buf	 out = BUF_INIT;
	int		 wrong = 0;

	for (; c->name != NULL; c++) {
		buf_clear(&out);
		advice_of(c->script, advice_open, &out);
		if (strcmp(buf_cstr(&out), c->want) != 0) {
			fprintf(stderr, "%s:\n%s\ngave:\n%swanted:\n%s\n",
			    c->name, c->script, buf_cstr(&out), c->want);
			wrong++;
		}
	}
	buf_free(&out);
	assert_int_equal(wrong, 0);
}

static const struct run_case	missing[] = {
	{ "nothing assigns it", "echo $x;\necho $x;",
	    "t:1:6: nothing assigns $x\n" },
	{ "a slip", "$recipient = 1; echo $recipent;",
	    "t:1:22: nothing assigns $recipent; is it $recipient?\n" },
	{ "in a string", "echo \"a $x\";", "t:1:6: nothing assigns $x\n" },
	{ "an argument", "echo length($x);", "t:1:13: nothing assigns $x\n" },
	{ "an index of it", "echo $x[\"a\"];", "t:1:6: nothing assigns $x\n" },
	{ "an index", "$a = [1]; echo $a[$i]; $a[$k] = 1;",
	    "t:1:19: nothing assigns $i\nt:1:27: nothing assigns $k\n" },
	{ "a property", "$x->p = 1;", "t:1:1: nothing assigns $x\n" },
	{ "a global", "$x = 1; function f() { return $x; } f();",
	    "t:1:31: nothing assigns $x in this function; for that of the top "
	    "level write 'global $x;'\n" },
	{ "a variable of the host", "function f() { return $arguments; } f();",
	    "t:1:23: nothing assigns $arguments in this function; for that of "
	    "the top level write 'global $arguments;'\n" },
	{ "a method's", "$x = 1; class C { function m() { return $x; } }",
	    "t:1:41: nothing assigns $x in this function; for that of the top "
	    "level write 'global $x;'\n" },
	{ "a closure's", "function g() { $x = 1; return function () {"
	    "return $x; }; }", "t:1:51: nothing assigns $x in this function; "
	    "for the one outside write 'function (...) closure ($x)'\n" },
	{ "a closure's at the top", "$x = 1; $f = function () { echo $x; };",
	    "t:1:33: nothing assigns $x in this function; for the one outside "
	    "write 'function (...) closure ($x)'\n" },
	{ "beyond a closure", "$x = 1; function g() { return function () {"
	    "return $x; }; }", "t:1:51: nothing assigns $x in this function; "
	    "for that of the top level write 'global $x;'\n" },
	{ "global of none", "function f() { global $x; return $x; }",
	    "t:1:34: nothing assigns $x\n" },
	{ "unset alone", "unset($x); echo $y; unset($y[0]);", "" },
	{ "in a long chain", "if (1) { } else if ($x) { } else echo $y;",
	    "t:1:21: nothing assigns $x\nt:1:39: nothing assigns $y\n" },
	{ "?\?'s right side", "echo $a ?\? $b;",
	    "t:1:12: nothing assigns $b\n" },
	{ "of an include", "include \"part\";",
	    "part:1:6: nothing assigns $before\n" },
	{ "of a module", "import { get } from \"lib\"; echo get();",
	    "lib:2:42: nothing assigns $missing\n" },
	{ .name = NULL }
};

static const struct run_case	silent[] = {
	{ "given", "echo $arguments; echo $context;", "" },
	{ "assigned later", "function f() { global $x; return $x; }"
	    "$x = 1; echo f();", "" },
	{ "by patterns", "[$a, [$b], ...$r] = [1, [2]]; [\"k\" => $k] = [];"
	    "[$d = 5] = []; echo [$a, $b, $r, $k, $d];", "" },
	{ "by foreach", "foreach ([1] as $k => $v) echo $k . $v;"
	    "foreach ([[1]] as [$p]) echo $p;", "" },
	{ "by for", "for ($i = 0, $j = 9; $i < $j; $i++, $last = $j--) {}"
	    "echo $last;", "" },
	{ "by catch", "try { throw 1; } catch ($e) { echo $e; }", "" },
	{ "by an index", "$a[\"x\"][] = 1; echo $a; $b[1:2] = [1]; echo $b;",
	    "" },
	{ "by op= and ++", "$n += 1; echo $n; $m++; echo $m; $s .= \"a\";"
	    "echo $s; $c ?\?= 1; echo $c;", "" },
	{ "parameters", "function f($a, $b = 1, ...$c) {"
	    "return [$a, $b, $c]; } echo f(1);", "" },
	{ "methods", "class C { $p = 1; static $s = 2; constructor($q) {"
	    "$this->p = $q; } function m() { return $this->p . C::$s; } }"
	    "echo C(1)->m();", "" },
	{ "a closure", "function g() { $x = 1; $f = function () closure ($x) {"
	    "$x += 1; return $x; }; return $f(); } echo g();", "" },
	{ "a closure that assigns", "$f = function () closure ($n) {"
	    "$n = 1; }; $f(); echo $n;", "" },
	{ "a closure of itself", "$f = function ($n) closure ($f) {"
	    "return $n ? $f($n - 1) : 0; }; echo $f(3);", "" },
	{ "global that assigns", "function f() { global $x; $x = 1; } f();"
	    "echo $x;", "" },
	{ "isset", "if (isset($x)) echo $x; echo isset($y[\"a\"]) ? $y : 0;"
	    "function f() { global $z; if (isset($z)) return $z; }", "" },
	{ "?\?", "echo $x ?\? 1; echo $y[\"a\"][\"b\"] ?\? 2;", "" },
	{ "modules", "import { $given, get } from \"lib\"; echo $given;"
	    "import * as lib from \"lib\"; $lib = lib::$given;"
	    "import $data from \"x.json\"; echo $data;",
	    "lib:2:42: nothing assigns $missing\n" },
	{ "an include", "$before = 1; include \"part\"; echo $behind;", "" },
	{ "a switch and match", "switch (1) { case 1: $s = 1; }"
	    "echo match (1) { $s => 2, default => 3 };", "" },
	{ "a generator", "function g() { $i = 0; while ($i < 2) {"
	    "yield $i++; } } foreach (g() as $v) echo $v;", "" },
	{ .name = NULL }
};

static const struct run_case	arguments[] = {
	{ "an array", "str_upper([]);", "t:1:11: str_upper(): argument 1 is an "
	    "array, not a string\n" },
	{ "text", "abs(\"x\"); abs(\"12\"); abs(true);", "t:1:5: abs(): "
	    "argument 1 is a string, not a number\n" },
	{ "the last one", "str_slice(\"abc\", 1, []);", "t:1:21: str_slice(): "
	    "argument 3 is an array, not a number\n" },
	{ "options", "md5(\"a\", [\"binary\" => true]); md5(\"a\", true);",
	    "t:1:40: md5(): argument 2 is a boolean, not an array\n" },
	{ "one of two types", "pcre_match(#/a/, \"a\");"
	    "pcre_match(\"/a/\", \"a\"); pcre_match([], \"a\");",
	    "t:1:58: pcre_match(): argument 1 is an array, not a Regex or "
	    "string\n" },
	{ "a name of a function", "array_map(\"strlen\", [\"a\"]);"
	    "array_map(strlen, [\"a\"]);", "t:1:11: array_map(): argument 1 is "
	    "a string, not a function\n" },
	{ "builtin", "builtin abs([]);", "t:1:13: abs(): argument 1 is an "
	    "array, not a number\n" },
	{ "the script's own", "function abs($x) { return $x; } abs([]);"
	    "function f() { function ord($x) { } ord([]); } $ord = ord;",
	    "" },
	{ "a spread", "abs(...[[]]); pack(\"a*\", []); length([]);", "" },
	{ .name = NULL }
};

static void
test_missing(void **state)
{
	(void)state;
	advice_table(missing);
}

static void
test_silent(void **state)
{
	(void)state;
	advice_table(silent);
}

static void
test_arguments(void **state)
{
	(void)state;
	advice_table(arguments);
}

/* ---- Every function with every kind of literal ------------------------- */

static const char *const	literals[] = {
	"5", "\"5\"", "\"x\"", "true", "none", "[]", "[1, 2]",
	"function () { return 1; }", "#/a/"
};

/* A value for a parameter that the case is not about. */
static void
advice_fill(const struct hsl_function *row, struct buf *out, int skip,
    const char *literal)
{
	const char	*p = strchr(row->signature, '('), *type;

	for (int i = 0; i <= skip || i < row->argc_min; i++) {
		p = p != NULL ? strchr(p, ':') : NULL;
		type = p != NULL ? p++ : "";
		buf_add_text(out, i > 0 ? ", " : "");
		if (i == skip)
			buf_add_text(out, literal);
		else if (strncmp(type, ": array", 7) == 0)
			buf_add_text(out, "[1]");
		else if (strncmp(type, ": function", 10) == 0)
			buf_add_text(out, "function () { return 1; }");
		else if (strncmp(type, ": number", 8) == 0)
			buf_add_text(out, strcmp(row->name, "sha2") == 0 ||
			    strcmp(row->name, "hmac_sha2") == 0 ? "256" : "1");
		else
			buf_add_text(out, "\"5\"");
	}
}

/* A warning without an exception, or one over the type without a warning. */
static int
advice_try(const struct hsl_function *row, int i, const char *literal)
{
	struct buf	 call = BUF_INIT, script = BUF_INIT, warned = BUF_INIT,
			 ran = BUF_INIT;
	char		 mark[80];
	bool		 thrown;
	int		 wrong;

	advice_fill(row, &call, i, literal);
	buf_printf(&script, "%s(%s);", row->name, buf_cstr(&call));
	advice_of(buf_cstr(&script), NULL, &warned);
	run_with(NULL, NULL, buf_str(&script), &ran);
	(void)snprintf(mark, sizeof mark, "%s(): argument %d is ", row->name,
	    i + 1);
	thrown = strstr(buf_cstr(&ran), mark) != NULL;
	wrong = warned.len > 0 ? buf_cstr(&ran)[0] != '!' :
	    thrown && strcmp(literal, "none") != 0 &&
	    strstr(row->signature, " or ") == NULL;
	if (wrong)
		fprintf(stderr, "%s\nwarned: %s\nran: %s\n", buf_cstr(&script),
		    buf_cstr(&warned), buf_cstr(&ran));
	buf_free(&call);
	buf_free(&script);
	buf_free(&warned);
	buf_free(&ran);
	return wrong;
}

static void
test_library(void **state)
{
	const struct hsl_function	*row;
	int				 i, max, wrong = 0;

	(void)state;
	for (row = hsl_core_functions; row->name != NULL; row++) {
		max = row->argc_max == HSL_VARIADIC ? row->argc_min + 1 :
		    row->argc_max;
		for (i = 0; i < max; i++)
			for (size_t k = 0; k < sizeof literals /
			    sizeof literals[0]; k++)
				wrong += advice_try(row, i, literals[k]);
	}
	assert_int_equal(wrong, 0);
}

/* A chain that is longer than the stack is deep. */
static void
test_deep(void **state)
{
	struct buf	 script = BUF_INIT, out = BUF_INIT;

	(void)state;
	buf_add_text(&script, "if(1);");
	for (int i = 0; i < 200000; i++)
		buf_add_text(&script, "else if(1);");
	buf_add_text(&script, "else echo $x;");
	advice_of(buf_cstr(&script), NULL, &out);
	assert_non_null(strstr(buf_cstr(&out), "nothing assigns $x"));
	buf_free(&script);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_library),
		cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
