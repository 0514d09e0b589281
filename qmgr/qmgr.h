/*
 * qmgr - the parts of qmgr(8)
 *
 *	qmgr.c	 the daemon
 *	keeper.c the book: its start, its clockwork, what cleanup says
 *	front.c	 who connects, and what they may
 *	query.c	 a question about many entries, answered in slices
 *	change.c what a question changes
 *	group.c	 entries counted by a field
 *	stats.c	 entries counted by state
 *	quota.c	 what scripts ask about quotas
 *
 * What makes mail move: delivery.h.
 *
 * Process  one, with one thread; nothing here waits but for the disk.
 */
#ifndef QMGR_QMGR_H
#define QMGR_QMGR_H

#include "ipc/ipc.h"
#include "proc/daemon.h"
#include "queue/queue_row.h"
#include "spool/book.h"

/* ---- keeper.c ------------------------------------------------------------ */

struct keeper_state {
	bool		ready;
	uint64_t	done, all;	/* bytes read, of a start */
	char		text[512];	/* what it is doing, or what fails */
};

void	keeper_prepare(struct worker *w);
void	keeper_start(struct worker *w);
/* Parameters may have changed. */
void	keeper_renew(void);
/* Everything that was noted is with the disk. */
void	keeper_stop(void);
/* NULL while it is being opened. */
struct book *keeper_book(void);
struct disk *keeper_disk(void);
void	keeper_state(struct keeper_state *s);
/* Something has changed: the book's clockwork is due soon. */
void	keeper_changed(void);
void	keeper_linked(struct worker *w, enum ipc_role peer, int fd);
/* The queue clock, now; the book is open. */
int64_t	keeper_queue_ms(void);
/* Milliseconds of the wall clock. */
int64_t	keeper_wall_ms(void);

/* ---- front.c ------------------------------------------------------------- */
/* 0, or -1 after worker_refuse_value(). */
int	front_prepare(struct worker *w);
void	front_start(struct worker *w);
/* The book is gone for now: questions end. */
void	front_interrupt(const char *why);

#endif
