/*
 * call - finding out what a call means, and calling it
 *
 * Failure    HSL_THROW once an exception was thrown.
 */
#ifndef HSL_RUN_CALL_H
#define HSL_RUN_CALL_H

#include "hsl/run/frame.h"

/*
 * All return enum hsl_rc, or RC_FRAME if a frame was pushed.  Arguments are
 * taken.
 */

/* The number of arguments was checked. */
int		 call_native(struct hsl_exec *x, const struct hsl_function *row,
		    struct hsl_value self, const struct call *c);
/* The function in base[0], its arguments after it. */
int		 call_value(struct hsl_exec *x, struct call *c);
int		 call_method(struct hsl_exec *x, struct call *c,
		    struct hsl_string *name);
int		 call_class(struct hsl_exec *x, const struct vclass *k,
		    struct call *c);
/* Any instruction OP_CALL*. */
int		 call_ins(struct hsl_exec *x, struct hsl_value *regs,
		    struct ins i);

/* The plain method that a call with so many arguments means, or NULL. */
const struct proto *call_plain_method(const struct hsl_exec *x,
		    struct hsl_value self, struct hsl_string *name,
		    uint32_t argc);
/* Moves the items of the array in *at to a new window. */
bool		 call_spread(struct hsl_exec *x, struct hsl_value *at,
		    struct call *c);

#endif
