/*
 * lease - leave to have a connection open, as the scheduler counts it
 *
 * Ownership  A lease is the table's, until it is CLOSED.
 */
#ifndef QMGR_LEASE_H
#define QMGR_LEASE_H

#include "delivery.h"

struct lease {
	struct hmap_entry	 hash;
	uint64_t		 number;
	struct agent		*agent;
	schedule_conn		 conn;
	uint32_t		 uses;		/* jobs that had it */
	bool			 named;		/* by its agent */
	bool			 rests;		/* as it says, before READY */
};

struct lease *lease_of_conn(schedule_conn conn);
struct lease *lease_find(const struct agent *a, uint64_t number);
/* number 0: a new one. */
struct lease *lease_new(struct agent *a, schedule_conn conn, uint64_t number);
void	lease_event(struct lease *l, enum lease_event event);
void	lease_evict(schedule_conn conn);
/* The agent is gone, or its connection: the scheduler knows. */
void	lease_forget_all(const struct agent *a);
/* What an agent does not name before READY it has not; what it names and does
 * not use is free for the next job. */
void	lease_unname(const struct agent *a);
void	lease_sift(const struct agent *a);
void	lease_open(void);
void	lease_close(void);

#endif
