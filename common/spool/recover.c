/*
 * A writer that is gone left a segment whose end no other one names.
 *
 * What it acknowledged lies before the greatest durable_upto, or in the
 * batches after it: those were synced, or were about to be.  Which of the two
 * is not known; so the segment is synced again, and read from the medium and
 * not from memory, where a page whose write failed still looks well.  It ends
 * before the first batch that is not whole, if nothing later says that this
 * one was durable.  What is in the batches after the last acknowledged one may
 * so come to exist: mail that nobody was told of may be there, once.
 *
 * A file without a sound head was being made when its writer ended, and
 * holds nothing: it is removed.
 */
#include <errno.h>
#include <string.h>

#include "reader.h"
#include "recover.h"

static int
recover_name(void *arg, const char *name)
{
	uint64_t	*newest = arg, id;

	if (segment_name_parse(&id, name) == 0 && (id & SEGMENT_COLD) == 0 &&
	    id > *newest)
		*newest = id;
	return 0;
}

static int
recover_list(struct disk *disk, uint64_t *newest, struct err *e)
{
	*newest = 0;
	if (disk_list(disk, SEGMENT_DIR, recover_name, newest) == -1)
		return err_errno(e, "list %s", SEGMENT_DIR);
	return 0;
}

/* 0: there is a batch of that segment in the file; 1: none; -1. */
static int
recover_batch(struct disk_file *f, uint64_t id, struct err *e)
{
	struct scan	s;
	uint64_t	size;
	int		rc;

	if (disk_size(f, &size) == -1)
		return err_errno(e, "size");
	scan_init(&s, f, id, 0, size);
	rc = scan_batch(&s, e);
	scan_fini(&s);
	return rc;
}

/* A file that is used again has the head of what it was before, until it gets
 * its own: it holds nothing yet. */
static int
recover_head_of(struct disk_file *f, uint64_t id, struct segment *s,
    struct err *e)
{
	unsigned char	block[SEGMENT_HEAD];
	ssize_t		got = disk_read(f, block, sizeof block, 0);
	int		rc;

	if (got == -1)
		return err_errno(e, "read");
	if (got == sizeof block && segment_get(s, block, e) == 0 &&
	    s->id == id)
		return disk_size(f, &s->size) == -1 ? err_errno(e, "size") : 0;
	if (got == sizeof block && segment_unknown(block))
		return -1;
	if (got == sizeof block && segment_get(s, block, e) == 0)
		return 1;
	rc = recover_batch(f, id, e);
	memset(s, 0, sizeof *s);
	if (disk_size(f, &s->size) == -1)
		return err_errno(e, "size");
	s->id = id;
	s->headless = true;
	return rc;
}

int
recover_head(struct disk *disk, uint64_t id, struct segment *s, struct err *e)
{
	char		  name[SEGMENT_NAME];
	struct disk_file *f;
	int		  rc;

	segment_name(name, id);
	if (disk_open(disk, name, DISK_READ, &f) == -1)
		return err_errno(e, "%s", name);
	rc = recover_head_of(f, id, s, e);
	disk_close(&f);
	return rc == -1 ? err_wrap(e, "%s", name) : rc;
}

static int
recover_entry(void *arg, const struct reader_entry *entry)
{
	(void)arg;
	(void)entry;
	return 0;
}

static int
recover_commit(void *arg, const struct spool_id *txn, uint32_t entries)
{
	(void)entries;
	idset_add(arg, txn->txn);
	return 0;
}

static int
recover_ids(struct disk_file *f, uint64_t id, uint64_t end,
    struct idset *ids, struct err *e)
{
	struct reader_calls	calls = { .entry = recover_entry,
				    .commit = recover_commit, .arg = ids };
	struct reader_span	span = { f, id, 0, end, 0, 0 };
	uint64_t		upto;

	return reader_run(&span, &calls, &upto, e);
}

/* Batches are whole up to *end, but for those that were durable once. */
int
recover_end(struct disk_file *f, uint64_t id, uint64_t *end, struct err *e)
{
	struct scan	s;
	uint64_t	size, first_bad = 0;
	int		rc, whole = 1;

	if (disk_size(f, &size) == -1)
		return err_errno(e, "size");
	scan_init(&s, f, id, 0, size);
	*end = SEGMENT_HEAD;
	while ((rc = scan_batch(&s, e)) == 0) {
		if (first_bad == 0 && s.batch_at != *end)
			first_bad = *end;
		if ((whole = scan_whole(&s, e)) == -1) {
			rc = -1;
			break;
		}
		if (whole == 0 && first_bad == 0)
			first_bad = s.batch_at;
		*end = s.at;
		if (first_bad != 0 && s.durable > first_bad)
			first_bad = 0;	/* damaged since, not torn */
	}
	if (rc == 1 && first_bad != 0)
		*end = first_bad;
	if (*end < s.durable)
		*end = s.durable;
	scan_fini(&s);
	return rc == 1 ? 0 : -1;
}

static int
recover_newest(struct disk *disk, uint64_t id, uint64_t *end,
    struct idset *ids, struct err *e)
{
	char		  name[SEGMENT_NAME];
	struct disk_file *f;
	int		  rc = -1;

	segment_name(name, id);
	if (disk_open(disk, name, DISK_WRITE, &f) == -1)
		return err_errno(e, "%s", name);
	if (disk_sync(f) == -1)
		err_errno(e, "sync %s", name);
	else if (disk_reread(f) == -1)
		err_errno(e, "reread %s", name);
	else if (recover_end(f, id, end, e) == -1 ||
	    recover_ids(f, id, *end, ids, e) == -1)
		err_wrap(e, "%s", name);
	else
		rc = 0;
	disk_close(&f);
	return rc;
}

static int
recover_sealed(struct disk *disk, uint64_t id, uint64_t end,
    struct idset *ids, struct err *e)
{
	char		  name[SEGMENT_NAME];
	struct disk_file *f;
	int		  rc;

	segment_name(name, id);
	if (disk_open(disk, name, DISK_READ, &f) == -1)
		return errno == ENOENT ? 0 : err_errno(e, "%s", name);
	rc = recover_ids(f, id, end, ids, e);
	disk_close(&f);
	return rc == -1 ? err_wrap(e, "%s", name) : 0;
}

/* Takes the newest files away that never came to be segments: 0, with the
 * id and head of the newest that did. */
static int
recover_void(struct disk *disk, struct recovered *r, struct segment *s,
    struct err *e)
{
	char	name[SEGMENT_NAME];
	int	rc;

	for (;;) {
		if (recover_list(disk, &r->id, e) == -1)
			return -1;
		if (r->id > r->greatest)
			r->greatest = r->id;
		if (r->id == 0 ||
		    (rc = recover_head(disk, r->id, s, e)) == 0)
			return 0;
		segment_name(name, r->id);
		if (rc == -1)
			return -1;
		if (disk_unlink(disk, name) == -1)
			return err_errno(e, "unlink %s", name);
	}
}

int
recover_writer(struct disk *disk, struct recovered *r, struct idset *ids,
    struct err *e)
{
	struct segment	s = { 0 };

	memset(r, 0, sizeof *r);
	if (recover_void(disk, r, &s, e) == -1)
		return -1;
	if (r->id == 0)
		return 0;
	if (s.before != 0 &&
	    recover_sealed(disk, s.before, s.before_end, ids, e) == -1)
		return -1;
	idset_turn(ids);
	return recover_newest(disk, r->id, &r->end, ids, e);
}
