/* Fields of records: what does not hold is neither written nor read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spool/fields.h"

struct sample {
	uint64_t	n;
	struct str	text, list, pairs;
};

#define AT(field)	offsetof(struct sample, field)

static const struct spool_field	table[] = {
	{ 1, FIELDS_UINT, "n", AT(n), 300 },
	{ 2, FIELDS_TEXT, "text", AT(text), 200 },
	{ 3, FIELDS_LIST, "list", AT(list), 20 },
	{ 5, FIELDS_PAIRS, "pairs", AT(pairs), 20 },
};

#define COUNT	(sizeof table / sizeof table[0])

static char	a_long_one[200];

static void
test_refused_to_write(void **state)
{
	const struct sample	rows[] = {
		{ .n = 301 },
		{ .text = { a_long_one, 201 } },
		{ .text = STR("a\0b") },
		{ .list = STR("\5abc") },
		{ .list = STR("\x80") },
		{ .pairs = STR("\1a") },
		{ .pairs = STR("\1a\1b\1c") },
		{ .list = STR("\1aaaaaaaaaaaaaaaaaaaaa") },
	};
	struct buf		out = BUF_INIT;
	struct err		e;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(fields_put(&out, table, COUNT, &rows[i], &e),
		    -1);
	buf_free(&out);
}

static void
test_refused_to_read(void **state)
{
	static const struct {
		struct str	in;
		bool		ok;
	} rows[] = {
		{ STR(""), true },
		{ STR("\1\1\7"), true },
		{ STR("\1\2\1\x2c"), true },
		{ STR("\1\2\1\x2d"), false },		/* more than 300 */
		{ STR("\1"), false },			/* no length */
		{ STR("\1\1"), false },			/* cut */
		{ STR("\1\0"), false },			/* no number */
		{ STR("\1\2\0\7"), false },		/* not the shortest */
		{ STR("\1\x09" "123456789"), false },
		{ STR("\1\x80"), false },		/* a cut length */
		{ STR("\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1a"), false },
		{ STR("\2\1a\1\1\7"), false },		/* not in order */
		{ STR("\2\1a\2\1b"), false },		/* twice */
		{ STR("\2\2a\0"), false },		/* NUL */
		{ STR("\3\2\1a"), true },
		{ STR("\3\2\2a"), false },		/* a cut item */
		{ STR("\3\1\x80"), false },
		{ STR("\4\1a"), false },		/* not known */
		{ STR("\5\4\1a\1b"), true },
		{ STR("\5\2\1a"), false },		/* one of a pair */
		{ STR("\x80\1a"), true },		/* passed over */
		{ STR("\x80\2a"), false },
		{ STR("\0\1a"), false },
	};
	struct sample	got;
	struct err	e;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if ((fields_get(table, COUNT, &got, sizeof got, rows[i].in,
		    &e) == 0) != rows[i].ok)
			fail_msg("row %zu", i);
}

/* Lengths of one byte and of two; a cut anywhere is seen or ends a field. */
static void
test_long_text(void **state)
{
	struct sample	got, one = { .n = 300, .text = { a_long_one, 200 } };
	struct buf	out = BUF_INIT;
	struct err	e;

	(void)state;
	memset(a_long_one, 'x', sizeof a_long_one);
	assert_int_equal(fields_put(&out, table, COUNT, &one, &e), 0);
	assert_int_equal(fields_get(table, COUNT, &got, sizeof got,
	    buf_str(&out), &e), 0);
	assert_int_equal(got.n, 300);
	assert_int_equal(got.text.len, 200);
	for (size_t n = 5; n < out.len; n++)
		assert_int_equal(fields_get(table, COUNT, &got, sizeof got,
		    (struct str){ buf_str(&out).p, n }, &e), -1);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_refused_to_write),
		cmocka_unit_test(test_refused_to_read),
		cmocka_unit_test(test_long_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
