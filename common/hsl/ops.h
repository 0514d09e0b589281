/*
 * ops - what instructions do beyond the fast paths of the dispatch loop
 *
 * Failure    false (vm_test(): -1) once an exception was thrown.
 */
#ifndef HSL_OPS_H
#define HSL_OPS_H

#include "hsl/vm.h"

bool	vm_closure(struct hsl_exec *x, struct hsl_value *dst,
	    const struct proto *p, struct hsl_value *regs);
void	vm_cell_new(struct hsl_exec *x, struct hsl_value *reg);
void	vm_echo(struct hsl_exec *x, struct hsl_value v);
bool	vm_undefined(struct hsl_exec *x, const struct proto *p, uint16_t reg);
bool	vm_spread_item(struct hsl_exec *x, struct hsl_value *dst,
	    struct hsl_value v);
bool	vm_no_match(struct hsl_exec *x, struct hsl_value v);
bool	vm_matches(struct hsl_exec *x, struct hsl_value *dst,
	    struct hsl_value v, struct hsl_value pattern);
int	vm_test(struct hsl_exec *x, enum opcode op, const struct hsl_value *l,
	    const struct hsl_value *r);
bool	vm_step_number(struct hsl_exec *x, struct hsl_value *v, double step,
	    struct hsl_value *old);
bool	vm_push_item(struct hsl_exec *x, struct hsl_value *root,
	    struct hsl_value *src, bool take);
bool	vm_concat_fast(struct hsl_exec *x, struct hsl_value *dst,
	    const struct hsl_value *l, const struct hsl_value *r);

#endif
