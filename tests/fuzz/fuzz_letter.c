/*
 * A message given to sendmail: any cut of it gives the same; what leaves has
 * no bare CR or LF, ends in CRLF, and read again it is the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mtactl/letter.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
collect(void *arg, struct str address, struct err *e)
{
	(void)e;
	buf_add_str(arg, address);
	buf_add_byte(arg, '\n');
	return 0;
}

/* -1: it is refused.  rcpts NULL: its recipients are not asked for. */
static int
letter(struct str in, size_t step, bool dots, struct buf *out,
    struct buf *rcpts)
{
	struct letter		*l = letter_new(dots, -1);
	struct body_cursor	 c;
	struct iovec		 iov;
	struct err		 e;
	size_t			 n;
	int			 rc = 0;

	for (; in.len > 0 && rc == 0; in.p += n, in.len -= n) {
		n = step < in.len ? step : in.len;
		rc = letter_add(l, (struct str){ in.p, n }, &e);
	}
	rc = letter_end(l, &e);
	if (rc == 0 && rcpts != NULL)
		rc = letter_recipients(l, collect, rcpts, &e);
	if (rc == 0)
		rc = letter_from(l, "", STR("a@b"), &e);
	if (rc == 0) {
		letter_write_header(l, out);
		body_cursor_init(&c, letter_body(l));
		while (body_peek(&c, &iov, 1) > 0) {
			buf_add(out, iov.iov_base, iov.iov_len);
			body_advance(&c, iov.iov_len);
		}
		body_cursor_fini(&c);
		if (out->len != letter_size(l))
			abort();
	}
	letter_free(&l);
	return rc;
}

static void
check_lines(struct str s)
{
	size_t	i;

	if (s.len < 2 || memcmp(s.p + s.len - 2, "\r\n", 2) != 0)
		abort();
	for (i = 0; i < s.len; i++)
		if ((s.p[i] == '\n' && (i == 0 || s.p[i - 1] != '\r')) ||
		    (s.p[i] == '\r' && (i + 1 == s.len ||
		    s.p[i + 1] != '\n')))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf	one = BUF_INIT, two = BUF_INIT;
	struct buf	to1 = BUF_INIT, to2 = BUF_INIT;
	struct str	in = { (const char *)data + 1, size - 1 };
	bool		dots;

	if (size == 0)
		return 0;
	dots = data[0] & 1;
	if (letter(in, SIZE_MAX, dots, &one, &to1) !=
	    letter(in, (data[0] >> 1) % 9 + 1, dots, &two, &to2) ||
	    !str_eq(buf_str(&one), buf_str(&two)) ||
	    !str_eq(buf_str(&to1), buf_str(&to2)))
		abort();
	if (one.len > 0) {
		check_lines(buf_str(&one));
		buf_clear(&two);
		if (letter(buf_str(&one), SIZE_MAX, true, &two, NULL) == -1 ||
		    !str_eq(buf_str(&one), buf_str(&two)))
			abort();
	}
	buf_free(&one);
	buf_free(&two);
	buf_free(&to1);
	buf_free(&to2);
	return 0;
}
