/*
 * One block, of which the part from `off` on is in use.  What is consumed
 * moves `off`; before the block grows, what is left slides to its front, so
 * that a buffer that is drained again and again never grows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "fatal.h"
#include "mem.h"

#define BUF_FIRST	256
#define BUF_PRINTF	128	/* text that is formatted only once */

void
buf_free(struct buf *b)
{
	free(b->mem);
	*b = (struct buf)BUF_INIT;
}

void
buf_clear(struct buf *b)
{
	b->off = b->len = 0;
}

char *
buf_data(struct buf *b)
{
	return b->mem != NULL ? b->mem + b->off : NULL;
}

struct str
buf_str(const struct buf *b)
{
	return (struct str){ b->mem != NULL ? b->mem + b->off : NULL,
	    b->len };
}

/* Slide to the front before growing: a drained buffer never grows. */
char *
buf_reserve(struct buf *b, size_t n)
{
	size_t	want = b->len + n, cap = b->cap;

	if (want < n)
		panic("buf_reserve: %zu bytes", n);
	if (b->off + want <= b->cap && b->mem != NULL)
		return b->mem + b->off + b->len;
	if (b->off != 0) {
		memmove(b->mem, b->mem + b->off, b->len);
		b->off = 0;
	}
	if (want > cap || b->mem == NULL) {
		cap = cap < BUF_FIRST ? BUF_FIRST : cap;
		while (cap < want)
			cap = cap > want / 2 ? want + cap / 2 : cap * 2;
		b->mem = xrealloc(b->mem, cap);
		b->cap = cap;
	}
	return b->mem + b->len;
}

void
buf_added(struct buf *b, size_t n)
{
	if (n > b->cap - b->off - b->len)
		panic("buf_added: %zu bytes over", n);
	b->len += n;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	memcpy(buf_reserve(b, n), p, n);
	b->len += n;
}

void
buf_add_str(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.len);
}

void
buf_add_text(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void
buf_add_byte(struct buf *b, char c)
{
	*buf_reserve(b, 1) = c;
	b->len++;
}

void
buf_add_uint(struct buf *b, unsigned long long n)
{
	char	 digits[24];
	size_t	 i = sizeof digits;

	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n != 0);
	buf_add(b, digits + i, sizeof digits - i);
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list	again;
	int	n;

	va_copy(again, ap);
	n = vsnprintf(buf_reserve(b, BUF_PRINTF), BUF_PRINTF, fmt, ap);
	if (n < 0)
		panic("buf_vprintf: %s", fmt);
	if (n >= BUF_PRINTF)
		(void)vsnprintf(buf_reserve(b, (size_t)n + 1), (size_t)n + 1,
		    fmt, again);
	va_end(again);
	b->len += (size_t)n;
}

void
buf_add_lower(struct buf *b, struct str s)
{
	char	*p = buf_reserve(b, s.len);
	size_t	 i;

	for (i = 0; i < s.len; i++)
		p[i] = (char)ascii_lower((unsigned char)s.p[i]);
	buf_added(b, s.len);
}

void
buf_add_hex(struct buf *b, const void *p, size_t n)
{
	static const char	 hex[] = "0123456789abcdef";
	const unsigned char	*byte = p;
	size_t			 i;

	for (i = 0; i < n; i++) {
		buf_add_byte(b, hex[byte[i] >> 4]);
		buf_add_byte(b, hex[byte[i] & 15]);
	}
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void
buf_consume(struct buf *b, size_t n)
{
	if (n > b->len)
		panic("buf_consume: %zu of %zu", n, b->len);
	b->off += n;
	b->len -= n;
	if (b->len == 0)
		b->off = 0;
}

void
buf_truncate(struct buf *b, size_t len)
{
	if (len > b->len)
		panic("buf_truncate: %zu of %zu", len, b->len);
	b->len = len;
}

const char *
buf_cstr(struct buf *b)
{
	*buf_reserve(b, 1) = '\0';
	return buf_data(b);
}

/* The bytes of the UTF-8 character at the front of s, 0 if there is none. */
static size_t
json_char(struct str s)
{
	size_t	n;

	for (n = 1; n <= 4 && n <= s.len; n++)
		if (utf8_valid((struct str){ s.p, n }))
			return n;
	return 0;
}

/*
 * Characters of a good many bytes that are none to look at: they command a
 * terminal (U+0080 to U+009F), or turn round what stands beside them.
 */
static unsigned int
json_unseen(struct str s)
{
	const unsigned char	*p = (const unsigned char *)s.p;
	unsigned int		 c;

	if (s.len == 2 && p[0] == 0xc2 && p[1] < 0xa0)
		return p[1];
	if (s.len != 3 || p[0] != 0xe2 || (p[1] & ~1) != 0x80)
		return 0;
	c = 0x2000u | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	return c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069) ? c : 0;
}

/* Bytes at the front that stand for themselves. */
static size_t
json_run(struct str s)
{
	size_t	n = 0;

	while (n < s.len && (unsigned char)s.p[n] >= 0x20 &&
	    (unsigned char)s.p[n] < 0x7f && s.p[n] != '"' && s.p[n] != '\\')
		n++;
	return n;
}

void
buf_add_json(struct buf *b, struct str s)
{
	static const char	 hex[] = "0123456789abcdef";
	unsigned char		 c;
	size_t			 n;

	buf_add_byte(b, '"');
	while (s.len > 0) {
		n = json_run(s);
		buf_add(b, s.p, n);
		s.p += n;
		s.len -= n;
		if (s.len == 0)
			break;
		c = (unsigned char)s.p[0];
		n = c < 0x80 ? 1 : json_char(s);
		if (c == '"' || c == '\\') {
			buf_add_byte(b, '\\');
			buf_add_byte(b, (char)c);
		} else if (c < 0x20 || c == 0x7f) {
			buf_add_text(b, "\\u00");
			buf_add_byte(b, hex[c >> 4]);
			buf_add_byte(b, hex[c & 15]);
		} else if (n == 0)
			buf_add_text(b, "\\ufffd");
		else if (json_unseen((struct str){ s.p, n }) != 0)
			buf_printf(b, "\\u%04x",
			    json_unseen((struct str){ s.p, n }));
		else
			buf_add(b, s.p, n);
		n = n != 0 ? n : 1;
		s.p += n;
		s.len -= n;
	}
	buf_add_byte(b, '"');
}
