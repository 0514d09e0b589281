/*
 * cache: its options, who shares it, and the store beneath.
 */
#include <stdlib.h>

#include "hsl/values/store.h"
#include "run.h"

static const struct run_case	caches[] = {
	{ "cache", "function f($x) { echo \"f$x\"; return [$x]; }"
	    "for ($i = 0; $i < 4; $i++) echo (cache [] f($i % 2));"
	    "echo cache [\"ttl\" => 5] f(1)[0]; cache [\"force\" => true]"
	    " f(1);",
	    "f0\n[0=>0]\nf1\n[0=>1]\n[0=>0]\n[0=>1]\n1\nf1\n" },
	{ "namespaces and filters", "function f($x, $y) { return \"$x$y\"; }"
	    "echo cache [] f(1, 2); echo cache [\"namespace\" => \"n\","
	    "\"argv_filter\" => [2]] f(3, 4); echo cache [\"namespace\" =>"
	    " \"n\","
	    "\"argv_filter\" => [2]] f(5, 4);", "12\n34\n34\n" },
	{ "no ttl", "function f() { echo 1; return 2; } cache [\"ttl\" => 0]"
	    " f(); cache [] f(); cache [\"ttl\" => 0] f();"
	    "echo cache [\"size\" => 1] str_upper(\"a\");", "1\n1\nA\n" },
	{ "functions", "function f($x) { return $x; } $u = function ($old,"
	    " $new)"
	    " { echo [$old, $new]; return $new . \"u\"; }; $t = function ($v)"
	    " { echo \"ttl $v\"; return 0; };"
	    "echo cache [\"update_function\" => $u, \"ttl_function\" => $t]"
	    " f(1);"
	    "echo cache [\"ttl_override\" => [7 => 0]] f(7);"
	    "echo cache [\"force\" => true, \"update_function\" => $u] f(1);"
	    "echo cache [\"force\" => true, \"update_function\" => $u] f(1);",
	    "[0=>none,1=>1]\nttl 1u\n1u\n7\n[0=>none,1=>1]\n1u\n"
	    "[0=>\"1u\",1=>1]\n1u\n" },
	{ "methods and builtins", "class A { static function s($x) { echo $x;"
	    " return $x; } } cache [] A::s(1); cache [] A::s(1);"
	    "echo cache [] builtin length([1, 2]); echo cache [] length(...["
	    "\"abc\"]);", "1\n2\n3\n" },
	{ "eviction", "function f($x) { echo \"f$x\"; return $x; }"
	    "foreach ([1, 2, 1, 3, 1, 2] as $i) cache [\"size\" => 2] f($i);",
	    "f1\nf2\nf3\nf2\n" },
	{ "eviction of the first", "function f($x) { echo \"f$x\";"
	    "return $x; } foreach ([1, 2, 1, 3, 1] as $i)"
	    " cache [\"size\" => 2, \"lru\" => false] f($i);",
	    "f1\nf2\nf3\nf1\n" },
	{ "the smallest size", "function f($x) { echo \"f$x\"; return $x; }"
	    "foreach ([1, 2, 3] as $i) cache [] f($i);"
	    "cache [\"size\" => 1] f(3); cache [] f(2); cache [] f(3);"
	    "cache [\"size\" => 0] f(3); cache [] f(3);",
	    "f1\nf2\nf3\nf2\nf3\nf3\nf3\n" },
	{ "values of any type", "function f($x) { echo \"f\"; return $x; }"
	    "foreach ([1, \"1\", true, none, [1, [\"a\" => none]], \"1.0\"]"
	    " as $v) { cache [] f($v); echo cache [] f($v) === $v; }",
	    "f\ntrue\nf\ntrue\nf\ntrue\nf\ntrue\nf\ntrue\nf\ntrue\n" },
	{ "what can't be kept", "class A {} function f($x) { echo \"f\";"
	    "return $x; } $a = A(); echo cache [] f($a) === $a;"
	    "cache [] f($a); function g() { echo \"g\"; return f; }"
	    "cache [] g(); echo cache [] g()(7);",
	    "f\ntrue\nf\ng\ng\nf\n7\n" },
	{ "ttl", "function f($x) { echo \"f$x\"; return $x; } $t ="
	    " function ($v) { return $v == 2 ? none : -1; };"
	    "foreach ([1, 1, 2, 2] as $i) cache [\"ttl_function\" => $t] f($i);"
	    "foreach ([5, 5, 6, 6] as $i) cache [\"ttl_override\" =>"
	    " [5 => 0]] f($i); cache [\"ttl\" => 0.000001] f(9);"
	    "for ($i = 0; $i < 100000; $i++); cache [] f(9);",
	    "f1\nf1\nf2\nf5\nf5\nf6\nf9\nf9\n" },
	{ "per message", "function f($x) { echo \"f$x\"; return $x; }"
	    "cache [\"per_message\" => true] f(1); cache [] f(1);"
	    "cache [\"per_message\" => true] f(1); cache [] f(1);",
	    "f1\nf1\n" },
	{ "in itself", "function f($n) { echo $n; return $n < 1 ? 0 :"
	    " 1 + cache [] f($n - 1); } echo f(3); echo f(3);",
	    "3\n2\n1\n0\n3\n3\n3\n" },
	{ "options are an array", "function f() { return 1; }"
	    "try { echo cache [\"namespace\" => [1], \"size\" => \"x\","
	    "\"argv_filter\" => [0, \"a\", 99]] f(); } catch ($e)"
	    " { echo \"e\"; }", "1\n" },
	{ "no named call", "$f = 1; cache [] $f();",
	    "t:1:20: cache takes the call of a named function\n" },
	{ "throwing", "function f() { throw \"t\"; } try { cache [] f(); }"
	    " catch ($e) { echo $e; } cache [] f(1);",
	    "t:1:84: f() takes 0 arguments, not 1\n" },
	{ .name = NULL }
};

