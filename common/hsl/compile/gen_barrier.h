/*
 * gen_barrier - the statement and the ways out of its block
 *
 * Inside the code generator only.
 */
#ifndef HSL_COMPILE_GEN_BARRIER_H
#define HSL_COMPILE_GEN_BARRIER_H

#include "hsl/compile/gen.h"

void	gen_barrier(struct gen *g, struct node *n);
/* Leaves the barriers inside a loop, or with NULL those of the function. */
void	gen_barrier_leave_to(struct gen *g, const struct gen_loop *loop);

#endif
