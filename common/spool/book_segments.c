/*
 * Segments, their readers, and what a reader meets.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "book_private.h"
#include "chain.h"
#include "reader.h"
#include "recover.h"

struct book_segment *
book_segment_find(struct book *b, uint64_t id)
{
	size_t	low = 0, high = b->segment_count, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (b->segment[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low < b->segment_count && b->segment[low].id == id ?
	    &b->segment[low] : NULL;
}

struct book_segment *
book_segment_add(struct book *b, uint64_t id)
{
	struct book_segment	*s = book_segment_find(b, id);
	size_t			 i = b->segment_count;

	if (s != NULL)
		return s;
	b->segment = xreallocarray(b->segment, b->segment_count + 1,
	    sizeof *b->segment);
	while (i > 0 && b->segment[i - 1].id > id)
		i--;
	memmove(&b->segment[i + 1], &b->segment[i], (b->segment_count++ - i) *
	    sizeof *b->segment);
	b->segment[i] = (struct book_segment){ .id = id };
	return &b->segment[i];
}

void
book_segment_remove(struct book *b, struct book_segment *s)
{
	size_t	i = (size_t)(s - b->segment);

	memmove(s, s + 1, (--b->segment_count - i) * sizeof *s);
}

bool
book_met(struct book *b, const struct spool_place *place)
{
	struct book_segment	*s = book_segment_find(b, place->segment);

	return s != NULL && place->offset < s->read;
}

/* ---- What a reader meets ------------------------------------------------- */

static void
book_fresh(struct book *b, const struct reader_entry *r)
{
	struct book_entry	entry = { .place = r->place,
				    .accepted_ms = book_clock_accepted(b,
				    r->entry.ts_us) };
	unsigned int		flags = NODE_FRESH;

	entry.queue = book_queue_of(b, &r->entry);
	entry.urgent = r->entry.priority == 1;
	entry.due_ms = entry.accepted_ms + (int64_t)r->entry.delay_ms;
	entry.state = r->entry.delay_ms > 0 ? STATE_DEFER : STATE_READY;
	if ((r->entry.flags & ENTRY_HOLD) != 0)
		entry.state = STATE_HOLD;
	if (entry.state != STATE_READY)
		flags = NODE_CHANGED;		/* it will wait */
	entry.quotas = r->entry.quotas.len > 0;
	book_node_make(b, &r->id, flags)->entry = entry;
	if (flags == NODE_CHANGED)
		book_pending_add(b, &entry);
	book_count_in(b, &entry, 1);
	book_quota_count(b, r->entry.quotas, r->entry.size, 1);
	if (b->options.events.arrived != NULL)
		b->options.events.arrived(b->options.events.arg, &r->id,
		    &r->entry, entry.queue);
}

/*
 * Is it another one, under the id of one that counts?  Only who was taken over
 * stores one twice: if both counted, what they lie in and what was noted of
 * them would be kept for ever.  The one before lies before this one, and was
 * met; but for one that compaction has moved, which a start may know to be
 * there before it meets it where it came from.
 */
static bool
book_is_second(struct book *b, const struct book_entry *known,
    const struct spool_place *place)
{
	if ((known->place.segment & SEGMENT_COLD) != 0)
		return b->hinted;
	if (known->place.segment == place->segment)
		return known->place.offset < place->offset;
	return book_met(b, &known->place);
}

/* An entry is met once in the life of a checkpoint: what is known of it then,
 * from the index or the journal, counts from now on. */
