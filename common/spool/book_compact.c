/*
 * Compaction: what lives in a sealed segment that is mostly dead is copied
 * into a new one, and its state with it, so that neither the old segment nor
 * the old journal is needed any more.
 *
 *	copying ---> moving ---> (over)
 *
 * It goes on in slices, some records each, and everything else may happen in
 * between.  Entries that end or change before their turn to be moved are
 * still the old segment's; the copy of one that has ended is dead from the
 * start.  Its end is needed for as long as there is such a copy, see
 * book_ended_in().
 *
 * The copy is whole and synced before the first STATE that names it.  After a
 * crash before those were durable nothing lives in the copy, and it goes as
 * any empty segment does; among them, each entry is where its last STATE says,
 * and the others are moved to the same copy.
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
#define COMPACT_WASTE		3	/* segments that wait for idle time */
#define COMPACT_STOOD_MS	10000
#define COMPACT_AGAIN_MS	60000	/* after an error, such as damage */
#define COMPACT_STOOD_PERCENT	90
#define COMPACT_BATCH		(256U * 1024)
/* Of a slice: records that are looked at, and bytes that are copied; the last
 * one may be a body, of up to a MiB. */
#define COMPACT_RECORDS		256
#define COMPACT_BYTES		(256U * 1024)

struct book_compact {
	struct book	*b;
	struct spool_writer w;		/* of the copy; in no chain */
	struct disk_file *from;
	uint64_t	 old;
	struct reader	*reader;	/* of the old one, or of the copy */
	bool		 moving;
	size_t		 bytes;		/* copied in this slice */
	struct spool_draft *draft;	/* of the transaction that is read */
	struct spool_draft **drafts;	/* staged, to be freed */
	size_t		 count, cap;
	struct buf	 edits;		/* lists of it, each with its length */
	uint64_t	 body;		/* offset of its body */
	struct err	 why;
};

/* ---- One transaction ----------------------------------------------------- */

static int
compact_body(struct book_compact *c)
{
	struct spool_place	place = { c->old, c->body };
	struct buf		payload = BUF_INIT;
	struct record		r;
	int			rc;

	rc = scan_record_at(c->from, &place, &r, &payload, &c->why);
	c->bytes += payload.len;
	if (rc == 0)
		rc = spool_draft_copy_body(c->draft, r.type,
		    buf_str(&payload), &c->why);
	else if (rc == 1)
		rc = err_set(&c->why, "a body is damaged");
	buf_free(&payload);
	return rc;
}

static int
compact_write(struct book_compact *c)
{
	int	rc = spool_writer_write(&c->w, &c->why);

	while (c->count > 0)
		spool_draft_free(&c->drafts[--c->count]);
	return rc;
}

/* A long transaction is written in parts, as it came: no reader takes a batch
 * of any size. */
static int
compact_part(struct book_compact *c)
{
	if (spool_draft_waiting(c->draft) < COMPACT_BATCH)
		return 0;
	return spool_writer_stage(&c->w, c->draft, &c->why) != 0 ? -1 :
	    compact_write(c);
}

static int
compact_edits(void *arg, struct str list)
{
	struct book_compact	*c = arg;

	buf_add(&c->edits, &list.len, sizeof list.len);
	buf_add_str(&c->edits, list);
	return 0;
}

/* The lists keep their numbers: all are copied. */
static int
compact_lists(struct book_compact *c)
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
	struct book_compact		*c = arg;
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
		if (compact_body(c) == -1 || compact_lists(c) == -1)
			return -1;
	}
	c->bytes += r->bytes.len;
	if (spool_draft_copy_entry(c->draft, r->bytes, &c->why) == -1)
		return -1;
	return compact_part(c);
}

