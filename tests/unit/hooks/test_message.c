/*
 * A message and what is sent of it: in memory and in a file, in any cut,
 * edited or not; and what send_body says of the bytes is true of them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <setjmp.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hooks/mail/message.h"

struct fixture {
	struct body_store	 store;
	struct body		*body;
	struct smtp_scan	 scan;
	struct message		*message;
};

static void
fixture_init(struct fixture *f, struct str bytes, bool file)
{
	*f = (struct fixture){ .store = { .message_limit = file ? 0 : 1 << 30,
	    .total_limit = 1 << 30, .directory = AT_FDCWD } };
	f->body = body_new(&f->store);
	assert_int_equal(body_add(f->body, bytes, NULL), 0);
	smtp_scan_init(&f->scan);
	smtp_scan_add(&f->scan, bytes);
	smtp_scan_end(&f->scan);
	f->message = message_new(f->body, &f->scan);
}

static void
fixture_fini(struct fixture *f)
{
	message_free(&f->message);
	body_free(&f->body);
}

static void
source_read(struct send_body *b, size_t step, struct buf *out)
{
	struct iovec	iov[3];
	size_t		take, n;
	int		pieces;

	while ((pieces = b->peek(b->arg, iov, 3)) > 0) {
		for (take = 0, n = 0; n < (size_t)pieces; n++)
			take += iov[n].iov_len;
		take = take < step ? take : step;
		b->advance(b->arg, take);
		for (n = 0; take != 0; n++) {
			size_t	len = iov[n].iov_len < take ?
			    iov[n].iov_len : take;

			buf_add(out, iov[n].iov_base, len);
			take -= len;
		}
	}
	assert_int_equal(pieces, 0);
}

/* Reads all of it twice and compares what was said with what is. */
static void
check_source(struct fixture *f, const char *trace, const char *want,
    size_t step)
{
	struct message_source	 s;
	struct send_body	 b;
	struct smtp_scan	 scan;
	struct buf		 got = BUF_INIT;
	int			 i;

	assert_int_equal(message_source_init(&s, f->message, str_of(trace),
	    NULL), 0);
	assert_int_equal(message_source_body(&s, &b, NULL), 0);
	for (i = 0; i < 2; i++) {
		buf_clear(&got);
		source_read(&b, step, &got);
		if (!str_eq(buf_str(&got), str_of(want)))
			fail_msg("\"%s\", not \"%s\"", buf_cstr(&got), want);
		assert_int_equal(b.rewind(b.arg), 0);
	}
	smtp_scan_init(&scan);
	smtp_scan_add(&scan, buf_str(&got));
	assert_int_equal(b.size, got.len);
	assert_int_equal(message_size(f->message) + strlen(trace) +
	    s.part.len, got.len);
	assert_int_equal(b.eight_bit, scan.eight_bit);
	assert_int_equal(b.dot_lines, scan.dot_lines);
	assert_int_equal(b.ends_crlf, smtp_scan_ends_crlf(&scan));
	message_source_fini(&s);
	buf_free(&got);
}

/* Deletes D, sets S, adds A at the top, each if it is not NULL. */
static void
edit(struct fixture *f, const char *del, const char *set, const char *add)
{
	struct header	*h = message_header(f->message, NULL);
	size_t		 at;

	assert_non_null(h);
	if (del != NULL)
		header_delete_all(h, str_of(del), 0);
	if (set != NULL) {
		at = header_find(h, STR("S"), 0);
		assert_int_equal(header_replace(h, at, STR("S"), str_of(set),
		    NULL), 0);
	}
	if (add != NULL)
		assert_int_equal(header_insert(h, str_of(add), STR("x"),
		    NULL), 0);
}

static void
test_edits(void **state)
{
	static const struct {
		const char	*message, *del, *set, *add, *want;
	} cases[] = {
		{ "S: 1\r\n\r\nbody\r\n", NULL, NULL, NULL,
		    "S: 1\r\n\r\nbody\r\n" },
		{ "", NULL, NULL, NULL, "" },
		{ "", NULL, NULL, "A", "A: x\r\n" },
		{ "S: 1\r\n\r\nbody\r\n", NULL, "2", "A",
		    "A: x\r\nS: 2\r\n\r\nbody\r\n" },
		{ "S: 1\r\n\r\nno end", "S", NULL, NULL, "\r\nno end" },
		{ "\r\nbody\r\n", NULL, NULL, "A", "A: x\r\n\r\nbody\r\n" },
		/* All header: what ends it may go or come. */
		{ "S: 1\r\nD: 2", "D", NULL, NULL, "S: 1\r\n" },
		{ "S: 1\r\nD: 2", NULL, "0", NULL, "S: 0\r\nD: 2" },
		{ "S: 1", NULL, "0", NULL, "S: 0\r\n" },
		{ "S: 1", "S", NULL, NULL, "" },
		{ "D: 1\r\nS: 2", "D", NULL, "A", "A: x\r\nS: 2" },
		/* Dots */
		{ ".D: 1\r\n\r\nbody\r\n", ".D", NULL, NULL,
		    "\r\nbody\r\n" },
		{ ".D: 1\r\n\r\n.\r\n", ".D", NULL, NULL, "\r\n.\r\n" },
		{ "S: 1\r\n\r\nbody\r\n", NULL, NULL, ".A",
		    ".A: x\r\nS: 1\r\n\r\nbody\r\n" },
		{ "S: 1\r\n\r\n.\r\n", NULL, "2", NULL, "S: 2\r\n\r\n.\r\n" },
		/* Eight bits */
		{ "S: \xe9\r\n\r\nbody\r\n", NULL, "e", NULL,
		    "S: e\r\n\r\nbody\r\n" },
		{ "S: \xe9\r\n\r\nbody\xe9\r\n", NULL, "e", NULL,
		    "S: e\r\n\r\nbody\xe9\r\n" },
		{ "S: e\r\n\r\nbody\r\n", NULL, "\xe9", NULL,
		    "S: \xe9\r\n\r\nbody\r\n" },
		{ "S: e\r\n\r\nbody\xe9\r\n", NULL, "f", NULL,
		    "S: f\r\n\r\nbody\xe9\r\n" },
		{ ".S: \xe9\r\nS: 1\r\n\r\n.\xe9", ".S", NULL, NULL,
		    "S: 1\r\n\r\n.\xe9" },
	};
	struct fixture	f;
	size_t		i;

	(void)state;
	for (i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
		struct buf	both = BUF_INIT;

		fixture_init(&f, str_of(cases[i / 2].message), i % 2);
		edit(&f, cases[i / 2].del, cases[i / 2].set,
		    cases[i / 2].add);
		check_source(&f, "", cases[i / 2].want, 1000);
		check_source(&f, "", cases[i / 2].want, 1);
		buf_printf(&both, "T: 1\r\n%s", cases[i / 2].want);
		check_source(&f, "T: 1\r\n", buf_cstr(&both), 3);
		buf_free(&both);
		fixture_fini(&f);
	}
}

