/*
 * The start of a book, in slices.
 *
 * A start
 *   1. reads the checkpoint: position of the journal, segments, counts, and
 *      what was in memory alone;
 *   2. opens the index, which is at least as far as the checkpoint; where it
 *      is damaged, gone, or another spool's, it is made again from all that
 *      the segments have, by their tables or by reading them through (nothing
 *      is lost by that but time);
 *   3. replays the journal from the checkpoint on, or all of it that there
 *      is.  A record of an entry that no reader has met yet is remembered
 *      until one does;
 *   4. reads what is new in the segments that are sealed.  The newest is read
 *      when its writer says how far it is durable;
 *   5. counts anew, if the index was made anew, or if records are lost that
 *      the counts would have been made of: a disk that confirmed what it did
 *      not write leaves an index that is ahead of the journal.
 *
 * Reading goes some batches at a time, and so does the counting anew; between
 * slices the process can serve others.  Only the replay is in one piece: it is
 * bounded by the checkpoint, but where there was none.
 *
 * Until the writer has said so once, neither journal nor segments are
 * dropped.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "book_private.h"
#include "bytes.h"
#include "chain.h"
#include "formats.h"

#define BOOK_LOCK	"book.lock"
#define BOOK_MEMORY	100000
/* Batches that are read in one slice. */
#define BOOK_SLICE	32

/* ---- The index at a start ------------------------------------------------ */

