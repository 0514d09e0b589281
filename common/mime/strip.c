/*
 * The state is what the line belongs to:
 *
 *	NONE	nothing yet
 *	NAME	held back until a colon tells what it is; a line's end before
 *		that, or HELD_MAX bytes: it is no field, and passes
 *	PASS NOTED DROP	a field, with the lines that go on with it
 *	BODY	all passes
 *
 * A line that begins with white space goes on with the field before, anything
 * else begins a NAME; the blank line is one that ends before it has a byte.
 */
#include <string.h>

#include "strip.h"

#define HELD_MAX	256

static void
strip_out(struct mime_strip *s, const char *p, size_t n)
{
	if (n > 0)
		s->out(s->arg, (struct str){ p, n });
}

static void
strip_release(struct mime_strip *s)
{
	strip_out(s, buf_data(&s->held), s->held.len);
	buf_clear(&s->held);
}

/* The name's colon has come. */
static void
strip_named(struct mime_strip *s)
{
	struct str	name = buf_str(&s->held);

	name.len--;
	while (name.len > 0 && (name.p[name.len - 1] == ' ' ||
	    name.p[name.len - 1] == '\t'))
		name.len--;
	s->state = STRIP_PASS;
	if (str_caseeq(name, s->drop)) {
		s->state = STRIP_DROP;
		buf_clear(&s->held);
	} else if (str_caseeq(name, s->note)) {
		s->state = STRIP_NOTED;
		s->noted++;
		buf_clear(&s->value);
	}
	strip_release(s);
}

static void
strip_name(struct mime_strip *s, char c)
{
	buf_add_byte(&s->held, c);
	if (c == ':')
		strip_named(s);
	else if (str_eq(buf_str(&s->held), STR("\r\n"))) {
		s->state = STRIP_BODY;
		strip_release(s);
	} else if (c == '\n' || s->held.len == HELD_MAX) {
		strip_release(s);
		s->state = STRIP_PASS;
	} else
		s->state = STRIP_NAME;
}

/* Of the rest of a field, up to the end of the line; how many bytes. */
static size_t
strip_rest(struct mime_strip *s, struct str in)
{
	const char	*lf = memchr(in.p, '\n', in.len);
	size_t		 n = lf != NULL ? (size_t)(lf + 1 - in.p) : in.len;

	if (s->state != STRIP_DROP)
		strip_out(s, in.p, n);
	if (s->state == STRIP_NOTED && s->value.len <= MIME_STRIP_NOTE)
		buf_add(&s->value, in.p, n);
	return n;
}

/* What is within a line, or begins one; how many bytes it takes. */
static size_t
strip_step(struct mime_strip *s, struct str in)
{
	bool	space = *in.p == ' ' || *in.p == '\t';

	if (s->state != STRIP_NAME && s->state != STRIP_NONE &&
	    (s->within || space))
		return strip_rest(s, in);
	strip_name(s, *in.p);
	return 1;
}

void
mime_strip_add(struct mime_strip *s, struct str bytes)
{
	size_t	n;

	while (bytes.len > 0 && s->state != STRIP_BODY) {
		n = strip_step(s, bytes);
		s->within = bytes.p[n - 1] != '\n' || !(n > 1 ?
		    bytes.p[n - 2] == '\r' : s->last_cr);
		s->last_cr = bytes.p[n - 1] == '\r';
		bytes.p += n;
		bytes.len -= n;
	}
	strip_out(s, bytes.p, bytes.len);
}

void
mime_strip_end(struct mime_strip *s)
{
	strip_release(s);
}

void
mime_strip_fini(struct mime_strip *s)
{
	buf_free(&s->held);
	buf_free(&s->value);
}

struct str
mime_strip_noted(const struct mime_strip *s)
{
	return s->noted == 1 && s->value.len <= MIME_STRIP_NOTE ?
	    buf_str(&s->value) : STR_NONE;
}
