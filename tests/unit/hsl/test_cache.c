/*
 * cache: who shares it, and the store beneath.  Its options are in
 * scripts/cache.
 */
#include <stdlib.h>

#include "hsl/values/store.h"
#include "run.h"

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
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
