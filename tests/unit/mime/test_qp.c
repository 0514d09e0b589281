/* Quoted-printable: lines, blanks at their ends, what is risky. */
#include "check.h"

#include "mime/qp.h"

static void
encode(struct str text, struct buf *out)
{
	qp_encode(out, text);
}

static void
test_encode(void **state)
{
	static const char *const	rows[][2] = {
		{ "", "" },
		{ "a b\r\n", "a b\r\n" },
		{ "a=b", "a=3Db" },
		{ "a \r\nb\t\r\n", "a=20\r\nb=09\r\n" },
		{ "end ", "end=20" },
		{ "\xc3\xbc\r\n", "=C3=BC\r\n" },
		{ "a\nb\rc\r\n", "a=0Ab=0Dc\r\n" },
		{ ".\r\n", "=2E\r\n" },
		{ "a.\r\n", "a.\r\n" },
		{ "From x\r\n", "=46rom x\r\n" },
		{ "\r\n\r\n", "\r\n\r\n" },
	};

	(void)state;
	check_reads(encode, rows, COUNT(rows));
}

static void
test_long(void **state)
{
	struct buf	in = BUF_INIT, out = BUF_INIT;
	struct str	rest, line;
	size_t		all = 0;
	int		i;

	(void)state;
	for (i = 0; i < 300; i++)
		buf_add_byte(&in, i == 75 ? '.' : 'x');
	qp_encode(&out, buf_str(&in));
	rest = buf_str(&out);
	while (rest.p != NULL) {
		line = str_split(rest, '\n', &rest);
		if (rest.p != NULL)
			line.len--;
		assert_true(line.len <= 76);
		all += line.len - (rest.p != NULL);
	}
	assert_int_equal(all, 302);
	assert_non_null(memmem(buf_data(&out), out.len, "=\r\n=2Ex", 7));
	buf_free(&in);
	buf_free(&out);
}

static void
test_needed(void **state)
{
	struct buf	b = BUF_INIT;
	int		i;

	(void)state;
	assert_true(qp_not_needed(STR("a\r\nb"), false));
	assert_false(qp_not_needed(STR("a\nb"), true));
	assert_false(qp_not_needed(STR("a\rb"), true));
	assert_false(qp_not_needed(STR("a\0b"), true));
	assert_false(qp_not_needed(STR("\xc3\xbc"), false));
	assert_true(qp_not_needed(STR("\xc3\xbc"), true));
	for (i = 0; i < 998; i++)
		buf_add_byte(&b, 'x');
	buf_add_text(&b, "\r\nx");
	assert_true(qp_not_needed(buf_str(&b), false));
	buf_truncate(&b, 998);
	buf_add_byte(&b, 'x');
	assert_false(qp_not_needed(buf_str(&b), false));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
