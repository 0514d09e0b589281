/*
 * Character sets of one byte are Latin-1 but for a few bytes, which have
 * tables.  UTF-8 is checked and passed on.
 */
#include "charset.h"

static const struct {
	const char	*name;
	enum charset	 charset;
} charset_names[] = {
	{ "utf-8", CHARSET_UTF8 },
	{ "utf8", CHARSET_UTF8 },
	{ "us-ascii", CHARSET_ASCII },
	{ "ascii", CHARSET_ASCII },
	{ "ansi_x3.4-1968", CHARSET_ASCII },
	{ "iso-8859-1", CHARSET_1252 },
	{ "iso8859-1", CHARSET_1252 },
	{ "iso_8859-1", CHARSET_1252 },
	{ "latin1", CHARSET_1252 },
	{ "windows-1252", CHARSET_1252 },
	{ "cp1252", CHARSET_1252 },
	{ "iso-8859-15", CHARSET_LATIN9 },
	{ "iso8859-15", CHARSET_LATIN9 },
	{ "iso_8859-15", CHARSET_LATIN9 },
	{ "latin-9", CHARSET_LATIN9 },
};

/* windows-1252, 0x80 to 0x9f; 0: not assigned. */
static const uint16_t	charset_1252[32] = {
	0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
	0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178
};

enum charset
charset_find(struct str name)
{
	size_t	i;

	for (i = 0; i < sizeof charset_names / sizeof charset_names[0]; i++)
		if (str_caseeq(name, str_of(charset_names[i].name)))
			return charset_names[i].charset;
	return CHARSET_NONE;
}

/* Where ISO-8859-15 differs from ISO-8859-1. */
static unsigned
charset_latin9(unsigned char c)
{
	switch (c) {
	case 0xa4:
		return 0x20ac;
	case 0xa6:
		return 0x0160;
	case 0xa8:
		return 0x0161;
	case 0xb4:
		return 0x017d;
	case 0xb8:
		return 0x017e;
	case 0xbc:
		return 0x0152;
	case 0xbd:
		return 0x0153;
	case 0xbe:
		return 0x0178;
	}
	return c >= 0xa0 ? c : 0;
}

/* Below U+10000. */
static void
charset_add(struct buf *out, unsigned u)
{
	if (u < 0x80) {
		buf_add_byte(out, (char)u);
		return;
	}
	if (u < 0x800)
		buf_add_byte(out, (char)(0xc0 | u >> 6));
	else {
		buf_add_byte(out, (char)(0xe0 | u >> 12));
		buf_add_byte(out, (char)(0x80 | (u >> 6 & 0x3f)));
	}
	buf_add_byte(out, (char)(0x80 | (u & 0x3f)));
}

static void
charset_add_byte(struct buf *out, enum charset charset, unsigned char c)
{
	unsigned	u = 0;

	if (c < 0x80)
		u = (c < ' ' && c != '\t') || c == 0x7f ? ' ' : c;
	else if (charset == CHARSET_LATIN9)
		u = charset_latin9(c);
	else if (charset == CHARSET_1252)
		u = c >= 0xa0 ? c : charset_1252[c - 0x80];
	charset_add(out, u != 0 ? u : 0xfffd);
}

size_t
charset_utf8_len(struct str s)
{
	unsigned char	c = (unsigned char)s.p[0];
	size_t		n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (n > s.len || !utf8_valid((struct str){ s.p, n }))
		return 0;
	return n;
}

void
charset_to_utf8(enum charset charset, struct str s, struct buf *out)
{
	size_t	n;

	while (s.len != 0) {
		n = charset == CHARSET_UTF8 ? charset_utf8_len(s) : 1;
		if (n > 1)
			buf_add(out, s.p, n);
		else
			charset_add_byte(out, charset, (unsigned char)*s.p);
		n = n != 0 ? n : 1;
		s.p += n;
		s.len -= n;
	}
}
