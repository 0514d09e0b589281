/*
 * deliver - what the parts of a deliver(8) worker share
 *
 *	mailroom.c  the connection to qmgr: what it says, what it is told
 *	numbered.c  what qmgr names by numbers of its own:
 *	outlet.c    transports
 *	way.c       routes
 *	row.c       delivery rows of policy.cf
 *	trial.c     what scripts ask for
 *	routing.c   where mail for a domain goes, for qmgr to choose from
 *	hops.c      addresses and sources as a route
 *	own.c       is a host this one?
 *	lent.c      segments that it lends
 *	intake.c    frames become jobs
 *	job.c       jobs in hand: the order of their lives
 *	carried.c   what an entry has from before its attempt
 *	prepare.c   an entry before its attempt
 *	attempt.c   one job's transaction: from the job to a request, and back
 *	shape.c     options and backend that hold for it
 *	course.c    over which hops of its route it goes
 *	body.c      the message's bytes, for the client engine
 *	after.c     behind it: verdicts, and the hook that may change them
 *	verdict.c   what becomes of a recipient
 *	notice.c    what its sender is told
 *	message.c   its message as scripts may read it
 *	lease.c     leave to have connections open
 *	trace.c     attempts that somebody looks at
 *	account.c   what the log and the counters say
 *	drain.c     how a worker ends
 */
#ifndef DELIVER_DELIVER_H
#define DELIVER_DELIVER_H

#include <limits.h>

#include "proc/daemon.h"
#include "send/send.h"

struct dns;
struct secrets;

struct deliver {
	struct worker		*worker;
	struct loop		*loop;
	const struct params	*params;
	struct dns		*dns;
	struct send_trust	 trust;
	struct send_engine	*engine;
	struct secrets		*secrets;
	char			 run_directory[PATH_MAX];
	bool			 draining;
};

extern struct deliver	deliver;

#endif
