/*
 * RFC 2047 both ways.
 */
#include <time.h>

#include "mime/field.h"
#include "mime/word.h"

#include "check.h"

static void
test_decode(void **state)
{
	static const char	*const cases[][2] = {
		{ "", "" },
		{ "plain text", "plain text" },
		{ "=?UTF-8?Q?caf=C3=A9?=", "caf\xc3\xa9" },
		{ "=?utf-8?q?a_b=5F?=", "a b_" },
		{ "=?UTF-8?B?Y2Fmw6k=?=", "caf\xc3\xa9" },
		{ "=?UTF-8?B?Y2Fmw6k?=", "caf\xc3\xa9" },
		{ "=?iso-8859-1?Q?caf=E9_=80?=", "caf\xc3\xa9 \xe2\x82\xac" },
		{ "=?ISO-8859-15?Q?=A4?=", "\xe2\x82\xac" },
		{ "=?windows-1252?Q?=93x=94=81?=",
		    "\xe2\x80\x9cx\xe2\x80\x9d\xef\xbf\xbd" },
		{ "=?us-ascii?Q?a=80b?=", "a\xef\xbf\xbd" "b" },
		{ "=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore" },
		/* RFC 2047 8 */
		{ "(=?ISO-8859-1?Q?a?=)", "(a)" },
		{ "(=?ISO-8859-1?Q?a?= b)", "(a b)" },
		{ "(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)" },
		{ "(=?ISO-8859-1?Q?a?=  \t =?ISO-8859-1?Q?b?=)", "(ab)" },
		{ "(=?ISO-8859-1?Q?a_b?=)", "(a b)" },
		{ "=?ISO-8859-1?Q?a?= =?UTF-8?Q?_b?=", "a b" },
		{ "x =?UTF-8?Q?a?= y =?UTF-8?Q?b?= z", "x a y b z" },
		{ "=?UTF-8?Q?a?==?UTF-8?Q?b?=", "ab" },
		/* A character cut in two, in either encoding */
		{ "=?UTF-8?Q?=C3?= =?UTF-8?Q?=A9?=", "\xc3\xa9" },
		{ "=?UTF-8?B?w6k=?= =?utf-8?B?w6k=?=", "\xc3\xa9\xc3\xa9" },
		{ "=?UTF-8?B?ww==?= =?utf-8?Q?=A9?=", "\xc3\xa9" },
		/* Not UTF-8: overlong, surrogate, alone */
		{ "=?UTF-8?Q?=C0=AF?=", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "=?UTF-8?Q?a=FFb=C3?=", "a\xef\xbf\xbd" "b\xef\xbf\xbd" },
		/* No control comes out of a word. */
		{ "=?UTF-8?Q?a=0D=0ABcc:_x=00=7F?=", "a  Bcc: x  " },
		{ "=?UTF-8?B?YQ0KQg==?=", "a  B" },
		/* Broken ones stay. */
		{ "=?UTF-8?Q?a=3?=", "a=3" },
		{ "=?UTF-8?Q?a=?=", "a=" },
		{ "=?UTF-8?Q?a=GG?=", "a=GG" },
		{ "=?UTF-8?B?a*b?=", "=?UTF-8?B?a*b?=" },
		{ "=?UTF-8?X?ab?=", "=?UTF-8?X?ab?=" },
		{ "=?UTF-8?Q?a b?=", "=?UTF-8?Q?a b?=" },
		{ "=?UTF-8?Q?ab?", "=?UTF-8?Q?ab?" },
		{ "=?UTF-8?Q?ab", "=?UTF-8?Q?ab" },
		{ "=?UTF-8?Q", "=?UTF-8?Q" },
		{ "=?UTF-8", "=?UTF-8" },
		{ "=?", "=?" },
		{ "=??Q?a?=", "=??Q?a?=" },
		{ "=?UTF-8??a?=", "=?UTF-8??a?=" },
		{ "=?UTF-8?Q?\?=x", "x" },
		{ "=?=?UTF-8?Q?a?=", "=?a" },
		/* Unknown charsets stay, and so does what is around. */
		{ "=?koi8-r?Q?=C1?= =?UTF-8?Q?a?= =?koi8-r?B?wQ==?=",
		    "=?koi8-r?Q?=C1?= a =?koi8-r?B?wQ==?=" },
		/* Raw bytes stay. */
		{ "caf\xe9", "caf\xe9" },
	};

	(void)state;
	check_reads(word_decode, cases, COUNT(cases));
}

