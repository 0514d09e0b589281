/*
 * Changes of entries: into the journal, and out of it again.
 *
 * Counts are changed by what a record says was before, and only for entries
 * that a reader has met: those of segments that are yet to be read count when
 * they are met, with the state that they have then (book_segments.c).  So the
 * counts of a checkpoint and the records after it give the same sums in the
 * first run and in every replay.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "book_envelope.h"
#include "book_private.h"

struct book_bucket *
book_bucket_of(struct book *b, uint64_t position)
{
	uint64_t	number = position / b->bucket_size;
	size_t		i = b->bucket_count;

	while (i > 0 && b->bucket[i - 1].number >= number)
		i--;
	if (i < b->bucket_count && b->bucket[i].number == number)
		return &b->bucket[i];
	b->bucket = xreallocarray(b->bucket, b->bucket_count + 1,
	    sizeof *b->bucket);
	memmove(&b->bucket[i + 1], &b->bucket[i], (b->bucket_count++ - i) *
	    sizeof *b->bucket);
	b->bucket[i] = (struct book_bucket){ .number = number };
	return &b->bucket[i];
}

void
book_bucket_segment(struct book_bucket *bucket, uint64_t segment)
{
	size_t	i = bucket->segment_count;

	while (i > 0 && bucket->segments[i - 1] != segment)
		i--;
	if (i > 0)
		return;
	bucket->segments = xreallocarray(bucket->segments,
	    bucket->segment_count + 1, sizeof *bucket->segments);
	bucket->segments[bucket->segment_count++] = segment;
}

static bool
book_segment_lasts(struct book *b, uint64_t segment)
{
	return book_segment_find(b, segment) != NULL ||
	    book_compact_writes(b, segment);
}

static bool
book_ended_at(struct book *b, struct book_bucket *k, uint64_t segment)
{
	if (segment == 0)
		return false;
	if (k == NULL)
		return book_segment_lasts(b, segment);
	book_bucket_segment(k, segment);
	return true;
}

/*
 * An entry of that segment ended.  The record is needed for as long as the
 * entry lies anywhere, and would be met again by an index that is made anew:
 * there, in the segment that it was copied from, or in a copy that it was
 * never moved to; a copy whose head is damaged may be of any segment, and one
 * that only the journal tells of may have been copied before it went.  Is any
 * of these there?  Or, where there is a bucket, that is to know of all.
 */
static bool
book_ended(struct book *b, struct book_bucket *k, uint64_t segment)
{
	struct book_segment	*s = book_segment_find(b, segment);
	const struct book_segment *cold;
	size_t			 i = b->segment_count;
	bool			 any;

	any = book_ended_at(b, k, segment);
	if (s != NULL)
		any |= book_ended_at(b, k, s->replaces);
	any |= book_ended_at(b, k, book_compact_copy(b, segment));
	for (; (s == NULL || !s->there || s->copied) && i > 0; i--) {
		cold = &b->segment[i - 1];
		if ((cold->id & SEGMENT_COLD) == 0)
			break;
		if (cold->replaces == segment || cold->replaces == 0)
			any |= book_ended_at(b, k, cold->id);
	}
	return any;
}

static void
book_ended_in(struct book *b, uint64_t position, uint64_t segment)
{
	(void)book_ended(b, book_bucket_of(b, position), segment);
}

/* Does it matter to a segment that is there still? */
static bool
book_bucket_needed(struct book *b, struct book_bucket *bucket)
{
	size_t	i, n = 0;

	for (i = 0; i < bucket->segment_count; i++) {
		if (book_segment_lasts(b, bucket->segments[i]))
			bucket->segments[n++] = bucket->segments[i];
	}
	bucket->segment_count = n;
	return n > 0 || bucket->pins > 0;
}

uint64_t
book_journal_needed(struct book *b)
{
	uint64_t	needed = b->covered_before;

	while (b->bucket_count > 0 && !book_bucket_needed(b, b->bucket)) {
		free(b->bucket->segments);
		memmove(b->bucket, b->bucket + 1, --b->bucket_count *
		    sizeof *b->bucket);
	}
	if (b->bucket_count > 0 && b->bucket->number * b->bucket_size < needed)
		needed = b->bucket->number * b->bucket_size;
	return needed;
}

