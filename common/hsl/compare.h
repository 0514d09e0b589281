/*
 * compare - the equalities and the order of values
 *
 * Comparing charges the execution for its work and is bounded in depth.
 *
 * Failure    vequal() is -1 once an exception was thrown.
 */
#ifndef HSL_COMPARE_H
#define HSL_COMPARE_H

#include "hsl/object.h"

/* 1, 0, or -1 thrown; strict is ===. */
int	vequal(struct hsl_exec *x, struct hsl_value a, struct hsl_value b,
	    bool strict);
bool	vless(struct hsl_exec *x, struct hsl_value a, struct hsl_value b);
bool	vless_equal(struct hsl_exec *x, struct hsl_value a, struct hsl_value b);
/* What < and the like make of a value: number(), none is 0. */
double	vnum_of(struct hsl_value v);

#endif
