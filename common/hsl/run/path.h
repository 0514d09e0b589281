/*
 * path - changing what lies deep inside a variable: $a[1]["b"]->c = 2
 */
#ifndef HSL_RUN_PATH_H
#define HSL_RUN_PATH_H

#include "hsl/run/exec.h"

/* pc is after the first word; returns where to go on, or NULL once thrown. */
const struct ins *path_run(struct hsl_exec *x, struct hsl_value *regs,
		    struct ins i, const struct ins *pc);

#endif
