/*
 * DATA and BDAT against a reference that reads byte by byte, for every
 * message over a small alphabet and every cut; then the way back.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "smtp/data.h"
#include "smtp/stuff.h"

/* An empty buf has no address to speak of. */
static struct str
bytes(const struct buf *b)
{
	return b->len != 0 ? buf_str(b) : STR("");
}

struct outcome {
	struct buf		out;
	struct smtp_scan	scan;
	size_t			used;
	bool			done;
};

/* RFC 5321 4.5.2 in the plainest words: split at CRLF, look at the dots. */
static void
reference(struct outcome *o, struct str in)
{
	size_t	from = 0, end;

	memset(o, 0, sizeof *o);
	for (;;) {
		for (end = from; end + 1 < in.len; end++)
			if (memcmp(in.p + end, "\r\n", 2) == 0)
				break;
		if (end + 1 >= in.len)
			return;
		o->used = end + 2;
		if (end == from + 1 && in.p[from] == '.') {
			o->done = true;
			return;
		}
		if (in.p[from] == '.')
			from++;
		buf_add(&o->out, in.p + from, end + 2 - from);
		from = end + 2;
	}
}

static void
run_data(struct outcome *o, struct str in, size_t cut)
{
	struct smtp_data	d;
	struct str		run, part;
	size_t			n;

	memset(o, 0, sizeof *o);
	smtp_data_init(&d);
	while (o->used < in.len && !smtp_data_done(&d)) {
		n = in.len - o->used < cut ? in.len - o->used : cut;
		part = (struct str){ in.p + o->used, n };
		while (part.len != 0 && !smtp_data_done(&d)) {
			n = smtp_data_read(&d, part, &run);
			assert_true(n <= part.len);
			assert_true(n != 0 || run.len != 0);
			buf_add_str(&o->out, run);
			part = (struct str){ part.p + n, part.len - n };
			o->used += n;
		}
	}
	o->done = smtp_data_done(&d);
	o->scan = d.scan;
}

/* The facts about a message, looked up the slow way. */
static void
check_scan(const struct smtp_scan *s, struct str m)
{
	bool	cr = false, lf = false, dot = false;
	size_t	i, line = 0, longest = 0;

	for (i = 0; i < m.len; i++) {
		bool	start = i == 0 || (i > 1 && m.p[i - 2] == '\r' &&
			    m.p[i - 1] == '\n');

		line = start ? 1 : line + 1;
		longest = line > longest ? line : longest;
		dot |= start && m.p[i] == '.';
		cr |= m.p[i] == '\r' &&
		    (i + 1 == m.len || m.p[i + 1] != '\n');
		lf |= m.p[i] == '\n' && (i == 0 || m.p[i - 1] != '\r');
	}
	assert_int_equal(s->size, m.len);
	assert_int_equal(s->bare_cr, cr);
	assert_int_equal(s->bare_lf, lf);
	assert_int_equal(s->dot_lines, dot);
	assert_int_equal(s->longest, longest);
	assert_int_equal(smtp_scan_ends_crlf(s), m.len == 0 || (m.len > 1 &&
	    memcmp(m.p + m.len - 2, "\r\n", 2) == 0));
}

static void
check_message(struct str in)
{
	struct outcome	want, got;
	size_t		cut;

	reference(&want, in);
	for (cut = 1; cut <= in.len; cut++) {
		run_data(&got, in, cut);
		assert_int_equal(got.done, want.done);
		if (want.done) {
			assert_int_equal(got.used, want.used);
			assert_true(str_eq(bytes(&got.out),
			    bytes(&want.out)));
			check_scan(&got.scan, bytes(&got.out));
		}
		buf_free(&got.out);
	}
	buf_free(&want.out);
}

/* Every string of nine bytes over CR LF dot x, with a true end after it. */
static void
test_data_all(void **state)
{
	static const char	alphabet[] = "\r\n.x";
	char			in[16];
	unsigned		i, k;

	(void)state;
	for (i = 0; i < 1u << 18; i += i < 4096 ? 1 : 37) {
		for (k = 0; k < 9; k++)
			in[k] = alphabet[i >> (2 * k) & 3];
		memcpy(in + 9, "\r\n.\r\n", 5);
		check_message((struct str){ in, 14 });
	}
}

