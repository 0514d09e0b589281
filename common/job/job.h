/*
 * job - what qmgr(8) asks of deliver(8), and what it is told
 *
 * A job is an attempt for one or more entries of one transaction, which have
 * the same edits, sender and transport; each has a verdict of its own.  See
 * ipc.def for the frames.
 *
 * A verdict's state (spool/state.h) counts in what is named here; all else of
 * it is the book's.
 *
 *	verdict	counts of its state
 *	DONE	nothing
 *	DEFER	due_ms (queue clock), retry, notified, and the changes
 *	HOLD	reason, retry, notified, and the changes
 *	BOUNCE	reason, and the changes
 *	DELETE	reason
 *	AGAIN	nothing: it was not tried, nothing is counted
 *
 * The changes are `changed` with what it names; reason, remotemx, remoteip,
 * localip and grouping are of the attempt, and always taken.  A transport that
 * there is none of, a priority that is none or a text that is too long makes
 * the verdict a deferral with a reason.
 *
 * Leases.  A lease is leave to have one connection open.  qmgr gives it with
 * a job; the job's connection, new or idle, goes by it.  deliver says RESTS
 * when the job is over and the connection stays open, CLOSED when it has
 * none: at once where a job ended without.  A job with a lease that rested
 * uses the transport's idle connection, or opens one if it has just gone.
 * Leases of one transport are alike: deliver never has more connections open
 * of it than leases.
 *
 * Preparing.  Where there is a hook_predelivery, an entry that is due and has
 * no route yet is first given to a worker as a job of its own, of kind PREPARE:
 * one entry, no lease, route, row or try, nothing STARTED in the journal.  It
 * counts as in flight with that worker, and ends by one of
 *
 *	PREPARED	it is scheduled by these hops, in place of ASK's, and
 *			tried by a job that names `try` and gives `context`
 *			back; there is no SAFE, the worker has forgotten it
 *	VERDICT		it is not tried now: as any verdict, AGAIN too; SAFE
 *			ends it
 *
 * `try` and `context` are opaque to qmgr.  Entries go together, and are of one
 * virtual queue, only if their `try` is the same, byte for byte; a context is
 * each entry's own.  Hops that say an error are scheduled as those of HOPS: the
 * attempt has its verdict of them.  What was prepared holds as long as its
 * hops' time to live; then the entry is prepared again, and both are dropped.
 * They are lost with qmgr, and with the connection to the worker what it is
 * preparing: neither says HELD, such an entry is prepared again.  A worker
 * without the hook answers, too, as if it had said Try().
 *
 * A worker's name in the journal is its process id.
 */
#ifndef JOB_JOB_H
#define JOB_JOB_H

enum job_kind {
	JOB_ATTEMPT = 1,
	JOB_AFTER = 2,		/* no attempt is made: only what follows one */
	JOB_PREPARE = 3		/* only what comes before one */
};

enum job_verdict {
	JOB_DONE = 1,
	JOB_DEFER = 2,
	JOB_HOLD = 3,
	JOB_BOUNCE = 4,
	JOB_DELETE = 5,
	JOB_AGAIN = 6
};

enum lease_event {
	LEASE_RESTS = 1,
	LEASE_CLOSED = 2
};

/* state.def's notified: steps of the schedule, and whether the sender was told
 * that a DELIVERBY=N has passed. */
#define JOB_NOTIFIED_STEPS	127
#define JOB_NOTIFIED_DEADLINE	128

/* Descriptors of segments that one worker is lent at a time. */
#define JOB_SEGMENTS_MAX	64
/* Of what a Try() asks for, and of $context, frozen. */
#define JOB_TRY_MAX		65536
#define JOB_CONTEXT_MAX		65536
/* Of what PREPARED's context has: that, metadata, and some bytes around. */
#define JOB_METADATA_MAX	(128 * 1024)
#define JOB_CARRIED_MAX		(JOB_CONTEXT_MAX + JOB_METADATA_MAX + 16)
/* Of what applies at its pickup, as a script sees it. */
#define JOB_POLICY_MAX		65536
/* Entries of one job, and bytes of all their frames. */
#define JOB_ENTRIES_MAX		1000
#define JOB_BYTES_MAX		(64U << 20)

#endif
