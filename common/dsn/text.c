/*
 * Characters are taken one by one; what is none of UTF-8 is one byte.
 */
#include <string.h>

#include "text.h"

#define TEXT_COLUMNS	72	/* quoted-printable has 75 */
#define TEXT_WORD_MAX	900	/* bytes of a line of mail: 998 */

/* ---- Characters ---------------------------------------------------------- */

static unsigned long
text_code(struct str c)
{
	unsigned long	code = (unsigned char)c.p[0];
	size_t		i;

	if (c.len > 1)
		code &= 0x7fUL >> c.len;
	for (i = 1; i < c.len; i++)
		code = code << 6 | ((unsigned char)c.p[i] & 0x3f);
	return code;
}

/* Controls of both kinds, ends of lines and paragraphs, and what turns the
 * direction in which text is shown. */
static bool
text_control(unsigned long code)
{
	return code < ' ' || (code >= 0x7f && code < 0xa0) ||
	    (code >= 0x2028 && code <= 0x202e) ||
	    (code >= 0x2066 && code <= 0x2069) ||
	    code == 0x200e || code == 0x200f || code == 0x61c ||
	    code == 0xfeff;
}

/* The character at the front; STR_NONE: a byte that is none. */
static struct str
text_next(struct str s, size_t *n)
{
	*n = utf8_first(s);
	if (*n != 0)
		return (struct str){ s.p, *n };
	*n = 1;
	return STR_NONE;
}

void
text_clean(struct buf *out, struct str s)
{
	struct str	c;
	size_t		n;

	for (; s.len > 0; s.p += n, s.len -= n) {
		c = text_next(s, &n);
		if (c.p == NULL)
			buf_add_text(out, "\xef\xbf\xbd");
		else if (text_control(text_code(c)))
			buf_add_byte(out, ' ');
		else
			buf_add_str(out, c);
	}
}

void
text_ascii(struct buf *out, struct str s)
{
	struct str	c;
	size_t		n;

	for (; s.len > 0; s.p += n, s.len -= n) {
		c = text_next(s, &n);
		if (c.p == NULL)
			buf_add_byte(out, '?');
		else if (text_control(text_code(c)))
			buf_add_byte(out, ' ');
		else if (n == 1)
			buf_add_str(out, c);
		else
			buf_printf(out, "\\x{%lX}", text_code(c));
	}
}

/* ---- Lines --------------------------------------------------------------- */

static bool
text_blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t
text_width(struct str s)
{
	size_t	i, n = 0;

	for (i = 0; i < s.len; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

/* A blank run and the word behind it, at the front of s.  A word that is too
 * long ends between two characters. */
static struct str
text_word(struct str s, size_t *gap)
{
	size_t	n = 0;

	while (n < s.len && text_blank(s.p[n]))
		n++;
	*gap = n;
	while (n < s.len && !text_blank(s.p[n]) && n - *gap < TEXT_WORD_MAX)
		n++;
	while (n < s.len && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n++;
	return (struct str){ s.p, n };
}

/* White space where a line is broken becomes the indentation of the next; at
 * the end it stays. */
void
text_wrap(struct buf *out, struct str line, size_t indent)
{
	struct str	word;
	size_t		gap, column = 0;

	if (indent > TEXT_COLUMNS / 2)
		indent = TEXT_COLUMNS / 2;
	for (; line.len > 0; line.p += word.len, line.len -= word.len) {
		word = text_word(line, &gap);
		if (column > indent && word.len > gap &&
		    column + text_width(word) > TEXT_COLUMNS) {
			buf_printf(out, "\r\n%*s", (int)indent, "");
			column = indent;
			buf_add(out, word.p + gap, word.len - gap);
		} else {
			buf_add_str(out, word);
			column += gap;
		}
		column += text_width((struct str){ word.p + gap,
		    word.len - gap });
	}
	buf_add_text(out, "\r\n");
}

void
text_field(struct buf *out, const char *name, struct str value)
{
	size_t	gap, column = strlen(name) + 1;
	struct str	word;

	value = str_trim(value);
	if (value.len == 0)
		return;
	buf_printf(out, "%s:", name);
	for (; value.len > 0; value.p += word.len, value.len -= word.len) {
		word = text_word(value, &gap);
		if (word.len == gap)
			break;
		word.p += gap;
		word.len -= gap;
		value.p += gap;
		value.len -= gap;
		if (column > strlen(name) + 1 &&
		    column + 1 + text_width(word) > TEXT_COLUMNS) {
			buf_add_text(out, "\r\n");
			column = 0;
		}
		buf_add_byte(out, ' ');
		buf_add_str(out, word);
		column += 1 + text_width(word);
	}
	buf_add_text(out, "\r\n");
}