static void
test_cache(void **state)
{
	(void)state;
	run_table(caches);
}

/* Another program, or another execution, with the same store. */
static void
cache_run(struct hsl_cache *shared, struct hsl_cache **message,
    const char *script, struct buf *out)
{
	struct hsl_host		 host = { .cache = shared };
	struct hsl_program	*p;
	struct hsl_exec		*x;

	p = hsl_compile(&host, "t", str_of(script), run_diag, out);
	assert_non_null(p);
	x = hsl_exec_new(p, NULL, NULL);
	hsl_program_unref(&p);
	hsl_lend_cache(x, message);
	hsl_on_echo(x, run_echo, out);
	run_finish(x, out);
	hsl_exec_free(&x);
}

#define ONE	"function f($x) { echo \"f\"; return $x; } "

static void
test_shared(void **state)
{
	struct hsl_cache	*c = hsl_cache_new(HSL_CACHE_BYTES), *m = NULL;
	struct buf		 out = BUF_INIT;

	(void)state;
	cache_run(c, NULL, ONE "echo cache [] f(1);", &out);
	cache_run(c, NULL, "function f($x) { return 0; }"
	    "echo cache [] f(1); echo cache [] f(2);", &out);
	assert_string_equal(buf_cstr(&out), "f\n1\n1\n0\n");
	buf_clear(&out);
	cache_run(c, &m, ONE "echo cache [\"per_message\" => true] f(1);",
	    &out);
	cache_run(c, &m, ONE "echo cache [\"per_message\" => true] f(1);",
	    &out);
	hsl_cache_free(&m);
	cache_run(c, &m, ONE "echo cache [\"per_message\" => true] f(1);",
	    &out);
	cache_run(c, NULL, ONE "echo cache [\"per_message\" => true] f(1);",
	    &out);
	assert_string_equal(buf_cstr(&out), "f\n1\n1\nf\n1\nf\n1\n");
	buf_free(&out);
	hsl_cache_free(&m);
	hsl_cache_free(&c);
}

/* ---- The store --------------------------------------------------------- */

static void
put(struct hsl_cache *c, struct store_space *s, int n, const char *text)
{
	struct store_entry	 e = { .expires_ms = n };
	char			 key[16];
	struct hsl_exec		*x;
	struct hsl_program	*p;

	p = hsl_compile(NULL, "t", STR("1;"), NULL, NULL);
	x = hsl_exec_new(p, NULL, NULL);
	hsl_program_unref(&p);
	assert_int_equal(hsl_freeze(hsl_text(x, text), 1 << 20, &e.value,
	    NULL), 0);
	hsl_exec_free(&x);
	(void)snprintf(key, sizeof key, "%d", n);
	store_put(c, s, str_of(key), e);
}

static bool
has(struct store_space *s, int n)
{
	char			 key[16];
	struct store_entry	*e;

	(void)snprintf(key, sizeof key, "%d", n);
	e = store_find(s, str_of(key));
	assert_true(e == NULL || e->expires_ms == n);
	return e != NULL;
}

static void
test_entries(void **state)
{
	struct hsl_cache	*c = hsl_cache_new(HSL_CACHE_BYTES);
	struct store_space	*s = store_space(c, STR("s"), 100);

	(void)state;
	for (int i = 0; i < 1000; i++)
		put(c, s, i, "x");
	for (int i = 0; i < 1000; i++)
		assert_true(has(s, i) == (i >= 900));
	store_use(s, store_find(s, STR("900")));
	put(c, s, 1000, "x");
	assert_true(has(s, 900) && !has(s, 901) && has(s, 902));
	put(c, s, 1000, "y");
	assert_true(has(s, 1000) && has(s, 902));
	assert_ptr_equal(store_space(c, STR("s"), 2), s);
	assert_true(has(s, 1000) && has(s, 900) && !has(s, 999));
	assert_ptr_equal(store_space(c, STR("s"), 50), s);
	put(c, s, 7, "z");
	assert_true(has(s, 7) && has(s, 1000) && !has(s, 900));
	hsl_cache_free(&c);
}

static void
test_bounds(void **state)
{
	struct hsl_cache	*c = hsl_cache_new(5000);
	struct store_space	*s, *t;
	char			 name[24], text[6001];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	for (int i = 0; i < 3 * STORE_SPACES; i++) {
		(void)snprintf(name, sizeof name, "space %d", i);
		s = store_space(c, str_of(name), 10);
		put(c, s, i, "text");
		assert_true(has(s, i));
		assert_true(store_bytes(c) <= 5000);
	}
	/* What is used stays, what is not goes first. */
	s = store_space(c, STR("old"), 10);
	put(c, s, 1, "text");
	t = store_space(c, STR("new"), STORE_SIZE_MAX);
	for (int i = 0; i < 1000; i++)
		put(c, t, i, "text");
	assert_true(has(t, 999) && !has(t, 0));
	assert_false(has(store_space(c, STR("old"), 10), 1));
	assert_true(store_bytes(c) <= 5000);
	put(c, t, 5, text);
	assert_true(store_bytes(c) <= 5000);
	assert_false(has(t, 5));
	hsl_cache_free(&c);
	assert_null(c);
	hsl_cache_free(&c);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