void
book_count_in(struct book *b, const struct book_entry *entry, int by)
{
	struct book_segment	*s;

	b->state_count[entry->state] += by;
	s = book_segment_add(b, entry->place.segment);
	s->live += by;
	if (s->live > 0 && s->most < (uint64_t)s->live)
		s->most = (uint64_t)s->live;
	if (entry->journal > 0)
		book_bucket_of(b, entry->journal - 1)->pins += (uint64_t)by;
}

/* What the record says was before, as far as counts go. */
static void
book_before(const struct entry_state *s, struct book_entry *entry)
{
	memset(entry, 0, sizeof *entry);
	entry->state = (uint8_t)(s->before - 1);
	entry->place.segment = s->before_segment;
	entry->journal = s->before_journal;
}

static void
book_entry_of(const struct entry_state *s, uint64_t position,
    struct book_entry *entry)
{
	entry->place.segment = s->segment;
	entry->place.offset = s->offset;
	entry->journal = position + 1;
	entry->due_ms = (int64_t)s->due_ms;
	entry->accepted_ms = (int64_t)s->accepted_ms;
	entry->retry = (uint16_t)s->retry;
	entry->state = (uint8_t)s->state;
	entry->queue = s->queue;
	entry->urgent = s->urgent != 0;
	entry->waits = false;
	entry->quotas = book_quota_after(s).len > 0;
}

/* Something has left the segment: was it the last? */
static void
book_left(struct book *b, uint64_t segment)
{
	const struct book_segment	*s = book_segment_find(b, segment);

	b->emptied += s != NULL && s->live == 0 && s->end != 0;
}

/* The state that a record says takes the place of the one before. */
static void
book_count_change(struct book *b, const struct entry_state *s,
    const struct book_entry *was, const struct book_entry *now)
{
	struct str	after = book_quota_after(s);

	book_count_in(b, was, -1);
	book_count_in(b, now, 1);
	book_left(b, was->place.segment);
	if (str_eq(s->before_quotas, after))
		return;
	book_quota_count(b, after, s->size, 1);
	book_quota_count(b, s->before_quotas, s->size, -1);
}

/* The end of one that was met. */
static void
book_count_end(struct book *b, const struct entry_state *s,
    const struct book_entry *was)
{
	book_count_in(b, was, -1);
	book_left(b, was->place.segment);
	book_quota_count(b, s->before_quotas, s->size, -1);
}

/* ---- In the first run ---------------------------------------------------- */

static int
book_note(struct book *b, int type, const struct spool_id *id,
    const struct entry_state *s, uint64_t *position, struct err *e)
{
	buf_clear(&b->record);
	if (state_put(&b->record, id, s, e) == -1)
		return -1;
	*position = journal_add(b->journal, type, buf_str(&b->record));
	book_renew_weigh(b, b->record.len);
	return 0;
}

static struct book_node *
book_node_for(struct book *b, const struct spool_id *id, unsigned int flags)
{
	struct book_node	*n = book_node_find(b, id);

	if (n == NULL)
		return book_node_make(b, id, flags);
	book_node_turn(b, n, flags);
	return n;
}

/* In which sub-queue it is from now on, and how urgent it is. */
static int
book_regroup(struct book *b, const struct spool_id *id,
    const struct book_entry *now, struct entry_state *s, struct err *e)
{
	struct book_envelope	envelope;
	struct buf		bytes = BUF_INIT;
	int			rc;

	s->queue = now->queue;
	s->urgent = (s->changed & STATE_CHANGED_PRIORITY) != 0 ? s->priority :
	    now->urgent;
	if (s->moved || (s->changed & (STATE_CHANGED_TRANSPORT |
	    STATE_CHANGED_TENANT | STATE_CHANGED_JOB)) == 0)
		return 0;
	rc = book_envelope_in(b, id, &envelope, &bytes, e);
	if (rc == 0) {
		state_over(&envelope.entry, s);
		s->queue = book_queue_of(b, &envelope.entry);
	}
	buf_free(&bytes);
	return rc == 0 ? 0 : -1;
}

