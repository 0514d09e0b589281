/* Messages as programs give them to sendmail, for every way of cutting them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mtactl/letter.h"

static int
list(void *arg, struct str address, struct err *e)
{
	(void)e;
	buf_printf(arg, "[%.*s]", (int)address.len, address.p);
	return 0;
}

static void
write_out(const struct letter *l, struct buf *out)
{
	struct body_cursor	c;
	struct iovec		iov[8];
	int			i, n;

	buf_clear(out);
	letter_write_header(l, out);
	body_cursor_init(&c, letter_body(l));
	while ((n = body_peek(&c, iov, 8)) > 0)
		for (i = 0; i < n; i++) {
			buf_add(out, iov[i].iov_base, iov[i].iov_len);
			body_advance(&c, iov[i].iov_len);
		}
	body_cursor_fini(&c);
	assert_int_equal(out->len, letter_size(l));
}

static struct letter *
read_in(const char *text, size_t cut, bool dots)
{
	struct letter	*l = letter_new(dots, -1);
	size_t		 i, len = strlen(text);
	struct err	 e;
	int		 rc;

	rc = letter_add(l, (struct str){ text, cut }, &e);
	for (i = cut; i < len && rc == 0; i++)
		rc = letter_add(l, (struct str){ text + i, 1 }, &e);
	assert_true(rc != -1);
	assert_int_equal(letter_end(l, &e), 0);
	return l;
}

static void
test_lines(void **state)
{
	static const struct {
		const char	*text, *want;
		bool		 dots;
	} rows[] = {
		{ "", "\r\n", false },
		{ "a: b\n\nc\n", "a: b\r\n\r\nc\r\n", false },
		{ "a: b\r\n\r\nc\r\n", "a: b\r\n\r\nc\r\n", false },
		{ "a: b\r\rc", "a: b\r\n\r\nc\r\n", false },
		{ "a: b\n c\n\nd", "a: b\r\n c\r\n\r\nd\r\n", false },
		{ "a: b", "a: b\r\n\r\n", false },
		{ "a: b\n\n", "a: b\r\n\r\n", false },
		/* No header at all; or one that ends without a blank line. */
		{ "hello\nworld\n", "\r\nhello\r\nworld\r\n", false },
		{ "a: b\nhello\nc: d\n", "a: b\r\n\r\nhello\r\nc: d\r\n",
		    false },
		{ " x\n", "\r\n x\r\n", false },
		{ "From me now\na: b\n\nFrom x\n",
		    "a: b\r\n\r\nFrom x\r\n", false },
		/* Dots. */
		{ "a: b\n\nc\n.\nd\n", "a: b\r\n\r\nc\r\n", false },
		{ "a: b\n\nc\r\n.\r\nd\n", "a: b\r\n\r\nc\r\n", false },
		{ "a: b\n\nc\n.", "a: b\r\n\r\nc\r\n", false },
		{ "a: b\n\nc\n.\nd\n", "a: b\r\n\r\nc\r\n.\r\nd\r\n", true },
		{ "a: b\n\n..\n.x\nx.\n", "a: b\r\n\r\n..\r\n.x\r\nx.\r\n",
		    false },
		{ ".\n", "\r\n", false },
		{ "a: b\n.\nc\n", "a: b\r\n\r\n", false },
	};
	struct buf	 out = BUF_INIT;
	struct letter	*l;
	size_t		 i, cut;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (cut = 0; cut <= strlen(rows[i].text); cut++) {
			l = read_in(rows[i].text, cut, rows[i].dots);
			write_out(l, &out);
			assert_string_equal(buf_cstr(&out), rows[i].want);
			letter_free(&l);
		}
	buf_free(&out);
}

