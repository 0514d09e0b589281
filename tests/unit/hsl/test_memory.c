/*
 * Memory that is refused: the n-th block for every n, in the compiler and in
 * an execution.  Whatever was being made, the end is an error in words.
 */
#include "run.h"

#include "hsl/compile/comp.h"
#include "hsl/run/exec.h"

#define MEMORY	"! limit: memory limit exceeded\n"
#define LARGE	": the constants are too large\n"

/* Where it was seen differs. */
static bool
is_large(const struct buf *out)
{
	struct str	 s = buf_str(out), end = STR(LARGE);

	return s.len > end.len && memchr(s.p, '\n', s.len - 1) == NULL &&
	    memcmp(s.p + s.len - end.len, end.p, end.len) == 0;
}

/* What makes blocks of more than the 4 KiB that are always given. */
static const char	sources[] =
    "class Big { static $s = [\"a\" => 1] + [1] * 600; $list = [2] * 900;"
    "  $text = \"x\" * 2000 . \"y\" * 2000 . \"yz\" * 500;"
    "  private $h = [\"k\" => [3] * 700];"
    "  function m($a = [4] * 800, $b = \"-\" * 2000) { return $a; } }"
    "function f($c = [5] * 600 + [6] * 600, $d = (1 ? [7] * 999 : 0)) {"
    "  $v = [\"a\" => [8] * 400, \"b\" => [9] * 400];"
    "  return match ($c) { [1] * 500 => 1, default => [10] * 600 }; }"
    "echo length(f()) . length(Big()->m()) . length(Big::$s);"
    "echo \"a\" * 3000 . \"b\" * 3000 == \"\";"
    "echo #/(a|b)*(c|d)*/ !~ \"\";";

/* Compiles, and runs what compiled, with the n-th block of each refused. */
static void
compile_failing(struct buf *out, size_t bytes, uint32_t n)
{
	const struct comp_limits	usual = comp_limits;

	comp_limits = (struct comp_limits){ bytes, n };
	run_with(NULL, NULL, str_of(sources), out);
	comp_limits = usual;
}

static void
test_constants(void **state)
{
	struct buf	 out = BUF_INIT;
	uint32_t	 n, refused = 0;

	(void)state;
	for (n = 1; n < 100000; n++) {
		buf_clear(&out);
		compile_failing(&out, (size_t)256 << 20, n);
		if (!is_large(&out))
			break;
		refused++;
	}
	assert_string_equal(buf_cstr(&out), "600800601\nfalse\nfalse\n");
	assert_true(refused > 2);
	buf_free(&out);
}

static void
test_few_constants(void **state)
{
	struct buf	 out = BUF_INIT;

	(void)state;
	for (size_t bytes = 0; bytes < 100000; bytes += 999) {
		buf_clear(&out);
		compile_failing(&out, bytes, 0);
		assert_true(is_large(&out));
	}
	buf_free(&out);
}

/* A class of many large constants, beyond what constants may take. */
static void
test_class_too_large(void **state)
{
	struct buf	 text = BUF_INIT, out = BUF_INIT;

	(void)state;
	buf_add_text(&text, "class A {\n");
	for (int i = 0; i < 10000; i++)
		buf_printf(&text, "$a%d=[1]*2047;\n", i);
	buf_add_text(&text, "}\n");
	run_with(NULL, NULL, buf_str(&text), &out);
	assert_true(is_large(&out));
	buf_free(&text);
	buf_free(&out);
}