int
book_change(struct book *b, const struct spool_id *id,
    const struct entry_state *state, struct err *e)
{
	struct entry_state	s = *state;
	struct book_entry	now, was;
	uint64_t		position;
	int			rc;

	if (!b->hinted)
		return err_set(e, "the queue is still being read");
	if ((rc = book_find(b, id, &was, e)) != 0)
		return rc;
	now = was;
	if (s.state >= STATE_MAX)
		return err_set(e, "a state that is none");
	if (book_regroup(b, id, &now, &s, e) == -1)
		return -1;
	s.before = now.state + 1U;
	s.before_segment = now.place.segment;
	s.before_offset = now.place.offset;
	s.before_journal = now.journal;
	s.accepted_ms = (uint64_t)now.accepted_ms;
	if (book_quota_before(b, id, &was, &s, e) == -1)
		return -1;
	if (book_note(b, JOURNAL_STATE, id, &s, &position, e) == -1)
		return -1;
	book_entry_of(&s, position, &now);
	now.waits = s.moved && was.waits;
	book_count_change(b, &s, &was, &now);
	book_node_for(b, id, NODE_CHANGED)->entry = now;
	book_pending_add(b, &now);
	if (!s.moved)
		book_started_over(b, id);
	return 0;
}

int
book_done(struct book *b, const struct spool_id *id, int action,
    struct err *e)
{
	struct entry_state	s = { .action = (uint64_t)action };
	struct book_entry	now;
	struct book_node	*n;
	uint64_t		position;
	int			rc;

	if (!b->hinted)
		return err_set(e, "the queue is still being read");
	if ((rc = book_find(b, id, &now, e)) != 0)
		return rc;
	s.segment = s.before_segment = now.place.segment;
	s.offset = now.place.offset;
	s.before = now.state + 1U;
	s.before_journal = now.journal;
	if (book_quota_before(b, id, &now, &s, e) == -1)
		return -1;
	if (book_note(b, JOURNAL_DONE, id, &s, &position, e) == -1)
		return -1;
	book_count_end(b, &s, &now);
	book_ended_in(b, position, s.segment);
	book_started_over(b, id);
	n = book_node_find(b, id);
	if (n != NULL && n->flags == NODE_FRESH)
		book_node_free(b, n);
	else
		(void)book_node_for(b, id, NODE_GONE);
	return 0;
}

int
book_gone(struct book *b, const struct spool_id *id,
    const struct entry_state *done, struct err *e)
{
	struct book_entry	now;
	uint64_t		position;
	int			rc;

	/* One that was stored a second time lives, whatever was before. */
	if (!book_ended(b, NULL, done->segment) ||
	    (rc = book_find(b, id, &now, e)) == 0)
		return 1;
	if (rc == -1 || book_note(b, JOURNAL_GONE, id, done, &position,
	    e) == -1)
		return -1;
	book_ended_in(b, position, done->segment);
	return 0;
}

/* ---- In a replay --------------------------------------------------------- */

/*
 * Has a reader met the entry, in this life of the book?  place: where it lay
 * before the record, which may be a segment that is gone by now.  What is
 * known otherwise than by the index was met, unless it says that it was not;
 * and so is all that is in an index that was made anew.
 */
static bool
book_was_met(struct book *b, const struct spool_id *id,
    const struct spool_place *place, bool known)
{
	struct book_node	*n = book_node_find(b, id);

	if (n != NULL)
		return (n->flags & (NODE_UNMET | NODE_AHEAD)) == 0;
	if (known && b->counts.rebuilt)
		return true;
	return book_met(b, place);
}

/* The index may have a later state, or know of the end. */
static void
book_replay_put(struct book *b, const struct spool_id *id,
    const struct book_entry *then, const struct book_entry *now, bool met)
{
	struct book_node	*n;

	if (now != NULL && now->journal >= then->journal) {
		if (!met && book_node_find(b, id) == NULL)
			book_node_make(b, id, NODE_UNMET)->entry = *now;
		return;
	}
	if (now == NULL && met)
		return;
	n = book_node_for(b, id, met ? NODE_CHANGED :
	    NODE_CHANGED | NODE_UNMET);
	n->entry = *then;
	book_pending_add(b, then);
}

