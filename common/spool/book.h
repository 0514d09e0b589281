/*
 * book - what lies in the spool, and what has become of it
 *
 * Segments say what was accepted, the journal what became of it; the index
 * only finds it.  The book reads the one and writes the others.  An entry that
 * has just been read is in memory alone; once it waits longer (it is held,
 * deferred, or there are too many) it is in the index.
 *
 *	reader ---> fresh, in memory ---> DONE
 *			|  STATE, or too many
 *			v
 *		    the index ---> STATE ... ---> DONE
 *
 * Ownership  book_open() gives, book_close() takes and clears; disk and index
 *            argument stay the caller's.
 * Failure    0, or -1 with *e; 1: there is no such entry.
 * Process    one a spool, by a lock.  book_sync(), book_tick() block.
 */
#ifndef SPOOL_BOOK_H
#define SPOOL_BOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "book_corrupt.h"
#include "disk.h"
#include "kv/kv.h"
#include "state.h"

struct book;

/* Of the wall and the monotonic clock; a test's are its own. */
struct book_time {
	int64_t	mono_ms;
	int64_t	wall_ms;
};

struct book_events {
	/* An entry was read that was not known; its sub-queue's number. */
	void	(*arrived)(void *arg, const struct spool_id *id,
		    const struct spool_entry *entry, uint64_t queue);
	/* Something on the disk is not what was written; what was lost. */
	void	(*damage)(void *arg, const char *what);
	void	(*removed)(void *arg, uint64_t segment);
	void	*arg;
};

struct book_options {
	struct disk	*disk;
	const struct kv_ops *index_ops;
	void		*index_arg;
	uint64_t	 journal_size;	/* of a file; 0: as usual */
	uint64_t	 journal_part;	/* dropped as a whole; 0: as usual */
	bool		 journal_short;	/* as short as can be: for tests */
	uint32_t	 compact_slice;	/* records; 0: as usual */
	bool		 compact_soon;	/* what may empty by itself, too */
	bool		 reuse_shown;	/* files that may be read, too */
	uint32_t	 memory_limit;	/* in memory alone; 0: 100,000 */
	enum book_corrupt corrupt;
	struct book_events events;
	struct book_time time;
};

/* What the index keeps of an entry. */
struct book_entry {
	struct spool_place place;
	uint64_t	journal;	/* of its last STATE, + 1; 0: none */
	int64_t		due_ms, accepted_ms;	/* queue clock */
	uint64_t	queue;		/* number of its sub-queue */
	uint16_t	retry;
	uint8_t		state;		/* enum spool_state */
	bool		urgent;		/* priority 1 */
	bool		waits;		/* due, and nobody has room for it */
	bool		quotas;		/* it carries such names */
};

struct book_counts {
	uint64_t	entries;	/* living */
	uint64_t	held, deferred, bouncing;	/* of them */
	uint64_t	in_memory;	/* alone, of entries */
	uint64_t	pending;	/* changes, not in the index yet */
	uint64_t	segments;
	uint64_t	journal_end;
	uint64_t	journal_bytes;	/* that it has now */
	uint64_t	renewed;	/* records of it that were told again */
	uint64_t	checkpoints;
	uint64_t	compacted, tables;	/* segments; read by tables */
	uint64_t	damaged;
	bool		rebuilt;	/* the index was made anew */
};

int	book_open(struct book **b, const struct book_options *options,
	    struct err *e);
/*
 * The same in slices of some milliseconds, since a start may take minutes:
 * until book_step() has given 0 (1: there is more) nothing else may be asked
 * but this and book_close().
 */
int	book_begin(struct book **b, const struct book_options *options,
	    struct err *e);
int	book_step(struct book *b, struct err *e);
/* Of so many bytes of segments so many have been read. */
void	book_progress(const struct book *b, uint64_t *done, uint64_t *all);
void	book_close(struct book **b);
/* false, for good: the index has lost what was not flushed.  Close it and
 * open it again. */
bool	book_sound(const struct book *b);

/* The writer of segments says how far this one is durable: what is new in it
 * and in those before it is read. */
int	book_hint(struct book *b, uint64_t segment, uint64_t durable,
	    struct err *e);
int	book_get(struct book *b, const struct spool_id *id,
	    struct book_entry *entry, struct err *e);
/* The whole state, its place too: what a change begins from.  Its texts hold
 * until the next call. */
int	book_state(struct book *b, const struct spool_id *id,
	    struct entry_state *state, struct err *e);
/* A change is noted; it is confirmed when book_sync() returns 0. */
int	book_change(struct book *b, const struct spool_id *id,
	    const struct entry_state *state, struct err *e);
int	book_done(struct book *b, const struct spool_id *id, int action,
	    struct err *e);
int	book_sync(struct book *b, struct err *e);
/* What time it is, before anything that has to do with it. */
void	book_time(struct book *b, struct book_time now);
/* What is due: the index, a checkpoint, segments that are empty.  Often. */
int	book_tick(struct book *b, struct book_time now, struct err *e);
/* A checkpoint now, and what is empty is removed. */
int	book_checkpoint(struct book *b, struct err *e);

/* A slice of copying what lives in a sealed segment that is mostly dead, or
 * whose file is mostly empty, so that it can go: 1: there may be more to do;
 * 0: there is none. */
int	book_compact(struct book *b, struct err *e);
/* Are so many mostly dead that this is not to wait for idle time?  Looks at
 * each segment. */
bool	book_wastes(struct book *b);

/* Has the writer said how far it is?  Before that nothing can change. */
bool	book_hinted(const struct book *b);
int64_t	book_now(const struct book *b);			/* queue clock */
void	book_count(const struct book *b, struct book_counts *counts);

/* A process that may see no other segment has this one's file open, from now
 * on perhaps for ever: the file is not to be another's later. */
void	book_shown(struct book *b, uint64_t segment);

#endif
