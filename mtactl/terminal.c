/*
 * What a terminal would obey is shown as the number that it is.
 */
#include "terminal.h"

/* Does the character of n bytes at p do more than show itself? */
static bool
terminal_obeys(const unsigned char *p, size_t n)
{
	return n == 0 || p[0] < ' ' || p[0] == 127 ||
	    (n == 2 && p[0] == 0xc2 && p[1] < 0xa0);
}

void
terminal_add(struct buf *out, struct str text)
{
	const unsigned char	*p;
	size_t			 n, i;

	while (text.len > 0) {
		p = (const unsigned char *)text.p;
		n = utf8_first(text);
		if (!terminal_obeys(p, n))
			buf_add(out, p, n);
		else
			for (i = 0; i < n || i == 0; i++)
				buf_printf(out, "\\x%02x", p[i]);
		n = n == 0 ? 1 : n;
		text = (struct str){ text.p + n, text.len - n };
	}
}
