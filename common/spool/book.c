/*
 * The book: its start, its clockwork, its end.
 *
 * A start
 *   1. reads the checkpoint: position of the journal, segments, counts, and
 *      what was in memory alone;
 *   2. opens the index, which is at least as far as the checkpoint; where it
 *      is damaged, gone, or another spool's, it is made again from all that
 *      the segments have (nothing is lost by that but time);
 *   3. replays the journal from the checkpoint on, or all of it that there
 *      is.  A record of an entry that no reader has met yet is remembered
 *      until one does;
 *   4. reads what is new in the segments that are sealed.  The newest is read
 *      when its writer says how far it is durable.
 *
 * Until the writer has said so once, neither journal nor segments are
 * dropped.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "book_private.h"
#include "bytes.h"
#include "chain.h"

#define BOOK_LOCK	"book.lock"
#define BOOK_MEMORY	100000
#define BOOK_INDEX_MS	1000		/* a change waits at most so long */
#define BOOK_CHECKPOINT_MS 30000
#define BOOK_CLOCK_MS	60000

static int
book_take_lock(struct book *b, struct err *e)
{
	if (disk_open(b->disk, BOOK_LOCK, DISK_WRITE, &b->lock) == -1 &&
	    (errno != ENOENT || disk_open(b->disk, BOOK_LOCK, DISK_CREATE,
	    &b->lock) == -1))
		return err_errno(e, "%s", BOOK_LOCK);
	if (disk_lock(b->lock) == -1)
		return errno == EAGAIN || errno == EWOULDBLOCK ?
		    err_set(e, "another process keeps this spool's queue") :
		    err_errno(e, "lock %s", BOOK_LOCK);
	return 0;
}

/* ---- The index at a start ------------------------------------------------ */

/* Is it this spool's, and not behind the checkpoint? */
static int
book_index_fits(struct book *b, bool *fits, struct err *e)
{
	struct str	value;
	int		rc;

	*fits = false;
	if ((rc = kv_get(b->index, STR("i"), &value, e)) != 0)
		return rc == 1 ? 0 : -1;
	if (value.len != sizeof b->identity ||
	    memcmp(value.p, b->identity, value.len) != 0)
		return 0;
	if ((rc = kv_get(b->index, STR("p"), &value, e)) != 0)
		return rc == 1 ? 0 : -1;
	*fits = value.len == 8 &&
	    bytes_get((const unsigned char *)value.p, 8) >= b->index_floor;
	return 0;
}

static int
book_index_open(struct book *b, bool *fits, struct err *e)
{
	const struct book_options	*o = &b->options;
	int				 rc;

	rc = kv_open(&b->index, o->index_ops, o->index_arg, e);
	*fits = false;
	if (rc == -1)
		return -1;
	if (rc == 0 && book_index_fits(b, fits, e) == 0 && *fits)
		return 0;
	kv_close(&b->index);
	*fits = false;
	if (kv_destroy(o->index_ops, o->index_arg, e) == -1 ||
	    kv_open(&b->index, o->index_ops, o->index_arg, e) != 0)
		return -1;
	return 0;
}

/* What the checkpoint has in memory alone may be in the index by now. */
static int
book_prune(struct book *b, struct err *e)
{
	struct book_node	*n, *next;
	struct book_entry	 entry;
	struct spool_id		 id;
	int			 rc;

	for (n = TAILQ_FIRST(&b->fresh); n != NULL; n = next) {
		next = TAILQ_NEXT(n, link);
		spool_id_get(&id, n->key);
		if ((rc = book_index_has(b, &id, &entry, e)) == -1)
			return -1;
		if (rc == 0)
			book_node_free(b, n);
	}
	return 0;
}

/* ---- All anew ------------------------------------------------------------ */

static int
book_recount_entry(void *arg, const struct spool_id *id,
    const struct book_entry *entry)
{
	struct book	*b = arg;

	(void)id;
	if (book_met(b, &entry->place))
		book_count_in(b, entry, 1);
	return 0;
}

/* From what there is, and not from changes. */
static int
book_recount(struct book *b, struct err *e)
{
	struct book_node	*n;
	size_t			 i;

	if (book_flush(b, e) == -1)
		return -1;
	memset(b->state_count, 0, sizeof b->state_count);
	for (i = 0; i < b->segment_count; i++)
		b->segment[i].live = 0;
	for (i = 0; i < b->bucket_count; i++)
		b->bucket[i].pins = 0;
	TAILQ_FOREACH(n, &b->fresh, link)
		book_count_in(b, &n->entry, 1);
	return book_index_walk(b, book_recount_entry, b, e);
}

static int
book_read_sealed(struct book *b, struct err *e)
{
	uint64_t	all = 0, done = 0, id;
	size_t		i;

	for (i = 0; i < b->segment_count; i++)
		all += b->segment[i].end;
	for (i = 0; i < b->segment_count; i++) {
		id = b->segment[i].id;
		if (book_read(b, &b->segment[i], b->segment[i].end, e) == -1)
			return -1;
		done += b->segment[i].end;
		book_spill(b);
		if (b->pending_count >= BOOK_BATCH_MAX &&
		    book_flush(b, e) == -1)
			return -1;
		if (b->options.events.progress != NULL)
			b->options.events.progress(b->options.events.arg,
			    done, all);
		if (book_segment_find(b, id) != &b->segment[i])
			return err_set(e, "segments changed meanwhile");
	}
	return 0;
}