int
book_meet(struct book *b, const struct reader_entry *r)
{
	struct book_node	*n = book_node_find(b, &r->id);
	struct book_entry	 now;
	struct err		 e;
	int			 rc;

	if (n != NULL && (n->flags & NODE_AHEAD) != 0) {
		if ((n->flags & NODE_GONE) != 0)
			book_node_turn(b, n, NODE_GONE);
		else
			book_node_free(b, n);
		return 0;
	}
	if ((rc = book_find(b, &r->id, &now, &e)) == -1)
		return -1;
	if (rc == 0 && (n == NULL || (n->flags & NODE_UNMET) == 0) &&
	    book_is_second(b, &now, &r->place))
		return 0;
	if (rc == 0) {
		if (book_quota_meet(b, &r->id, &now, &e) == -1)
			return -1;
		book_count_in(b, &now, 1);
	}
	if (n != NULL && n->flags == NODE_UNMET)
		book_node_free(b, n);
	else if (n != NULL && (n->flags & NODE_UNMET) != 0)
		book_node_turn(b, n, n->flags & ~(unsigned int)NODE_UNMET);
	if (rc == 0)
		return 0;
	if (n == NULL)
		book_fresh(b, r);
	return 0;
}

/*
 * A batch that could not be read to its end is read again.  What was met of it
 * before is passed over then: it was counted, and may have gone since.
 */
struct book_reading {
	struct book	*b;
	uint32_t	 skip;		/* entries of this batch */
	uint32_t	 met;		/* those, and others */
	uint64_t	 count;		/* of all, for the first time */
};

static int
book_read_entry(void *arg, const struct reader_entry *r)
{
	struct book_reading	*rd = arg;

	if (rd->met >= rd->skip) {
		if (book_meet(rd->b, r) == -1)
			return -1;
		rd->count++;
	}
	rd->met++;
	return 0;
}

static void
book_read_batch(void *arg)
{
	struct book_reading	*rd = arg;

	rd->skip = rd->met = 0;
}

static void
book_damage(void *arg, const struct spool_place *place, const char *what)
{
	struct book_reading	*rd = arg;
	struct book		*b = rd->b;
	struct err		 e;

	(void)err_set(&e, "segment %016llx at %llu: %s",
	    (unsigned long long)place->segment,
	    (unsigned long long)place->offset, what);
	book_tell_damage(b, e.text);
}

int
book_read(struct book *b, struct book_segment *s, uint64_t end,
    uint32_t batches, struct err *e)
{
	struct book_reading	rd = { b, s->met, 0, 0 };
	struct reader_calls	calls = { .entry = book_read_entry,
				    .batch = book_read_batch,
				    .damage = book_damage, .arg = &rd };
	struct reader_span	span = { NULL, s->id, s->read, end, batches,
				    batches == 0 ? 0 : BOOK_BATCH_MAX };
	char			name[SEGMENT_NAME];
	uint64_t		id = s->id, upto = s->read, most = s->most;
	uint64_t		damaged = b->counts.damaged;
	int			rc;

	if (end <= s->read)
		return 0;
	segment_name(name, id);
	if (disk_open(b->disk, name, DISK_READ, &span.file) == -1)
		return err_errno(e, "%s", name);
	rc = reader_run(&span, &calls, &upto, e);
	disk_close(&span.file);
	/* Where it stopped short of its batches there are no more. */
	if (rc == 0 && (batches == 0 || upto == span.from))
		upto = end;
	/* Where it can't be set aside it is told of, and stays as it is. */
	if (b->counts.damaged != damaged)
		(void)book_corrupt_segment(b, id, span.from, upto);
	s = book_segment_find(b, id);
	s->read = upto;
	s->most = most + rd.count;
	s->met = rd.met > rd.skip ? rd.met : rd.skip;
	return rc == -1 ? err_wrap(e, "%s", name) : 0;
}

/* ---- Which there are ----------------------------------------------------- */

static void
book_segments_gone(struct book *b, const struct chain *c)
{
	size_t	i = 0, k;

	while (i < b->segment_count) {
		for (k = 0; k < c->count && c->link[k].id != b->segment[i].id;
		    k++)
			;
		if (k == c->count && (b->segment[i].id & SEGMENT_COLD) == 0)
			book_segment_remove(b, &b->segment[i]);
		else
			i++;
	}
}

