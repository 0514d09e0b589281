/*
 * Hostile sources and scripts: they end in an error, never the process.
 */
#include <stdlib.h>

#include "run.h"

static const struct hsl_limits	small = {
	.memory_bytes = 4 << 20,
	.instructions = 2000000,
	.slice = 1000,
	.depth = 100,
	.time_ms = 0
};

struct limit_case {
	const char	*name;
	const char	*script;
	const char	*want;
};

#define MEMORY		"! limit: memory limit exceeded\n"
#define INSTRUCTIONS	"! limit: instruction limit exceeded\n"
#define DEPTH		"! call depth limit exceeded\n"

static const struct limit_case	limits[] = {
	{ "endless", "forever { }", INSTRUCTIONS },
	{ "endless with try", "forever { try { forever { } } catch ($e) { } }",
	    INSTRUCTIONS },
	{ "endless for", "for (;;);", INSTRUCTIONS },
	{ "endless generator", "function g() { forever yield 1; }"
	    "foreach (g() as $x);", INSTRUCTIONS },
	{ "set and unset one key of many", "$a = []; for ($i = 0; $i < 9000;"
	    " $i++) $a[\"k$i\"] = $i; for ($i = 0; $i < 150000; $i++) {"
	    " $a[\"x\"] = 1; unset($a[\"x\"]); } echo length($a);", "9000\n" },
	{ "first in, first out", "$a = []; for ($i = 0; $i < 5000; $i++)"
	    " $a[\"k$i\"] = $i; for ($i = 0; $i < 50000; $i++) { unset($a["
	    "\"k$i\"]); $j = $i + 5000; $a[\"k$j\"] = $j; } echo length($a) ."
	    " $a[\"k54321\"] . isset($a[\"k4\"]); foreach ($a as $k => $v)"
	    " break; echo $k;", "500054321false\nk50000\n" },
	{ "unset all of many", "$a = []; for ($i = 0; $i < 30000; $i++)"
	    " $a[$i * 7] = $i; foreach (array_keys($a) as $k) unset($a[$k]);"
	    " $a[\"z\"] = 1; $a[] = 2; echo $a;",
	    "[\"z\"=>1,0=>2]\n" },
	{ "keys that collide in their low bits", "$a = []; for ($i = 0; $i <"
	    " 2000; $i++) $a[$i * 4398046511104] = $i; $n = 0; for ($j = 0;"
	    " $j < 50; $j++) for ($i = 0; $i < 2000; $i++) $n +="
	    " $a[$i * 4398046511104]; echo $n;", "99950000\n" },
	{ "recursion", "function f() { f(); } f();", DEPTH },
	{ "recursion caught", "function f() { return f() + 1; } try { f(); }"
	    " catch ($e) { echo $e->message(); } echo 1;",
	    "call depth limit exceeded\n1\n" },
	{ "recursion caught in callbacks", "function f($x) { return"
	    " array_map(f, [$x]); } try { f(1); } catch ($e) { echo 2; }"
	    " echo array_map(function ($x) { return $x; }, [1]);",
	    "2\n[0=>1]\n" },
	{ "recursion caught in generators", "function g($n) { foreach (g($n +"
	    " 1) as $x) yield $x; } try { foreach (g(0) as $x); } catch ($e)"
	    " { echo 3; } function h() { yield 4; } foreach (h() as $x)"
	    " echo $x;", "3\n4\n" },
	{ "recursion caught at the call of a generator", "function h() { yield"
	    " 1; } function f($n) { try { f([$n]); } catch ($e) { h(); } }"
	    " f([0]); echo 5;", "5\n" },
	{ "recursion caught in constructors", "class A { constructor() {"
	    " $this->a = A(); } } try { A(); } catch ($e) { echo 6; }",
	    "6\n" },
	{ "recursion caught with spread", "function f(...$a) { f(...$a, 1); }"
	    " try { f(); } catch ($e) { echo 7; }", "7\n" },
	{ "recursion by value", "$f = none; function g() { global $f; $f(); }"
	    "$f = g; g();", DEPTH },
	{ "recursion in callbacks", "function f($x) { return array_map(f,"
	    " [$x]); } f(1);", DEPTH },
	{ "growing string", "$s = \"x\"; forever $s .= $s;", MEMORY },
	{ "growing array", "$a = []; forever $a[] = \"y\" . 1;", MEMORY },
	{ "growing objects", "class A { } $o = none; forever { $n = A();"
	    " $n->o = $o; $o = $n; }", MEMORY },
	{ "repetition", "$s = \"x\" * 3000000000;", INSTRUCTIONS },
	{ "array repetition", "$a = [1] * 10000000;", MEMORY },
	{ "list less list", "$a = array_range(0, 2000); $b ="
	    " array_range(1000, 4000); echo length($a - $b);"
	    "echo length(array_unique([...$a, ...$b]));", "1000\n4000\n" },
	{ "lists less lists", "$l = [[1]] * 20000; $m = [[2]] * 20000;"
	    "for (;;) $x = $l - $m;", INSTRUCTIONS },
	{ "constants", "if (false) { $s = \"x\" * 1000000000; $t ="
	    " [1] * 1000000000; $u = \"%999999s\" % [1]; }"
	    "function f($a = \"-\" * 3, $b = [0] * 2) { return $a . $b; }"
	    "echo f();", "---[0=>0,1=>0]\n" },
	{ "range", "array_range(0, 50000000);", INSTRUCTIONS },
	{ "range of memory", "array_range(0, 1500000);", MEMORY },
	{ "replace", "$s = str_repeat(\"a\", 100000);"
	    "str_replace(\"a\", $s, $s);", MEMORY },
	{ "format", "$a = \"%50000s\" * 1000; $b = $a % ([1] * 1000);",
	    MEMORY },
	{ "split", "$a = str_split(str_repeat(\"a\", 1000000), \"\");",
	    MEMORY },
	{ "exceptions", "$l = []; forever { try { none->f(); } catch ($e)"
	    " { $l[] = $e; } }", MEMORY },
	{ "shared print", "$a = [1]; for ($i = 0; $i < 40; $i++) $a = [$a, $a];"
	    "$s = string($a);", MEMORY },
	{ "shared compare", "$a = [1]; $b = [1]; for ($i = 0; $i < 40; $i++)"
	    " { $a = [$a, $a]; $b = [$b, $b]; } echo $a == $b;",
	    INSTRUCTIONS },
	{ "a generator when frames are full", "function h() { yield 1; }"
	    " function f($n) { $g = h(); if ($n > 0) f($n - 1); foreach ($g"
	    " as $x); return $x; } echo f(80);", "1\n" },
	{ "shared json", "$a = [1]; for ($i = 0; $i < 40; $i++) $a = [$a, $a];"
	    "json_encode($a);", INSTRUCTIONS },
	{ "cycles", "class A { } for ($i = 0; $i < 1000; $i++) { $a = A();"
	    " $a->me = $a; } echo $i;", "1000\n" },
	{ "deep arrays", "$a = []; for ($i = 0; $i < 20000; $i++) $a = [$a];"
	    "echo length(string($a)); try { echo $a == [$a]; } catch ($e)"
	    " { echo $e->message(); } echo json_encode($a) === none;"
	    "$a = none; echo \"freed\";",
	    "510\narrays nested too deeply to compare\ntrue\nfreed\n" },
	{ "deep comparison", "$a = []; $b = []; for ($i = 0; $i < 1000; $i++)"
	    " { $a = [$a]; $b = [$b]; } echo $a == $b;",
	    "! arrays nested too deeply to compare\n" },
	{ "sleeping callbacks", "echo array_sort(function ($a, $b) { throw 1;"
	    " },"
	    " [1, 2]);", "! 1\n" },
	{ .name = NULL }
};

