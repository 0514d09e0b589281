/*
 * told - texts that deliver workers are told once, and then by a number
 *
 * Transports, routes, rows of policy.cf: a job names them by number.  A number
 * is never used again.
 *
 * Ownership  the caller's texts; what a worker knows is its agent's.
 */
#ifndef QMGR_TOLD_H
#define QMGR_TOLD_H

#include "delivery.h"

enum told { TOLD_TRANSPORT, TOLD_ROUTE, TOLD_ROW, TOLD_TRY };

/* A new one. */
uint64_t told_number(void);
/* If it does not know that one yet. */
void	told_tell(struct agent *a, enum told kind, uint64_t number,
	    struct str text);
/* No job will name it any more. */
void	told_drop(uint64_t number);
/* Its connection is gone, and what it knew. */
void	told_forget(struct agent *a);

#endif
