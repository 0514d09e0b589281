/*
 * cache - calls whose results are kept for a while
 */
#ifndef HSL_LIBRARY_CACHE_H
#define HSL_LIBRARY_CACHE_H

#include "hsl/hsl.h"

/* The native behind `cache`: options, arguments, function, its name. */
extern const struct hsl_function	cache_row;

#endif
