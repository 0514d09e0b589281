/*
 * top_print - a sample of top_sample.h as lines of at most 80 columns
 *
 * Process    reads the clock's zone and time, nothing else.
 */
#ifndef MTACTL_TOP_PRINT_H
#define MTACTL_TOP_PRINT_H

#include <jansson.h>

#include "base/buf.h"

#define TOP_COLUMNS	80
#define TOP_LINES	24

/* At most so many lines, TOP_LINES at least. */
void	top_print(struct buf *out, const json_t *sample, size_t lines);

#endif
