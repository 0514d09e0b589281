/*
 * Group commit.
 *
 * Invariants
 *   I1  w->end is durable: all before it was synced, and nothing after it is
 *       known to anybody.
 *   I2  A new segment's head names the one before and its end.  The head, and
 *       the folder's entry, are synced before the first batch: what failed
 *       beyond that end never comes back.
 *   I3  A transaction lies in one segment.  While a part of one is in the
 *       segment, it is not left; it may grow beyond its size instead, and no
 *       other large one begins in it.
 *   I4  After an error of a write or a sync the segment is never written to
 *       again, and the sync is not tried again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "recover.h"
#include "scan.h"
#include "writer_private.h"

#define WRITER_LOCK	"writer.lock"

static int
writer_recover(struct spool_writer *w, struct err *e)
{
	struct recovered	r;

	if (disk_make_dir(w->disk, SEGMENT_DIR) == -1)
		return err_errno(e, "%s", SEGMENT_DIR);
	if (recover_writer(w->disk, &r, &w->ids, e) == -1)
		return -1;
	w->segment.id = r.id;
	w->end = r.end;
	w->greatest = r.greatest;
	if (spares_open(&w->spares, w->disk, SPARE_DIR,
	    w->segment_size) == -1)
		return err_errno(e, "%s", SPARE_DIR);
	return 0;
}

/* The file of the new segment, from a spare if there is one. */
static int
writer_file(struct spool_writer *w, const char *name, struct err *e)
{
	int	rc = spares_take(&w->spares, name);

	if (rc == -1)
		return err_errno(e, "rename a spare to %s", name);
	if (disk_open(w->disk, name, rc == 0 ? DISK_WRITE : DISK_CREATE,
	    &w->file) == -1)
		return err_errno(e, "%s", name);
	w->filled = rc == 0 ? w->segment_size : SEGMENT_HEAD;
	return 0;
}

/* I2. */
static int
writer_new_segment(struct spool_writer *w, struct err *e)
{
	struct segment	s = { .id = w->greatest + 1, .before = w->segment.id,
			    .before_end = w->end, .size = w->segment_size };
	unsigned char	block[SEGMENT_HEAD];
	char		name[SEGMENT_NAME];

	segment_name(name, s.id);
	arc4random_buf(&s.secret, sizeof s.secret);
	w->greatest = s.id;
	if (writer_file(w, name, e) == -1)
		return -1;
	segment_put(block, &s);
	if (disk_write_bytes(w->file, block, sizeof block, 0) == -1 ||
	    disk_sync(w->file) == -1 ||
	    disk_sync_dir(w->disk, SPARE_DIR) == -1 ||
	    disk_sync_dir(w->disk, SEGMENT_DIR) == -1) {
		err_errno(e, "begin %s", name);
		disk_close(&w->file);
		(void)disk_unlink(w->disk, name);
		return -1;
	}
	w->segment = s;
	w->end = SEGMENT_HEAD;
	w->next_txn = 1;
	w->partial = 0;
	w->counts.segments++;
	w->counts.again = w->spares.again;
	idset_turn(&w->ids);
	return 0;
}

int
spool_writer_open(struct spool_writer **out, struct disk *disk,
    uint64_t segment_size, struct err *e)
{
	struct spool_writer	*w = xcalloc(1, sizeof *w);

	w->disk = disk;
	w->segment_size = segment_size != 0 ? segment_size : SEGMENT_SIZE;
	if (disk_lock_name(disk, WRITER_LOCK, "another process writes to this "
	    "spool", &w->lock, e) == -1 || writer_recover(w, e) == -1 ||
	    writer_new_segment(w, e) == -1) {
		spool_writer_close(&w);
		return -1;
	}
	*out = w;
	return 0;
}

void
spool_writer_close(struct spool_writer **w)
{
	if (*w == NULL)
		return;
	spares_close(&(*w)->spares);
	disk_close(&(*w)->file);
	disk_close(&(*w)->lock);
	idset_fini(&(*w)->ids);
	free((*w)->staged);
	free((*w)->iov);
	free(*w);
	*w = NULL;
}

bool
spool_writer_has(const struct spool_writer *w, const struct spool_id *id)
{
	return idset_has(&w->ids, id->txn);
}

