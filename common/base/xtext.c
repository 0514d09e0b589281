/*
 * Both forms are read by functions that take one byte or character off the
 * front; checking and decoding stand on the same ones.
 */
#include <stdint.h>
#include <string.h>

#include "xtext.h"

/* Upper case only: RFC 3461 says hexchar is "+" and two upper-case digits. */
static int
xtext_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte at *i, which moves on; -1 if there is none that is xtext. */
static int
xtext_next(struct str s, size_t *i)
{
	int	hi, lo;
	char	c = s.p[(*i)++];

	if (c < '!' || c > '~' || c == '=')
		return -1;
	if (c != '+')
		return c;
	if (s.len - *i < 2)
		return -1;
	hi = xtext_hex(s.p[(*i)++]);
	lo = xtext_hex(s.p[(*i)++]);
	return hi == -1 || lo == -1 ? -1 : hi << 4 | lo;
}

bool
xtext_ok(struct str s)
{
	size_t	i = 0;

	while (i < s.len)
		if (xtext_next(s, &i) == -1)
			return false;
	return true;
}

bool
xtext_printable(struct str s)
{
	size_t	i = 0;
	int	c;

	while (i < s.len) {
		c = xtext_next(s, &i);
		if (c < ' ' || c > '~')
			return false;
	}
	return true;
}

/*
 * HEXPOINT: no leading zero, and nothing that could stand for itself.  The
 * RFC's grammar lets controls pass, which no address holds.
 */
static bool
unitext_point_ok(struct str hex)
{
	uint32_t	c = 0;
	size_t		i;
	int		digit;

	if (hex.len < 2 || hex.len > 6 || hex.p[0] == '0')
		return false;
	for (i = 0; i < hex.len; i++) {
		digit = xtext_hex(hex.p[i] >= 'a' && hex.p[i] <= 'f' ?
		    (char)(hex.p[i] - ('a' - 'A')) : hex.p[i]);
		if (digit == -1)
			return false;
		c = c << 4 | (uint32_t)digit;
	}
	return c == ' ' || c == '+' || c == '=' || c == '\\' ||
	    (c >= 0xa0 && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff));
}

/* The length of "\x{HEX}" at the start of s, or 0. */
static size_t
unitext_escape(struct str s)
{
	const char	*end;

	if (s.len < 4 || s.p[1] != 'x' || s.p[2] != '{')
		return 0;
	end = memchr(s.p, '}', s.len < 10 ? s.len : 10);
	if (end == NULL || !unitext_point_ok((struct str){ s.p + 3,
	    (size_t)(end - s.p) - 3 }))
		return 0;
	return (size_t)(end - s.p) + 1;
}

/* U+0080 to U+009F are controls. */
static bool
unitext_byte_ok(struct str s, size_t i, bool utf8)
{
	unsigned char	c = (unsigned char)s.p[i];

	if (c > 0x7f)
		return utf8 && (c != 0xc2 || i + 1 == s.len ||
		    (unsigned char)s.p[i + 1] >= 0xa0);
	return c > ' ' && c != 0x7f && c != '=' && (c != '+' || utf8);
}

bool
unitext_ok(struct str s, bool utf8)
{
	size_t	i, n;

	for (i = 0; i < s.len; i += n) {
		n = s.p[i] == '\\' ? unitext_escape((struct str){ s.p + i,
		    s.len - i }) : unitext_byte_ok(s, i, utf8);
		if (n == 0)
			return false;
	}
	return utf8_valid(s);
}

int
xtext_decode(struct buf *out, struct str s)
{
	size_t	i = 0;

	if (!xtext_ok(s))
		return -1;
	while (i < s.len)
		buf_add_byte(out, (char)xtext_next(s, &i));
	return 0;
}

void
xtext_encode(struct buf *out, struct str s)
{
	static const char	 hex[] = "0123456789ABCDEF";
	unsigned char		 c;
	size_t			 i;

	for (i = 0; i < s.len; i++) {
		c = (unsigned char)s.p[i];
		if (c >= '!' && c <= '~' && c != '+' && c != '=') {
			buf_add_byte(out, (char)c);
			continue;
		}
		buf_add_byte(out, '+');
		buf_add_byte(out, hex[c >> 4]);
		buf_add_byte(out, hex[c & 15]);
	}
}