static int
book_replay_state(struct book *b, const struct journal_record *r)
{
	struct entry_state	s;
	struct spool_id		id;
	struct book_entry	now, then, before;
	struct spool_place	was;
	struct err		e;
	bool			met;
	int			rc;

	if (state_get(&id, &s, r->payload, &e) == -1 ||
	    s.state >= STATE_MAX || s.before == 0 || s.before > STATE_MAX)
		return 0;
	if ((rc = book_find(b, &id, &now, &e)) == -1)
		return -1;
	was = (struct spool_place){ s.before_segment, s.before_offset };
	met = book_was_met(b, &id, &was, rc == 0);
	if (!s.moved)
		book_started_over(b, &id);
	book_entry_of(&s, r->position, &then);
	if (met) {
		book_before(&s, &before);
		book_count_change(b, &s, &before, &then);
	}
	book_replay_put(b, &id, &then, rc == 0 ? &now : NULL, met);
	return 0;
}

/* The end of one that no reader has met is remembered until one does; nobody
 * will where the segment has gone since. */
static void
book_replay_end(struct book *b, const struct spool_id *id, uint64_t segment,
    bool met, bool known)
{
	if (!met && book_segment_find(b, segment) != NULL)
		(void)book_node_for(b, id, NODE_GONE | NODE_AHEAD);
	else if (known)
		(void)book_node_for(b, id, NODE_GONE);
}

static int
book_replay_done(struct book *b, const struct journal_record *r)
{
	struct entry_state	s;
	struct spool_id		id;
	struct book_entry	before, now;
	struct spool_place	place;
	struct err		e;
	bool			met;
	int			rc;

	if (state_get(&id, &s, r->payload, &e) == -1 || s.before == 0 ||
	    s.before > STATE_MAX)
		return 0;
	if ((rc = book_find(b, &id, &now, &e)) == -1)
		return -1;
	place = (struct spool_place){ s.segment, s.offset };
	book_started_over(b, &id);
	book_ended_in(b, r->position, s.segment);
	if ((met = book_was_met(b, &id, &place, rc == 0))) {
		book_before(&s, &before);
		book_count_end(b, &s, &before);
	}
	book_replay_end(b, &id, s.segment, met, rc == 0);
	return 0;
}

/*
 * Told again of one that had ended before.  A checkpoint behind that end knows
 * of it, and no count is to change; whoever has lost the end, by damage or
 * since the index is made anew, finds it living, or is yet to meet it.
 */
static int
book_replay_gone(struct book *b, const struct journal_record *r)
{
	struct entry_state	s;
	struct spool_id		id;
	struct book_entry	now;
	struct spool_place	place;
	struct err		e;
	bool			met;
	int			rc;

	if (state_get(&id, &s, r->payload, &e) == -1)
		return 0;
	if ((rc = book_find(b, &id, &now, &e)) == -1)
		return -1;
	place = (struct spool_place){ s.segment, s.offset };
	book_ended_in(b, r->position, s.segment);
	met = book_was_met(b, &id, &place, rc == 0);
	if (rc == 1 && (met || book_node_find(b, &id) != NULL))
		return 0;
	book_started_over(b, &id);
	if (met)
		book_count_end(b, &s, &now);
	book_replay_end(b, &id, s.segment, met, rc == 0);
	return 0;
}

int
book_replay(void *arg, const struct journal_record *r)
{
	struct book	*b = arg;
	struct err	 e;

	b->replayed = r->end;
	if (b->pending_count >= BOOK_BATCH_MAX && book_flush(b, &e) == -1)
		return -1;
	switch (r->type) {
	case JOURNAL_STATE:
		return book_replay_state(b, r);
	case JOURNAL_DONE:
		return book_replay_done(b, r);
	case JOURNAL_GONE:
		return book_replay_gone(b, r);
	case JOURNAL_STARTED:
		book_started_note(b, r->payload);
		return 0;
	case JOURNAL_CLOCK:
		book_clock_noted(b, r->payload);
		return 0;
	default:
		return 0;
	}
}
