/*
 * iterate - foreach, and generators
 *
 * Failure    false or -1 once an exception was thrown.
 */
#ifndef HSL_RUN_ITERATE_H
#define HSL_RUN_ITERATE_H

#include "hsl/run/frame.h"

/* A generator: its registers while it is not running. */
struct iterator {
	const struct proto	*proto;
	struct hsl_closure	*closure;
	const struct ins	*pc;
	struct hsl_value	*regs;
	bool			 running, done;
};

bool	iterate_begin(struct hsl_exec *x, struct hsl_value *iter,
	    struct hsl_value v);
/* 1 stored, 0 at the end, -1 thrown, 2 a generator's frame was pushed */
int	iterate_next(struct hsl_exec *x, struct hsl_value *iter,
	    struct hsl_value *value, struct hsl_value *key);
/* The items after the first `skip`, as a new array. */
bool	iterate_rest(struct hsl_exec *x, struct hsl_value *dst,
	    struct hsl_value v, uint32_t skip);
/* A call of a function that yields: an Iterator, and nothing runs yet. */
bool	iterate_generator(struct hsl_exec *x, const struct proto *p,
	    const struct call *c);
/* The frame on top, a generator's, gives a value and stands still. */
void	iterate_yield(struct hsl_exec *x, struct hsl_value *value,
	    struct hsl_value *key);
/* It returned, or something that was thrown leaves it. */
void	iterate_end(struct hsl_exec *x);

#endif
