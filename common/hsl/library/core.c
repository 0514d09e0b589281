/*
 * The table of the core library, made of core.def, and what its natives share.
 */
#include "hsl/library/lib.h"

const struct hsl_function	hsl_core_functions[] = {
#define FN(name, min, max, signature, text) \
	{ #name, min, max, fn_##name, signature, text },
#include "hsl/library/core.def"
#undef FN
	{ .name = NULL }
};

size_t
lib_position(double n, size_t len)
{
	return (size_t)hsl_whole(n < 0 ? n + (double)len : n, 0, (int64_t)len);
}

bool
lib_array(struct hsl_call *c, int i, struct hsl_array **a)
{
	if (c->argv[i].type != HSL_ARRAY)
		return hsl_arg_wrong(c, i, "array");
	*a = c->argv[i].u.array;
	return true;
}
