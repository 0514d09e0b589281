/*
 * book_private - the book's parts
 *
 * A node is an entry of which memory knows something: that it is there alone
 * (FRESH), that the index is to be told of it (CHANGED) or of its end (GONE),
 * or what the journal says of one that no reader has met yet in this life: it
 * is done (AHEAD), or is there, and does not count before it is met (UNMET).
 */
#ifndef SPOOL_BOOK_PRIVATE_H
#define SPOOL_BOOK_PRIVATE_H

#include "base/buf.h"
#include "base/hmap.h"
#include "book.h"
#include "book_bucket.h"
#include "book_quota.h"
#include "book_renew.h"
#include "book_table.h"
#include "journal.h"
#include "base/wire.h"
#include "queue_clock.h"
#include <sys/queue.h>

enum book_node_flag {
	NODE_FRESH	= 1 << 0,
	NODE_CHANGED	= 1 << 1,
	NODE_GONE	= 1 << 2,
	NODE_AHEAD	= 1 << 3,
	NODE_UNMET	= 1 << 4
};

struct book_node {
	struct hmap_entry	hash;
	TAILQ_ENTRY(book_node)	link;	/* of the list its flags name */
	unsigned char		key[SPOOL_ID_SIZE];
	unsigned int		flags;
	struct book_entry	entry;
};
TAILQ_HEAD(book_nodes, book_node);

#define BOOK_BATCH	100	/* changes into the index at once, at least */
#define BOOK_BATCH_MAX	10000

enum book_phase {
	START_REBUILD,		/* all segments are read */
	START_JOURNAL,
	START_SEALED,		/* what is new in them */
	START_RECOUNT,
	START_LAST,
	START_DONE
};

struct book_start {
	enum book_phase	phase;
	bool		miscounted;	/* what counts were made of is lost */
	size_t		segment;	/* that is being read */
	uint64_t	done, all;	/* bytes of segments */
	char		key[KV_KEY_MAX];	/* of the walk's next */
	size_t		key_len;
};

struct book {
	struct disk	 *disk;
	struct disk_file *lock;
	struct journal	 *journal;
	struct kv	 *index;
	struct book_options options;
	struct queue_clock clock;
	int64_t		  clock_noted_ms, clock_noted_wall_ms;
	int64_t		  clock_due_ms;	/* monotonic: to be noted again */

	struct disk_file *file;		/* that was read from last */
	uint64_t	  file_segment;

	struct hmap	  nodes;	/* by id */
	struct book_nodes fresh;	/* FRESH, the oldest first */
	struct book_nodes pending;	/* CHANGED, GONE */
	struct book_nodes ahead;	/* AHEAD, UNMET */
	size_t		  fresh_count, pending_count;
	int64_t		  pending_due_ms;	/* the first of them */
	bool		  pending_waits;	/* one of them waits */
	bool		  pending_bounces;	/* is so */
	struct hmap	  started;	/* by id */

	struct book_segment *segment;	/* by id; compacted ones last */
	size_t		  segment_count;
	struct book_bucket *bucket;	/* by number */
	size_t		  bucket_count;
	size_t		  emptied;	/* that may be, since the checkpoint */
	bool		  removed;	/* files were, and it is not synced */
	uint64_t	  next_cold;

	uint64_t	  index_floor;	/* an index before it is none */
	uint64_t	  indexed;	/* of the journal, by the index */
	uint64_t	  covered;	/* of the journal, by the checkpoint */
	uint64_t	  covered_before;	/* by the one before it */
	int64_t		  checkpoint_ms, index_ms;	/* monotonic */
	struct buf	  scratch, record;
	struct book_quotas quotas;
	struct book_tables tables;
	struct book_compact *compact;	/* one that is under way, or NULL */
	struct book_walk *walk;		/* where one stopped, or NULL */
	struct book_renew renew;
	int64_t		  state_count[STATE_MAX];
	unsigned char	  identity[SPOOL_TXN_SIZE];
	uint64_t	  bucket_size;
	uint64_t	  replayed;	/* while there is no journal yet */
	bool		  hinted;	/* the writer said how far it is */
	struct book_counts counts;
	struct book_start start;
};

/* ---- book_journal.c: changes --------------------------------------------- */
int	book_replay(void *arg, const struct journal_record *record);
/* An entry that was met comes, changes or goes. */
void	book_count_in(struct book *b, const struct book_entry *entry, int by);

/* ---- book_compact.c ------------------------------------------------------ */
/* The one that is under way is given up; what there is of its copy is found
 * at the next start. */
void	book_compact_stop(struct book *b);
/* The segment that this one is being copied to, or 0. */
uint64_t book_compact_copy(const struct book *b, uint64_t segment);
bool	book_compact_writes(const struct book *b, uint64_t segment);
/* ---- book_started.c ------------------------------------------------------ */
void	book_started_note(struct book *b, struct str payload);
void	book_started_over(struct book *b, const struct spool_id *id);
void	book_started_free(struct book *b);
void	book_started_put(struct buf *out, struct book *b);
int	book_started_get(struct rbuf *r, struct book *b);
/* ---- checkpoint.c -------------------------------------------------------- */
/* 0; 1: there is none that is whole; -1 with *e. */
int	checkpoint_read(struct book *b, struct err *e);
int	checkpoint_write(struct book *b, struct err *e);
void	checkpoint_forget(struct book *b);

#include "book_clock.h"
#include "book_index.h"
#include "book_segments.h"

#endif
