/*
 * confine - gives up the rights a worker does not need
 *
 * Called once, after everything that is opened lazily has been opened and
 * before the first byte from a stranger is read.
 *
 * Failure    0, or -1 with *e: the worker must not go on.
 */
#ifndef PROC_CONFINE_H
#define PROC_CONFINE_H

#include "base/err.h"

struct worker;

int	confine(const struct worker *w, struct err *e);

#endif
