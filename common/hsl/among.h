/*
 * among - whether a value == one of many
 *
 * Scalars are looked up; arrays, objects and the like are compared one by one
 * with those among the many, which is charged.
 *
 * Ownership  among_init() makes what among_fini() frees, in the heap.
 * Failure    among_has(): -1 once thrown.
 */
#ifndef HSL_AMONG_H
#define HSL_AMONG_H

#include "hsl/array.h"

struct among {
	struct hsl_array	*strings;
	struct hsl_array	*numbers;	/* which types have the value */
	struct hsl_array	*others;
	bool			 none;
};

void	among_init(struct hsl_exec *x, struct among *a);
void	among_fini(struct hsl_exec *x, struct among *a);
void	among_add(struct hsl_exec *x, struct among *a, struct hsl_value v);
int	among_has(struct hsl_exec *x, const struct among *a,
	    struct hsl_value v);

#endif
