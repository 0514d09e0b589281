/*
 * schedule_conn - the scheduler's workers, connections and what was there
 * before it
 *
 * Process    pure; see schedule.h.
 */
#ifndef SCHEDULE_SCHEDULE_CONN_H
#define SCHEDULE_SCHEDULE_CONN_H

#include "schedule.h"

/* Slots below 1024.  in_flight: entries at a time. */
void	schedule_worker_add(struct schedule *s, uint16_t slot,
	    uint32_t in_flight);
/* Nothing more for it; what it has goes on. */
void	schedule_worker_drain(struct schedule *s, uint16_t slot);
/* It is gone, with its connections.  What it was sending stays SENDING until
 * the caller says done or again. */
void	schedule_worker_remove(struct schedule *s, uint16_t slot);

/* The attempt is over, its connection is kept open. */
void	schedule_connection_idle(struct schedule *s, schedule_conn conn,
	    int64_t now_ms);
/* It is closed, or was never opened. */
void	schedule_connection_closed(struct schedule *s, schedule_conn conn,
	    int64_t now_ms);
/* A connection that was there before us: what an entry that the journal says
 * STARTED holds (worker SCHEDULE_NOBODY), or what a worker reports.  It
 * counts although there may be no room; closed or idle end it as any. */
schedule_conn schedule_started(struct schedule *s,
	    const struct schedule_entry_in *in, unsigned candidate,
	    uint16_t worker);
void	schedule_started_over(struct schedule *s, schedule_conn conn,
	    int64_t now_ms);
/* An entry in flight as HELD says: SENDING without a pickup.  It takes no
 * slot: schedule_started() does.  It may exceed the limits of windows. */
schedule_ref schedule_add_sending(struct schedule *s,
	    const struct schedule_entry_in *in, uint16_t worker,
	    int64_t now_ms);
/*
 * The attempt on conn, of so many recipients, goes on with another candidate:
 * true, and conn holds that one's limiters (those that it did not hold
 * before are paid for); or false, and all is as it was.
 */
bool	schedule_failover(struct schedule *s, schedule_conn conn,
	    const struct schedule_candidate *to, uint32_t recipients,
	    int64_t now_ms);

#endif
