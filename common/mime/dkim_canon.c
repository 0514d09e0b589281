/*
 * The two canonical forms.  What may have to go is held back as a count:
 * CRLFs until something stands behind them, since empty lines at the end of a
 * body are left out, and white space until it is known not to end its line.
 */
#include <string.h>

#include "dkim_canon.h"

const char *
dkim_canon_name(enum dkim_canon kind)
{
	return kind == DKIM_SIMPLE ? "simple" : "relaxed";
}

/* ---- The body ------------------------------------------------------------ */

static void
dkim_body_flush(struct dkim_body *b)
{
	if (b->len != 0)
		b->out(b->arg, (struct str){ b->piece, b->len });
	b->len = 0;
}

static void
dkim_body_put(struct dkim_body *b, char c)
{
	if (b->len == sizeof b->piece)
		dkim_body_flush(b);
	b->piece[b->len++] = c;
}

/* What was held back, since something stands behind it. */
static void
dkim_body_release(struct dkim_body *b)
{
	for (; b->ends > 0; b->ends--) {
		dkim_body_put(b, '\r');
		dkim_body_put(b, '\n');
	}
	if (b->blank)
		dkim_body_put(b, ' ');
	b->blank = false;
	b->begun = true;
}

static void
dkim_body_byte(struct dkim_body *b, char c)
{
	dkim_body_release(b);
	dkim_body_put(b, c);
}

static bool
dkim_blank(char c)
{
	return c == ' ' || c == '\t';
}

void
dkim_body_add(struct dkim_body *b, struct str bytes)
{
	size_t	i;
	char	c;

	for (i = 0; i < bytes.len; i++) {
		c = bytes.p[i];
		if (b->cr && c == '\n') {
			b->cr = b->blank = false;
			b->ends++;
			continue;
		}
		if (b->cr)
			dkim_body_byte(b, '\r');
		b->cr = c == '\r';
		if (b->kind == DKIM_RELAXED && dkim_blank(c))
			b->blank = true;
		else if (!b->cr)
			dkim_body_byte(b, c);
	}
}

/* An empty body is a CRLF for "simple", and nothing for "relaxed". */
void
dkim_body_end(struct dkim_body *b)
{
	if (b->cr)
		dkim_body_byte(b, '\r');
	if (b->begun || b->kind == DKIM_SIMPLE) {
		dkim_body_put(b, '\r');
		dkim_body_put(b, '\n');
	}
	dkim_body_flush(b);
}

/* ---- A field ------------------------------------------------------------- */

static struct str
dkim_field_line(struct str raw)
{
	if (raw.len >= 2 && raw.p[raw.len - 2] == '\r' &&
	    raw.p[raw.len - 1] == '\n')
		raw.len -= 2;
	return raw;
}

/* Runs of white space, folds counted as none, become one blank. */
static void
dkim_field_relax(struct buf *out, struct str value)
{
	size_t	i;
	bool	blank = false, begun = false;

	for (i = 0; i < value.len; i++) {
		if (value.p[i] == '\r' && i + 1 < value.len &&
		    value.p[i + 1] == '\n') {
			i++;
			continue;
		}
		if (dkim_blank(value.p[i])) {
			blank = begun;
			continue;
		}
		if (blank)
			buf_add_byte(out, ' ');
		buf_add_byte(out, value.p[i]);
		blank = false;
		begun = true;
	}
}

void
dkim_canon_field(struct buf *out, enum dkim_canon kind, struct field f)
{
	struct str	line = dkim_field_line(f.raw), value;

	if (kind == DKIM_SIMPLE || f.name_len == 0) {
		buf_add_str(out, line);
	} else {
		buf_add_lower(out, field_name(f));
		buf_add_byte(out, ':');
		(void)str_split(line, ':', &value);
		dkim_field_relax(out, value);
	}
	buf_add_text(out, "\r\n");
}
