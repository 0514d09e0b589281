/*
 * pairs - tests that are two files: NAME.hsl, and in NAME.want what it gives
 *
 * Failure    -1, after a report of every pair that differs.
 */
#ifndef TESTS_PAIRS_H
#define TESTS_PAIRS_H

#include "base/buf.h"
#include "base/str.h"

/* Appends what a script gives; `folder` is where its file lies. */
typedef void	pairs_fn(char *folder, struct str script, struct buf *out);

/* All pairs in a folder and in those beneath it; returns how many. */
int	pairs_check(const char *folder, pairs_fn *give);

#endif
