/*
 * lend - descriptors of segments that deliver workers read from
 *
 * Ownership  A place is the agent's.
 */
#ifndef QMGR_LEND_H
#define QMGR_LEND_H

#include "delivery.h"

/* The segment can be read by it: 0; 1: it reads from too many, and gets no
 * job until that changes; -1 with *e. */
int	lend_take(struct agent *a, uint64_t segment, struct err *e);
void	lend_give(struct agent *a, uint64_t segment);
/* The segment's file was removed. */
void	lend_gone(void *arg, uint64_t segment);

#endif
