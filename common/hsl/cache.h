/*
 * cache - results of calls that are kept for a while
 *
 * A cache belongs to a program and outlives its executions: values are kept
 * frozen.  There is one space for each namespace and function.
 */
#ifndef HSL_CACHE_H
#define HSL_CACHE_H

#include "hsl/hsl.h"

struct cache;

/* The native behind `cache`: options, arguments, function, its name. */
extern const struct hsl_function	cache_row;

void	cache_free(struct cache **c);

#endif
