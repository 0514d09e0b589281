/*
 * How values look: what echo and string() show of arrays and objects.
 * Bounded in bytes, because shared parts can make the text of a small value
 * exponentially long, and in depth, because the C stack is.
 */
#include "hsl/class.h"
#include "hsl/exec.h"

#define PRINT_DEPTH	100

static bool	print_value(struct hsl_value v, struct buf *out, size_t limit,
		    int depth);

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
print_array(const struct hsl_array *a, struct buf *out, size_t limit,
    int depth)
{
	struct hsl_value	 k, *v;
	uint32_t		 pos = 0;
	bool			 first = true;

	if (depth > PRINT_DEPTH) {
		buf_add_text(out, "[...]");
		return true;
	}
	buf_add_byte(out, '[');
	while (varr_next(a, &pos, &k, &v)) {
		if (!first)
			buf_add_byte(out, ',');
		first = false;
		if (!print_value(k, out, limit, depth + 1))
			return false;
		buf_add_text(out, "=>");
		if (!print_value(*v, out, limit, depth + 1))
			return false;
	}
	buf_add_byte(out, ']');
	return true;
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
print_object(const struct hsl_object *o, struct buf *out, size_t limit,
    int depth)
{
	if (o->class == NULL) {
		buf_add_text(out, o->host->name);
		return true;
	}
	buf_add_str(out, o->class->name);
	if (o->props.type != HSL_ARRAY)
		return true;
	return print_array(o->props.u.array, out, limit, depth + 1);
}

static bool
print_value(struct hsl_value v, struct buf *out, size_t limit, int depth)
{
	char	 tmp[VNUM_TEXT];

	if (out->len > limit)
		return false;
	switch (v.type) {
	case HSL_UNDEF:
	case HSL_NONE:
		buf_add_text(out, "none");
		return true;
	case HSL_BOOLEAN:
		buf_add_text(out, v.u.boolean ? "true" : "false");
		return true;
	case HSL_NUMBER:
		buf_add(out, tmp, vnum_format(v.u.number, tmp));
		return true;
	case HSL_STRING:
		print_quoted(vstr_str(v.u.string), out);
		return true;
	case HSL_ARRAY:
		return print_array(v.u.array, out, limit, depth);
	case HSL_FUNCTION:
		print_function(v.u.function, out);
		return true;
	case HSL_OBJECT:
		return print_object(v.u.object, out, limit, depth);
	default:
		buf_add_text(out, v.u.resource->kind->name);
		return true;
	}
}

bool
vprint(struct hsl_value v, struct buf *out, size_t limit)
{
	struct str	 s;

	if (v.type == HSL_STRING) {
		s = vstr_str(v.u.string);
		buf_add(out, s.p, s.len < limit ? s.len : limit);
		return s.len <= limit;
	}
	if (vnullish(v))
		return true;
	return print_value(v, out, limit, 0);
}
