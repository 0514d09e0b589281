/*
 * What echo and string() show of arrays and objects.
 *
 * Parts that are shared can make the text of a small value exponentially
 * long, so it is bounded in bytes; and in depth, since the C stack is.  An
 * object inside of itself is only named, and so is every object after the
 * first PRINT_OBJECTS: objects that hold each other can be reached in more
 * ways than there is time for.
 */
#include "hsl/values/array.h"
#include "hsl/values/class.h"
#include "hsl/values/vstr.h"

#define PRINT_DEPTH	100
#define PRINT_OBJECTS	10000

struct printer {
	struct buf	*out;
	size_t		 limit;		/* bytes */
	int		 depth;
	uint32_t	 objects;	/* written so far */
};

static bool	print_value(struct printer *p, struct hsl_value v);

static void
print_quoted(struct str s, struct buf *out)
{
	static const char	 hex[] = "0123456789abcdef";
	unsigned char		 c;

	buf_add_byte(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		c = (unsigned char)s.p[i];
		if (c == '"' || c == '\\' || c == '$') {
			buf_add_byte(out, '\\');
			buf_add_byte(out, (char)c);
		} else if (c == '\n') {
			buf_add_text(out, "\\n");
		} else if (c == '\r') {
			buf_add_text(out, "\\r");
		} else if (c == '\t') {
			buf_add_text(out, "\\t");
		} else if (c < 0x20 || c == 0x7f) {
			buf_add_text(out, "\\x");
			buf_add_byte(out, hex[c >> 4]);
			buf_add_byte(out, hex[c & 15]);
		} else
			buf_add_byte(out, (char)c);
	}
	buf_add_byte(out, '"');
}

static bool
print_array(struct printer *p, const struct hsl_array *a)
{
	struct hsl_value	 k, *v;
	uint32_t		 pos = 0;
	bool			 ok = true, first = true;

	if (p->depth > PRINT_DEPTH) {
		buf_add_text(p->out, "[...]");
		return true;
	}
	p->depth++;
	buf_add_byte(p->out, '[');
	while (ok && varr_next(a, &pos, &k, &v)) {
		if (!first)
			buf_add_byte(p->out, ',');
		first = false;
		ok = print_value(p, k);
		buf_add_text(p->out, "=>");
		ok = ok && print_value(p, *v);
	}
	buf_add_byte(p->out, ']');
	p->depth--;
	return ok;
}

static void
print_function(const struct hsl_closure *f, struct buf *out)
{
	struct str	 name = STR_NONE;

	if (f->proto != NULL)
		name = f->proto->name;
	else if (f->native != NULL)
		name = str_of(f->native->name);
	else if (f->class != NULL)
		name = f->class->name;
	buf_add_text(out, "function");
	if (name.len > 0) {
		buf_add_byte(out, ' ');
		buf_add_str(out, name);
	}
}

static bool
print_object(struct printer *p, struct hsl_object *o)
{
	bool	 ok;

	if (o->class == NULL) {
		buf_add_text(p->out, o->host->name);
		return true;
	}
	buf_add_str(p->out, o->class->name);
	if (o->props.type != HSL_ARRAY)
		return true;
	if (o->printing || p->objects == PRINT_OBJECTS) {
		buf_add_text(p->out, "[...]");
		return true;
	}
	p->objects++;
	o->printing = true;
	ok = print_array(p, o->props.u.array);
	o->printing = false;
	return ok;
}

static bool
print_value(struct printer *p, struct hsl_value v)
{
	char	 tmp[VNUM_TEXT];

	if (p->out->len > p->limit)
		return false;
	switch (v.type) {
	case HSL_UNDEF:
	case HSL_NONE:
		buf_add_text(p->out, "none");
		return true;
	case HSL_BOOLEAN:
		buf_add_text(p->out, v.u.boolean ? "true" : "false");
		return true;
	case HSL_NUMBER:
		buf_add(p->out, tmp, vnum_format(v.u.number, tmp));
		return true;
	case HSL_STRING:
		print_quoted(vstr_str(v.u.string), p->out);
		return true;
	case HSL_ARRAY:
		return print_array(p, v.u.array);
	case HSL_FUNCTION:
		print_function(v.u.function, p->out);
		return true;
	case HSL_OBJECT:
		return print_object(p, v.u.object);
	default:
		buf_add_text(p->out, v.u.resource->kind->name);
		return true;
	}
}

bool
vprint(struct hsl_value v, struct buf *out, size_t limit)
{
	struct printer	 p = { .out = out, .limit = limit };
	struct str	 s;

	if (v.type == HSL_STRING) {
		s = vstr_str(v.u.string);
		buf_add(out, s.p, s.len < limit ? s.len : limit);
		return s.len <= limit;
	}
	if (vnullish(v))
		return true;
	return print_value(&p, v);
}
