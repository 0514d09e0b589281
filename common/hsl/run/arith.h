/*
 * arith - the operators on values of every type
 *
 * Failure    false once an exception was thrown.
 */
#ifndef HSL_RUN_ARITH_H
#define HSL_RUN_ARITH_H

#include <math.h>

#include "hsl/values/array.h"
#include "hsl/values/program.h"

/* *dst = *l op *r.  dst may be l, which is then changed in place. */
bool	arith_binary(struct hsl_exec *x, enum opcode op,
	    struct hsl_value *dst, const struct hsl_value *l,
	    const struct hsl_value *r);
bool	arith_unary(struct hsl_exec *x, enum opcode op,
	    struct hsl_value *dst, const struct hsl_value *v);
/* A value as a number for arithmetic. */
bool	arith_number(struct hsl_exec *x, struct hsl_value v, double *n);
bool	arith_append(struct hsl_exec *x, struct hsl_value *dst,
	    const struct hsl_value *v) __attribute__((warn_unused_result));
bool	arith_repeat(struct hsl_exec *x, struct hsl_value *dst, struct str s,
	    double n);
/* Adds all of b to a: what has a number as key is appended, the rest set. */
void	arith_add_all(struct hsl_exec *x, struct hsl_array *a,
	    const struct hsl_array *b);
/* Joins n values to one string. */
struct hsl_value arith_concat(struct hsl_exec *x, const struct hsl_value *v,
	    uint32_t n);
bool	arith_format(struct hsl_exec *x, struct hsl_value *dst,
	    struct hsl_value format, struct hsl_value args);
/* v[first:last:step] */
bool	arith_slice(struct hsl_exec *x, struct hsl_value *dst,
	    struct hsl_value v, const struct hsl_value bounds[3]);
/* The bounds of a slice of `len` items; false: the step is 0. */
struct range {
	int64_t	 first, count, step;
};
bool	arith_range(const struct hsl_value bounds[3], int64_t len,
	    struct range *r);

/* fmod(), but faster where both are integers. */
static inline double
arith_remainder(double a, double b)
{
	int64_t	 i, j;

	if (a >= 0 && a < 9e15 && b >= 1 && b < 9e15) {
		i = (int64_t)a;
		j = (int64_t)b;
		/* A division of 32 bits takes half the time. */
		if ((double)i == a && (double)j == b)
			return (i | j) <= UINT32_MAX ?
			    (uint32_t)i % (uint32_t)j : (double)(i % j);
	}
	return fmod(a, b);
}

#endif
