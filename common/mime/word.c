/*
 * Decoding.  "=?charset?Q?text?=": text is looked at up to its first "?",
 * so that what looks like a word and is none costs its length once.
 */
#include <string.h>

#include "charset.h"
#include "word.h"

#define WORD_CHARSET_MAX	64	/* with the language of RFC 2231 */

struct word {
	enum charset	charset;
	bool		base64;
	struct str	text;
	size_t		len;		/* of all of it */
};

static int
word_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)ascii_lower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
word_base64(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* ---- Finding words ----------------------------------------------------- */

static bool
word_text_valid(const struct word *w)
{
	struct str	s = w->text;
	size_t		i;

	while (w->base64 && s.len != 0 && s.p[s.len - 1] == '=')
		s.len--;
	for (i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' ||
		    (w->base64 && word_base64(s.p[i]) == -1))
			return false;
	return true;
}

/* The bytes before the next "?", and s behind it; STR_NONE if none is near. */
static struct str
word_part(struct str *s, size_t max)
{
	const char	*end;
	struct str	 part;

	max = max < s->len ? max : s->len;
	end = max != 0 ? memchr(s->p, '?', max) : NULL;
	if (end == NULL)
		return STR_NONE;
	part = (struct str){ s->p, (size_t)(end - s->p) };
	s->p += part.len + 1;
	s->len -= part.len + 1;
	return part;
}

/* Is there an encoded word of a known charset at the front of s? */
static bool
word_parse(struct str s, struct word *w)
{
	struct str	charset, how, rest, start = s;

	if (!str_prefix(s, STR("=?")))
		return false;
	s.p += 2;
	s.len -= 2;
	charset = word_part(&s, WORD_CHARSET_MAX);
	charset = str_split(charset, '*', &rest);
	w->charset = charset.len != 0 ? charset_find(charset) : CHARSET_NONE;
	how = word_part(&s, 2);
	if (w->charset == CHARSET_NONE || how.len != 1)
		return false;
	w->base64 = ascii_lower((unsigned char)how.p[0]) == 'b';
	if (!w->base64 && ascii_lower((unsigned char)how.p[0]) != 'q')
		return false;
	w->text = word_part(&s, s.len);
	if (w->text.p == NULL || s.len == 0 || s.p[0] != '=')
		return false;
	w->len = start.len - s.len + 1;
	return word_text_valid(w);
}

/* ---- Reading them ------------------------------------------------------ */

/* An "=" without two digits stands for itself. */
static void
word_read_q(struct str s, struct buf *bytes)
{
	size_t	i;

	for (i = 0; i < s.len; i++) {
		if (s.p[i] == '=' && i + 2 < s.len &&
		    word_hex(s.p[i + 1]) != -1 &&
		    word_hex(s.p[i + 2]) != -1) {
			buf_add_byte(bytes, (char)(word_hex(s.p[i + 1]) << 4 |
			    word_hex(s.p[i + 2])));
			i += 2;
		} else
			buf_add_byte(bytes, s.p[i] == '_' ? ' ' : s.p[i]);
	}
}

/* Padding is not asked for. */
static void
word_read_b(struct str s, struct buf *bytes)
{
	unsigned	bits = 0;
	size_t		i;
	int		have = 0;

	for (i = 0; i < s.len && s.p[i] != '='; i++) {
		bits = bits << 6 | (unsigned)word_base64(s.p[i]);
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		buf_add_byte(bytes, (char)(bits >> have));
		bits &= (1u << have) - 1;
	}
}

/* White space at the front of s. */
static size_t
word_gap(struct str s)
{
	size_t	n = 0;

	while (n < s.len && (s.p[n] == ' ' || s.p[n] == '\t' ||
	    s.p[n] == '\r' || s.p[n] == '\n'))
		n++;
	return n;
}

/* Bytes before the next "=?" that is not at the front. */
static size_t
word_next(struct str s)
{
	const char	*p;

	p = s.len > 1 ? memmem(s.p + 1, s.len - 1, "=?", 2) : NULL;
	return p != NULL ? (size_t)(p - s.p) : s.len;
}

void
word_decode(struct str s, struct buf *out)
{
	struct buf	bytes = BUF_INIT;	/* of words of one charset */
	enum charset	charset = CHARSET_NONE;
	struct word	w;
	size_t		n;

	while (s.len != 0) {
		n = charset != CHARSET_NONE ? word_gap(s) : 0;
		if (word_parse((struct str){ s.p + n, s.len - n }, &w)) {
			if (w.charset != charset) {
				charset_to_utf8(charset, buf_str(&bytes), out);
				buf_clear(&bytes);
			}
			charset = w.charset;
			if (w.base64)
				word_read_b(w.text, &bytes);
			else
				word_read_q(w.text, &bytes);
			n += w.len;
		} else {
			charset_to_utf8(charset, buf_str(&bytes), out);
			buf_clear(&bytes);
			charset = CHARSET_NONE;
			n = word_next(s);
			buf_add(out, s.p, n);
		}
		s.p += n;
		s.len -= n;
	}
	charset_to_utf8(charset, buf_str(&bytes), out);
	buf_free(&bytes);
}
