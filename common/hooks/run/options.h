/*
 * options - what to do with an option that a function does not take
 *
 * Failure    option_unknown() throws for a name that is not in options.def.
 */
#ifndef HOOKS_OPTIONS_H
#define HOOKS_OPTIONS_H

#include "base/str.h"
#include "hsl/hsl.h"

/* HSL_OK: another function's; it is passed over. */
enum hsl_rc	option_unknown(struct hsl_call *c, const char *where,
		    struct str name);

#endif
