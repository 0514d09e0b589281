/*
 * delivery - the parts of qmgr(8) that make mail move
 *
 *	outlets.c  transport.cf as it holds, each transport with a number
 *	route.c	   where mail goes, as workers found out; hopset.c: lists of
 *		   hops, each once; told.c: texts that workers know by number
 *	prepare.c  entries whose hook is asked first
 *	policies.c policy.cf as it holds, and what it says of a queue
 *	live.c	   what is added to them for a time; desk.c, policy_rows.c:
 *		   what mtactl(8) sees of it
 *	bucket.c   long rates, over a restart; overdue.c: who waits too long
 *	active.c   entries that the scheduler has
 *	pump.c	   from the book into the scheduler: what is new, due, or waits
 *	dispatch.c what the scheduler picks up becomes jobs, and leaves
 *	job.c	   jobs, and what becomes of their entries
 *	lease.c	   leave to have connections open
 *	agent.c	   deliver workers: who there is, and what they say
 *	failover.c an attempt goes on with another hop
 *	lend.c	   descriptors of segments that they read from
 *	verdict.c  what they say of an entry goes into the book
 *	poison.c   entries that end their workers
 *	bounces.c  whose senders are told; teller.c: the workers of bounce(8)
 *	delivery.c all of it, from the day that the book is open
 *
 *	book --pump--> active (scheduler) --dispatch--> job at an agent
 *	  ^							|
 *	  '----------- verdict: DONE, or when it is due again --'
 *
 * Ownership  an active entry is the hash's, a job its agent's, a lease the
 *            table's.
 */
#ifndef QMGR_DELIVERY_H
#define QMGR_DELIVERY_H

#include <sys/queue.h>

#include "base/hmap.h"
#include "job/job.h"
#include "schedule/schedule.h"
#include "schedule/schedule_conn.h"
#include "schedule/schedule_view.h"
#include "schedule/transport.h"
#include "spool/book_envelope.h"
#include "spool/book_started.h"
#include "spool/book_wait.h"

#include "qmgr.h"

struct agent;
struct channel;
struct job;

void	delivery_prepare(struct worker *w);
/* The transports may be others now. */
void	delivery_renew(void);
/* The book is open and whole, or is not any more. */
void	delivery_open(void);
void	delivery_close(void);
struct worker	*delivery_worker(void);
struct schedule *delivery_schedule(void);
int64_t	delivery_now(void);		/* of the scheduler's clock */
uint32_t delivery_active_limit(void);
/* Workers may have connections that they have not told of yet. */
bool	delivery_awaits(void);
/* The scheduler's numbers; what waits for a route is waiting, too. */
void	delivery_stats(struct schedule_stats *s);
/* Its numbers, on the board. */
void	delivery_show(void);

#include "outlets.h"
#include "active.h"
#include "lease.h"
#include "job.h"
#include "lend.h"
#include "agent.h"
#include "pump.h"
#include "dispatch.h"
#include "verdict.h"
#include "poison.h"

#endif
