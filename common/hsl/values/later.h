/*
 * later - names that only a later version of the language has
 *
 * For the texts of errors: who uses one is told so, and not that the name is
 * unknown.
 */
#ifndef HSL_VALUES_LATER_H
#define HSL_VALUES_LATER_H

#include "base/str.h"

/* What is said of this function or class, or NULL: no version has it. */
const char	*later_name(struct str name);
/* Whether a class of the library has this method in a later version. */
bool		 later_method(struct str name);

#endif
