/*
 * One pass over the bytes.  Of an item between two commas what is kept is an
 * address, unless "<" follows: then what was kept was a name, and what is in
 * the angle brackets is the address.  Words with nothing but a gap between
 * them are a name, and no address; around "." and "@" gaps are nothing.
 */
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

#include "address.h"

struct item {
	struct buf	 text;
	bool		 gap;		/* white space or a comment came */
	bool		 name;		/* several words: no address */
	bool		 angle;		/* within < > */
	bool		 closed;	/* behind > */
	bool		 domain;	/* has an @ */
	bool		 group;		/* behind "Name:" */
};

struct reader {
	struct str	 in;		/* what is left */
	struct item	 item;
	address_fn	*fn;
	void		*arg;
};

static int
address_bad(const struct reader *r, const char *what, struct err *e)
{
	struct str	near = r->in;

	if (near.len > 20)
		near.len = 20;
	return near.len > 0 ? err_set(e, "%s before \"%.*s\"", what,
	    (int)near.len, near.p) : err_set(e, "%s at the end", what);
}

static void
item_clear(struct item *i)
{
	buf_clear(&i->text);
	i->gap = i->name = i->angle = i->closed = i->domain = false;
}

static bool
address_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\t') || c == 0x7f;
}

static bool
item_joins(char c)
{
	return c == '.' || c == '@';
}

/* A part of the item: an atom's byte, a quoted text, a literal. */
static void
item_add(struct item *i, const char *p, size_t n)
{
	struct str	had = buf_str(&i->text);

	if (i->gap && had.len > 0 && !item_joins(had.p[had.len - 1]) &&
	    !item_joins(*p))
		i->name = true;
	i->gap = false;
	if (*p == '@')
		i->domain = true;
	buf_add(&i->text, p, n);
}

/* ---- What has an end of its own ------------------------------------------ */

/* Bytes of a comment, nested ones in it; 0: it has no end. */
static size_t
span_comment(struct str s)
{
	size_t	i, depth = 0;

	for (i = 0; i < s.len; i++)
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			return i + 1;
	return 0;
}

/* From an opening mark to its `end`. */
static size_t
span_to(struct str s, char end)
{
	size_t	i;

	for (i = 1; i < s.len; i++)
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == end)
			return i + 1;
	return 0;
}

/* A quoted text or a literal, without the folds in it. */
static int
item_add_span(struct reader *r, char end, struct err *e)
{
	size_t		 i, n = span_to(r->in, end);
	bool		 domain = r->item.domain, pair = false;
	const char	*p = r->in.p;

	for (i = 0; i < n; i++) {
		bool	fold = p[i] == '\r' || p[i] == '\n';

		if ((fold && pair) || (!fold && address_control(p[i])))
			n = 0;
		else if (!fold)
			item_add(&r->item, p + i, 1);
		pair = p[i] == '\\' && !pair;
	}
	if (n == 0)
		return address_bad(r, "no end of what begins", e);
	r->item.domain = domain;
	r->in.p += n;
	r->in.len -= n;
	return 0;
}

/* ---- What an item begins and ends with ----------------------------------- */

static int
item_end(struct reader *r, struct err *e)
{
	struct item	*i = &r->item;
	int		 rc = 0;

	if (i->angle)
		return address_bad(r, "no >", e);
	if (i->text.len > 0 && i->name)
		return err_set(e, "\"%.*s\" is no address", i->text.len < 60 ?
		    (int)i->text.len : 60, buf_data(&i->text));
	if (i->text.len > 0)
		rc = r->fn(r->arg, buf_str(&i->text), e);
	else if (i->closed)
		return address_bad(r, "no address in < >", e);
	item_clear(i);
	return rc;
}

static int
item_open(struct reader *r, struct err *e)
{
	if (r->item.angle || r->item.closed)
		return address_bad(r, "a second <", e);
	item_clear(&r->item);
	r->item.angle = true;
	return 0;
}

static int
item_close(struct reader *r, struct err *e)
{
	if (!r->item.angle)
		return address_bad(r, "> without <", e);
	r->item.angle = false;
	r->item.closed = true;
	return 0;
}

/* The end of a group's name; in brackets that of a route (RFC 5322 4.4). */
static int
item_colon(struct reader *r, struct err *e)
{
	struct item	*i = &r->item;

	if (i->angle && i->text.len > 0 && buf_data(&i->text)[0] == '@') {
		item_clear(i);
		i->angle = true;
		return 0;
	}
	if (i->angle || i->closed || i->group || i->domain ||
	    i->text.len == 0)
		return address_bad(r, "a colon", e);
	item_clear(i);
	i->group = true;
	return 0;
}

static int
item_semicolon(struct reader *r, struct err *e)
{
	if (!r->item.group)
		return address_bad(r, "; without a group", e);
	if (item_end(r, e) == -1)
		return -1;
	r->item.group = false;
	return 0;
}

static int
item_comma(struct reader *r, struct err *e)
{
	/* Between the domains of a route. */
	if (r->item.angle && r->item.text.len > 0 &&
	    buf_data(&r->item.text)[0] == '@') {
		buf_clear(&r->item.text);
		buf_add_byte(&r->item.text, '@');
		return 0;
	}
	return item_end(r, e);
}

/* ---- The bytes ----------------------------------------------------------- */

static int
address_mark(struct reader *r, char c, struct err *e)
{
	switch (c) {
	case ',':
		return item_comma(r, e);
	case ':':
		return item_colon(r, e);
	case ';':
		return item_semicolon(r, e);
	case '<':
		return item_open(r, e);
	case '>':
		return item_close(r, e);
	default:
		return address_bad(r, "a character that no address has", e);
	}
}

static int
address_comment(struct reader *r, struct err *e)
{
	size_t	n = span_comment(r->in);

	if (n == 0)
		return address_bad(r, "no end of a comment", e);
	r->item.gap = true;
	r->in.p += n;
	r->in.len -= n;
	return 0;
}

static int
address_step(struct reader *r, struct err *e)
{
	unsigned char	c = (unsigned char)*r->in.p;

	if (c == '(')
		return address_comment(r, e);
	if ((c == '"' || c == '[') && !r->item.closed)
		return item_add_span(r, c == '"' ? '"' : ']', e);
	r->in.p++;
	r->in.len--;
	if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
		r->item.gap = true;
	else if (address_control((char)c) || strchr(",:;<>()[]\\\"", c) != NULL)
		return address_mark(r, (char)c, e);
	else if (r->item.closed)
		return address_bad(r, "text behind >", e);
	else
		item_add(&r->item, (const char *)&c, 1);
	return 0;
}

int
address_list(struct str value, address_fn *fn, void *arg, struct err *e)
{
	struct reader	r = { .in = value, .item = { .text = BUF_INIT },
			    .fn = fn, .arg = arg };
	int		rc = 0;

	while (rc == 0 && r.in.len > 0)
		rc = address_step(&r, e);
	if (rc == 0 && r.item.group)
		rc = item_semicolon(&r, e);
	else if (rc == 0)
		rc = item_end(&r, e);
	buf_free(&r.item.text);
	return rc;
}
