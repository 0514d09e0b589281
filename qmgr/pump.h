/*
 * pump - from the book into the scheduler: what is new, due, or waits
 *
 * Ownership  none; see delivery.h.
 */
#ifndef QMGR_PUMP_H
#define QMGR_PUMP_H

#include "delivery.h"

void	pump_prepare(struct worker *w);
void	pump_open(void);
void	pump_close(void);
/* Of the book: it was read just now. */
void	pump_arrived(void *arg, const struct spool_id *id,
	    const struct spool_entry *entry, uint64_t queue);
/* All that a hint says was read. */
void	pump_read(void);
/* One that waits may have changed. */
void	pump_one(const struct spool_id *id);
/* It may have waited in memory beyond its time. */
void	pump_check(const struct spool_id *id, struct active *a);
/* Its deadline has passed. */
void	pump_late(const struct spool_id *id);
/* Something was deferred until then (queue clock). */
void	pump_deferred(int64_t due_ms);
/* The sub-queue, or all, have room again. */
void	pump_refill(const struct schedule_subqueue *q);
void	pump_room(void);
/* Full sub-queues may have room again, and are looked at anew. */
void	pump_unfill_all(void);
/* Something could not be read: all that waits is looked at again, soon. */
void	pump_again(void);
/* An entry has left memory. */
void	pump_freed(void);

#endif
