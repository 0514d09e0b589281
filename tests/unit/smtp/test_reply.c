/* Replies read in every cut, and replies written whatever a hook says. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/ext.h"
#include "smtp/reply.h"

/* The whole of what a reader makes of data, as text, cut every n bytes. */
static void
read_all(struct buf *out, struct str data, size_t cut)
{
	struct smtp_reader	 rd;
	const char		*why = "";
	enum smtp_read		 got = SMTP_READ_MORE;
	size_t			 i = 0, n, used, k;

	smtp_reader_init(&rd);
	while (i < data.len && got != SMTP_READ_BAD) {
		n = data.len - i < cut ? data.len - i : cut;
		got = smtp_reader_feed(&rd, (struct str){ data.p + i, n },
		    &used, &why);
		i += used;
		if (got != SMTP_READ_DONE)
			continue;
		buf_printf(out, "%d %d.%d.%d", rd.reply.code,
		    rd.reply.enhanced[0], rd.reply.enhanced[1],
		    rd.reply.enhanced[2]);
		for (k = 0; k < smtp_reply_lines(&rd.reply); k++) {
			buf_add_byte(out, '|');
			buf_add_str(out, smtp_reply_line(&rd.reply, k));
		}
		buf_add_byte(out, ';');
	}
	if (got == SMTP_READ_BAD)
		buf_printf(out, "BAD %s", why);
	smtp_reader_fini(&rd);
}

static void
test_read(void **state)
{
	static const struct {
		struct str	in;
		const char	*want;
	} rows[] = {
		{ STR("250 OK\r\n"), "250 0.0.0|OK;" },
		{ STR("250\r\n"), "250 0.0.0|;" },
		{ STR("250 \r\n"), "250 0.0.0|;" },
		{ STR("250 2.1.0 Sender ok\r\n"), "250 2.1.0|Sender ok;" },
		{ STR("250 2.1.0\r\n"), "250 2.1.0|;" },
		{ STR("250 5.1.0 odd\r\n"), "250 0.0.0|5.1.0 odd;" },
		{ STR("250 2.1.0.1 odd\r\n"), "250 0.0.0|2.1.0.1 odd;" },
		{ STR("250 2.1234.0 odd\r\n"), "250 0.0.0|2.1234.0 odd;" },
		{ STR("250-2.0.0 a\r\n250-2.0.0 b\r\n250 c\r\n"),
		    "250 2.0.0|a|b|c;" },
		{ STR("250-a\r\n250\r\n"), "250 0.0.0|a|;" },
		{ STR("250 a\r\n354 b\r\n"), "250 0.0.0|a;354 0.0.0|b;" },
		{ STR("250 a\0\xff\r\n"), "250 0.0.0|a" },
		{ STR("250-a\r\n251 b\r\n"), "BAD two codes in one reply" },
		{ STR("250 a\n"), "BAD reply line ends in a bare LF" },
		{ STR("250 a\rb\r\n"), "BAD bare CR in a reply" },
		{ STR("250 a\r\r\n"), "BAD bare CR in a reply" },
		{ STR("\r\n"), "BAD not an SMTP reply" },
		{ STR("25\r\n"), "BAD not an SMTP reply" },
		{ STR("hello there\r\n"), "BAD not an SMTP reply" },
		{ STR("150 wait\r\n"), "BAD not an SMTP reply" },
		{ STR("600 what\r\n"), "BAD not an SMTP reply" },
		{ STR("250_OK\r\n"), "BAD not an SMTP reply" },
		{ STR("2 0 OK\r\n"), "BAD not an SMTP reply" },
	};
	struct buf	out = BUF_INIT;
	size_t		i, cut;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (cut = 1; cut <= rows[i].in.len; cut++) {
			buf_clear(&out);
			read_all(&out, rows[i].in, cut);
			if (strncmp(buf_cstr(&out), rows[i].want,
			    strlen(rows[i].want)) != 0)
				fail_msg("row %zu: %s", i, buf_cstr(&out));
		}
	buf_free(&out);
}

static void
test_read_bounds(void **state)
{
	static const struct {
		const char	*head, *piece, *tail;
		size_t		 pieces, want;
	} rows[] = {
		{ "", "250-x\r\n", "250 x\r\n", 600,
		    16 + 2 * SMTP_REPLY_LINES },
		{ "250 ", "x", "\r\n", 70000, 11 + SMTP_REPLY_BYTES - 4 },
		{ "250-a\r\n250 ", "x", "\r\n", SMTP_REPLY_BYTES - 5, 0 },
		{ "250 ", "x", "\r\n", SMTP_REPLY_BYTES - 5, 0 },
		{ "250 ", "x", "\r\n", SMTP_REPLY_BYTES - 4, 0 },
		{ "250 ", "x", "\r\n", SMTP_REPLY_BYTES - 3, 0 },
		{ "250-", "x", "", SMTP_REPLY_BOUND - 4, 0 },
		{ "", "250-xx\r\n", "", SMTP_REPLY_BOUND / 8 + 1, 0 },
		{ "x", "x", "", SMTP_REPLY_BOUND, 0 },
	};
	struct buf	in = BUF_INIT, out = BUF_INIT, first = BUF_INIT;
	size_t		i, k, cut;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buf_clear(&in);
		buf_clear(&first);
		buf_add_text(&in, rows[i].head);
		for (k = 0; k < rows[i].pieces; k++)
			buf_add_text(&in, rows[i].piece);
		buf_add_text(&in, rows[i].tail);
		read_all(&first, buf_str(&in), in.len);
		assert_true(first.len > 3);
		for (cut = 1; cut < in.len; cut = cut * 7) {
			buf_clear(&out);
			read_all(&out, buf_str(&in), cut);
			assert_true(str_eq(buf_str(&out), buf_str(&first)));
		}
		if (rows[i].want != 0)
			assert_true(first.len <= rows[i].want);
		if (i + 1 < sizeof rows / sizeof rows[0])
			assert_true(str_prefix(buf_str(&first), STR("250 ")));
		else
			assert_true(str_prefix(buf_str(&first), STR("BAD")));
	}
	buf_free(&in);
	buf_free(&out);
	buf_free(&first);
}

