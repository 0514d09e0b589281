/*
 * One byte of state: was the last one a CR?  What becomes of the next byte:
 *
 *	before	CR		LF		NUL		other
 *	text	hold it		CRLF		nothing		as it is
 *	CR	CRLF, hold it	CRLF		nothing		CRLF, as it is
 *
 * CR and LF are as any other where only NUL is taken out, and the other way
 * round.
 */
#include "normal.h"

static void
normal_break(struct smtp_normal *n)
{
	n->cr = false;
	n->out(n->arg, STR("\r\n"));
}

static bool
normal_special(const struct smtp_normal *n, char c)
{
	return c == '\0' ? n->nul : n->lines && (c == '\r' || c == '\n');
}

/* Bytes that stay as they are; how many. */
static size_t
normal_text(struct smtp_normal *n, struct str in)
{
	size_t	i = 0;

	while (i < in.len && !normal_special(n, in.p[i]))
		i++;
	if (i > 0 && n->cr)
		normal_break(n);
	if (i > 0)
		n->out(n->arg, (struct str){ in.p, i });
	return i;
}

void
smtp_normal_add(struct smtp_normal *n, struct str in)
{
	size_t	i = 0;

	while (i < in.len) {
		i += normal_text(n, (struct str){ in.p + i, in.len - i });
		if (i == in.len)
			break;
		if (in.p[i] == '\n')
			normal_break(n);
		else if (in.p[i] == '\r') {
			if (n->cr)
				normal_break(n);
			n->cr = true;
		}
		i++;
	}
}

void
smtp_normal_end(struct smtp_normal *n)
{
	if (n->cr)
		normal_break(n);
}
