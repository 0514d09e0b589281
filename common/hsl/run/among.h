/*
 * among - whether a value is == to one of many, without comparing with each
 *
 * == is no equivalence: "1" and "01" equal 1 but not each other, and true
 * equals every string but "".  So what is known of the many is looked up by
 * each of the ways two values can be equal.  Arrays, objects and the like are
 * compared one by one with those among the many, which is charged.
 *
 * Ownership  among_init() makes what among_fini() frees, in the heap.
 * Failure    among_has(): -1 once thrown.
 */
#ifndef HSL_RUN_AMONG_H
#define HSL_RUN_AMONG_H

#include "hsl/values/array.h"

struct among {
	struct hsl_array	*strings;	/* as keys */
	struct hsl_array	*numbers;	/* as keys, to HAS_* */
	struct hsl_array	*others;	/* looked at one by one */
	bool			 none;
	/* Whether one of the many is false [0] or true [1]: among booleans,
	 * strings, and all others. */
	bool			 booleans[2];
	bool			 string_truths[2];
	bool			 other_truths[2];
};

void	among_init(struct hsl_exec *x, struct among *a);
void	among_fini(struct hsl_exec *x, struct among *a);
void	among_add(struct hsl_exec *x, struct among *a, struct hsl_value v);
int	among_has(struct hsl_exec *x, const struct among *a,
	    struct hsl_value v);

#endif