static int
book_rebuild(struct book *b, struct err *e)
{
	checkpoint_forget(b);
	b->counts.rebuilt = true;
	if (book_segments_list(b, 0, e) == -1 || book_read_sealed(b, e) == -1)
		return -1;
	return book_flush(b, e);
}

/* ---- Start and end ------------------------------------------------------- */

static void
book_journal_damage(void *arg, uint64_t from, uint64_t to)
{
	struct book	*b = arg;
	struct err	 e;

	b->counts.damaged++;
	(void)err_set(&e, "journal: records from %llu to %llu are lost",
	    (unsigned long long)from, (unsigned long long)to);
	if (b->options.events.damage != NULL)
		b->options.events.damage(b->options.events.arg, e.text);
}

static int
book_start_state(struct book *b, struct err *e)
{
	bool	fits;
	int	rc;

	if (book_take_lock(b, e) == -1 || (rc = checkpoint_read(b, e)) == -1)
		return -1;
	b->index_floor = b->covered;
	if (rc == 1)
		arc4random_buf(b->identity, sizeof b->identity);
	if (disk_make_dir(b->disk, SEGMENT_DIR) == -1)
		return err_errno(e, "%s", SEGMENT_DIR);
	if (book_index_open(b, &fits, e) == -1)
		return err_wrap(e, "the index");
	if (rc == 1 || !fits)
		return book_rebuild(b, e);
	return book_segments_list(b, 0, e) == -1 ? -1 : book_prune(b, e);
}

static int
book_start(struct book *b, struct err *e)
{
	struct journal_calls	calls = { book_replay, book_journal_damage,
				    b };
	struct journal_options	options = { b->options.journal_size, 0 };

	if (book_start_state(b, e) == -1)
		return -1;
	options.from = b->counts.rebuilt ? 0 : b->covered;
	b->replayed = options.from;
	if (journal_open(&b->journal, b->disk, &options, &calls, e) == -1)
		return -1;
	queue_clock_start(&b->clock, b->clock_noted_ms,
	    b->clock_noted_wall_ms, b->options.time.mono_ms,
	    b->options.time.wall_ms);
	if (book_read_sealed(b, e) == -1)
		return -1;
	if (b->counts.rebuilt && book_recount(b, e) == -1)
		return -1;
	book_clock_note(b);
	return checkpoint_write(b, e);
}

int
book_open(struct book **out, const struct book_options *options,
    struct err *e)
{
	struct book	*b = xcalloc(1, sizeof *b);

	b->disk = options->disk;
	b->options = *options;
	if (b->options.memory_limit == 0)
		b->options.memory_limit = BOOK_MEMORY;
	hmap_init(&b->nodes);
	TAILQ_INIT(&b->fresh);
	TAILQ_INIT(&b->pending);
	TAILQ_INIT(&b->ahead);
	b->next_cold = CHAIN_COLD | 1;
	b->clock.mono_ms = options->time.mono_ms;
	b->clock.wall_ms = options->time.wall_ms;
	b->checkpoint_ms = b->index_ms = b->clock_due_ms =
	    options->time.mono_ms;
	if (book_start(b, e) == -1) {
		book_close(&b);
		return -1;
	}
	*out = b;
	return 0;
}

void
book_close(struct book **b)
{
	if (*b == NULL)
		return;
	checkpoint_forget(*b);
	free((*b)->segment);
	free((*b)->bucket);
	hmap_fini(&(*b)->nodes);
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

	while (i > 0 && (b->segment[i - 1].id & CHAIN_COLD) != 0)
		i--;
	return i > 0 ? b->segment[i - 1].id : 0;
}

int
book_hint(struct book *b, uint64_t segment, uint64_t durable, struct err *e)
{
	struct book_segment	*s = book_segment_find(b, segment);

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
	if (book_read(b, s, durable, e) == -1)
		return -1;
	b->hinted = true;
	book_spill(b);
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
	if (book_segments_drop(b, e) == -1)
		return -1;
	return journal_drop(b->journal, book_journal_needed(b), e);
}

/* Every so often, and sooner when much has changed. */
static bool
book_checkpoint_due(const struct book *b)
{
	uint64_t	grown = journal_end(b->journal) - b->covered;

	return grown >= BOOK_BUCKET || (grown > 0 &&
	    b->clock.mono_ms - b->checkpoint_ms >= BOOK_CHECKPOINT_MS);
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

void
book_count(const struct book *b, struct book_counts *counts)
{
	*counts = b->counts;
	counts->held = (uint64_t)b->state_count[STATE_HOLD];
	counts->deferred = (uint64_t)b->state_count[STATE_DEFER];
	counts->entries = counts->held + counts->deferred +
	    (uint64_t)b->state_count[STATE_READY];
	counts->in_memory = b->fresh_count;
	counts->pending = b->pending_count;
	counts->segments = b->segment_count;
	counts->journal_end = journal_end(b->journal);
}
