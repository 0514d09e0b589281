/*
 * lend - descriptors of segments that deliver workers read from
 *
 * Ownership  A place is the agent's.
 */
#ifndef QMGR_LEND_H
#define QMGR_LEND_H

#include "delivery.h"

/* The segment can be read by it; -1: it has too many. */
int	lend_take(struct agent *a, uint64_t segment, struct err *e);
void	lend_give(struct agent *a, uint64_t segment);

#endif
