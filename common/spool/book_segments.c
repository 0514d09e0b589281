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
				    .accepted_ms = b->clock.now_ms };
	unsigned int		flags = NODE_FRESH;

	entry.due_ms = b->clock.now_ms + (int64_t)r->entry.delay_ms;
	entry.state = r->entry.delay_ms > 0 ? STATE_DEFER : STATE_READY;
	if ((r->entry.flags & ENTRY_HOLD) != 0)
		entry.state = STATE_HOLD;
	if (entry.state != STATE_READY)
		flags = NODE_CHANGED;		/* it will wait */
	book_node_make(b, &r->id, flags)->entry = entry;
	book_count_in(b, &entry, 1);
	if (b->options.events.arrived != NULL)
		b->options.events.arrived(b->options.events.arg, &r->id,
		    &r->entry);
}

/* An entry is met once in the life of a checkpoint: what is known of it then,
 * from the index or the journal, counts from now on. */
static int
book_meet(void *arg, const struct reader_entry *r)
{
	struct book		*b = arg;
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
	if (rc == 0)
		book_count_in(b, &now, 1);
	else if (n == NULL)
		book_fresh(b, r);
	return 0;
}

static void
book_damage(void *arg, const struct spool_place *place, const char *what)
{
	struct book	*b = arg;
	struct err	 e;

	b->counts.damaged++;
	(void)err_set(&e, "segment %016llx at %llu: %s",
	    (unsigned long long)place->segment,
	    (unsigned long long)place->offset, what);
	if (b->options.events.damage != NULL)
		b->options.events.damage(b->options.events.arg, e.text);
}

int
book_read(struct book *b, struct book_segment *s, uint64_t end,
    uint32_t batches, struct err *e)
{
	struct reader_calls	calls = { book_meet, NULL, book_damage, b };
	struct reader_span	span = { NULL, s->id, s->read, end, batches };
	char			name[SEGMENT_NAME];
	uint64_t		id = s->id, upto = s->read;
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
	book_segment_find(b, id)->read = upto;
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
		if (k == c->count && (b->segment[i].id & CHAIN_COLD) == 0)
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

	if (link->end != UINT64_MAX)
		s->end = link->end;
	if (link->given_up)
		s->read = s->end;
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

/* Sealed, read to its end, and nothing of it lives. */
static bool
book_segment_empty(const struct book_segment *s)
{
	return s->end != 0 && s->read >= s->end && s->live == 0;
}

/* The segment before it keeps its end, which it was the one to name. */
static int
book_segment_seal(struct book *b, size_t i, struct err *e)
{
	unsigned char		 seal[SEGMENT_SEAL_SIZE];
	struct book_segment	*s;
	struct disk_file	*f;
	char			 name[SEGMENT_NAME];
	int			 rc = 0;

	if (i == 0 || (b->segment[i].id & CHAIN_COLD) != 0)
		return 0;
	s = &b->segment[i - 1];
	segment_name(name, s->id);
	segment_seal_put(seal, s->id, s->end);
	if (disk_open(b->disk, name, DISK_WRITE, &f) == -1)
		return err_errno(e, "%s", name);
	if (disk_write_bytes(f, seal, sizeof seal, SEGMENT_SEAL) == -1 ||
	    disk_sync(f) == -1)
		rc = err_errno(e, "seal %s", name);
	disk_close(&f);
	return rc;
}

int
book_segments_drop(struct book *b, struct err *e)
{
	char	name[SEGMENT_NAME];
	size_t	i = 0;
	bool	any = false;

	while (i < b->segment_count) {
		if (!book_segment_empty(&b->segment[i])) {
			i++;
			continue;
		}
		if (book_segment_seal(b, i, e) == -1)
			return -1;
		segment_name(name, b->segment[i].id);
		if (disk_unlink(b->disk, name) == -1 && errno != ENOENT)
			return err_errno(e, "unlink %s", name);
		book_segment_remove(b, &b->segment[i]);
		any = true;
	}
	if (any && disk_sync_dir(b->disk, SEGMENT_DIR) == -1)
		return err_errno(e, "sync %s", SEGMENT_DIR);
	return 0;
}
