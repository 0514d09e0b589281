/*
 * dispatch - the loop that runs instructions
 */
#ifndef HSL_RUN_DISPATCH_H
#define HSL_RUN_DISPATCH_H

#include "hsl/run/vm.h"

/* Runs the script's frame on top until something else is to be done. */
enum vm_rc	dispatch_run(struct hsl_exec *x);

#endif
