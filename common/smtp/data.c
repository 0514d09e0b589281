/*
 * A message's bytes, looked at and unstuffed.
 *
 * The scanner goes line by line: memchr() finds the LF, the byte before it
 * tells whether it ends the line, and a second memchr() finds stray CRs.
 *
 * The DATA reader looks only at the starts of lines:
 *
 *	state		"."		CR	LF		other
 *	LINE (at start)	DOT		scan	scan		scan
 *	DOT		UNSTUFFED	DOT_CR	UNSTUFFED	UNSTUFFED
 *	DOT_CR		(1)		(1)	END		(1)
 *	UNSTUFFED	scan		scan	scan		scan
 *
 * (1) It was no end: the dot is taken off, and the CR comes out as a bare one.
 * UNSTUFFED: the line's dot was taken off; the next byte is text, even a dot.
 */
#include <string.h>

#include "data.h"

static const char	cr[] = "\r";

void
smtp_scan_init(struct smtp_scan *s)
{
	memset(s, 0, sizeof *s);
}

/* Is any byte over 127?  Many are looked at in one step, since it is asked of
 * all bytes of every message. */
static bool
scan_high(const char *p, size_t n)
{
	uint64_t	word[4], high = 0;
	size_t		i;

	for (i = 0; i + sizeof word <= n; i += sizeof word) {
		memcpy(word, p + i, sizeof word);
		high |= word[0] | word[1] | word[2] | word[3];
	}
	high &= 0x8080808080808080u;
	for (; i < n; i++)
		high |= (unsigned char)p[i] & 0x80u;
	return high != 0;
}

static void
scan_bytes(struct smtp_scan *s, const char *p, size_t n)
{
	s->eight_bit = s->eight_bit || scan_high(p, n);
	s->nul = s->nul || memchr(p, '\0', n) != NULL;
}

/* A line that the LF at p[n - 1] may end. */
static void
scan_lf(struct smtp_scan *s, const char *p, size_t n)
{
	bool	crlf = n > 1 ? p[n - 2] == '\r' : s->state == SMTP_SCAN_CR;

	s->line += n;
	if (!crlf) {
		s->bare_lf = true;
		s->state = SMTP_SCAN_TEXT;
		return;
	}
	s->longest = s->longest > s->line ? s->longest : s->line;
	s->line = 0;
	s->state = SMTP_SCAN_START;
}

/* Looks at p up to and with the first LF; returns how many bytes. */
static size_t
scan_line(struct smtp_scan *s, const char *p, size_t len)
{
	const char	*lf = memchr(p, '\n', len), *stray;
	size_t		 n = lf != NULL ? (size_t)(lf - p) + 1 : len;
	size_t		 inner;

	if (s->state == SMTP_SCAN_START && p[0] == '.')
		s->dot_lines = true;
	if (s->state == SMTP_SCAN_CR && p[0] != '\n')
		s->bare_cr = true;
	/* A CR that is last, or last before the LF, is not stray (yet). */
	if (lf != NULL)
		inner = n > 1 ? n - 2 : 0;
	else
		inner = n - 1;
	stray = inner != 0 ? memchr(p, '\r', inner) : NULL;
	if (stray != NULL)
		s->bare_cr = true;
	s->size += n;
	if (lf != NULL)
		scan_lf(s, p, n);
	else {
		s->line += n;
		s->state = p[n - 1] == '\r' ? SMTP_SCAN_CR : SMTP_SCAN_TEXT;
	}
	return n;
}

void
smtp_scan_add(struct smtp_scan *s, struct str bytes)
{
	size_t	i = 0;

	if (bytes.len == 0)
		return;
	scan_bytes(s, bytes.p, bytes.len);
	while (i < bytes.len)
		i += scan_line(s, bytes.p + i, bytes.len - i);
}

void
smtp_scan_end(struct smtp_scan *s)
{
	if (s->state == SMTP_SCAN_CR)
		s->bare_cr = true;
	s->longest = s->longest > s->line ? s->longest : s->line;
}

bool
smtp_scan_ends_crlf(const struct smtp_scan *s)
{
	return s->state == SMTP_SCAN_START;
}

/* ---- DATA -------------------------------------------------------------- */

void
smtp_data_init(struct smtp_data *d)
{
	memset(d, 0, sizeof *d);
}

bool
smtp_data_done(const struct smtp_data *d)
{
	return d->state == SMTP_DATA_END;
}

/* At a dot that begins a line, or in the bytes that decide what it is. */
static size_t
data_dot(struct smtp_data *d, char c, struct str *run)
{
	switch (d->state) {
	case SMTP_DATA_LINE:
		d->state = SMTP_DATA_DOT;
		return 1;
	case SMTP_DATA_DOT:
		d->state = c == '\r' ? SMTP_DATA_DOT_CR : SMTP_DATA_UNSTUFFED;
		return c == '\r' ? 1 : 0;
	case SMTP_DATA_DOT_CR:
		if (c == '\n') {
			d->state = SMTP_DATA_END;
			smtp_scan_end(&d->scan);
			return 1;
		}
		/* The CR was kept back; it may lie in bytes long gone. */
		*run = (struct str){ cr, 1 };
		smtp_scan_add(&d->scan, *run);
		d->state = SMTP_DATA_LINE;
		return 0;
	case SMTP_DATA_UNSTUFFED:
	case SMTP_DATA_END:
		break;
	}
	return 0;
}

static bool
data_at_dot(const struct smtp_data *d, char c)
{
	if (d->state == SMTP_DATA_LINE)
		return d->scan.state == SMTP_SCAN_START && c == '.';
	return d->state == SMTP_DATA_DOT || d->state == SMTP_DATA_DOT_CR;
}

size_t
smtp_data_read(struct smtp_data *d, struct str in, struct str *run)
{
	size_t	i = 0, from;

	*run = STR_NONE;
	while (i < in.len && run->len == 0 && d->state != SMTP_DATA_END &&
	    data_at_dot(d, in.p[i]))
		i += data_dot(d, in.p[i], run);
	if (run->len != 0 || d->state == SMTP_DATA_END)
		return i;
	for (from = i; i < in.len && !data_at_dot(d, in.p[i]);) {
		i += scan_line(&d->scan, in.p + i, in.len - i);
		d->state = SMTP_DATA_LINE;
	}
	if (i > from) {
		*run = (struct str){ in.p + from, i - from };
		scan_bytes(&d->scan, run->p, run->len);
	}
	return i;
}
