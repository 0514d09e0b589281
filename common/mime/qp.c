/*
 * Written byte by byte; a line that would be longer than 76 columns is broken
 * by "=", so no more than 75 of them are used.
 */
#include "field.h"
#include "qp.h"

#define QP_COLUMNS	75

static bool
qp_crlf(struct str s)
{
	return s.len >= 2 && s.p[0] == '\r' && s.p[1] == '\n';
}

/* The byte at the front of s as it is? */
static bool
qp_plain(struct str s)
{
	char	c = s.p[0];

	if (c == ' ' || c == '\t')
		return s.len > 1 && !qp_crlf((struct str){ s.p + 1,
		    s.len - 1 });
	return c > ' ' && c <= '~' && c != '=';
}

/* A line that begins so would be taken for something else on the way: a dot
 * ends mail, "From " begins it in files. */
static bool
qp_risky(struct str s, size_t column)
{
	return column == 0 && (s.p[0] == '.' ||
	    str_prefix(s, STR("From ")));
}

void
qp_encode(struct buf *out, struct str s)
{
	size_t	column = 0, n;
	bool	plain;

	for (; s.len > 0; s.p++, s.len--) {
		if (qp_crlf(s)) {
			buf_add_text(out, "\r\n");
			column = 0;
			s.p++;
			s.len--;
			continue;
		}
		plain = qp_plain(s) && !qp_risky(s, column);
		n = plain ? 1 : 3;
		if (column + n > QP_COLUMNS) {
			buf_add_text(out, "=\r\n");
			column = 0;
			plain = plain && !qp_risky(s, 0);
			n = plain ? 1 : 3;
		}
		if (plain)
			buf_add_byte(out, s.p[0]);
		else
			buf_printf(out, "=%02X", (unsigned char)s.p[0]);
		column += n;
	}
}

bool
qp_not_needed(struct str s, bool eight)
{
	size_t	line = 0;

	for (; s.len > 0; s.p++, s.len--) {
		if (qp_crlf(s)) {
			s.p++;
			s.len--;
			line = 0;
			continue;
		}
		if (s.p[0] == '\0' || s.p[0] == '\r' || s.p[0] == '\n' ||
		    (!eight && (unsigned char)s.p[0] > 127) ||
		    ++line > FIELD_LINE_MAX)
			return false;
	}
	return true;
}
