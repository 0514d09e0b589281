/*
 * unwind - from where something was thrown to who handles it
 */
#ifndef HSL_RUN_UNWIND_H
#define HSL_RUN_UNWIND_H

#include "hsl/run/exec.h"

/* To the nearest handler; false: there is none, the execution has failed. */
bool	unwind_frames(struct hsl_exec *x);

#endif