/* What would be long to look at twice: each in well under a second. */
static void
test_decode_hostile(void **state)
{
	static const char	*const pieces[] = { "=?", "=?utf-8?q?",
		"=?utf-8?q?x", "=?utf-8?q?a?= ", "=?utf-8?b?QQ==?=", " ",
		"=?utf-8?q?=C3?=", "=?x?q?a?=\t", "=", "?", "=?utf-8?b?" };
	struct buf		in = BUF_INIT, out = BUF_INIT;
	clock_t			start = clock();
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		buf_clear(&in);
		buf_clear(&out);
		while (in.len < 1000000)
			buf_add_text(&in, pieces[i]);
		word_decode(buf_str(&in), &out);
		assert_true(out.len <= 3 * in.len);
	}
	assert_true(clock() - start < 20 * CLOCKS_PER_SEC);
	buf_free(&in);
	buf_free(&out);
}

static int
encode_q(struct str name, struct str value, struct buf *out, struct err *e)
{
	return word_encode(name, value, WORD_Q, out, e);
}

static void
test_encode(void **state)
{
	static const char	*const cases[][3] = {
		{ "Subject", "", "" },
		{ "Subject", "hello", "hello" },
		{ "Subject", "  hello  world ", "hello  world" },
		{ "Subject", "caf\xc3\xa9", "=?UTF-8?Q?caf=C3=A9?=" },
		{ "Subject", "a caf\xc3\xa9 b", "a =?UTF-8?Q?caf=C3=A9?= b" },
		{ "Subject", "\xc3\xa9  \xc3\xa9 x",
		    "=?UTF-8?Q?=C3=A9__=C3=A9?= x" },
		{ "Subject", "=?UTF-8?Q?a?= b", "=?UTF-8?Q?a?= b" },
		{ "Subject", "a?_=\xc3\xa9", "=?UTF-8?Q?a=3F=5F=3D=C3=A9?=" },
		{ "Subject", "a\r\n b", "a b" },
		{ "Subject", "a\xe9z \xc3\xa9",
		    "=?unknown-8bit?Q?a=E9z_=C3=A9?=" },
		{ "Subject", "\"\xc3\xa9\" <a@b>",
		    "=?UTF-8?Q?=22=C3=A9=22?= <a@b>" },
		{ "From", "\"\xc3\xa9, b\" <a@b>",
		    "=?UTF-8?Q?=C3=A9=2C_b?= <a@b>" },
		{ "from", "\"\xc3\xa9\\\"\"<a@b>",
		    "=?UTF-8?Q?=C3=A9=22?= <a@b>" },
		{ "To", "J\xc3\xb6rg X <a@b>,\xc3\x9c <c@d>, e@f",
		    "=?UTF-8?Q?J=C3=B6rg?= X <a@b>, =?UTF-8?Q?=C3=9C?= "
		    "<c@d>, e@f" },
		{ "To", "\xc3\xb6@b.example, <\xc3\xb6@b.example>",
		    "\xc3\xb6@b.example, <\xc3\xb6@b.example>" },
		{ "To", "\"open \xc3\xb6", "=?UTF-8?Q?open_=C3=B6?=" },
		{ "To", "Bob \"the\" <a@b>", "Bob \"the\" <a@b>" },
	};

	(void)state;
	check_makes(encode_q, cases, COUNT(cases));
}

