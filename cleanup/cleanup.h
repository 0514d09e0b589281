/*
 * cleanup - the parts of the one writer of segments
 *
 *	peer.c	 who stores, frame by frame: drafts, limits, credit
 *	large.c	 bodies that have a file of their own
 *	group.c	 when to commit, and who is told
 *	space.c	 whether the disk has room for new mail
 *
 * Process  one event loop; a commit blocks it, and what comes meanwhile waits
 *          in the sockets: that is what makes groups.
 */
#ifndef CLEANUP_CLEANUP_H
#define CLEANUP_CLEANUP_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/guests.h"
#include "event/loop.h"
#include "proc/access.h"
#include "proc/daemon.h"
#include "spool/disk.h"
#include "spool/draft.h"
#include "spool/writer.h"

#include "gather.h"

struct channel;
struct gate;
struct large;
struct peer;

/* A transaction on its way; in the list of its peer until it is told of. */
struct intake {
	TAILQ_ENTRY(intake)	 link;		/* of the peer's */
	TAILQ_ENTRY(intake)	 group;		/* of those to be committed */
	struct peer		*peer;
	uint64_t		 number;	/* the peer's name for it */
	struct spool_draft	*draft;		/* NULL: known, or refused */
	struct buf		 edits;		/* pieces of a list */
	struct large		*large;		/* its body's file */
	bool			 pending;	/* which is not durable yet */
	uint64_t		 held;		/* bytes in memory: credit */
	int64_t			 began_ms;
	bool			 known;		/* it is durable already */
	bool			 durable;	/* by this intake */
	bool			 doubtful;	/* its commit has failed */
	bool			 grouped;
	bool			 ended;
};
TAILQ_HEAD(intakes, intake);

struct peer {
	TAILQ_ENTRY(peer)	 link;
	struct channel		*channel;
	struct guest_id		 guest;
	struct intakes		 intakes;
	size_t			 count;
	size_t			 larges;	/* intakes with a file */
	uint64_t		 used;		/* credit not given back */
	uint64_t		 owed;		/* of it: to give back */
	int			 role;		/* enum ipc_role */
	struct task		 bye;
	bool			 known;
	bool			 leaving;
};
TAILQ_HEAD(peers, peer);

struct cleanup {
	struct worker		*worker;
	struct disk		*disk;
	struct spool_writer	*writer;
	struct peers		 peers;
	size_t			 peer_count;
	struct timer		 sweep;		/* of transactions left open */
	struct guests		 guests;
	struct access		 access;	/* of mtactl */

	/* group.c */
	struct intakes		 group;
	size_t			 waiting;	/* ended ones of the group */
	struct gather		 gather;
	struct timer		 gathering;	/* no longer than that */
	struct timer		 prepare;
	struct task		 turn;
	bool			 overdue;

	/* space.c */
	struct timer		 look;
	bool			 full;
	bool			 dry;		/* for bounces, too */
	int64_t			 bytes_free;	/* as it was counted */
	uint64_t		 bytes_floor;	/* below it, it is dry */
	uint64_t		 bytes_ample;	/* above it, there is more */
	uint64_t		 written;	/* since then */

	struct channel		*qmgr;		/* NULL: it is not there */
	struct timer		 hard;
};

extern struct cleanup	cleanup;

/* ---- peer.c -------------------------------------------------------------- */
void	peer_accept(void *arg, struct gate *g);
void	peer_start(void);
/* What did not end is dropped: there is no room for it. */
void	peer_refuse_open(void);
/* The intake is answered, and is no more. */
void	intake_answer(struct intake *in, int status, const char *text);
/* The bytes that it held in memory are free again. */
void	intake_release(struct intake *in, uint64_t bytes);
/* The body in a file is there, and durable; or not. */
void	intake_large_ready(struct intake *in, bool ok, uint32_t crc);

/* ---- large.c ------------------------------------------------------------- */
/* Forks the process that syncs; before the sandbox. */
int	large_prepare(struct err *e);
int	large_start(struct worker *w, struct err *e);
struct large *large_new(struct intake *in, const struct spool_id *id, int fd,
	    uint64_t size);
/* Is there room on the disk for that one, and all that are being copied? */
bool	large_fits(uint64_t size);
/* Its file goes; stays, as part of a durable transaction; or goes when a commit
 * has shown that the one that failed before is undone. */
enum large_fate { LARGE_GOES, LARGE_STAYS, LARGE_DOUBT };
void	large_free(struct large **l, enum large_fate fate);
void	large_settle(void);

/* ---- group.c ------------------------------------------------------------- */
void	group_start(void);
/* It is complete, or so large that a part of it is to be written. */
void	group_add(struct intake *in);
void	group_remove(struct intake *in);
/* How far the newest segment is durable. */
void	group_hint(void);

/* ---- space.c ------------------------------------------------------------- */
void	space_start(void);
/* So much was written: if it is much, it is looked at once. */
void	space_took(uint64_t bytes);
/* Is there room for what is made ahead?  That is not to be the reason for
 * which mail is refused. */
bool	space_ample(void);

#endif
