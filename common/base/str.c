/*
 * Comparing, cutting and reading text.  Letters are those of ASCII, whatever
 * the locale; UTF-8 is checked by its table of well-formed sequences.
 */
#include <string.h>

#include "str.h"

struct str
str_of(const char *text)
{
	return (struct str){ text, text != NULL ? strlen(text) : 0 };
}

bool
str_eq(struct str a, struct str b)
{
	return a.len == b.len &&
	    (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

int
ascii_lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

bool
ascii_isdigit(int c)
{
	return c >= '0' && c <= '9';
}

bool
ascii_isalnum(int c)
{
	c = ascii_lower(c);
	return (c >= 'a' && c <= 'z') || ascii_isdigit(c);
}

bool
str_caseeq(struct str a, struct str b)
{
	return a.len == b.len && str_caseprefix(a, b);
}

bool
str_prefix(struct str s, struct str prefix)
{
	s.len = s.len < prefix.len ? s.len : prefix.len;
	return str_eq(s, prefix);
}

bool
str_caseprefix(struct str s, struct str prefix)
{
	size_t	i;

	if (s.len < prefix.len)
		return false;
	for (i = 0; i < prefix.len; i++)
		if (ascii_lower((unsigned char)s.p[i]) !=
		    ascii_lower((unsigned char)prefix.p[i]))
			return false;
	return true;
}

static bool
str_isblank(char c)
{
	return c == ' ' || c == '\t';
}

struct str
str_trim(struct str s)
{
	while (s.len > 0 && str_isblank(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && str_isblank(s.p[s.len - 1]))
		s.len--;
	return s;
}

struct str
str_split(struct str s, char c, struct str *rest)
{
	const char	*at = s.len != 0 ? memchr(s.p, c, s.len) : NULL;
	struct str	 head = s;

	if (at == NULL) {
		*rest = STR_NONE;
		return s;
	}
	head.len = (size_t)(at - s.p);
	rest->p = at + 1;
	rest->len = s.len - head.len - 1;
	return head;
}

int
str_uint(struct str s, uint64_t max, uint64_t *value)
{
	uint64_t	n = 0, digit;
	size_t		i;

	if (s.len == 0)
		return -1;
	for (i = 0; i < s.len; i++) {
		if (!ascii_isdigit((unsigned char)s.p[i]))
			return -1;
		digit = (uint64_t)(s.p[i] - '0');
		if (n > max / 10 || digit > max - n * 10)
			return -1;
		n = n * 10 + digit;
	}
	*value = n;
	return 0;
}

bool
str_is_ascii(struct str s)
{
	size_t	i;

	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] > 0x7f)
			return false;
	return true;
}

/* The length that a lead byte announces, 0 where it may not lead. */
static size_t
utf8_length(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c >= 0xe0 && c <= 0xef)
		return 3;
	return c >= 0xf0 && c <= 0xf4 ? 4 : 0;
}

/* The second byte carries the limits of each lead byte's range. */
static bool
utf8_second_ok(unsigned char lead, unsigned char c)
{
	switch (lead) {
	case 0xe0:
		return c >= 0xa0 && c <= 0xbf;
	case 0xed:
		return c >= 0x80 && c <= 0x9f;
	case 0xf0:
		return c >= 0x90 && c <= 0xbf;
	case 0xf4:
		return c >= 0x80 && c <= 0x8f;
	default:
		return (c & 0xc0) == 0x80;
	}
}

size_t
utf8_first(struct str s)
{
	const unsigned char	*p = (const unsigned char *)s.p;
	size_t			 n = s.len > 0 ? utf8_length(p[0]) : 0, k;

	if (n == 0 || n > s.len || (n > 1 && !utf8_second_ok(p[0], p[1])))
		return 0;
	for (k = 2; k < n; k++)
		if ((p[k] & 0xc0) != 0x80)
			return 0;
	return n;
}

bool
utf8_valid(struct str s)
{
	size_t	n;

	while (s.len > 0) {
		n = (unsigned char)*s.p < 0x80 ? 1 : utf8_first(s);
		if (n == 0)
			return false;
		s.p += n;
		s.len -= n;
	}
	return true;
}
