/*
 * failover - an attempt goes on with another hop, if there is room for it
 *
 * Ownership  what waits is the job's; see delivery.h.
 */
#ifndef QMGR_FAILOVER_H
#define QMGR_FAILOVER_H

#include "delivery.h"

void	failover_prepare(struct worker *w);
/* NEXT of a worker: 0, or -1. */
int	failover_on_next(struct agent *a, struct rbuf *r);
/* DEAD: 0, or -1. */
int	failover_on_dead(struct agent *a, struct rbuf *r);
/* The job is over. */
void	failover_forget(struct job *j);

#endif
