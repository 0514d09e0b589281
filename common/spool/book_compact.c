/*
 * Compaction: what lives in a sealed segment that is mostly dead is copied
 * into a new one, and its state with it, so that neither the old segment nor
 * the old journal is needed any more.
 *
 * The copy is whole and synced before the first STATE that names it.  After a
 * crash before those were durable nothing lives in the copy, and it goes as
 * any empty segment does; among them, each entry is where its last STATE says.
 * The old segment goes when all of them are durable, by the same rule.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "book_private.h"
#include "chain.h"
#include "draft.h"
#include "reader.h"
#include "writer_private.h"

#define COMPACT_LIVE_PERCENT	70
#define COMPACT_BATCH		(1U << 20)

struct compact {
	struct book	*b;
	struct spool_writer w;		/* of the copy; in no chain */
	struct disk_file *from;
	uint64_t	 old;
	struct spool_draft *draft;	/* of the transaction that is read */
	struct spool_draft **drafts;	/* staged, to be freed */
	size_t		 count, cap;
	struct buf	 edits;		/* lists of it, each with its length */
	uint64_t	 body;		/* offset of its body */
	struct err	 why;
};

/* ---- One transaction ----------------------------------------------------- */

static int
compact_body(struct compact *c, const struct spool_id *id)
{
	struct spool_place	place = { c->old, c->body };
	struct buf		payload = BUF_INIT;
	struct record		r;
	int			rc;

	rc = scan_record_at(c->from, &place, &r, &payload, &c->why);
	if (rc == 0)
		rc = spool_draft_copy_body(c->draft, r.type,
		    buf_str(&payload), &c->why);
	else if (rc == 1)
		rc = err_set(&c->why, "a body is damaged");
	buf_free(&payload);
	(void)id;
	return rc;
}

static int
compact_write(struct compact *c)
{
	int	rc = spool_writer_write(&c->w, &c->why);

	while (c->count > 0)
		spool_draft_free(&c->drafts[--c->count]);
	return rc;
}

/* A long transaction is written in parts, as it came: no reader takes a batch
 * of any size. */
static int
compact_part(struct compact *c)
{
	if (spool_draft_waiting(c->draft) < COMPACT_BATCH)
		return 0;
	return spool_writer_stage(&c->w, c->draft, &c->why) != 0 ? -1 :
	    compact_write(c);
}

static int
compact_edits(void *arg, struct str list)
{
	struct compact	*c = arg;

	buf_add(&c->edits, &list.len, sizeof list.len);
	buf_add_str(&c->edits, list);
	return 0;
}

/* The lists keep their numbers: all are copied. */
static int
compact_lists(struct compact *c)
{
	struct str	rest = buf_str(&c->edits), list;

	while (rest.len > 0) {
		memcpy(&list.len, rest.p, sizeof list.len);
		list.p = rest.p + sizeof list.len;
		if (spool_draft_edits(c->draft, list, &c->why) == -1 ||
		    compact_part(c) == -1)
			return -1;
		rest.p += sizeof list.len + list.len;
		rest.len -= sizeof list.len + list.len;
	}
	return 0;
}

/* Does it live, and here? */
static int
compact_entry(void *arg, const struct reader_entry *r)
{
	struct compact		*c = arg;
	struct book_entry	 now;
	int			 rc;

	if ((rc = book_find(c->b, &r->id, &now, &c->why)) == -1)
		return -1;
	if (rc == 1 || now.place.segment != c->old ||
	    now.place.offset != r->place.offset)
		return 0;
	if (c->draft == NULL) {
		c->draft = spool_draft_new(&r->id);
		c->body = r->body;
		if (compact_body(c, &r->id) == -1 || compact_lists(c) == -1)
			return -1;
	}
	if (spool_draft_copy_entry(c->draft, r->bytes, &c->why) == -1)
		return -1;
	return compact_part(c);
}

static int
compact_commit(void *arg, const struct spool_id *txn, uint32_t entries)
{
	struct compact		*c = arg;
	struct spool_draft	*d;

	(void)txn;
	(void)entries;
	buf_clear(&c->edits);
	if (c->draft == NULL)
		return 0;
	if (c->count == c->cap) {
		c->cap = c->cap == 0 ? 64 : c->cap * 2;
		c->drafts = xreallocarray(c->drafts, c->cap,
		    sizeof *c->drafts);
	}
	c->drafts[c->count++] = d = c->draft;
	c->draft = NULL;
	if (spool_draft_end(d, &c->why) == -1 ||
	    spool_writer_stage(&c->w, d, &c->why) != 0)
		return -1;
	return spool_writer_staged(&c->w) >= COMPACT_BATCH ?
	    compact_write(c) : 0;
}

/* ---- The copy ------------------------------------------------------------ */

