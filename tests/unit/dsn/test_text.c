/* Words of strangers: controls, characters that are none, folds. */
#include "../mime/check.h"

#include "dsn/text.h"

static void
clean(struct str text, struct buf *out)
{
	text_clean(out, text);
}

static void
ascii(struct str text, struct buf *out)
{
	text_ascii(out, text);
}

static void
wrap(struct str text, struct buf *out)
{
	text_wrap(out, text, 2);
}

static void
field(struct str text, struct buf *out)
{
	text_field(out, "Name", text);
}

static void
test_clean(void **state)
{
	static const char *const	rows[][2] = {
		{ "a\r\nb\tc\x7f", "a  b c " },
		{ "\xc3\xbc\xff\xc3", "\xc3\xbc\xef\xbf\xbd\xef\xbf\xbd" },
		{ "a\xc2\x85" "b\xe2\x80\xa8" "c\xe2\x80\xae" "d",
		    "a b c d" },
	};
	struct buf	b = BUF_INIT;

	(void)state;
	check_reads(clean, rows, COUNT(rows));
	text_clean(&b, STR("a\0b"));
	assert_str(buf_str(&b), "a b");
	buf_free(&b);
}

static void
test_ascii(void **state)
{
	static const char *const	rows[][2] = {
		{ "plain", "plain" },
		{ "\xc3\xbc\xf0\x9f\x98\x80", "\\x{FC}\\x{1F600}" },
		{ "\xff\n", "? " },
	};

	(void)state;
	check_reads(ascii, rows, COUNT(rows));
}

#define TEN	"123456789 "

static void
test_wrap(void **state)
{
	static const char *const	rows[][2] = {
		{ "  a", "  a\r\n" },
		{ "-- ", "-- \r\n" },
		{ "  " TEN TEN TEN TEN TEN TEN TEN "1234 x",
		    "  " TEN TEN TEN TEN TEN TEN "123456789\r\n"
		    "  1234 x\r\n" },
	};

	(void)state;
	check_reads(wrap, rows, COUNT(rows));
}

static void
test_field(void **state)
{
	static const char *const	rows[][2] = {
		{ "", "" },
		{ " \t ", "" },
		{ "a  b", "Name: a b\r\n" },
		{ TEN TEN TEN TEN TEN TEN TEN TEN,
		    "Name: " TEN TEN TEN TEN TEN "123456789\r\n "
		    TEN "123456789\r\n" },
	};

	(void)state;
	check_reads(field, rows, COUNT(rows));
}

/* Whatever is said: no line that is too long for mail. */
static void
test_long(void **state)
{
	struct buf	in = BUF_INIT, out = BUF_INIT;
	struct str	rest, line;
	int		i;

	(void)state;
	for (i = 0; i < 3000; i++)
		buf_add_text(&in, "\xc3\xbc");
	text_field(&out, "Name", buf_str(&in));
	text_wrap(&out, buf_str(&in), 70);
	rest = buf_str(&out);
	while (rest.p != NULL) {
		line = str_split(rest, '\n', &rest);
		assert_true(line.len <= 999);
		assert_true(utf8_valid(line));
	}
	buf_free(&in);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_field),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
