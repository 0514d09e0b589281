/*
 * vm - what goes on around the dispatch loop
 */
#ifndef HSL_RUN_VM_H
#define HSL_RUN_VM_H

#include "hsl/run/exec.h"

enum vm_rc {
	VM_AGAIN,		/* look at the frame on top again */
	VM_WAIT,		/* a native was suspended */
	VM_EXIT			/* a native ends the script */
};

/* The globals of all modules, and the frame of the first one. */
void	vm_start(struct hsl_exec *x);
/* The frame of a module's top level; false once an exception was thrown. */
bool	vm_module(struct hsl_exec *x, uint32_t number);
/* Hands v, which is taken, to whoever called the frame on top. */
void	vm_return(struct hsl_exec *x, struct hsl_value v);

#endif