/* A segment that was given up is empty, and need not be read. */
static void
book_segment_link(struct book *b, const struct chain_link *link)
{
	struct book_segment	*s = book_segment_add(b, link->id);

	s->there = true;
	s->size = link->size;
	if (link->end != UINT64_MAX)
		s->end = link->end;
	if (link->given_up)
		s->read = s->end;
}

/* ---- Compacted ones ------------------------------------------------------ */

static int
book_cold_name(void *arg, const char *name)
{
	struct book	*b = arg;
	uint64_t	 id;

	if (segment_name_parse(&id, name) == -1 || (id & SEGMENT_COLD) == 0)
		return 0;
	book_segment_add(b, id)->there = true;
	if (id >= b->next_cold)
		b->next_cold = id + 1;
	return 0;
}

/* One that the checkpoint does not know: what lives in it, if anything, came
 * to by STATEs, so that it counts as read; or it is read, for an index that is
 * made anew. */
static int
book_cold_end(struct book *b, struct book_segment *s, struct err *e)
{
	char			 name[SEGMENT_NAME];
	struct disk_file	*f;
	int			 rc;

	if (book_table_end_of(b, s)) {
		s->read = b->counts.rebuilt ? 0 : s->end;
		return 0;
	}
	segment_name(name, s->id);
	if (disk_open(b->disk, name, DISK_READ, &f) == -1)
		return err_errno(e, "%s", name);
	rc = recover_end(f, s->id, &s->end, e);
	disk_close(&f);
	s->read = b->counts.rebuilt ? 0 : s->end;
	return rc == -1 ? err_wrap(e, "%s", name) : 0;
}

/* What it has copies of; a head that is damaged says nothing. */
static int
book_cold_head(struct book *b, struct book_segment *s, struct err *e)
{
	unsigned char		 block[SEGMENT_HEAD];
	char			 name[SEGMENT_NAME];
	struct disk_file	*f;
	struct segment		 head;
	struct err		 why;
	ssize_t			 got;

	segment_name(name, s->id);
	if (disk_open(b->disk, name, DISK_READ, &f) == -1)
		return err_errno(e, "%s", name);
	got = disk_read(f, block, sizeof block, 0);
	disk_close(&f);
	if (got == -1)
		return err_errno(e, "read %s", name);
	if (got == sizeof block && segment_get(&head, block, &why) == 0 &&
	    head.replaced_count == 1)
		s->replaces = head.replaced[0];
	if ((s = book_segment_find(b, s->replaces)) != NULL)
		s->copied = true;
	return 0;
}

int
book_cold_list(struct book *b, struct err *e)
{
	struct book_segment	*s;
	size_t			 i = 0;

	if (disk_list(b->disk, SEGMENT_DIR, book_cold_name, b) == -1)
		return err_errno(e, "list %s", SEGMENT_DIR);
	while (i < b->segment_count) {
		s = &b->segment[i];
		if ((s->id & SEGMENT_COLD) != 0 && !s->there) {
			book_segment_remove(b, s);	/* it was removed */
			continue;
		}
		if ((s->id & SEGMENT_COLD) != 0 &&
		    ((s->end == 0 && book_cold_end(b, s, e) == -1) ||
		    book_cold_head(b, s, e) == -1))
			return -1;
		i++;
	}
	return 0;
}

/* One in which something lives is kept: its file is missing, and is asked
 * for when the entry is. */
void
book_segments_forget(struct book *b)
{
	size_t	i = 0;

	while (i < b->segment_count) {
		if (b->segment[i].there || b->segment[i].live > 0)
			i++;
		else
			book_segment_remove(b, &b->segment[i]);
	}
}

int
book_segments_list(struct book *b, uint64_t from, struct err *e)
{
	struct chain	c;
	size_t		i;

	if (chain_read(b->disk, from, &c, e) == -1)
		return -1;
	if (from == 0)
		book_segments_gone(b, &c);
	for (i = 0; i < c.count; i++)
		book_segment_link(b, &c.link[i]);
	chain_fini(&c);
	return 0;
}
