/*
 * compare - the equalities and the order of values
 *
 * Comparing charges the execution for its work and is bounded in depth.
 *
 * Failure    compare_equal() is -1 once an exception was thrown.
 */
#ifndef HSL_RUN_COMPARE_H
#define HSL_RUN_COMPARE_H

#include "hsl/values/object.h"

/* 1, 0, or -1 thrown; strict is ===. */
int	compare_equal(struct hsl_exec *x, struct hsl_value a,
	    struct hsl_value b, bool strict);
bool	compare_less(struct hsl_exec *x, struct hsl_value a,
	    struct hsl_value b);
bool	compare_less_equal(struct hsl_exec *x, struct hsl_value a,
	    struct hsl_value b);
/* What < and the like make of a value: number(), none is 0. */
double	compare_number(struct hsl_value v);

#endif