/* Is it this spool's, and not behind the checkpoint? */
static int
book_index_fits(struct book *b, bool *fits, struct err *e)
{
	struct str	value;
	int		rc;

	*fits = false;
	if ((rc = kv_get(b->index, STR(BOOK_IDENTITY), &value, e)) != 0)
		return rc == 1 ? 0 : -1;
	if (value.len != sizeof b->identity ||
	    memcmp(value.p, b->identity, value.len) != 0)
		return 0;
	if ((rc = kv_get(b->index, STR("p"), &value, e)) != 0)
		return rc == 1 ? 0 : -1;
	if (value.len == 8)
		b->indexed = bytes_get((const unsigned char *)value.p, 8);
	*fits = value.len == 8 && b->indexed >= b->index_floor;
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

/* ---- Segments, some batches at a time ------------------------------------ */

static int
book_read_some(struct book *b, struct book_segment *s, struct err *e)
{
	b->start.done += s->end - s->read;
	if (book_read(b, s, s->end, BOOK_SLICE, e) == -1)
		return -1;
	s = &b->segment[b->start.segment];
	b->start.done -= s->end > s->read ? s->end - s->read : 0;
	return 0;
}

/* 1: there is more; 0: all that are sealed were read. */
static int
book_read_slice(struct book *b, struct err *e)
{
	struct book_segment	*s;
	int			 rc = 0;

	while (b->start.segment < b->segment_count) {
		s = &b->segment[b->start.segment];
		if (s->read >= s->end) {
			b->start.segment++;
			continue;
		}
		if (b->start.phase == START_REBUILD &&
		    (rc = book_table_read(b, s, e)) == -1)
			return -1;
		if (rc == 0 && book_read_some(b, s, e) == -1)
			return -1;
		book_spill(b);
		if (b->pending_count >= BOOK_BATCH_MAX &&
		    book_flush(b, e) == -1)
			return -1;
		return 1;
	}
	return 0;
}

static void
book_read_begin(struct book *b)
{
	size_t	i;

	b->start.segment = 0;
	b->start.done = b->start.all = 0;
	for (i = 0; i < b->segment_count; i++) {
		b->start.all += b->segment[i].end;
		if (b->segment[i].read < b->segment[i].end)
			b->start.done += b->segment[i].read;
		else
			b->start.done += b->segment[i].end;
	}
}

int
book_read_sealed(struct book *b, struct err *e)
{
	int	rc;

	book_read_begin(b);
	while ((rc = book_read_slice(b, e)) == 1)
		;
	return rc;
}

/* ---- Counts anew --------------------------------------------------------- */

static int
book_recount_entry(void *arg, const struct spool_id *id,
    const struct book_entry *entry)
{
	struct book	*b = arg;
	struct err	 e;

	if (!book_met(b, &entry->place))
		return 0;
	book_count_in(b, entry, 1);
	return book_quota_meet(b, id, entry, &e);
}

static int
book_recount_begin(struct book *b, struct err *e)
{
	struct book_node	*n;
	struct spool_id		 id;
	size_t			 i;

	memset(b->state_count, 0, sizeof b->state_count);
	for (i = 0; i < b->segment_count; i++)
		b->segment[i].live = 0;
	for (i = 0; i < b->bucket_count; i++)
		b->bucket[i].pins = 0;
	book_quota_forget(b);
	b->start.key_len = 0;
	TAILQ_FOREACH(n, &b->fresh, link) {
		spool_id_get(&id, n->key);
		if (book_recount_entry(b, &id, &n->entry) == -1)
			return err_set(e, "an entry's quotas can't be read");
	}
	return 0;
}

/* Less than none: the records that made them more were lost. */
static bool
book_miscounted(const struct book *b)
{
	size_t	i;

	for (i = 0; i < STATE_MAX; i++)
		if (b->state_count[i] < 0)
			return true;
	for (i = 0; i < b->segment_count; i++)
		if (b->segment[i].live < 0)
			return true;
	for (i = 0; i < b->bucket_count; i++)
		if ((int64_t)b->bucket[i].pins < 0)
			return true;
	return b->counts.rebuilt || b->start.miscounted;
}

/* ---- Its steps ----------------------------------------------------------- */

static void
book_journal_damage(void *arg, uint64_t from, uint64_t to)
{
	struct book	*b = arg;
	struct err	 e;

	(void)err_set(&e, "journal: records from %llu to %llu are lost",
	    (unsigned long long)from, (unsigned long long)to);
	book_tell_damage(b, e.text);
	book_corrupt_journal(b, from);
	b->start.miscounted = true;
}

static int
book_start_state(struct book *b, struct err *e)
{
	bool	fits;
	int	rc;

	if (disk_lock_name(b->disk, BOOK_LOCK,
	    "another process keeps this spool's queue", &b->lock, e) == -1 ||
	    (rc = checkpoint_read(b, e)) == -1)
		return -1;
	b->index_floor = b->covered;
	if (rc == 1)
		arc4random_buf(b->identity, sizeof b->identity);
	if (disk_make_dir(b->disk, SEGMENT_DIR) == -1)
		return err_errno(e, "%s", SEGMENT_DIR);
	if (book_index_open(b, &fits, e) == -1)
		return err_wrap(e, "the index");
	b->start.phase = START_JOURNAL;
	if (rc == 1 || !fits) {
		checkpoint_forget(b);
		b->indexed = 0;
		b->counts.rebuilt = true;
		b->start.phase = START_REBUILD;
		/* What is read now has a time. */
		if (book_clock_find(b, e) == -1)
			return -1;
		book_clock_start(b);
	}
	if (book_segments_list(b, 0, e) == -1 ||
	    book_cold_list(b, e) == -1 || book_tables_list(b, e) == -1)
		return -1;
	book_read_begin(b);
	return b->counts.rebuilt ? 0 : book_prune(b, e);
}

static int
book_start_journal(struct book *b, struct err *e)
{
	struct journal_calls	calls = { book_replay, book_journal_damage,
				    b };
	struct journal_options	options = { b->options.journal_size,
				    b->counts.rebuilt ? 0 : b->covered,
				    b->indexed };

	b->replayed = options.from;
	if (journal_open(&b->journal, b->disk, &options, &calls, e) == -1)
		return -1;
	book_clock_start(b);
	book_read_begin(b);
	return 0;
}

static int
book_start_last(struct book *b, struct err *e)
{
	struct book_node	*n;

	/* Whoever schedules finds them in the index, a few at a time. */
	while ((n = TAILQ_FIRST(&b->fresh)) != NULL)
		book_node_wait(b, n);
	book_clock_note(b);
	book_segments_forget(b);
	return checkpoint_write(b, e);
}

/* The next phase where one has come to its end (0). */
static int
book_start_next(struct book *b, struct err *e)
{
	switch (b->start.phase) {
	case START_REBUILD:
		b->start.phase = START_JOURNAL;
		return book_flush(b, e);
	case START_JOURNAL:
		b->start.phase = START_SEALED;
		return 0;
	case START_SEALED:
		b->start.phase = START_LAST;
		if (!book_miscounted(b))
			return 0;
		b->start.phase = START_RECOUNT;
		if (book_flush(b, e) == -1)
			return -1;
		return book_recount_begin(b, e);
	case START_RECOUNT:
		b->start.phase = START_LAST;
		return 0;
	case START_LAST:
		b->start.phase = START_DONE;
		return 0;
	default:
		return 0;
	}
}

static int
book_start_slice(struct book *b, struct err *e)
{
	switch (b->start.phase) {
	case START_REBUILD:
	case START_SEALED:
		return book_read_slice(b, e);
	case START_JOURNAL:
		return book_start_journal(b, e);
	case START_RECOUNT:
		return book_index_walk(b, BOOK_BATCH_MAX, book_recount_entry,
		    b, e);
	case START_LAST:
		return book_start_last(b, e);
	default:
		return 0;
	}
}

int
book_begin(struct book **out, const struct book_options *options,
    struct err *e)
{
	struct book	*b;

	if (formats_check(options->disk, e) == -1)
		return -1;
	b = xcalloc(1, sizeof *b);
	b->disk = options->disk;
	b->options = *options;
	if (b->options.memory_limit == 0)
		b->options.memory_limit = BOOK_MEMORY;
	b->bucket_size = options->journal_part != 0 ?
	    options->journal_part : BOOK_BUCKET;
	hmap_init(&b->nodes);
	hmap_init(&b->started);
	b->pending_due_ms = INT64_MAX;
	book_quota_init(b);
	TAILQ_INIT(&b->fresh);
	TAILQ_INIT(&b->pending);
	TAILQ_INIT(&b->ahead);
	b->next_cold = SEGMENT_COLD | 1;
	b->removed = true;	/* by the life before, perhaps */
	b->clock.mono_ms = options->time.mono_ms;
	b->clock.wall_ms = options->time.wall_ms;
	b->checkpoint_ms = b->index_ms = b->clock_due_ms =
	    options->time.mono_ms;
	if (book_start_state(b, e) == -1) {
		book_close(&b);
		return -1;
	}
	*out = b;
	return 0;
}

int
book_step(struct book *b, struct err *e)
{
	int	rc = book_start_slice(b, e);

	if (rc == 0)
		rc = book_start_next(b, e);
	if (rc == -1)
		return -1;
	return b->start.phase != START_DONE;
}

void
book_progress(const struct book *b, uint64_t *done, uint64_t *all)
{
	*done = b->start.done;
	*all = b->start.all;
}

int
book_open(struct book **out, const struct book_options *options,
    struct err *e)
{
	int	rc;

	if (book_begin(out, options, e) == -1)
		return -1;
	while ((rc = book_step(*out, e)) == 1)
		;
	if (rc == -1)
		book_close(out);
	return rc;
}