int
spool_writer_stage(struct spool_writer *w, struct spool_draft *d,
    struct err *e)
{
	if (d->segment != 0 && (w->file == NULL ||
	    d->segment != w->segment.id))
		return err_set(e, "a part of it was in a segment that ended "
		    "by an error");
	/* I3 */
	if (d->segment == 0 && !d->ended && w->file != NULL &&
	    w->partial > 0 && w->end >= w->segment_size)
		return 1;
	/* No reader takes a larger one. */
	if (w->staged_count > 0 &&
	    w->front_size + d->front.len > SCAN_FRONT_MAX)
		return 1;
	if (w->staged_count == w->staged_cap) {
		w->staged_cap = w->staged_cap == 0 ? 64 : w->staged_cap * 2;
		w->staged = xreallocarray(w->staged, w->staged_cap,
		    sizeof *w->staged);
	}
	w->staged[w->staged_count++] = d;
	w->front_size += d->front.len;
	if (d->segment == 0)
		w->body_size += record_size((uint32_t)d->body.len);
	return 0;
}

uint64_t
spool_writer_staged(const struct spool_writer *w)
{
	return w->front_size + w->body_size;
}

/* I3 again: what is staged goes where its other parts are. */
static bool
writer_full(const struct spool_writer *w)
{
	return w->partial == 0 && w->end > SEGMENT_HEAD && w->end +
	    spool_writer_staged(w) + SEGMENT_BLOCK > w->segment_size;
}

int
spool_writer_write(struct spool_writer *w, struct err *e)
{
	uint64_t	size;
	int		n = writer_place(w, &size);

	if (disk_write(w->file, w->iov, n, w->end) == -1)
		return err_errno(e, "write a batch");
	if (disk_sync(w->file) == -1)
		return err_errno(e, "sync a batch");
	writer_placed(w);
	w->end += size;
	w->counts.batches++;
	w->counts.bytes += size;
	w->staged_count = 0;
	w->front_size = w->body_size = 0;
	return 0;
}

int
spool_writer_commit(struct spool_writer *w, struct err *e)
{
	int	rc = 0;

	if (w->staged_count == 0)
		return 0;
	if (w->file != NULL && writer_full(w))
		disk_close(&w->file);
	if (w->file == NULL)
		rc = writer_new_segment(w, e);
	if (rc == 0)
		rc = spool_writer_write(w, e);
	if (rc == -1) {
		disk_close(&w->file);	/* I4 */
		w->counts.failures++;
	}
	w->staged_count = 0;
	w->front_size = w->body_size = 0;
	return rc;
}

void
spool_writer_forget(struct spool_writer *w, struct spool_draft *d)
{
	/* Its end may have come, and not be written. */
	if (d->partial && d->segment == w->segment.id && w->file != NULL)
		w->partial--;
	d->partial = false;
	d->segment = UINT64_MAX;	/* no segment takes it any more */
}

struct spool_place
spool_writer_durable(const struct spool_writer *w)
{
	return (struct spool_place){ w->segment.id, w->end };
}

struct disk_file *
spool_writer_file(const struct spool_writer *w)
{
	return w->file;
}

/* A piece of what is ahead in the segment; 0: it has all of its blocks. */
static int
writer_fill(struct spool_writer *w)
{
	uint64_t	at = w->filled < w->end ? w->end : w->filled;
	uint64_t	len = SPARE_PIECE;

	if (w->file == NULL || at >= w->segment_size)
		return 0;
	if (len > w->segment_size - at)
		len = w->segment_size - at;
	/* Where there was no room once it isn't asked for again. */
	w->filled = w->segment_size;
	if (disk_fill(w->file, at, len) == -1)
		return -1;
	w->filled = at + len;
	return 1;
}

/*
 * First the segment, if it was no spare: until its blocks are there each sync
 * of a batch commits the system's journal, too.  Of spares the second one is
 * made when it is nearer, if none was given by then.
 */
int
spool_writer_prepare(struct spool_writer *w)
{
	int	rc = writer_fill(w);

	if (rc != 0)
		return rc;
	return spares_prepare(&w->spares, w->end * 2 < w->segment_size ?
	    1 : WRITER_SPARES);
}

bool
spool_writer_behind(const struct spool_writer *w)
{
	return (w->file != NULL && w->filled < w->segment_size) ||
	    (w->spares.count == 0 && w->spares.filled < w->end * 2);
}

const struct spool_writer_counts *
spool_writer_counts(const struct spool_writer *w)
{
	return &w->counts;
}
