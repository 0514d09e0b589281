/*
 * What stands between double quotes: escapes are decoded, $name and ${name}
 * become parts of their own.
 */
#include "hsl/syntax/parse.h"

struct decoder {
	struct parser	*p;
	struct node	*list;
	struct node	**last;
	char		*out;		/* decoded bytes not yet in a node */
	size_t		 len;
};

static int
decode_hex(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes the escape at s[0] == '\\'; returns its length in the source. */
static size_t
decode_escape(struct decoder *d, struct str s)
{
	int	 c = s.len > 1 ? s.p[1] : 0, hi, lo;

	switch (c) {
	case '\\': case '"': case '$':
		break;
	case 'n':
		c = '\n';
		break;
	case 'r':
		c = '\r';
		break;
	case 't':
		c = '\t';
		break;
	case 'x':
		hi = s.len > 3 ? decode_hex((unsigned char)s.p[2]) : -1;
		lo = s.len > 3 ? decode_hex((unsigned char)s.p[3]) : -1;
		if (hi >= 0 && lo >= 0) {
			d->out[d->len++] = (char)(hi * 16 + lo);
			return 4;
		}
		/* FALLTHROUGH */
	default:
		d->out[d->len++] = '\\';
		return 1;
	}
	d->out[d->len++] = (char)c;
	return 2;
}

static void
decode_add(struct decoder *d, struct node *n)
{
	*d->last = n;
	d->last = &n->next;
}

static void
decode_flush(struct decoder *d)
{
	struct node	*n;

	if (d->len == 0)
		return;
	n = parse_node(d->p, N_STRING);
	n->text = (struct str){ d->out, d->len };
	decode_add(d, n);
	d->out += d->len;
	d->len = 0;
}

/* The name after "$" and how many bytes it all takes; 0: a plain "$". */
static size_t
decode_variable(struct str s, struct str *name)
{
	size_t	 brace = s.len > 1 && s.p[1] == '{', i = 1 + brace;

	while (i < s.len && (ascii_isalnum((unsigned char)s.p[i]) ||
	    s.p[i] == '_'))
		i++;
	*name = (struct str){ s.p + 1 + brace, i - 1 - brace };
	if (name->len == 0 || ascii_isdigit((unsigned char)name->p[0]))
		return 0;
	if (brace && (i >= s.len || s.p[i] != '}'))
		return 0;
	return i + brace;
}

struct node *
parse_string(struct parser *p, const struct token *t)
{
	struct decoder	 d = { .p = p };
	struct node	*n;
	struct str	 s = t->text, name;
	size_t		 used;

	d.last = &d.list;
	d.out = arena_alloc(&p->c->arena, s.len + 1);
	for (; s.len > 0 && !p->panic; s.p += used, s.len -= used) {
		if (s.p[0] == '\\') {
			used = decode_escape(&d, s);
		} else if (s.p[0] == '$' &&
		    (used = decode_variable(s, &name)) > 0) {
			decode_flush(&d);
			n = parse_node(p, N_VAR);
			n->text = name;
			n->u.var = parse_variable(p, name);
			decode_add(&d, n);
		} else {
			used = 1;
			d.out[d.len++] = s.p[0];
		}
	}
	if (d.list == NULL) {
		n = parse_node(p, N_STRING);
		n->text = (struct str){ d.out, d.len };
		return n;
	}
	decode_flush(&d);
	n = parse_node(p, N_INTERP);
	n->list = d.list;
	return n;
}
