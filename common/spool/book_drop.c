/*
 * Removal: segments in which nothing lives, and bodies of their own files.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "body_file.h"
#include "book_private.h"
#include "chain.h"
#include "draft.h"
#include "idset.h"
#include "reader.h"
#include "spare.h"

/*
 * Bodies that lie in files of their own go with the last segment that has an
 * entry of theirs.  Each segment is read once more for that, when it goes:
 * sizes are in the entries.
 *
 * A body stays as long as any entry of its transaction lives, and not of these
 * alone that the segment has: compaction moves some of them, and who was taken
 * over may have stored another transaction under the id of one that he was
 * shown a part of.
 */
struct book_bodies {
	struct book	*b;
	bool		 large;		/* the transaction that is read */
	struct spool_id	*txn;		/* those that are */
	size_t		 count, cap;
	struct idset	 ids;		/* the same */
	struct idset	 alive;		/* of them: memory knows an entry */
};

static int
book_body_entry(void *arg, const struct reader_entry *r)
{
	struct book_bodies	*bodies = arg;

	bodies->large |= r->entry.size > DRAFT_BODY_MAX;
	return 0;
}

static int
book_body_commit(void *arg, const struct spool_id *txn, uint32_t entries)
{
	struct book_bodies	*x = arg;

	(void)entries;
	if (!x->large)
		return 0;
	x->large = false;
	if (x->count == x->cap) {
		x->cap = x->cap == 0 ? 64 : x->cap * 2;
		x->txn = xreallocarray(x->txn, x->cap, sizeof *x->txn);
	}
	x->txn[x->count++] = *txn;
	idset_add(&x->ids, txn->txn);
	return 0;
}

static void
book_bodies_alive(struct book_bodies *x, const struct book_nodes *list)
{
	const struct book_node	*n;

	TAILQ_FOREACH(n, list, link)
		if (book_node_lives(n) && idset_has(&x->ids, n->key))
			idset_add(&x->alive, n->key);
}

static int
book_bodies_drop(struct book_bodies *x, struct err *e)
{
	char	name[DISK_NAME_MAX];
	size_t	i;
	int	rc;

	if (x->count == 0)
		return 0;
	book_bodies_alive(x, &x->b->fresh);
	book_bodies_alive(x, &x->b->pending);
	book_bodies_alive(x, &x->b->ahead);
	for (i = 0; i < x->count; i++) {
		if (idset_has(&x->alive, x->txn[i].txn))
			continue;
		if ((rc = book_index_txn(x->b, &x->txn[i], e)) == -1)
			return -1;
		if (rc == 0)
			continue;
		body_file_name(name, &x->txn[i]);
		(void)disk_unlink(x->b->disk, name);
	}
	return 0;
}

static int
book_segment_bodies(struct book *b, const struct book_segment *s,
    struct err *e)
{
	struct book_bodies	bodies = { .b = b };
	struct reader_calls	calls = { .entry = book_body_entry,
				    .commit = book_body_commit,
				    .arg = &bodies };
	struct reader_span	span = { NULL, s->id, 0, s->end, 0, 0 };
	char			name[SEGMENT_NAME];
	uint64_t		upto;
	int			rc;

	segment_name(name, s->id);
	if (disk_open(b->disk, name, DISK_READ, &span.file) == -1)
		return errno == ENOENT ? 0 : err_errno(e, "%s", name);
	rc = reader_run(&span, &calls, &upto, e);
	disk_close(&span.file);
	if (rc == 0)
		rc = book_bodies_drop(&bodies, e);
	free(bodies.txn);
	idset_fini(&bodies.ids);
	idset_fini(&bodies.alive);
	return rc == -1 ? err_wrap(e, "%s", name) : 0;
}

/* Sealed, read to its end, and nothing of it lives.  A compacted one goes no
 * sooner than the one that its entries came from: their ends are known by
 * where they were last. */
