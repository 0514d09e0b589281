/*
 * order - warns of a call that can be made before another was
 *
 * Ownership  none.
 * Failure    a warning that is right or too many, never an error.
 */
#ifndef HSL_ORDER_H
#define HSL_ORDER_H

/* A call of `then` is warned of where none of `first`, functions or methods,
 * was surely made before; `ends` are functions that do not return. */
struct hsl_order {
	const char		*then;
	const char *const	*first;
	const char *const	*ends;
	const char		*text;
};

struct comp;

/* For advice_check(). */
void	order_check(struct comp *c);

#endif
