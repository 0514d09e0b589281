/*
 * Tells an option that another function takes from one that nobody does.
 */
#include "options.h"

enum hsl_rc
option_unknown(struct hsl_call *c, const char *where, struct str name)
{
	static const char *const	known[] = {
#define OPTION(name)	#name,
#include "options.def"
#undef OPTION
	};
	size_t				i;

	for (i = 0; i < sizeof known / sizeof known[0]; i++)
		if (str_eq(name, str_of(known[i])))
			return HSL_OK;
	return hsl_throw(c, "%s: unknown option '%.*s'", where,
	    (int)(name.len < 64 ? name.len : 64), name.p);
}
