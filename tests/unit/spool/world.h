/*
 * world - what tests of the spool share: a disk, an index, a writer, a book
 *
 *	struct world_options	o = { .segment = 64 * 1024, .body = 3500 };
 *	struct world		w;
 *
 *	world_init(&w, &o);
 *	world_store(&w, 3);		0:1, 0:2, 0:3: durable, no book yet
 *	world_open(&w);			a book, which has read them
 *	world_accept(&w, 1);		1:1, which it has read, too
 *	world_done(&w, 0, 2);
 *	world_again(&w, true);		the same, with its index made anew
 *	world_fini(&w);
 *
 * A transaction is named by a number, an entry by this and its own, which
 * counts from 1.  The parts are there for a test to use: it may close the book
 * or the writer, damage the disk, and go on with world_open().
 *
 * Ownership  world_init() gives, world_fini() takes, whatever is open.
 * Failure    where the spool fails the test does, with the error's text; who
 *            expects an error calls the spool and not the world.
 * Process    any number of worlds.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kv/kv_model.h"
#include "spool/book.h"
#include "spool/disk_fake.h"
#include "spool/entry.h"
#include "spool/writer.h"

/* What is 0 is as usual. */
struct world_options {
	struct disk	*disk;		/* taken; NULL: a fake one */
	uint64_t	 seed;		/* of that; 0: 1 */
	uint64_t	 segment;	/* bytes */
	size_t		 body;		/* bytes of each transaction's; 0: 4 */
	/* What each entry is like, but for its number and its size; where it
	 * has no recipient, that is b@example.com. */
	struct spool_entry entry;
	/* The disk is the world's; so are the index and each event, where they
	 * are not given.  The events' argument is the world in any case. */
	struct book_options book;
};

struct world {
	struct world_options o;		/* may be changed, for what comes */
	struct disk	*disk;
	struct kv_model	*index;
	struct spool_writer *writer;	/* NULL while it is closed */
	struct book	*book;		/* the same */
	uint32_t	 next;		/* number of the next transaction */
	int		 arrived, damaged;	/* events */
	char		 damage[256];	/* what the last one said */
	struct err	 e;		/* of the last error, for tests, too */
};

/* Neither writer nor book is open. */
void	world_init(struct world *w, const struct world_options *o);
void	world_fini(struct world *w);

/* Another writer in the place of the one there is, if there is one. */
void	world_writer(struct world *w);
/* A book, and a writer if there is none; all that is durable is read. */
void	world_open(struct world *w);
void	world_close(struct world *w);
/* Another book in the place of the one there is.  anew: its index is damaged,
 * and was made anew. */
void	world_again(struct world *w, bool anew);
/* All processes end, and the disk is mended; with the power goes what was not
 * synced. */
void	world_cut(struct world *w, bool power);

struct spool_id world_id(uint32_t n, uint32_t queue);
uint32_t world_number(const struct spool_id *id);
/* The next transaction, with its body; there is a writer then. */
struct spool_draft *world_draft(struct world *w);
/* So many more entries of it. */
void	world_add(struct world *w, struct spool_draft *d, uint32_t entries);
/* What is complete of it is durable. */
void	world_commit(struct world *w, struct spool_draft *d);
/* A transaction, in a batch of its own; its number. */
uint32_t world_store(struct world *w, uint32_t entries);
/* So many transactions. */
void	world_fill(struct world *w, uint32_t count, uint32_t entries);
/* The book reads what is durable. */
void	world_hint(struct world *w);
/* One is stored, and read; its number. */
uint32_t world_accept(struct world *w, uint32_t entries);

/* What the book says of an entry; all but world_has() want it to be there. */
bool	world_has(struct world *w, uint32_t n, uint32_t queue);
struct book_entry world_get(struct world *w, uint32_t n, uint32_t queue);
/* A change begins with it; its texts hold until the book's next call. */
struct entry_state world_state(struct world *w, uint32_t n, uint32_t queue);
void	world_change(struct world *w, uint32_t n, uint32_t queue,
	    const struct entry_state *s);
/* It is tried again, then. */
void	world_defer(struct world *w, uint32_t n, uint32_t queue,
	    uint16_t retry, int64_t due_ms);
void	world_done(struct world *w, uint32_t n, uint32_t queue);
struct book_counts world_counts(struct world *w);

void	world_sync(struct world *w);
void	world_checkpoint(struct world *w);
/* Until there is no more to do. */
void	world_compact(struct world *w);

/* Of a file in bytes; 0: there is none. */
uint64_t world_size(struct world *w, const char *name);

#endif
