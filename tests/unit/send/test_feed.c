/* What the stream pulls, in pieces of every size: bytes, end, presence. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/data.h"
#include "send/feed.h"

struct source_text {
	struct str	text;
	size_t		at;
	size_t		piece;
	int		asked;
	bool		absent;
};

static int
text_peek(void *arg, struct iovec *iov, int max)
{
	struct source_text	*t = arg;
	size_t			 at = t->at, n;
	int			 i;

	for (i = 0; i < max && at < t->text.len; i++, at += n) {
		n = t->text.len - at < t->piece ? t->text.len - at : t->piece;
		iov[i].iov_base = (void *)(uintptr_t)(t->text.p + at);
		iov[i].iov_len = n;
	}
	return i;
}

static void
text_advance(void *arg, size_t n)
{
	struct source_text	*t = arg;

	assert_true(n <= t->text.len - t->at);
	t->at += n;
}

static bool
text_present(void *arg)
{
	struct source_text	*t = arg;

	t->asked++;
	return !t->absent;
}

static void
setup_request(struct send_request *req, struct source_text *t)
{
	struct smtp_scan	s;

	smtp_scan_init(&s);
	smtp_scan_add(&s, t->text);
	*req = (struct send_request){ .body = { .size = t->text.len,
	    .dot_lines = s.dot_lines, .ends_crlf = smtp_scan_ends_crlf(&s),
	    .peek = text_peek, .advance = text_advance, .arg = t },
	    .present = text_present, .arg = t };
	t->at = 0;
	t->asked = 0;
}

/* Pulls everything with at most `max` pieces and `step` bytes at a time. */
static void
pull(struct feed *f, struct buf *out, int max, size_t step)
{
	struct iovec	iov[16];
	size_t		n, left;
	int		i, count;

	while ((count = feed_peek(f, iov, max)) > 0) {
		for (i = 0, left = step; i < count && left != 0; i++) {
			n = iov[i].iov_len < left ? iov[i].iov_len : left;
			buf_add(out, iov[i].iov_base, n);
			left -= n;
		}
		assert_true(left < step);
		feed_advance(f, step - left);
	}
	assert_int_equal(count, 0);
	assert_true(feed_empty(f));
}

static void
check_end(const struct feed *f, const struct source_text *t, uint64_t end)
{
	assert_int_equal(f->end_at, end);
	assert_false(feed_end_given(f, end));
	assert_true(feed_end_given(f, end + 1));
	assert_true(t->asked > 0);
}

static void
test_data(void **state)
{
	static const struct {
		struct str	text, want;
		size_t		tail;
	} rows[] = {
		{ STR(""), STR(".\r\n"), 3 },
		{ STR("a\r\n"), STR("a\r\n.\r\n"), 3 },
		{ STR("a"), STR("a\r\n.\r\n"), 5 },
		{ STR(".\r\n..\r\nx.\r\n.y\r\n"),
		    STR("..\r\n...\r\nx.\r\n..y\r\n.\r\n"), 3 },
		{ STR("....\r\n\r\n.\r\n\r\n."),
		    STR(".....\r\n\r\n..\r\n\r\n..\r\n.\r\n"), 5 },
	};
	struct source_text	t = { .absent = false };
	struct send_request	req;
	struct feed		f;
	struct buf		out = BUF_INIT;
	size_t			i, step;
	int			max;

	(void)state;
	feed_init(&f);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (t.piece = 1; t.piece < 20; t.piece++)
			for (max = 1; max < 17; max += 3)
				for (step = 1; step < 30; step++) {
					t.text = rows[i].text;
					setup_request(&req, &t);
					buf_clear(&out);
					feed_reset(&f, &req);
					feed_body_data(&f);
					pull(&f, &out, max, step);
					assert_true(str_eq(buf_str(&out),
					    rows[i].want));
					check_end(&f, &t, out.len -
					    rows[i].tail);
				}
	feed_fini(&f);
	buf_free(&out);
}

static void
test_bdat(void **state)
{
	struct source_text	t = { .text = STR(".a\r\n.b") };
	struct send_request	req;
	struct feed		f;
	struct buf		out = BUF_INIT;
	size_t			step;

	(void)state;
	feed_init(&f);
	for (t.piece = 1; t.piece < 8; t.piece++)
		for (step = 1; step < 30; step++) {
			setup_request(&req, &t);
			buf_clear(&out);
			feed_reset(&f, &req);
			buf_add_text(&f.cmd, "RCPT\r\n");
			feed_end_here(&f);
			buf_add_text(&f.cmd, "BDAT 6 LAST\r\n");
			feed_body_raw(&f);
			pull(&f, &out, 4, step);
			assert_true(str_eq(buf_str(&out),
			    STR("RCPT\r\nBDAT 6 LAST\r\n.a\r\n.b")));
			check_end(&f, &t, 6);
		}
	feed_fini(&f);
	buf_free(&out);
}

/* What goes before the end may go; the end is held back, for good. */
static void
test_absent(void **state)
{
	struct source_text	t = { .text = STR("abc\r\n"), .piece = 3,
				    .absent = true };
	struct send_request	req;
	struct iovec		iov[16];
	struct feed		f;

	(void)state;
	setup_request(&req, &t);
	feed_init(&f);
	feed_reset(&f, &req);
	feed_body_data(&f);
	assert_int_equal(feed_peek(&f, iov, 1), 1);
	assert_false(f.gone);
	feed_advance(&f, 3);
	assert_int_equal(feed_peek(&f, iov, 16), -1);
	assert_true(f.gone);
	feed_fini(&f);
}

/* Once a byte of the end is out, nobody is asked any more. */
static void
test_end_begun(void **state)
{
	struct source_text	t = { .text = STR("a\r\n"), .piece = 3 };
	struct send_request	req;
	struct iovec		iov[16];
	struct feed		f;

	(void)state;
	setup_request(&req, &t);
	feed_init(&f);
	feed_reset(&f, &req);
	feed_body_data(&f);
	assert_int_equal(feed_peek(&f, iov, 16), 2);
	feed_advance(&f, 4);
	t.absent = true;
	assert_int_equal(feed_peek(&f, iov, 16), 1);
	assert_int_equal(iov[0].iov_len, 2);
	feed_advance(&f, 2);
	assert_true(feed_empty(&f));
	feed_fini(&f);
}

/* A body that ends before its size says so is no message. */
static void
test_short_body(void **state)
{
	struct source_text	t = { .text = STR("a\r\n"), .piece = 3 };
	struct send_request	req;
	struct iovec		iov[16];
	struct feed		f;

	(void)state;
	setup_request(&req, &t);
	req.body.size = 4;
	feed_init(&f);
	feed_reset(&f, &req);
	feed_body_data(&f);
	assert_int_equal(feed_peek(&f, iov, 16), 1);
	feed_advance(&f, 3);
	assert_int_equal(feed_peek(&f, iov, 16), -1);
	assert_true(f.unreadable);
	feed_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_bdat),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_end_begun),
		cmocka_unit_test(test_short_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
