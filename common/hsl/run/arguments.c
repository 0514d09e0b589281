/*
 * How natives, those of the library and those of a host, read their
 * arguments.
 */
#include "hsl/run/throw.h"

bool
hsl_arg_wrong(struct hsl_call *c, int i, const char *wanted)
{
	const struct hsl_function	*row = c->host;

	return throw_error(c->x, "%s(): argument %d is %s, not %s %s",
	    row->name, i + 1, hsl_type_phrase(c->argv[i]),
	    wanted[0] == 'a' ? "an" : "a", wanted);
}

bool
hsl_arg_string(struct hsl_call *c, int i, struct str *s)
{
	*s = hsl_value_str(c->argv[i]);
	return c->argv[i].type == HSL_STRING || hsl_arg_wrong(c, i, "string");
}

bool
hsl_arg_text(struct hsl_call *c, int i, struct str *s)
{
	/* The arguments stand in registers of this call, which are dropped
	 * after it: one may be changed to text in its place. */
	struct hsl_value	*v = (struct hsl_value *)(uintptr_t)
				    &c->argv[i];

	if (i < c->argc && v->type == HSL_STRING) {
		*s = vstr_str(v->u.string);
		return true;
	}
	if (i >= c->argc || vnullish(*v)) {
		*s = STR("");
		return true;
	}
	if (v->type == HSL_NUMBER || v->type == HSL_BOOLEAN)
		vset(c->x, v, vtext_value(c->x, *v));
	if (v->type != HSL_STRING)
		return hsl_arg_wrong(c, i, "string");
	*s = vstr_str(v->u.string);
	return true;
}

bool
hsl_arg_number(struct hsl_call *c, int i, double *n)
{
	struct hsl_value	 v = c->argv[i];

	if (v.type == HSL_NUMBER)
		*n = v.u.number;
	else if (v.type == HSL_BOOLEAN)
		*n = v.u.boolean;
	else if (v.type != HSL_STRING ||
	    !vnum_parse(vstr_str(v.u.string), n))
		return hsl_arg_wrong(c, i, "number");
	return true;
}

bool
hsl_arg_function(struct hsl_call *c, int i)
{
	return c->argv[i].type == HSL_FUNCTION ||
	    hsl_arg_wrong(c, i, "function");
}

bool
hsl_arg_options(struct hsl_call *c, int i)
{
	return i >= c->argc || vnullish(c->argv[i]) ||
	    c->argv[i].type == HSL_ARRAY || hsl_arg_wrong(c, i, "array");
}

struct hsl_value
hsl_arg_option(struct hsl_call *c, int i, const char *name)
{
	return i < c->argc ? hsl_array_get(c->argv[i], name) : vnone();
}

bool
hsl_arg_flag(struct hsl_call *c, int i, const char *name, bool otherwise)
{
	struct hsl_value	 v = hsl_arg_option(c, i, name);

	return vnullish(v) ? otherwise : vtrue(v);
}

enum hsl_rc
hsl_return_buf(struct hsl_call *c, struct buf *b)
{
	*c->ret = hsl_string(c->x, buf_str(b));
	buf_free(b);
	return HSL_OK;
}