static void
test_caps(void **state)
{
	static const struct str	in = STR("250-mx PIPELINING\r\n250-SIZE 1000"
	    "\r\n250-size x\r\n250-8BITMIME\r\n250-AUTH PLAIN LOGIN\r\n"
	    "250-X-UNKNOWN\r\n250 chunking\r\n");
	struct smtp_reader	 rd;
	struct smtp_caps	 caps;
	const char		*why;
	size_t			 used;

	(void)state;
	smtp_reader_init(&rd);
	assert_int_equal(smtp_reader_feed(&rd, in, &used, &why),
	    SMTP_READ_DONE);
	smtp_caps_read(&caps, &rd.reply);
	assert_int_equal(caps.exts, SMTP_EXT_SIZE | SMTP_EXT_8BITMIME |
	    SMTP_EXT_AUTH | SMTP_EXT_CHUNKING);
	assert_int_equal(caps.size_max, 0);
	smtp_reader_fini(&rd);
}

static void
check_answer(const struct smtp_answer *a, const char *want)
{
	struct buf	out = BUF_INIT;

	smtp_answer_write(&out, a);
	assert_string_equal(buf_cstr(&out), want);
	buf_free(&out);
}

static void
test_write(void **state)
{
	const struct str	two[] = { STR("one"), STR("two") };
	const struct str	evil[] = { STR("x\r\n250 ok\0\x1b[2J") };
	const struct str	eight[] = { STR("\xc3\xa4\xff") };
	const struct str	utf8[] = { STR("\xc3\xa4") };
	const struct str	none[] = { STR(""), STR("end\r\n") };

	(void)state;
	check_answer(&(struct smtp_answer){ .code = 250 },
	    "250 2.0.0 OK\r\n");
	check_answer(&(struct smtp_answer){ .code = 550 },
	    "550 5.0.0 Error\r\n");
	check_answer(&(struct smtp_answer){ .code = 550,
	    .enhanced = { 5, 1, 1 }, .lines = two, .line_count = 2 },
	    "550-5.1.1 one\r\n550 5.1.1 two\r\n");
	check_answer(&(struct smtp_answer){ .code = 450,
	    .enhanced = { 5, 1, 1 }, .lines = two, .line_count = 1 },
	    "450 4.0.0 one\r\n");
	check_answer(&(struct smtp_answer){ .code = 999,
	    .lines = two, .line_count = 1 }, "451 4.0.0 one\r\n");
	check_answer(&(struct smtp_answer){ .code = 354,
	    .lines = two, .line_count = 1 }, "354 one\r\n");
	check_answer(&(struct smtp_answer){ .code = 220, .plain = true,
	    .lines = two, .line_count = 1 }, "220 one\r\n");
	check_answer(&(struct smtp_answer){ .code = 250,
	    .lines = evil, .line_count = 1 },
	    "250 2.0.0 x  250 ok  [2J\r\n");
	check_answer(&(struct smtp_answer){ .code = 250, .utf8 = true,
	    .lines = eight, .line_count = 1 }, "250 2.0.0 \?\?\?\r\n");
	check_answer(&(struct smtp_answer){ .code = 250, .utf8 = true,
	    .lines = utf8, .line_count = 1 }, "250 2.0.0 \xc3\xa4\r\n");
	check_answer(&(struct smtp_answer){ .code = 250,
	    .lines = none, .line_count = 2 },
	    "250-2.0.0 \r\n250 2.0.0 end\r\n");
}

/* However long the text: lines of at most 512 bytes, at most 100 of them. */
static void
test_write_bounds(void **state)
{
	struct smtp_answer	a = { .code = 550, .utf8 = true,
				    .line_count = 1 };
	struct buf		text = BUF_INIT, out = BUF_INIT;
	struct str		line, rest;
	size_t			i, count = 0;

	(void)state;
	for (i = 0; i < 100000; i++)
		buf_add_text(&text, "\xe2\x82\xac");
	line = buf_str(&text);
	a.lines = &line;
	smtp_answer_write(&out, &a);
	for (rest = buf_str(&out); rest.len != 0; count++) {
		line = str_split(rest, '\n', &rest);
		assert_true(line.len + 1 <= 512);
		assert_int_equal(line.p[3], rest.len != 0 ? '-' : ' ');
		assert_true(utf8_valid(line));
	}
	assert_int_equal(count, 100);
	buf_free(&text);
	buf_free(&out);
}

static void
test_summary(void **state)
{
	static const struct { const char *data, *text; } rows[] = {
		{ "550 5.1.1 no such user\r\n", "550 5.1.1 no such user" },
		{ "421-4.7.0 slow\r\n421 4.7.0 down\r\n", "421 4.7.0 slow" },
		{ "554 no\r\n", "554 no" },
		{ "554\r\n", "554" },
	};
	char			 out[SMTP_REPLY_SUMMARY];
	struct smtp_reader	 rd;
	const char		*why;
	size_t			 i, used;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		smtp_reader_init(&rd);
		assert_int_equal(smtp_reader_feed(&rd, str_of(rows[i].data),
		    &used, &why), SMTP_READ_DONE);
		assert_string_equal(smtp_reply_summary(&rd.reply, out),
		    rows[i].text);
		smtp_reader_fini(&rd);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_bounds),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_bounds),
		cmocka_unit_test(test_summary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
