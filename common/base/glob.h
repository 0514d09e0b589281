/*
 * glob - patterns that operators type
 *
 * * is any run of bytes, \ stands before what is meant itself; all else is
 * itself.
 *
 * Process    pure.
 */
#ifndef BASE_GLOB_H
#define BASE_GLOB_H

#include "str.h"

/* any_case: ASCII letters match in both cases. */
bool	glob_match(struct str pattern, struct str s, bool any_case);

#endif