static void
test_data_rows(void **state)
{
	static const struct str	rows[] = {
		STR(".\r\n"),
		STR("a\r\n.\r\nQUIT\r\n"),
		STR("..\r\n...\r\n.\r\n"),
		STR("a\0b\xff\r\n.\r\n"),
		STR("\n.\r\n\r.\r\n\r\n.\r\n"),
		STR("\r\n.\r\r\n\r\n.\n\r\n.\r\n"),
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check_message(rows[i]);
}

static void
test_bytes_noted(void **state)
{
	struct smtp_scan	s;

	(void)state;
	smtp_scan_init(&s);
	smtp_scan_add(&s, STR("abc\r\n"));
	assert_false(s.eight_bit || s.nul);
	smtp_scan_add(&s, STR("\x80"));
	assert_true(s.eight_bit && !s.nul);
	smtp_scan_add(&s, STR("\0"));
	assert_true(s.nul);
}

/* Wherever it stands: bytes are looked at many at a time. */
static void
test_bytes_noted_anywhere(void **state)
{
	struct smtp_scan	s;
	char			text[100];
	size_t			at, len;

	(void)state;
	for (len = 1; len <= sizeof text; len++)
		for (at = 0; at < len; at++) {
			memset(text, 0x7f, sizeof text);
			smtp_scan_init(&s);
			smtp_scan_add(&s, (struct str){ text, len });
			assert_false(s.eight_bit || s.nul);
			text[at] = '\x80';
			smtp_scan_add(&s, (struct str){ text, len });
			assert_true(s.eight_bit && !s.nul);
			text[at] = '\0';
			smtp_scan_add(&s, (struct str){ text, len });
			assert_true(s.nul);
		}
}

/* BDAT: the scan alone, over every cut of every string. */
static void
test_scan_all(void **state)
{
	static const char	alphabet[] = "\r\n.x";
	struct smtp_scan	s;
	char			in[8];
	size_t			cut, at;
	unsigned		i, k;

	(void)state;
	for (i = 0; i < 1u << 16; i += 3) {
		for (k = 0; k < 8; k++)
			in[k] = alphabet[i >> (2 * k) & 3];
		for (cut = 1; cut <= 8; cut++) {
			smtp_scan_init(&s);
			for (at = 0; at < 8; at += cut)
				smtp_scan_add(&s, (struct str){ in + at,
				    at + cut < 8 ? cut : 8 - at });
			smtp_scan_end(&s);
			check_scan(&s, (struct str){ in, 8 });
		}
	}
}

static void
stuff_all(struct buf *out, struct str m, size_t cut)
{
	struct smtp_stuff	st = { SMTP_STUFF_START };
	struct smtp_scan	s;
	struct str		part, piece;
	size_t			at;

	smtp_scan_init(&s);
	smtp_scan_add(&s, m);
	for (at = 0; at < m.len; at += cut) {
		part = (struct str){ m.p + at,
		    m.len - at < cut ? m.len - at : cut };
		while (smtp_stuff_next(&st, &part, &piece))
			buf_add_str(out, piece);
	}
	buf_add_str(out, smtp_stuff_end(m.len == 0, smtp_scan_ends_crlf(&s)));
}

/* What goes out comes in again, with CRLF at its end. */
static void
test_round_trip(void **state)
{
	static const char	alphabet[] = "\r\n.x";
	struct outcome		o;
	struct buf		wire = BUF_INIT, want = BUF_INIT;
	char			in[8];
	size_t			cut;
	unsigned		i, k, len;

	(void)state;
	for (i = 0; i < 1u << 16; i += i < 512 ? 1 : 11)
		for (len = 0; len <= 8; len += len < 7 ? 7 : 1)
			for (cut = 1; cut <= 8; cut += 2) {
				for (k = 0; k < 8; k++)
					in[k] = alphabet[i >> (2 * k) & 3];
				buf_clear(&wire);
				stuff_all(&wire, (struct str){ in, len }, cut);
				buf_clear(&want);
				buf_add(&want, in, len);
				if (len != 0 && (len < 2 ||
				    memcmp(in + len - 2, "\r\n", 2) != 0))
					buf_add_text(&want, "\r\n");
				run_data(&o, buf_str(&wire), wire.len);
				assert_true(o.done);
				assert_int_equal(o.used, wire.len);
				assert_true(str_eq(bytes(&o.out),
				    bytes(&want)));
				buf_free(&o.out);
			}
	buf_free(&wire);
	buf_free(&want);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_data_all),
		cmocka_unit_test(test_data_rows),
		cmocka_unit_test(test_bytes_noted),
		cmocka_unit_test(test_bytes_noted_anywhere),
		cmocka_unit_test(test_scan_all),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