static bool
book_segment_empty(struct book *b, const struct book_segment *s)
{
	return s->end != 0 && s->read >= s->end && s->live == 0 &&
	    !book_compact_writes(b, s->id) && (s->replaces == 0 ||
	    s->most == 0 || book_segment_find(b, s->replaces) == NULL);
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

	if (i == 0 || (b->segment[i].id & SEGMENT_COLD) != 0)
		return 0;
	s = &b->segment[i - 1];
	segment_name(name, s->id);
	segment_seal_put(seal, s->id, s->end);
	if (disk_open(b->disk, name, DISK_WRITE, &f) == -1)
		return errno == ENOENT ? 0 : err_errno(e, "%s", name);
	if (disk_write_bytes(f, seal, sizeof seal, SEGMENT_SEAL) == -1 ||
	    disk_sync(f) == -1)
		rc = err_errno(e, "seal %s", name);
	disk_close(&f);
	return rc;
}

void
book_shown(struct book *b, uint64_t segment)
{
	struct book_segment	*s = book_segment_find(b, segment);

	if (s != NULL)
		s->shown = true;
}

void
book_all_shown(struct book *b)
{
	size_t	i;

	for (i = 0; i < b->segment_count; i++)
		b->segment[i].shown = true;
}

/* Its file is written to again as another segment's, which saves writing all
 * of a new one twice; not where room is short, and not if somebody may read
 * it still.  That is whoever was shown it; and of one that was compacted, the
 * workers of deliver as well: they were lent it for attempts that go on,
 * though their entries lie elsewhere by now. */
static bool
book_segment_again(struct book *b, const struct book_segment *s)
{
	struct disk_space	space;
	char			name[SEGMENT_NAME];

	if (((s->shown || s->copied) && !b->options.reuse_shown) ||
	    (s->id & SEGMENT_COLD) != 0 || s->size == 0 ||
	    disk_space(b->disk, &space) == -1 ||
	    space.bytes_free / SPARE_GIVEN < s->size)
		return false;
	segment_name(name, s->id);
	return spare_give(b->disk, SPARE_DIR, SEGMENT_DIR, name, s->id) == 0;
}

static int
book_segment_drop(struct book *b, size_t i, struct err *e)
{
	struct book_segment	*s = &b->segment[i];
	char			 name[SEGMENT_NAME];

	if (book_segment_bodies(b, s, e) == -1 ||
	    book_segment_seal(b, i, e) == -1)
		return -1;
	segment_name(name, s->id);
	if (!book_segment_again(b, s) &&
	    disk_unlink(b->disk, name) == -1 && errno != ENOENT)
		return err_errno(e, "unlink %s", name);
	/* Its room is given back when nobody has it open any more. */
	if (b->file_segment == s->id)
		disk_close(&b->file);
	if (b->options.events.removed != NULL)
		b->options.events.removed(b->options.events.arg, s->id);
	book_table_drop(b, s);
	book_segment_remove(b, s);
	return 0;
}

int
book_segments_settle(struct book *b, struct err *e)
{
	if (!b->removed)
		return 0;
	if (disk_sync_dir(b->disk, SEGMENT_DIR) == -1)
		return err_errno(e, "sync %s", SEGMENT_DIR);
	b->removed = false;
	return 0;
}

/* One that can't go keeps none of the others: a disk that is full needs the
 * room.  The first error is told.  What was removed and is not synced yet may
 * be there again after a power cut, and is then to be known for dead: while
 * that is so the journal stays, and no checkpoint is written that knows
 * nothing of it. */
int
book_segments_drop(struct book *b, struct err *e)
{
	struct err	other;
	size_t		i = 0;
	int		rc = 0;

	while (i < b->segment_count) {
		if (!book_segment_empty(b, &b->segment[i])) {
			i++;
		} else if (book_segment_drop(b, i, rc == 0 ? e : &other) ==
		    -1) {
			rc = -1;
			i++;
		} else {
			b->removed = true;
		}
	}
	if (book_segments_settle(b, rc == 0 ? e : &other) == -1)
		rc = -1;
	return rc;
}