static int
compact_commit(void *arg, const struct spool_id *txn, uint32_t entries)
{
	struct book_compact		*c = arg;
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
compact_head(struct book_compact *c, struct err *e)
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

/* What was not finished is in the way of nobody; where it can't be removed it
 * is a segment in which nothing lives, and that is tried again. */
static void
compact_unlink(struct book_compact *c)
{
	struct book_segment	*s;
	char			 name[SEGMENT_NAME];

	segment_name(name, c->w.segment.id);
	if (c->w.file == NULL || c->moving ||
	    disk_unlink(c->b->disk, name) == 0)
		return;
	s = book_segment_add(c->b, c->w.segment.id);
	s->end = s->read = c->w.end;
	s->replaces = c->old;
}

static void
compact_free(struct book_compact **c)
{
	reader_free(&(*c)->reader);
	spool_draft_free(&(*c)->draft);
	while ((*c)->count > 0)
		spool_draft_free(&(*c)->drafts[--(*c)->count]);
	free((*c)->drafts);
	buf_free(&(*c)->edits);
	disk_close(&(*c)->from);
	disk_close(&(*c)->w.file);
	idset_fini(&(*c)->w.ids);
	free((*c)->w.staged);
	free((*c)->w.iov);
	free(*c);
	*c = NULL;
}

void
book_compact_stop(struct book *b)
{
	if (b->compact != NULL)
		compact_free(&b->compact);
}

uint64_t
book_compact_copy(const struct book *b, uint64_t segment)
{
	return b->compact != NULL && b->compact->old == segment ?
	    b->compact->w.segment.id : 0;
}

bool
book_compact_writes(const struct book *b, uint64_t segment)
{
	return b->compact != NULL && b->compact->w.segment.id == segment;
}

/* ---- Slices -------------------------------------------------------------- */

/* 1: there is more to read; 0: no. */
static int
compact_read(struct book_compact *c, struct err *e)
{
	uint32_t	records = 0, most = c->b->options.compact_slice;
	int		rc;

	if (most == 0)
		most = COMPACT_RECORDS;
	c->bytes = 0;
	do
		rc = reader_step(c->reader, e);
	while (rc == 1 && ++records < most &&
	    c->bytes < COMPACT_BYTES);
	if (rc == -1 && c->why.text[0] != '\0')
		*e = c->why;
	return rc;
}

static int
compact_move(void *arg, const struct reader_entry *r)
{
	struct book_compact	*c = arg;
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

/* The copy is whole: what is in it counts from now on. */
static int
compact_seal(struct book_compact *c, struct err *e)
{
	struct reader_calls	 calls = { .entry = compact_move, .arg = c };
	struct reader_span	 span = { c->w.file, c->w.segment.id, 0, 0,
				    0, 0 };
	struct book_segment	*s;

	if (c->count > 0 && compact_write(c) == -1) {
		*e = c->why;
		return -1;
	}
	if (disk_sync(c->w.file) == -1 ||
	    disk_sync_dir(c->b->disk, SEGMENT_DIR) == -1)
		return err_errno(e, "sync the copy");
	s = book_segment_add(c->b, c->w.segment.id);
	s->end = s->read = span.end = c->w.end;
	s->replaces = c->old;
	reader_free(&c->reader);
	c->reader = reader_new(&span, &calls);
	c->moving = true;
	return 1;
}

/* 1: there is more to do; 0: it is over. */
static int
compact_slice(struct book_compact *c, struct err *e)
{
	struct book_segment	*s;
	int			 rc = compact_read(c, e);

	if (rc != 0)
		return rc;
	if (!c->moving)
		return compact_seal(c, e);
	if (book_sync(c->b, e) == -1)
		return -1;
	if ((s = book_segment_find(c->b, c->old)) != NULL)
		s->moved = true;
	c->b->counts.compacted++;
	return 0;
}

/* ---- Which --------------------------------------------------------------- */

bool
book_segment_mostly_dead(const struct book_segment *s)
{
	return (uint64_t)s->live * 100 <= s->most * COMPACT_LIVE_PERCENT;
}

/* A file is made at full size, and a write that fails ends its segment: what
 * the segment has may be a small part of what its file takes. */
static bool
compact_is_short(const struct book_segment *s)
{
	return (s->id & SEGMENT_COLD) == 0 &&
	    s->end * 100 <= s->size * COMPACT_LIVE_PERCENT;
}

/* One that mail is leaving will soon be empty: to copy the rest of it is in
 * vain.  Where mail waits it stands as it is. */
static bool
compact_stands(const struct book *b, struct book_segment *s)
{
	if (b->options.compact_soon)
		return true;
	if (s->stood_ms == 0 || s->live * 100 < s->stood *
	    COMPACT_STOOD_PERCENT) {
		s->stood = s->live;
		s->stood_ms = b->clock.mono_ms + 1;
	}
	return b->clock.mono_ms + 1 - s->stood_ms >= COMPACT_STOOD_MS;
}

/* It could not be compacted: others have their turn first. */
static void
compact_rests(struct book *b, uint64_t segment)
{
	struct book_segment	*s = book_segment_find(b, segment);

	if (s == NULL)
		return;
	s->stood = s->live;
	s->stood_ms = b->clock.mono_ms + 1 + COMPACT_AGAIN_MS -
	    COMPACT_STOOD_MS;
}

static bool
compact_may(const struct book *b, struct book_segment *s)
{
	return s->end != 0 && s->read >= s->end && s->live > 0 &&
	    (book_segment_mostly_dead(s) || compact_is_short(s)) &&
	    compact_stands(b, s);
}

/* The first that wastes room, if any. */
static struct book_segment *
compact_pick(struct book *b)
{
	size_t	i;

	for (i = 0; i < b->segment_count; i++)
		if (compact_may(b, &b->segment[i]))
			return &b->segment[i];
	return NULL;
}

bool
book_wastes(struct book *b)
{
	size_t	i, found = 0;

	for (i = 0; i < b->segment_count && found < COMPACT_WASTE; i++)
		found += compact_may(b, &b->segment[i]);
	return found == COMPACT_WASTE;
}

/* A copy of it that was whole, since entries moved to it, but not all. */
static struct book_segment *
compact_half(struct book *b, const struct book_segment *s)
{
	size_t	i;

	for (i = b->segment_count; i > 0 && s->copied && !s->moved; i--)
		if (b->segment[i - 1].replaces == s->id &&
		    b->segment[i - 1].live > 0)
			return &b->segment[i - 1];
	return NULL;
}

/*
 * It goes on with that copy.  A second one would leave the dead of the first
 * behind in it, beside others that live, and whoever ends after a further
 * move is not known to lie there.
 */
static int
compact_resume(struct book *b, struct book_segment *s,
    const struct book_segment *copy, struct err *e)
{
	struct book_compact	*c = xcalloc(1, sizeof *c);
	struct reader_calls	calls = { .entry = compact_move, .arg = c };
	struct reader_span	span = { NULL, copy->id, 0, copy->end, 0, 0 };
	char			name[SEGMENT_NAME];

	c->b = b;
	c->old = s->id;
	c->w.segment.id = copy->id;
	c->moving = true;
	b->compact = c;
	segment_name(name, copy->id);
	if (disk_open(b->disk, name, DISK_READ, &c->w.file) == -1)
		return err_errno(e, "%s", name);
	span.file = c->w.file;
	c->reader = reader_new(&span, &calls);
	return 1;
}

static int
compact_begin(struct book *b, struct book_segment *s, struct err *e)
{
	struct book_compact	*c = xcalloc(1, sizeof *c);
	struct reader_calls	calls = { .entry = compact_entry,
				    .edits = compact_edits,
				    .commit = compact_commit, .arg = c };
	struct reader_span	span = { NULL, s->id, 0, s->end, 0, 0 };
	char			name[SEGMENT_NAME];

	c->b = b;
	c->old = s->id;
	b->compact = c;
	segment_name(name, s->id);
	if (disk_open(b->disk, name, DISK_READ, &c->from) == -1)
		return err_errno(e, "%s", name);
	span.file = c->from;
	c->reader = reader_new(&span, &calls);
	if (compact_head(c, e) == -1)
		return -1;
	s->copied = true;
	return 1;
}

int
book_compact(struct book *b, struct err *e)
{
	struct book_compact	*c = b->compact;
	struct book_segment	*s, *half;
	uint64_t		 old;
	int			 rc;

	if (!b->hinted || (c == NULL && (s = compact_pick(b)) == NULL))
		return 0;
	old = c != NULL ? c->old : s->id;
	if (c == NULL && (half = compact_half(b, s)) != NULL)
		rc = compact_resume(b, s, half, e);
	else if (c == NULL)
		rc = compact_begin(b, s, e);
	else if (!c->moving && book_segment_find(b, old) == NULL)
		rc = 0;		/* all of it has ended meanwhile */
	else
		rc = compact_slice(c, e);
	if (rc != 1) {
		compact_unlink(b->compact);
		compact_free(&b->compact);
	}
	if (rc == -1)
		compact_rests(b, old);
	return rc == -1 ? err_wrap(e, "compaction of segment %016llx",
	    (unsigned long long)old) : 1;
}
