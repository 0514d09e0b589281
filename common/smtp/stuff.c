/*
 * Dots are put in as the message goes by.  The state says what the next byte
 * is:
 *
 *	state	before
 *	START	a line: a dot here needs one more
 *	DOTTED	the line's own dot; the added one was given
 *	TEXT	the rest of a line
 *	CR	what follows a CR: LF makes it a line's end
 */
#include <string.h>

#include "stuff.h"

static const char	dot[] = ".";

/* The length of s up to and with the first CRLF, or all of it. */
static size_t
stuff_line(struct smtp_stuff *st, struct str s)
{
	const char	*lf;
	size_t		 n, from = 0;

	if (st->state == SMTP_STUFF_CR && s.p[0] == '\n') {
		st->state = SMTP_STUFF_START;
		return 1;
	}
	while ((lf = memchr(s.p + from, '\n', s.len - from)) != NULL) {
		n = (size_t)(lf - s.p) + 1;
		if (n > 1 && s.p[n - 2] == '\r') {
			st->state = SMTP_STUFF_START;
			return n;
		}
		from = n;
	}
	st->state = s.p[s.len - 1] == '\r' ? SMTP_STUFF_CR : SMTP_STUFF_TEXT;
	return s.len;
}

bool
smtp_stuff_next(struct smtp_stuff *st, struct str *in, struct str *piece)
{
	size_t	n = 0;

	if (in->len == 0)
		return false;
	if (st->state == SMTP_STUFF_START && in->p[0] == '.') {
		st->state = SMTP_STUFF_DOTTED;
		*piece = (struct str){ dot, 1 };
		return true;
	}
	do
		n += stuff_line(st, (struct str){ in->p + n, in->len - n });
	while (n < in->len &&
	    !(st->state == SMTP_STUFF_START && in->p[n] == '.'));
	*piece = (struct str){ in->p, n };
	*in = (struct str){ in->p + n, in->len - n };
	return true;
}

struct str
smtp_stuff_end(bool empty, bool ends_crlf)
{
	return empty || ends_crlf ? STR(".\r\n") : STR("\r\n.\r\n");
}
