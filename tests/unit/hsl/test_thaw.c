/*
 * Values that are kept as bytes: the way there and back, and bytes that
 * nothing honest has written.
 */
#include <stdlib.h>

#include "hsl/frozen.h"
#include "run.h"

struct fixture {
	struct hsl_program	*p;
	struct hsl_exec		*x;
};

/* A run whose result is the value of an expression. */
static void
fixture_init(struct fixture *f, const char *expression, size_t memory)
{
	struct hsl_limits	 limits = hsl_limits_default;
	struct buf		 text = BUF_INIT, said = BUF_INIT;

	limits.memory_bytes = memory;
	buf_printf(&text, "return %s;", expression);
	f->p = hsl_compile(NULL, "t", buf_str(&text), run_diag, &said);
	assert_string_equal(buf_cstr(&said), "");
	assert_non_null(f->p);
	f->x = hsl_exec_new(f->p, &limits, NULL);
	assert_int_equal(hsl_run(f->x), HSL_RUN_DONE);
	buf_free(&text);
	buf_free(&said);
}

static void
fixture_fini(struct fixture *f)
{
	hsl_exec_free(&f->x);
	hsl_program_unref(&f->p);
}

static const char *const	values[] = {
	"none", "true", "false", "0", "-1.5", "10 ** 300", "\"\"",
	"\"a\\x00b\"", "[]", "[1, \"x\" => [2, [true => none]], 3]",
	"[[[[[[[[[\"deep\"]]]]]]]]]", "[1.5 => 2, \"1\" => 3, -1 => 4]",
};

static void
there_and_back(const char *expression)
{
	struct hsl_frozen	*f, *again;
	struct hsl_value	 v;
	struct fixture		 one, two;
	struct str		 a, b;
	struct err		 e;

	fixture_init(&one, expression, 1 << 20);
	fixture_init(&two, "none", 1 << 20);
	assert_int_equal(hsl_freeze(hsl_result(one.x), 1000, &f, &e), 0);
	a = hsl_frozen_bytes(f);
	assert_int_equal(hsl_thaw_bytes(two.x, a, &v, &e), 0);
	assert_int_equal(hsl_freeze(v, 1000, &again, &e), 0);
	b = hsl_frozen_bytes(again);
	assert_true(str_eq(a, b));
	hsl_value_unref(two.x, v);
	hsl_frozen_free(&f);
	hsl_frozen_free(&again);
	fixture_fini(&one);
	fixture_fini(&two);
}

static void
test_there_and_back(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof values / sizeof values[0]; i++)
		there_and_back(values[i]);
}

/* Copies, so that a byte read too far is seen by the sanitizers. */
static int
thaw_copy(struct fixture *f, struct str s)
{
	struct hsl_value	 v;
	struct err		 e;
	char			*copy = malloc(s.len + (s.len == 0));
	int			 rc;

	assert_non_null(copy);
	memcpy(copy, s.p, s.len);
	rc = hsl_thaw_bytes(f->x, (struct str){ copy, s.len }, &v, &e);
	if (rc == -1)
		assert_int_equal(v.type, HSL_NONE);
	hsl_value_unref(f->x, v);
	free(copy);
	return rc;
}

static void
test_truncations(void **state)
{
	struct hsl_frozen	*frozen;
	struct fixture		 f;
	struct str		 s;
	struct buf		 more = BUF_INIT;
	size_t			 i, n;

	(void)state;
	for (i = 0; i < sizeof values / sizeof values[0]; i++) {
		fixture_init(&f, values[i], 1 << 20);
		assert_int_equal(hsl_freeze(hsl_result(f.x), 1000, &frozen,
		    NULL), 0);
		s = hsl_frozen_bytes(frozen);
		for (n = 0; n < s.len; n++)
			assert_int_equal(thaw_copy(&f,
			    (struct str){ s.p, n }), -1);
		assert_int_equal(thaw_copy(&f, s), 0);
		buf_clear(&more);
		buf_add_str(&more, s);
		buf_add_byte(&more, 'n');
		assert_int_equal(thaw_copy(&f, buf_str(&more)), -1);
		hsl_frozen_free(&frozen);
		fixture_fini(&f);
	}
	buf_free(&more);
}

static void
test_hostile(void **state)
{
	static const struct { const char *p; size_t n; } bad[] = {
		{ "", 0 }, { "x", 1 }, { "s\xff\xff\xff\xff", 5 },
		{ "[\xff\xff\xff\xff", 5 }, { "[\x02\0\0\0nnn", 8 },
		{ "[\x01\0\0\0n", 6 }, { "[\x01\0\0\0nx", 7 },
		{ "[\x01\0\0\0s\xff\0\0\0n", 11 }, { "nn", 2 },
	};
	struct buf	 deep = BUF_INIT;
	struct fixture	 f;
	size_t		 i;

	(void)state;
	fixture_init(&f, "none", 1 << 20);
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(thaw_copy(&f, (struct str){ bad[i].p,
		    bad[i].n }), -1);
	for (i = 0; i < 100000; i++)
		buf_add(&deep, "[\x01\0\0\0n", 6);
	buf_add_byte(&deep, 'n');
	assert_int_equal(thaw_copy(&f, buf_str(&deep)), -1);
	buf_free(&deep);
	fixture_fini(&f);
}

/* More than the heap holds ends the script, not the process. */
static void
test_memory(void **state)
{
	struct buf		 b = BUF_INIT;
	struct hsl_value	 v;
	struct fixture		 f;
	uint32_t		 n = 100000, i;
	double			 d;

	(void)state;
	fixture_init(&f, "none", 1 << 16);
	buf_add_byte(&b, '[');
	buf_add(&b, &n, sizeof n);
	for (i = 0; i < n; i++) {
		d = i;
		buf_add_byte(&b, 'd');
		buf_add(&b, &d, sizeof d);
		buf_add_byte(&b, 't');
	}
	(void)hsl_thaw_bytes(f.x, buf_str(&b), &v, NULL);
	hsl_value_unref(f.x, v);
	assert_false(hsl_charge(f.x, 1));
	buf_free(&b);
	fixture_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_truncations),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