/* Each of them ends by itself when nothing is refused. */
static const char *const	scripts[] = {
	"$a = []; for ($i = 0; $i < 3000; $i++) $a[] = $i; echo length($a);",
	"$a = []; for ($i = 0; $i < 2000; $i++) $a[\"k$i\"] = [$i];"
	" foreach ($a as $k => $v) { $b = $a; $b[$k] = 1; if ($v[0] > 5)"
	" break; } unset($a[\"k5\"]); $a[] = 1; echo length($a);",
	"$s = \"ab\" * 3000; $s .= $s; $t = $s . $s; echo length(\"$t$s\");",
	"$a = [1] * 3000; $b = $a + $a; $c = [...$a, ...$b]; $d = $c - [2];"
	" $a[1:5] = $b; echo length($c[::2]) . length($d) . length($a);",
	"$a = array_range(0, 2000); $f = function ($x) { return $x . \"!\"; };"
	" $m = array_map($f, $a); $r = array_reverse($m);"
	" $g = function ($x, $y) { return $x < $y; };"
	" $z = array_sort($g, array_shuffle($a)); echo length(array_unique("
	" array_filter(is_string, $r))) . length($z) . length(array_keys($m));",
	"$s = \"a,b;\" * 2000; echo length(str_split($s, \",\")) ."
	" length(pcre_match_all(\"/([a-z]),?/\", $s)[0]) . length("
	"pcre_replace(\"/a/\", function ($m) { return \"<$m[0]>\"; }, $s));",
	"$s = \"x\\xff\" * 3000; echo length(base64_encode($s)) ."
	" length(base64_decode($s)) . length(str_upper($s)) . length(pack("
	"\"a*\", $s)) . length(unpack(\"C*\", $s)) . length(url_encode($s)) ."
	" length(str_replace(\"x\", \"yy\", $s)) . length(str_chunk($s, 2));",
	"$a = [\"k\" => [1, 2, [3]]] * 1; for ($i = 0; $i < 500; $i++)"
	" $a[\"n$i\"] = [\"s\" => \"t\" * $i]; $j = json_encode($a);"
	" echo length(json_decode($j)) . length(string($a)) ."
	" length(csv_decode(\"a,b\\n1,2\\n\" * 500));",
	"class N { $l = []; constructor($n) { $this->n = $n; } } $r = none;"
	" for ($i = 0; $i < 500; $i++) { $n = N($r); $n->l[] = $i; $r = $n; }"
	" echo length(string($r)) > 0;",
	"function g($n) { for ($i = 0; $i < $n; $i++) yield $i => [$i] * 300; }"
	" function v(...$r) { return length($r); } $t = 0;"
	" foreach (g(20) as $k => $v) $t += v(...$v); echo $t;",
	"function d($n) { return $n > 0 ? [d($n - 1)] : []; }"
	" echo length(string(d(90)));",
	"echo length(pcre_match(\"/^(?:a|b)*$/\", \"ab\" * 20000)[0]);",
	"echo length(\"%5000s|%'x>4000s\" % [1, 2]) . length(\"%s\" % [\"y\" *"
	" 5000]);",
};

static void
run_failing(const char *script, uint32_t n, struct buf *out)
{
	struct hsl_program	*p;
	struct hsl_exec		*x;

	p = hsl_compile(NULL, "t", str_of(script), run_diag, out);
	assert_non_null(p);
	x = hsl_exec_new(p, NULL, NULL);
	hsl_program_unref(&p);
	x->space.heap.fail_in = n;
	hsl_on_echo(x, run_echo, out);
	run_finish(x, out);
	hsl_exec_free(&x);
}

static void
test_executions(void **state)
{
	struct buf	 out = BUF_INIT, whole = BUF_INIT;
	uint32_t	 n, step;

	(void)state;
	for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
		buf_clear(&whole);
		run_failing(scripts[i], 0, &whole);
		assert_null(strstr(buf_cstr(&whole), "!"));
		for (n = 1, step = 1;; n += step) {
			buf_clear(&out);
			run_failing(scripts[i], n, &out);
			if (strcmp(buf_cstr(&out), buf_cstr(&whole)) == 0)
				break;
			/* With ASan every value is a block. */
			step = n < 300 ? 1 : n / 50;
			if (strstr(buf_cstr(&out), MEMORY) == NULL)
				fail_msg("script %zu, block %u: %s", i, n,
				    buf_cstr(&out));
		}
	}
	buf_free(&out);
	buf_free(&whole);
}

static const struct run_case	constants[] = {
	{ "default that is no constant", "function g() { return 1; }"
	    "function f($c = 0 . g()) { }",
	    "t:1:45: a constant expression is expected\n" },
	{ "static that is no constant", "class C { static $x = 1 . time();"
	    " $y = [1, \"a\" . 2 . time()]; static $z = -(\"1\" . $y); }",
	    "t:1:25: a constant expression is expected\n"
	    "t:1:40: a constant expression is expected\n"
	    "t:1:75: a constant expression is expected\n" },
	{ "a key out of range", "class C { $x = [9007199254740992 => 1]; }",
	    "t:1:16: a constant expression is expected\n" },
	{ .name = NULL }
};

static void
test_no_constants(void **state)
{
	(void)state;
	run_table(constants);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_constants),
		cmocka_unit_test(test_few_constants),
		cmocka_unit_test(test_class_too_large),
		cmocka_unit_test(test_executions),
		cmocka_unit_test(test_no_constants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