static void
test_limits(void **state)
{
	const struct limit_case	*c;
	struct buf		 out = BUF_INIT;
	int			 wrong = 0;

	(void)state;
	for (c = limits; c->name != NULL; c++) {
		buf_clear(&out);
		run_with(NULL, &small, str_of(c->script), &out);
		if (strcmp(buf_cstr(&out), c->want) == 0)
			continue;
		fprintf(stderr, "%s: gave %swanted %s\n", c->name,
		    buf_cstr(&out), c->want);
		wrong++;
	}
	buf_free(&out);
	assert_int_equal(wrong, 0);
}

/* A million arrays in each other are freed without recursion. */
static void
test_deep_free(void **state)
{
	struct hsl_limits	 l = hsl_limits_default;
	struct buf		 out = BUF_INIT;

	(void)state;
	l.memory_bytes = 512 << 20;
	run_with(NULL, &l, str_of("$a = []; for ($i = 0; $i < 1000000; $i++)"
	    " $a = [$a]; $a = none; echo $i;"), &out);
	assert_string_equal(buf_cstr(&out), "1000000\n");
	buf_free(&out);
}

static void
deep_add(struct buf *b, const char *text, int n)
{
	while (n-- > 0)
		buf_add_text(b, text);
}

/* before * n, middle, after * n */
static void
deep_check(const char *before, const char *middle, const char *after,
    bool deep)
{
	struct buf	 script = BUF_INIT, out = BUF_INIT;

	deep_add(&script, before, 100000);
	buf_add_text(&script, middle);
	deep_add(&script, after, 100000);
	run_with(NULL, &small, buf_str(&script), &out);
	if ((strstr(buf_cstr(&out), "nested too deeply") != NULL) != deep) {
		fprintf(stderr, "%s...%s: %.200s\n", before, middle,
		    buf_cstr(&out));
		fail();
	}
	buf_free(&script);
	buf_free(&out);
}

