/*
 * ops - what instructions do beyond the fast paths of the dispatch loop
 *
 * Failure    false (ops_test(): -1) once an exception was thrown.
 *            ops_concat_fast() throws nothing.
 */
#ifndef HSL_RUN_OPS_H
#define HSL_RUN_OPS_H

#include "hsl/run/exec.h"

bool	ops_closure(struct hsl_exec *x, struct hsl_value *dst,
	    const struct proto *p, struct hsl_value *regs);
void	ops_cell_new(struct hsl_exec *x, struct hsl_value *reg);
void	ops_echo(struct hsl_exec *x, struct hsl_value v);
bool	ops_undefined(struct hsl_exec *x, const struct proto *p, uint16_t reg);
bool	ops_spread_item(struct hsl_exec *x, struct hsl_value *dst,
	    struct hsl_value v);
bool	ops_no_match(struct hsl_exec *x, struct hsl_value v);
bool	ops_matches(struct hsl_exec *x, struct hsl_value *dst,
	    struct hsl_value v, struct hsl_value pattern);
int	ops_test(struct hsl_exec *x, enum opcode op, const struct hsl_value *l,
	    const struct hsl_value *r);
bool	ops_step_number(struct hsl_exec *x, struct hsl_value *v, double step,
	    struct hsl_value *old);
bool	ops_push_item(struct hsl_exec *x, struct hsl_value *root,
	    struct hsl_value *src, bool take);
bool	ops_concat_fast(struct hsl_exec *x, struct hsl_value *dst,
	    const struct hsl_value *l, const struct hsl_value *r);

#endif
