/*
 * Reading batches.  A batch whose head is damaged hides where the next one
 * begins; but batches begin on blocks, and their heads name segment and
 * offset, so that the next one is found by looking at every block.  It has the
 * secret of the segment's head; where that is damaged, the one of the first
 * batch that is found.
 */
#include <errno.h>
#include <string.h>

#include "compat/crc32c.h"
#include "scan.h"

#define SCAN_PIECE	(256 * 1024)	/* when looking for a batch */

void
scan_init(struct scan *s, struct disk_file *file, uint64_t segment,
    uint64_t from, uint64_t end)
{
	memset(s, 0, sizeof *s);
	s->file = file;
	s->segment = segment;
	s->at = from < SEGMENT_HEAD ? SEGMENT_HEAD : from;
	s->end = end;
}

void
scan_fini(struct scan *s)
{
	buf_free(&s->front);
}

/* Exactly n bytes: 0; 1: the file ends before; -1 with *e. */
static int
scan_read(struct disk_file *f, void *p, size_t n, uint64_t at, struct err *e)
{
	ssize_t	got = disk_read(f, p, n, at);

	if (got == -1)
		return err_errno(e, "read at %llu", (unsigned long long)at);
	return (size_t)got == n ? 0 : 1;
}

static int
scan_head(struct scan *s, struct err *e)
{
	unsigned char	block[SEGMENT_HEAD];
	struct segment	head;
	struct err	why;
	int		rc;

	if (s->headed)
		return 0;
	if ((rc = scan_read(s->file, block, sizeof block, 0, e)) == -1)
		return -1;
	s->headed = true;
	s->bound = rc == 0 && segment_get(&head, block, &why) == 0 &&
	    head.id == s->segment;
	if (s->bound)
		s->secret = head.secret;
	return 0;
}

/* The head of one of this segment's. */
static bool
scan_is_batch(const struct scan *s, struct batch *b,
    const unsigned char head[BATCH_HEAD], const struct spool_place *place)
{
	return batch_get(b, head, place) == 0 &&
	    (!s->bound || b->secret == s->secret);
}

/* Is there a batch at `at`?  Its head and front are in memory then. */
static int
scan_try(struct scan *s, uint64_t at, struct err *e)
{
	struct spool_place	 place = { s->segment, at };
	unsigned char		 head[BATCH_HEAD];
	int			 rc;

	if (at + SEGMENT_BLOCK > s->end)
		return 1;
	if ((rc = scan_read(s->file, head, sizeof head, at, e)) != 0)
		return rc;
	if (!scan_is_batch(s, &s->batch, head, &place) ||
	    s->batch.size > s->end - at || s->batch.front > SCAN_FRONT_MAX)
		return 1;
	buf_clear(&s->front);
	rc = scan_read(s->file, buf_reserve(&s->front, BATCH_HEAD +
	    s->batch.front), BATCH_HEAD + s->batch.front, at, e);
	if (rc != 0)
		return rc;
	buf_added(&s->front, BATCH_HEAD + s->batch.front);
	s->bound = true;
	s->secret = s->batch.secret;
	return 0;
}

/* The first block from `at` on that looks like a batch: *found, or end. */
static int
scan_search(struct scan *s, uint64_t at, uint64_t *found, struct err *e)
{
	static unsigned char	piece[SCAN_PIECE];
	struct spool_place	place = { s->segment, 0 };
	struct batch		batch;
	ssize_t			got;
	size_t			i;

	for (; at < s->end; at += SCAN_PIECE) {
		if ((got = disk_read(s->file, piece, sizeof piece, at)) == -1)
			return err_errno(e, "read at %llu",
			    (unsigned long long)at);
		for (i = 0; i + SEGMENT_BLOCK <= (size_t)got &&
		    at + i < s->end; i += SEGMENT_BLOCK) {
			place.offset = *found = at + i;
			if (scan_is_batch(s, &batch, piece + i, &place))
				return 0;
		}
		if ((size_t)got < sizeof piece)
			break;
	}
	*found = s->end;
	return 0;
}