/* No first line of a message continues the trace that is put before it. */
static void
test_first_line(void **state)
{
	static const struct {
		const char	*message, *del, *set, *add, *want;
	} cases[] = {
		{ " y\r\nS: 1\r\n\r\n", NULL, NULL, NULL,
		    HEADER_ORPHAN " y\r\nS: 1\r\n\r\n" },
		{ "\ty", NULL, NULL, NULL, HEADER_ORPHAN "\ty" },
		{ " \r\n.y\r\n", NULL, NULL, NULL,
		    HEADER_ORPHAN " \r\n.y\r\n" },
		{ " y\r\nS: 1\r\n\r\n", NULL, "2", NULL,
		    HEADER_ORPHAN " y\r\nS: 2\r\n\r\n" },
		{ "D: 1\r\n y\r\n\r\n z", "D", NULL, NULL, "\r\n z" },
		{ " y\r\nD: 1\r\n\r\n", "D", NULL, "A",
		    "A: x\r\n" HEADER_ORPHAN " y\r\n\r\n" },
		{ "\r\n y\r\n", NULL, NULL, NULL, "\r\n y\r\n" },
	};
	struct fixture	f;
	size_t		i;

	(void)state;
	for (i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
		struct buf	both = BUF_INIT;

		fixture_init(&f, str_of(cases[i / 2].message), i % 2);
		edit(&f, cases[i / 2].del, cases[i / 2].set,
		    cases[i / 2].add);
		buf_printf(&both, "T: 1\r\n%s", cases[i / 2].want);
		check_source(&f, "T: 1\r\n", buf_cstr(&both), 1000);
		check_source(&f, "T: 1\r\n", buf_cstr(&both), 1);
		buf_free(&both);
		fixture_fini(&f);
	}
}

/* A header and a body over many chunks, and the end of it in every place. */
static void
test_large(void **state)
{
	struct buf	b = BUF_INIT, want = BUF_INIT;
	struct fixture	f;
	int		pad, i, k;

	(void)state;
	for (pad = 0; pad < 8; pad++)
		for (k = 0; k < 2; k++) {
			buf_clear(&b);
			buf_clear(&want);
			buf_add_text(&b, "S: 1\r\nP: ");
			for (i = 0; i < 16 * 1024 - 64 - 16 + pad; i++)
				buf_add_byte(&b, 'p');
			buf_add_text(&b, "\r\n\r\n");
			for (i = 0; i < 20000; i++)
				buf_add_text(&b, "body\r\n");
			fixture_init(&f, buf_str(&b), k);
			check_source(&f, "", buf_cstr(&b), 100000);
			edit(&f, NULL, "2", "A");
			buf_printf(&want, "A: x\r\nS: 2%s",
			    buf_cstr(&b) + 4);
			check_source(&f, "", buf_cstr(&want), 7777);
			header_reset(message_header(f.message, NULL));
			check_source(&f, "", buf_cstr(&b), 7777);
			fixture_fini(&f);
		}
	buf_free(&b);
	buf_free(&want);
}

/* Over the limits: no header, the same reason each time, and it is sent. */
static void
test_too_large(void **state)
{
	struct buf	b = BUF_INIT;
	struct fixture	f;
	struct err	e;
	int		i;

	(void)state;
	for (i = 0; i < 200000; i++)
		buf_add_text(&b, "a: b\r\n");
	fixture_init(&f, buf_str(&b), true);
	assert_false(message_header_known(f.message));
	for (i = 0; i < 2; i++) {
		e.text[0] = '\0';
		assert_null(message_header(f.message, &e));
		assert_non_null(strstr(e.text, "100000 lines"));
	}
	assert_true(message_header_known(f.message));
	check_source(&f, "", buf_cstr(&b), 100000);
	fixture_fini(&f);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_edits),
		cmocka_unit_test(test_first_line),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