static void
test_deep_source(void **state)
{
	static const char *const	 nests[][3] = {
		{ "(", "1", ")" }, { "[", "1", "]" }, { "{", "", "}" },
		{ "$a[", "1", "]" }, { "f(", "1", ")" }, { "!", "1", "" },
		{ "- ", "1", "" }, { "if (1) ", ";", "" },
		{ "while (1) ", ";", "" }, { "1 ? 2 : ", "3", "" },
		{ "1 ?? ", "3", "" }, { "$a = ", "3", "" },
		{ "2 ** ", "3", "" }, { "match (1) { 1 => ", "1", "}" },
		{ "function () { return ", "1", "; }" },
		{ "try { ", "", "} catch ($e) { }" }, { "throw ", "1", "" },
		{ "switch (1) { case 1: ", "", "}" }, { "[[$a] = ", "1", "" },
		{ "function f() {", "", "}" },
		{ "class A { function f() {", "", "} }" }
	};

	(void)state;
	for (size_t i = 0; i < sizeof nests / sizeof nests[0]; i++)
		deep_check(nests[i][0], nests[i][1], nests[i][2], true);
}

/* Chains are no nests: any length does. */
static void
test_long_chains(void **state)
{
	static const char *const	 chains[][2] = {
		{ "$x = 1", " + 1" }, { "$x = 1", " . 1" },
		{ "$x = 1", " and 1" }, { "$x = none; $y = $x", "[0]" },
		{ "class A { function f() { return $this; } } $a = A(); $a",
		    "->f()" },
		{ "if (0); ", "else if (0); " }, { "$a = [1", ", 1" },
		{ "$x = 1; $y = $x", " + $x" }, { "$x = 1; $y = $x", " . $x" },
		{ "$x = \"\"; $y = $x", " == $x" }
	};
	struct hsl_limits		 l = hsl_limits_default;
	struct buf			 script = BUF_INIT, out = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof chains / sizeof chains[0]; i++) {
		buf_clear(&script);
		buf_clear(&out);
		buf_add_text(&script, chains[i][0]);
		deep_add(&script, chains[i][1], 50000);
		buf_add_text(&script, i == 6 ? "];" : i == 5 ? "" : ";");
		run_with(NULL, &l, buf_str(&script), &out);
		assert_string_equal(buf_cstr(&out), "");
	}
	buf_free(&script);
	buf_free(&out);
}