static void
test_recipients(void **state)
{
	/* want NULL: refused. */
	static const struct {
		const char	*text, *want, *left;
	} rows[] = {
		{ "To: a@b\nCC: C <c@d>,\n e@f\nbcc: x@y\nSubject: s\n\n",
		    "[a@b][c@d][e@f][x@y]",
		    "To: a@b\r\nCC: C <c@d>,\r\n e@f\r\nSubject: s\r\n\r\n" },
		{ "Bcc: x@y,\n z@w\n\nBcc: no@body\n", "[x@y][z@w]",
		    "\r\nBcc: no@body\r\n" },
		{ "To: undisclosed-recipients:;\nBcc: x@y\n\n", "[x@y]",
		    "To: undisclosed-recipients:;\r\n\r\n" },
		{ "Subject: s\n\n", "", "Subject: s\r\n\r\n" },
		{ "Resent-To: n@new\nResent-Bcc: b@new\nTo: a@b\n"
		    "Resent-To: o@old\n\n", "[n@new][b@new]",
		    "Resent-To: n@new\r\nTo: a@b\r\nResent-To: o@old\r\n"
		    "\r\n" },
		{ "Resent-From: n@new\nTo: a@b\n\n", "[a@b]",
		    "Resent-From: n@new\r\nTo: a@b\r\n\r\n" },
		{ "To: John Smith\n\n", NULL, NULL },
		{ "To: \"a@b\n\n", NULL, NULL },
	};
	struct buf	 out = BUF_INIT, got = BUF_INIT;
	struct letter	*l;
	struct err	 e;
	size_t		 i;
	int		 rc;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		l = read_in(rows[i].text, 0, false);
		buf_clear(&got);
		rc = letter_recipients(l, list, &got, &e);
		assert_int_equal(rc, rows[i].want != NULL ? 0 : -1);
		if (rc == 0) {
			assert_string_equal(buf_cstr(&got), rows[i].want);
			write_out(l, &out);
			assert_string_equal(buf_cstr(&out), rows[i].left);
		}
		letter_free(&l);
	}
	buf_free(&out);
	buf_free(&got);
}

static void
test_from(void **state)
{
	static const struct {
		const char	*text, *name, *want;
	} rows[] = {
		{ "a: b\n\n", "", "From: <me@here>\r\na: b\r\n\r\n" },
		{ "hello\n", "", "From: <me@here>\r\n\r\nhello\r\n" },
		{ "FROM: x@y\n\n", "Me", "FROM: x@y\r\n\r\n" },
		{ "a: b\n\n", "A \"B\" \\C",
		    "From: \"A \\\"B\\\" \\\\C\" <me@here>\r\na: b\r\n\r\n" },
		{ "a: b\n\n", "J\xc3\xb6rg", NULL },
	};
	struct buf	 out = BUF_INIT;
	struct letter	*l;
	struct err	 e;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		l = read_in(rows[i].text, 0, false);
		assert_int_equal(letter_from(l, rows[i].name, STR("me@here"),
		    &e), 0);
		write_out(l, &out);
		if (rows[i].want != NULL)
			assert_string_equal(buf_cstr(&out), rows[i].want);
		else
			assert_true(strstr(buf_cstr(&out), "=?UTF-8?") !=
			    NULL && strstr(buf_cstr(&out), "<me@here>") !=
			    NULL);
		letter_free(&l);
	}
	l = read_in("a: b\n\n", 0, false);
	assert_int_equal(letter_from(l, "x\ny", STR("me@here"), &e), -1);
	letter_free(&l);
	buf_free(&out);
}

static void
test_8bit(void **state)
{
	struct letter	*l = read_in("a: b\n\nc\n", 0, false);

	(void)state;
	assert_false(letter_has_8bit(l));
	letter_free(&l);
	l = read_in("a: b\n\nc\xff\n", 0, false);
	assert_true(letter_has_8bit(l));
	letter_free(&l);
}

static void
test_too_long(void **state)
{
	struct letter	*l = letter_new(true, -1);
	struct err	 e;
	int		 i, rc = 0;

	(void)state;
	for (i = 0; i < 2000000 && rc == 0; i++)
		rc = letter_add(l, STR("x:"), &e);
	assert_int_equal(rc, -1);
	assert_int_equal(letter_end(l, &e), -1);
	letter_free(&l);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_recipients),
		cmocka_unit_test(test_from),
		cmocka_unit_test(test_8bit),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
