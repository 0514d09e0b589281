/*
 * advise - the walk that warns of what is bound to fail
 *
 * Ownership  none.
 * Failure    none.  What is warned of fails when it is run; what is not
 *            warned of may fail as well.
 */
#ifndef HSL_COMPILE_ADVISE_H
#define HSL_COMPILE_ADVISE_H

#include "hsl/syntax/unit.h"

struct advisor {
	struct unit		*c;
	struct func		*f;
	bool			 reads;		/* the second walk */
	int			 told;
};

/* A program without errors, before its code is made. */
void	advice_check(struct unit *c);
void	advice_warn(const struct unit *c, const struct node *at,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* order.c: warns of a call that can be made before another was. */
void	order_check(struct unit *c);
/* advise_call.c: literals as arguments of natives. */
void	advise_call(struct advisor *a, const struct node *call);

#endif