static void
test_odd_bytes(void **state)
{
	static const struct { const char *p; size_t n; const char *want; }
	    odd[] = {
		{ "echo \"a\0b\";", 11, NULL },
		{ "echo 1;\0echo 2;", 15, "t:1:8: unexpected character\n" },
		{ "\xff\xfe" "echo", 6, "t:1:1: unexpected character\n" },
		{ "$\xc3\xa4 = 1;", 8, "t:1:1: unexpected character\n" },
		{ "echo \"\xff\";", 9, NULL },
		{ "\xc2\xa0" "echo 1;", 9, "t:1:1: a blank that does not "
		    "break; write a plain one\n" },
		{ "\"", 1, "t:1:1: string without end\n" },
		{ "/*", 2, "t:1:1: comment without end\n" },
		{ "#/", 2, "t:1:1: empty regular expression\n" },
		{ "'", 1, NULL }, { "$", 1, NULL }, { "0x", 2, NULL },
		{ "\"\\", 2, NULL }, { "\"\\x", 3, NULL }, { "#/\\", 3, NULL },
		{ "1.", 2, NULL }, { "a::", 3, NULL }, { "", 0, "" }
	};
	struct buf	 out = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		buf_clear(&out);
		run_with(NULL, &small, (struct str){ odd[i].p, odd[i].n },
		    &out);
		if (odd[i].want != NULL &&
		    strncmp(buf_cstr(&out), odd[i].want,
		    strlen(odd[i].want)) != 0) {
			fprintf(stderr, "%zu: %s\n", i, buf_cstr(&out));
			fail();
		}
	}
	buf_free(&out);
}

static void
test_long_tokens(void **state)
{
	static const char *const	 ends[][2] = {
		{ "\"", "\";" }, { "$", " = 1;" }, { "", ";" }, { "1", ";" },
		{ "''", "'';" }, { "// ", "" }, { "#/", "/;" },
		{ "0.", ";" }, { "f(\"x\", ", ");" }
	};
	struct buf			 script = BUF_INIT, out = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		buf_clear(&script);
		buf_clear(&out);
		buf_add_text(&script, ends[i][0]);
		deep_add(&script, i == 3 || i == 7 ? "1" : "a", 1 << 20);
		buf_add_text(&script, ends[i][1]);
		run_with(NULL, &small, buf_str(&script), &out);
	}
	buf_free(&script);
	buf_free(&out);
}

/* Every turn of the loop's slices comes back to the host. */
static void
test_slices(void **state)
{
	struct hsl_limits	 l = hsl_limits_default;
	struct hsl_program	*p;
	struct hsl_exec		*x;
	int			 yields = 0;

	(void)state;
	l.slice = 1000;
	p = hsl_compile(NULL, "t", STR("$a = array_map(function ($v)"
	    " { for ($i = 0; $i < 100; $i++); return $v; },"
	    " array_range(0, 100)); return length($a);"), NULL, NULL);
	x = hsl_exec_new(p, &l, NULL);
	while (hsl_run(x) == HSL_RUN_YIELD)
		yields++;
	assert_int_equal(hsl_run(x), HSL_RUN_DONE);
	assert_true(yields > 10);
	assert_false(hsl_exited(x));
	assert_true(hsl_value_number(hsl_result(x), 0) == 100);
	hsl_exec_free(&x);
	hsl_program_unref(&p);
}

static void
test_time(void **state)
{
	struct hsl_limits	 l = hsl_limits_default;
	struct buf		 out = BUF_INIT;

	(void)state;
	l.time_ms = 20;
	l.instructions = UINT64_MAX;
	run_with(NULL, &l, STR("try { forever; } catch ($e) { echo 1; }"),
	    &out);
	assert_string_equal(buf_cstr(&out), "! limit: time limit exceeded\n");
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_deep_free),
		cmocka_unit_test(test_deep_source),
		cmocka_unit_test(test_long_chains),
		cmocka_unit_test(test_odd_bytes),
		cmocka_unit_test(test_long_tokens),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
