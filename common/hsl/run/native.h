/*
 * native - natives that have a frame: they go on in steps
 *
 * For natives of this library.  A host's go on by struct hsl_steps, see
 * arguments.h, which stands on this.
 *
 * Failure    HSL_THROW once an exception was thrown.
 */
#ifndef HSL_RUN_NATIVE_H
#define HSL_RUN_NATIVE_H

#include "hsl/run/exec.h"

/* A frame for the native that is called; its arguments go to slots 1, 2 ... */
int	native_begin(struct hsl_call *c, native_step *step, uint16_t nslots);
/* What a step returns to have fn called, whose result comes to slot 0; the
 * arguments are borrowed. */
int	native_call(struct hsl_exec *x, struct hsl_value fn,
	    const struct hsl_value *args, uint32_t argc);

#endif