/* No batch begins at s->at: the next one that does, if any. */
static int
scan_resume(struct scan *s, struct err *e)
{
	uint64_t	at = s->at, lost = s->at;
	int		rc = 1;

	while (rc == 1) {
		if (scan_search(s, at + SEGMENT_BLOCK, &at, e) == -1)
			return -1;
		if (at >= s->end)
			return 1;
		rc = scan_try(s, at, e);
	}
	if (rc == 0) {
		s->at = at;
		s->damaged++;
		if (s->gap == 0)
			s->gap = lost;
	}
	return rc;
}

int
scan_batch(struct scan *s, struct err *e)
{
	int	rc = scan_head(s, e);

	if (rc == 0)
		rc = scan_try(s, s->at, e);
	if (rc == 1 && s->at + SEGMENT_BLOCK <= s->end)
		rc = scan_resume(s, e);
	if (rc != 0)
		return rc;
	s->batch_at = s->at;
	s->at += s->batch.size;
	s->front_at = BATCH_HEAD;
	if (s->batch.durable_upto > s->durable)
		s->durable = s->batch.durable_upto;
	return 0;
}

int
scan_record(struct scan *s, struct scan_record *r)
{
	const char	*p;
	uint64_t	 size;

	while (s->front_at + RECORD_HEAD <= s->front.len) {
		p = buf_data(&s->front) + s->front_at;
		r->place.segment = s->segment;
		r->place.offset = s->batch_at + s->front_at;
		if (record_get(&r->record, (const unsigned char *)p,
		    &r->place) == -1 || (size =
		    record_size(r->record.len)) > s->front.len - s->front_at) {
			s->damaged++;	/* and where the next one is */
			break;
		}
		s->front_at += size;
		r->payload.p = p + RECORD_HEAD;
		r->payload.len = r->record.len;
		if (crc32c(0, r->payload.p, r->payload.len) == r->record.crc)
			return 0;
		s->damaged++;
	}
	s->front_at = s->front.len;
	return 1;
}

int
scan_record_at(struct disk_file *f, const struct spool_place *place,
    struct record *r, struct buf *payload, struct err *e)
{
	unsigned char	head[RECORD_HEAD];
	char		*p;
	int		 rc;

	if ((rc = scan_read(f, head, sizeof head, place->offset, e)) != 0)
		return rc;
	if (record_get(r, head, place) == -1)
		return 1;
	buf_clear(payload);
	p = buf_reserve(payload, r->len);
	rc = scan_read(f, p, r->len, place->offset + RECORD_HEAD, e);
	if (rc != 0)
		return rc;
	buf_added(payload, r->len);
	return crc32c(0, p, r->len) == r->crc ? 0 : 1;
}

/* The bodies follow the front, one after the other. */
static int
scan_bodies(struct scan *s, struct err *e)
{
	struct spool_place	 place = { s->segment, s->batch_at +
				    BATCH_HEAD + s->batch.front };
	uint64_t		 end = s->batch_at + s->batch.used;
	struct buf		 payload = BUF_INIT;
	struct record		 r;
	int			 rc = 0;

	while (rc == 0 && place.offset < end) {
		rc = scan_record_at(s->file, &place, &r, &payload, e);
		place.offset += rc == 0 ? record_size(r.len) : 0;
	}
	buf_free(&payload);
	return rc;
}

int
scan_whole(struct scan *s, struct err *e)
{
	uint64_t		damaged = s->damaged;
	struct scan_record	r;
	int			rc;

	while (scan_record(s, &r) == 0)
		;
	s->front_at = BATCH_HEAD;
	if (s->damaged != damaged) {
		s->damaged = damaged;
		return 0;
	}
	rc = scan_bodies(s, e);
	return rc == -1 ? -1 : rc == 0;
}
