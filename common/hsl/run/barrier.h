/*
 * barrier - what an execution holds, and the natives that take and release
 *
 * For the VM and the code generator.
 */
#ifndef HSL_RUN_BARRIER_H
#define HSL_RUN_BARRIER_H

#include "hsl/host.h"

enum { BARRIER_ENTER, BARRIER_LOAD, BARRIER_LEAVE, BARRIER_DROP };

extern const struct hsl_function	barrier_rows[];

/* At the end of an execution, however it ended. */
void	barrier_release_all(struct hsl_exec *x);

#endif
