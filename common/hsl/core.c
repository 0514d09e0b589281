/*
 * The table of the core library, and what its natives share.
 */
#include "hsl/lib.h"

const struct hsl_function	hsl_core_functions[] = {
#define FN(name, min, max, signature, text) \
	{ #name, min, max, fn_##name, signature, text },
#include "hsl/core.def"
#undef FN
	{ .name = NULL }
};

static bool
lib_wrong(struct hsl_call *c, int i, const char *wanted)
{
	const struct hsl_function	*row = c->host;

	return vm_throw(c->x, "%s(): argument %d is %s, not %s %s",
	    row->name, i + 1, hsl_type_phrase(c->argv[i]),
	    wanted[0] == 'a' ? "an" : "a", wanted);
}

bool
lib_str(struct hsl_call *c, int i, struct str *s)
{
	/* The arguments are the call's own registers, dropped after it. */
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
		return lib_wrong(c, i, "string");
	*s = vstr_str(v->u.string);
	return true;
}

bool
lib_number(struct hsl_call *c, int i, double *n)
{
	struct hsl_value	 v = c->argv[i];

	if (v.type == HSL_NUMBER)
		*n = v.u.number;
	else if (v.type == HSL_BOOLEAN)
		*n = v.u.boolean;
	else if (v.type != HSL_STRING ||
	    !vnum_parse(vstr_str(v.u.string), n))
		return lib_wrong(c, i, "number");
	return true;
}

size_t
lib_position(double n, size_t len)
{
	return (size_t)hsl_whole(n < 0 ? n + (double)len : n, 0, (int64_t)len);
}

bool
lib_array(struct hsl_call *c, int i, struct hsl_array **a)
{
	if (c->argv[i].type != HSL_ARRAY)
		return lib_wrong(c, i, "array");
	*a = c->argv[i].u.array;
	return true;
}

bool
lib_function(struct hsl_call *c, int i)
{
	return c->argv[i].type == HSL_FUNCTION ||
	    lib_wrong(c, i, "function");
}

bool
lib_options(struct hsl_call *c, int i)
{
	return i >= c->argc || vnullish(c->argv[i]) ||
	    c->argv[i].type == HSL_ARRAY || lib_wrong(c, i, "array");
}

struct hsl_value
lib_option(struct hsl_call *c, int i, const char *name)
{
	return i < c->argc ? hsl_array_get(c->argv[i], name) : vnone();
}

bool
lib_flag(struct hsl_call *c, int i, const char *name, bool otherwise)
{
	struct hsl_value	 v = lib_option(c, i, name);

	return vnullish(v) ? otherwise : vtrue(v);
}

enum hsl_rc
lib_return(struct hsl_call *c, struct buf *b)
{
	*c->ret = hsl_string(c->x, buf_str(b));
	buf_free(b);
	return HSL_OK;
}
