/*
 * lease - leave to have connections open, as the granter of the engine
 *
 * A lease is leave for one connection (job/job.h).  Each connection, and each
 * attempt to make one, goes by one lease; leases of one transport are alike,
 * so that a job which takes another's idle connection changes leases with it.
 *
 *	the job's lease has		a job that asks for a connection
 *	nothing				may open one
 *	the one it holds already	may go on with it
 *	an idle one that does not fit	waits: that one is closed first
 *	one that says QUIT, or RSET	waits until it is closed, or idle
 *	... for a hop without leave	waits for qmgr's (course.h)
 *
 * Ownership  leases are the table's: one ends when neither a job nor a
 *            connection has it, and qmgr is told CLOSED.
 * Failure    lease_join(): NULL, another job has it.
 * Process    on the event loop.
 */
#ifndef DELIVER_LEASE_H
#define DELIVER_LEASE_H

#include <stdint.h>

#include "base/str.h"
#include "schedule/policy_field.h"
#include "send/grant.h"

struct channel;
struct lease;

void		 leases_init(void);
void		 leases_fini(void);	/* behind jobs and engine */
struct granter	 lease_granter(void);
/* uses: of qmgr's count, or 0: one more. */
struct lease	*lease_join(uint64_t number, uint32_t uses,
		    struct str transportid);
/* What its place is counted by from now on; l may be NULL. */
void		 lease_note(struct lease *l, const struct policy_values *v);
/* Its job has qmgr's answer (course.h). */
void		 lease_resume(struct lease *l);
/* The job needs it no more. */
void		 lease_leave(struct lease **l);
void		 lease_evict(uint64_t number, uint32_t uses);
uint64_t	 lease_number(const struct lease *l);	/* 0: NULL's */
void		 lease_tell_all(struct channel *c);

#endif
