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
