/*
 * advise - the walk that warns of what is bound to fail
 *
 * Ownership  none.
 * Failure    none.  What is warned of fails when it is run; what is not
 *            warned of may fail as well.
 */
#ifndef HSL_ADVISE_H
#define HSL_ADVISE_H

#include "hsl/comp.h"

struct advisor {
	struct comp		*c;
	struct func		*f;
	bool			 reads;		/* the second walk */
	int			 told;
};

/* A program without errors, before its code is made. */
void	advice_check(struct comp *c);
void	advice_warn(const struct comp *c, const struct node *at,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* advise_call.c: literals as arguments of natives. */
void	advise_call(struct advisor *a, const struct node *call);

#endif
