/*
 * active - entries that the scheduler has
 *
 * Ownership  an entry is the table's, from active_add() to active_drop();
 *            texts of an envelope hold until the book is asked again.
 */
#ifndef QMGR_ACTIVE_H
#define QMGR_ACTIVE_H

#include "delivery.h"

/* There may be a hundred thousand: 64 bytes each. */
struct active {
	TAILQ_ENTRY(active)	 link;	/* of its job */
	unsigned char		 key[SPOOL_ID_SIZE];
	schedule_ref		 ref;
	uint32_t		 self;		/* its place in the table */
	uint32_t		 place;	/* of its hopset, or its route */
	struct job		*job;	/* it is being sent */
	pid_t			 awaits;	/* who may have it */
	uint32_t		 held : 25;	/* a schedule_conn, meanwhile */
	uint32_t		 alone : 1;	/* it ended a worker before */
	uint32_t		 prepares : 1;	/* it waits for its hook */
	uint32_t		 prepared : 1;	/* its hook left something */
	uint32_t		 again : 1;	/* it was given back before */
	uint32_t		 named : 1;	/* by its worker */
	uint32_t		 apart : 1;	/* it is not in a queue */
	uint32_t		 routing : 1;	/* it is on a route's list */
};
TAILQ_HEAD(active_list, active);

enum active_result {
	ACTIVE_TAKEN,
	ACTIVE_FULL,
	ACTIVE_NOWHERE		/* no transport of that name */
};

void	active_open(void);
void	active_close(void);
struct active *active_find(const struct spool_id *id);
size_t	active_count(void);
/* Shows so many from that place on, 0 the first; where to go on, or 0.  fn()
 * may take the one that it is shown out. */
uint32_t active_walk(uint32_t at, uint32_t count,
	    void (*fn)(void *arg, struct active *a), void *arg);
enum queue_live active_live(const struct spool_id *id);
/* entry: with what has changed over it.  poison: it runs alone. */
enum active_result active_add(const struct spool_id *id,
	    const struct spool_entry *entry, bool poison);
/* It is in no queue and no job any more; the scheduler's part is the
 * caller's. */
void	active_drop(struct active *a);
/* active_drop(), and what the book knows of it is looked at anew. */
void	active_anew(struct active *a);
/* Out of the scheduler and of memory; false: it is being sent. */
bool	active_remove(struct active *a);
/* What the scheduler is told of an entry; its texts are the entry's and the
 * buffer's. */
int	active_describe(struct schedule_entry_in *in, struct buf *text,
	    const struct spool_id *id, const struct spool_entry *entry);
/* One that is in memory becomes one that is worked on. */
void	active_apart(struct active *a, const struct schedule_entry_in *in);
/* It goes by these hops, whose reference is taken over: it is scheduled.
 * ACTIVE_FULL: it is in memory no more. */
enum active_result active_go(struct active *a, const struct spool_entry *entry,
	    uint32_t hopset);
/* What a connection for it counts against, if it goes by the first hop. */
void	active_limited(const struct active *a, struct schedule_entry_in *in,
	    struct buf *text, const struct spool_entry *entry);
void	active_subqueue(const struct active *a, struct schedule_subqueue *q,
	    struct buf *text, const struct spool_entry *entry);
/* One that does not wait in the scheduler. */
struct active *active_add_sending(const struct spool_id *id,
	    const struct schedule_entry_in *in);
/* It is known now who has it. */
void	active_found(struct active *a);
/* The entry as it is now; its texts are in *bytes and the journal's. */
int	active_entry(const struct spool_id *id, struct book_envelope *envelope,
	    struct entry_state *state, struct buf *bytes, struct err *e);

#endif
