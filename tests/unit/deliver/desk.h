/*
 * desk - a worker of deliver in this process, whose qmgr is the test, and a
 * next hop in another process
 *
 * What the worker says is text:
 *	hello  held 7  leased 1/2 idle  ready  drain
 *	done 7  defer 7  hold 7  again 7	verdicts, by job
 *	rests 1/2  closed 1/2			leases, with their uses
 *	hops 3					an answer to ASK: t.hops
 *	prepared 7				t.hops, t.try, t.context, t.own
 *	next 7/2  dead 192.0.2.1:25		of job 7's hop 2; an address
 *	traced 1  shown 1			attempt 1 begins, and ends
 *	END					it closed the connection
 *
 * Ownership  one a process: desk_setup(), desk_teardown().
 */
#ifndef TESTS_DESK_H
#define TESTS_DESK_H

#include <sys/types.h>

#include "deliver/deliver.h"
#include "ipc/channel.h"
#include "spool/entry.h"
#include "spool/state.h"

#define SEGMENT	1

struct desk {
	char		 path[64];
	int		 listening;
	struct watch	*watch;
	struct channel	*channel;
	struct buf	 heard;
	struct buf	 hops;		/* the last answer, as text */
	struct buf	 bytes;		/* and as it came */
	struct buf	 try, context;	/* of the last PREPARED */
	struct buf	 own;		/* what it has of its own, as text */
	struct buf	 sent;		/* commands that a trace showed */
	struct buf	 verdict;	/* the last one: "host|grouping|why" */
	int64_t		 due_ms;	/* and when again, from its job on */
	struct buf	 state;		/* what it changes, as text */
	struct buf	 fields;	/* of the last LEASED */
	int		 segment;
	pid_t		 hop;
	uint16_t	 port;
	struct timer	 limit;
	const char	*wanted;
	uint32_t	 flags;		/* of entries that are given */
	int		 commands;	/* of traces */
	struct spool_entry entry;	/* that are given: what is not 0 */
	struct entry_state before;	/* and their state */
};

extern struct desk	t;
extern struct worker	worker;

/* hook_predelivery is that script, by that transport.cf. */
void		 give_hook(const char *text, const char *transports);
int		 desk_setup(void **state);
int		 desk_teardown(void **state);
/* Until that is heard; all that was, which is then forgotten. */
const char	*hear(const char *wanted);
/* Hops as text, as the desk heard them: what is cached grows old by the second,
 * and on a slow machine one passes. */
bool		 are_hops(const char *got, const char *want);
/* The transport and the segment that all jobs name. */
void		 give_all(uint64_t number, const char *options);
struct ipc_DELIVER_JOB job_frame(uint64_t job, uint64_t lease,
		    uint32_t uses);
void		 give_entry(uint64_t job, uint32_t queue, const char *to);
void		 give(uint64_t job, uint64_t lease, uint32_t uses,
		    const char *to);
/* A job of kind PREPARE. */
void		 give_prepare(uint64_t job, const char *to);
void		 give_safe(uint64_t job);
/* For so many attempts, by one term. */
void		 give_trace(uint64_t trace, uint32_t attempts,
		    const char *name, const char *value);

#endif
