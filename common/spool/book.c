/*
 * The book's clockwork, and its end.  See book_start.c for its start.
 */
#include <stdlib.h>
#include <string.h>

#include "book_private.h"
#include "book_walk.h"
#include "chain.h"

#define BOOK_INDEX_MS	1000		/* a change waits at most so long */
#define BOOK_CHECKPOINT_MS 30000
#define BOOK_EMPTIED	2	/* segments that are to go */
#define BOOK_EMPTIED_MS	1000
#define BOOK_CLOCK_MS	60000

void
book_close(struct book **b)
{
	if (*b == NULL)
		return;
	book_compact_stop(*b);
	book_walk_end(*b);
	checkpoint_forget(*b);
	free((*b)->segment);
	free((*b)->bucket);
	book_started_free(*b);
	hmap_fini(&(*b)->nodes);
	book_quota_fini(*b);
	book_tables_fini(*b);
	journal_close(&(*b)->journal);
	kv_close(&(*b)->index);
	disk_close(&(*b)->file);
	disk_close(&(*b)->lock);
	buf_free(&(*b)->scratch);
	buf_free(&(*b)->record);
	free(*b);
	*b = NULL;
}

/* ---- Clockwork ----------------------------------------------------------- */

/* The newest of the segments that a writer writes to. */
static uint64_t
book_newest(const struct book *b)
{
	size_t	i = b->segment_count;

	while (i > 0 && (b->segment[i - 1].id & SEGMENT_COLD) != 0)
		i--;
	return i > 0 ? b->segment[i - 1].id : 0;
}

/* What the checkpoint that was just written does not need. */
static int
book_sweep(struct book *b, struct err *e)
{
	struct err	other;
	int		rc = book_segments_drop(b, e);

	if (!b->removed && journal_drop(b->journal, book_journal_needed(b),
	    rc == 0 ? e : &other) == -1)
		rc = -1;
	return rc;
}

int
book_hint(struct book *b, uint64_t segment, uint64_t durable, struct err *e)
{
	struct book_segment	*s = book_segment_find(b, segment);
	struct err		 later;

	/* One that is new: those before it have come to their ends. */
	if (s == NULL || !b->hinted) {
		if (book_segments_list(b, book_newest(b), e) == -1 ||
		    book_read_sealed(b, e) == -1)
			return -1;
		s = book_segment_find(b, segment);
	}
	if (s == NULL)
		return err_set(e, "segment %016llx is not there",
		    (unsigned long long)segment);
	if (book_read(b, s, durable, 0, e) == -1)
		return -1;
	book_spill(b);
	if (b->hinted)
		return 0;
	book_all_shown(b);
	/* The start has written a checkpoint, and nothing can have changed
	 * since.  What can't be removed is tried again at the next one. */
	b->hinted = true;
	(void)book_sweep(b, &later);
	return 0;
}

int
book_sync(struct book *b, struct err *e)
{
	return journal_sync(b->journal, e);
}

int
book_checkpoint(struct book *b, struct err *e)
{
	if (checkpoint_write(b, e) == -1)
		return err_wrap(e, "checkpoint");
	if (!b->hinted)
		return 0;
	b->emptied = 0;
	return book_sweep(b, e);
}

/* Every so often, and sooner when much has changed or much can go. */
static bool
book_checkpoint_due(const struct book *b)
{
	uint64_t	grown = journal_end(b->journal) - b->covered;
	int64_t		passed = b->clock.mono_ms - b->checkpoint_ms;

	return grown >= b->bucket_size || (grown > 0 &&
	    (passed >= BOOK_CHECKPOINT_MS || (b->emptied >= BOOK_EMPTIED &&
	    passed >= BOOK_EMPTIED_MS)));
}

void
book_time(struct book *b, struct book_time now)
{
	(void)queue_clock_now(&b->clock, now.mono_ms, now.wall_ms);
}

int
book_tick(struct book *b, struct book_time now, struct err *e)
{
	(void)queue_clock_now(&b->clock, now.mono_ms, now.wall_ms);
	if (now.mono_ms >= b->clock_due_ms) {
		b->clock_due_ms = now.mono_ms + BOOK_CLOCK_MS;
		book_clock_note(b);
	}
	if (journal_write(b->journal, e) == -1)
		return -1;
	if (book_checkpoint_due(b)) {
		b->checkpoint_ms = b->index_ms = now.mono_ms;
		return book_checkpoint(b, e);
	}
	if (b->pending_count >= BOOK_BATCH || (b->pending_count > 0 &&
	    now.mono_ms - b->index_ms >= BOOK_INDEX_MS)) {
		b->index_ms = now.mono_ms;
		return book_flush(b, e);
	}
	(void)journal_prepare(b->journal);
	return kv_step(b->index, e) == -1 ? -1 : 0;
}

/* Less than none is a miscount, which the next start mends: it is not to be
 * shown as the most that there can be. */
static uint64_t
book_count_of(const struct book *b, enum spool_state state)
{
	return b->state_count[state] > 0 ? (uint64_t)b->state_count[state] :
	    0;
}

void
book_count(const struct book *b, struct book_counts *counts)
{
	*counts = b->counts;
	counts->held = book_count_of(b, STATE_HOLD);
	counts->deferred = book_count_of(b, STATE_DEFER);
	counts->bouncing = book_count_of(b, STATE_BOUNCING);
	counts->entries = counts->held + counts->deferred + counts->bouncing +
	    book_count_of(b, STATE_READY);
	counts->in_memory = b->fresh_count;
	counts->pending = b->pending_count;
	counts->segments = b->segment_count;
	counts->journal_end = journal_end(b->journal);
	counts->journal_bytes = counts->journal_end -
	    journal_first(b->journal);
}

bool
book_sound(const struct book *b)
{
	return kv_sound(b->index);
}