static void
test_encode_refuses(void **state)
{
	static const struct str	cases[] = { { "a\r\nBcc: b", 9 },
		{ "\xc3\xa9\r\nBcc: b", 11 }, { "a\nb", 3 }, { "a\n b", 4 },
		{ "a\rb", 3 }, { "a\0b", 3 }, { "\xc3\xa9\x01", 3 },
		{ "a\r\n\r\n b", 7 }, { "a\x7f", 2 }, { "a\r\n", 3 } };
	struct buf	b = BUF_INIT;
	struct err	e;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(word_encode(STR("Subject"), cases[i],
		    WORD_Q, &b, &e), -1);
		assert_int_equal(b.len, 0);
	}
	buf_free(&b);
}

/* Builds the field, looks at its lines, and reads the value back. */
static void
check_round_by(const char *name, struct str value, size_t columns,
    enum word_encoding how)
{
	struct buf	text = BUF_INIT, raw = BUF_INIT, flat = BUF_INIT;
	struct buf	back = BUF_INIT;
	struct str	rest, line;

	assert_int_equal(word_encode(str_of(name), value, how, &text,
	    NULL), 0);
	assert_int_equal(field_build(str_of(name), buf_str(&text), &raw,
	    NULL), 0);
	for (rest = buf_str(&raw); rest.len != 0;) {
		line = str_split(rest, '\n', &rest);
		assert_true(line.len - 1 <= columns);
	}
	field_unfold(field_value(field_of(buf_str(&raw))), &flat);
	word_decode(buf_str(&flat), &back);
	if (!str_eq(buf_str(&back), value))
		fail_msg("%.*s", (int)raw.len, buf_cstr(&raw));
	buf_free(&text);
	buf_free(&raw);
	buf_free(&flat);
	buf_free(&back);
}

static void
check_round(const char *name, struct str value, size_t columns)
{
	check_round_by(name, value, columns, WORD_Q);
	check_round_by(name, value, columns, WORD_B);
}

static void
test_round(void **state)
{
	static const char	*const letters[] = { "a", "b", " ", "\xc3\xa9",
		"\xe2\x82\xac", "\xf0\x9f\x98\x80", "=", "?", "_", "x", ".",
		"\"" };
	struct buf		b = BUF_INIT;
	unsigned		seed = 1, i, n;

	(void)state;
	for (i = 0; i < 3000; i++) {
		buf_clear(&b);
		buf_add_text(&b, "s");
		for (n = i % 400; n > 0; n--) {
			seed = seed * 1103515245 + 12345;
			buf_add_text(&b, letters[(seed >> 16) % 12]);
		}
		buf_add_text(&b, "e");
		if (memmem(b.mem + b.off, b.len, "=?", 2) != NULL)
			continue;
		/* A word without a place to fold may be longer. */
		check_round("Subject", buf_str(&b), 998);
	}
	buf_free(&b);
}

static void
test_fold(void **state)
{
	struct buf	b = BUF_INIT;
	int		i;

	(void)state;
	for (i = 0; i < 1000; i++)
		buf_printf(&b, "%sword%d", i != 0 ? " " : "", i);
	check_round("Subject", buf_str(&b), WORD_COLUMNS);
	buf_clear(&b);
	for (i = 0; i < 1000; i++)
		buf_add_text(&b, "\xe2\x82\xac");
	check_round("Subject", buf_str(&b), WORD_COLUMNS - 2);
	buf_clear(&b);
	for (i = 0; i < 1000; i++)
		buf_add_text(&b, i % 3 ? "\xe2\x82\xac " : "word ");
	buf_add_text(&b, "end");
	check_round("Subject", buf_str(&b), WORD_COLUMNS - 2);
	/* An ASCII word that no line takes is encoded, too. */
	buf_clear(&b);
	for (i = 0; i < 5000; i++)
		buf_add_byte(&b, 'x');
	check_round("Subject", buf_str(&b), WORD_COLUMNS);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_decode_hostile),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_encode_refuses),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_fold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