static int
compact_begin(struct compact *c, struct err *e)
{
	struct segment	s = { .id = c->b->next_cold++, .cold = true,
			    .replaced_count = 1, .replaced = { c->old } };
	unsigned char	block[SEGMENT_HEAD];
	char		name[SEGMENT_NAME];

	segment_name(name, s.id);
	c->w.disk = c->b->disk;
	c->w.segment = s;
	c->w.segment_size = UINT64_MAX;
	c->w.end = SEGMENT_HEAD;
	c->w.next_txn = 1;
	if (disk_open(c->b->disk, name, DISK_CREATE, &c->w.file) == -1)
		return err_errno(e, "%s", name);
	segment_put(block, &s);
	if (disk_write_bytes(c->w.file, block, sizeof block, 0) == -1)
		return err_errno(e, "write %s", name);
	return 0;
}

static int
compact_copy(struct compact *c, uint64_t end, struct err *e)
{
	struct reader_calls	calls = { .entry = compact_entry,
				    .edits = compact_edits,
				    .commit = compact_commit, .arg = c };
	struct reader_span	span = { c->from, c->old, 0, end, 0 };
	uint64_t		upto;

	if (reader_run(&span, &calls, &upto, e) == -1) {
		if (c->why.text[0] != '\0')
			*e = c->why;
		return -1;
	}
	if (c->count > 0 && compact_write(c) == -1) {
		*e = c->why;
		return -1;
	}
	if (disk_sync(c->w.file) == -1 ||
	    disk_sync_dir(c->b->disk, SEGMENT_DIR) == -1)
		return err_errno(e, "sync the copy");
	return 0;
}

static void
compact_free(struct compact *c)
{
	char	name[SEGMENT_NAME];

	spool_draft_free(&c->draft);
	while (c->count > 0)
		spool_draft_free(&c->drafts[--c->count]);
	free(c->drafts);
	buf_free(&c->edits);
	disk_close(&c->from);
	disk_close(&c->w.file);
	idset_fini(&c->w.ids);
	free(c->w.staged);
	free(c->w.iov);
	/* What was not finished is in the way of nobody. */
	if (book_segment_find(c->b, c->w.segment.id) == NULL) {
		segment_name(name, c->w.segment.id);
		(void)disk_unlink(c->b->disk, name);
	}
}

/* ---- Moving there -------------------------------------------------------- */

static int
compact_move(void *arg, const struct reader_entry *r)
{
	struct compact		*c = arg;
	struct entry_state	 state;
	int			 rc;

	if ((rc = book_state(c->b, &r->id, &state, &c->why)) != 0)
		return rc == 1 ? 0 : -1;
	if (state.segment != c->old)
		return 0;
	state.segment = r->place.segment;
	state.offset = r->place.offset;
	state.moved = 1;
	return book_change(c->b, &r->id, &state, &c->why) == -1 ? -1 : 0;
}

static int
compact_moves(struct compact *c, struct err *e)
{
	struct reader_calls	calls = { .entry = compact_move, .arg = c };
	struct reader_span	span = { c->w.file, c->w.segment.id, 0,
				    c->w.end, 0 };
	struct book_segment	*s;
	uint64_t		upto;

	s = book_segment_add(c->b, c->w.segment.id);
	s->end = s->read = c->w.end;
	if (reader_run(&span, &calls, &upto, e) == -1) {
		if (c->why.text[0] != '\0')
			*e = c->why;
		return -1;
	}
	return book_sync(c->b, e);
}

bool
book_segment_mostly_dead(const struct book_segment *s)
{
	return (uint64_t)s->live * 100 <= s->most * COMPACT_LIVE_PERCENT;
}

/* The first that is mostly dead, if any. */
static struct book_segment *
compact_pick(struct book *b)
{
	struct book_segment	*s;
	size_t			 i;

	for (i = 0; i < b->segment_count; i++) {
		s = &b->segment[i];
		if (s->end != 0 && s->read >= s->end && s->live > 0 &&
		    book_segment_mostly_dead(s))
			return s;
	}
	return NULL;
}

int
book_compact(struct book *b, struct err *e)
{
	struct book_segment	*s = compact_pick(b);
	struct compact		 c;
	char			 name[SEGMENT_NAME];
	uint64_t		 end;
	int			 rc;

	if (s == NULL || !b->hinted)
		return 0;
	memset(&c, 0, sizeof c);
	c.b = b;
	c.old = s->id;
	end = s->end;
	segment_name(name, c.old);
	if (disk_open(b->disk, name, DISK_READ, &c.from) == -1)
		return err_errno(e, "%s", name);
	rc = compact_begin(&c, e);
	if (rc == 0)
		rc = compact_copy(&c, end, e);
	if (rc == 0)
		rc = compact_moves(&c, e);
	if (rc == 0)
		b->counts.compacted++;
	compact_free(&c);
	return rc == -1 ? err_wrap(e, "compaction of %s", name) : 1;
}
