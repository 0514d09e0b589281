/*
 * One field: what is a name, what is a value, and what field_build() refuses.
 */
#include "mime/field.h"

#include "check.h"

static void
test_parts(void **state)
{
	static const struct {
		const char	*raw, *name, *value;
	} cases[] = {
		{ "A: b\r\n", "A", "b" },
		{ "A:b\r\n", "A", "b" },
		{ "A:\r\n", "A", "" },
		{ "A: \t b \r\n", "A", "b" },
		{ "A: b", "A", "b" },
		{ "A:", "A", "" },
		{ "From : x\r\n", "From", "x" },
		{ "From\t : x\r\n", "From", "x" },
		{ "A: b\r\n c: d\r\n", "A", "b\r\n c: d" },
		{ "A:\r\n b\r\n", "A", "\r\n b" },
		{ "A: : b\r\n", "A", ": b" },
		{ ".A: b\r\n", ".A", "b" },
		/* Malformed */
		{ "no colon\r\n", "", "" },
		{ ": b\r\n", "", "" },
		{ " : b\r\n", "", "" },
		{ " A: b\r\n", "", "" },
		{ "A B: c\r\n", "", "" },
		{ "A\x80: c\r\n", "", "" },
		{ "A\x7f: c\r\n", "", "" },
		{ "", "", "" },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct field	f = field_of(str_of(cases[i].raw));

		assert_str(field_name(f), cases[i].name);
		assert_str(field_value(f), cases[i].value);
	}
}

static void
test_is(void **state)
{
	(void)state;
	assert_true(field_is(field_of(STR("SubJect: a\r\n")),
	    STR("sUBjECT")));
	assert_false(field_is(field_of(STR("Subject: a\r\n")),
	    STR("Subjec")));
	assert_false(field_is(field_of(STR("nothing\r\n")), STR("")));
	assert_false(field_is(field_of(STR("A\0B: c\r\n")), STR("A")));
}

static void
test_unfold(void **state)
{
	static const char	*const cases[][2] = {
		{ "a b", "a b" },
		{ "a\r\n b", "a b" },
		{ "a\r\n\t b\r\n c", "a\t b c" },
		{ "\r\n a", " a" },
		{ "a\r\nb", "a\r\nb" },
		{ "a\r b\r", "a\r b\r" },
		{ "a\r\n", "a\r\n" },
		{ "a\n b", "a\n b" },
		{ "", "" },
	};

	(void)state;
	check_reads(field_unfold, cases, COUNT(cases));
}

static void
test_build(void **state)
{
	static const char	*const cases[][3] = {
		{ "A", "b", "A: b\r\n" },
		{ "A", "", "A:\r\n" },
		{ "A", "b\r\n c", "A: b\r\n c\r\n" },
		{ "A", "\r\n c", "A:\r\n c\r\n" },
		{ "A", "b\tc \x80\xff", "A: b\tc \x80\xff\r\n" },
	};

	(void)state;
	check_makes(field_build, cases, COUNT(cases));
}

/* Nothing gets through that reads as a second field, or as the end. */
static void
test_build_refuses(void **state)
{
	static const struct {
		struct str	name, value;
	} cases[] = {
		{ { "A", 1 }, { "b\r\nBcc: c", 9 } },
		{ { "A", 1 }, { "b\nBcc: c", 8 } },
		{ { "A", 1 }, { "b\n c", 4 } },
		{ { "A", 1 }, { "b\rBcc: c", 8 } },
		{ { "A", 1 }, { "b\r c", 4 } },
		{ { "A", 1 }, { "b\r\n", 3 } },
		{ { "A", 1 }, { "b\r\n\r\nbody", 9 } },
		{ { "A", 1 }, { "b\r\n \r\n c", 8 } },
		{ { "A", 1 }, { "b\r\n ", 4 } },
		{ { "A", 1 }, { "b\r\n \t", 5 } },
		{ { "A", 1 }, { "\r", 1 } },
		{ { "A", 1 }, { "\r\n", 2 } },
		{ { "A", 1 }, { "a\0b", 3 } },
		{ { "A", 1 }, { "a\x01", 2 } },
		{ { "A", 1 }, { "a\x7f", 2 } },
		{ { "", 0 }, { "b", 1 } },
		{ { "A:", 2 }, { "b", 1 } },
		{ { "A ", 2 }, { "b", 1 } },
		{ { " A", 2 }, { "b", 1 } },
		{ { "A\r\nB", 4 }, { "b", 1 } },
		{ { "A\0", 2 }, { "b", 1 } },
		{ { "\xc3\xa4", 2 }, { "b", 1 } },
	};
	struct buf	b = BUF_INIT;
	struct err	e;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		if (field_build(cases[i].name, cases[i].value, &b, &e) != -1)
			fail_msg("case %zu", i);
		assert_int_equal(b.len, 0);
	}
	buf_free(&b);
}

static void
test_build_line_limit(void **state)
{
	char		text[2100];
	struct buf	b = BUF_INIT;
	size_t		fits = FIELD_LINE_MAX - 3;

	(void)state;
	memset(text, 'x', sizeof text);
	assert_int_equal(field_build(STR("A"), (struct str){ text, fits },
	    &b, NULL), 0);
	assert_int_equal(b.len, FIELD_LINE_MAX + 2);
	assert_int_equal(field_build(STR("A"), (struct str){ text, fits + 1 },
	    &b, NULL), -1);
	memcpy(text + fits, "\r\n ", 3);
	assert_int_equal(field_build(STR("A"),
	    (struct str){ text, fits + 2 + 998 }, &b, NULL), 0);
	assert_int_equal(field_build(STR("A"),
	    (struct str){ text, fits + 2 + 999 }, &b, NULL), -1);
	memset(text, 'x', FIELD_NAME_MAX + 1);
	assert_int_equal(field_build((struct str){ text, FIELD_NAME_MAX + 1 },
	    STR("b"), &b, NULL), -1);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_is),
		cmocka_unit_test(test_unfold),
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_build_refuses),
		cmocka_unit_test(test_build_line_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
