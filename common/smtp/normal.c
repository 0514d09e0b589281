/*
 *	before	CR		LF		other
 *	text	hold it		CRLF		as it is
 *	CR	CRLF, hold it	CRLF		CRLF, as it is
 */
#include "normal.h"

static void
normal_break(struct smtp_normal *n)
{
	n->cr = false;
	n->out(n->arg, STR("\r\n"));
}

/* Bytes up to the first CR or LF; how many. */
static size_t
normal_text(struct smtp_normal *n, struct str in)
{
	size_t	i = 0;

	while (i < in.len && in.p[i] != '\r' && in.p[i] != '\n')
		i++;
	if (i > 0)
		n->out(n->arg, (struct str){ in.p, i });
	return i;
}

void
smtp_normal_add(struct smtp_normal *n, struct str in)
{
	size_t	i = 0;

	while (i < in.len) {
		if (n->cr && in.p[i] != '\n')
			normal_break(n);
		if (in.p[i] == '\n') {
			normal_break(n);
			i++;
		} else if (in.p[i] == '\r') {
			n->cr = true;
			i++;
		} else
			i += normal_text(n, (struct str){ in.p + i,
			    in.len - i });
	}
}

void
smtp_normal_end(struct smtp_normal *n)
{
	if (n->cr)
		normal_break(n);
}
