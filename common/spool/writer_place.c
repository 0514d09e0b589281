/*
 * A batch laid out: head, the drafts' fronts, their bodies, padding.
 *
 * Only now are places known, so that each record's head is written here: the
 * offsets of body and edits for their numbers, and the checksum that binds it
 * to its place.  Payloads are not touched: they go out from where they are.
 */
#include <string.h>

#include "base/mem.h"
#include "bytes.h"
#include "writer_private.h"

static char	writer_zeros[SEGMENT_BLOCK];

static void
writer_piece(struct spool_writer *w, int *n, const void *p, size_t len)
{
	if (len == 0)
		return;
	w->iov[*n].iov_base = (void *)(uintptr_t)p;
	w->iov[*n].iov_len = len;
	(*n)++;
}

static void
writer_place_edits(struct spool_draft *d, uint64_t offset)
{
	d->edits_offset = xreallocarray(d->edits_offset, d->edits_placed + 1,
	    sizeof *d->edits_offset);
	d->edits_offset[d->edits_placed++] = offset;
}

/* The head at p, which has numbers yet, for the place it will be at. */
static void
writer_place_record(struct spool_writer *w, struct spool_draft *d,
    unsigned char *p, uint64_t offset)
{
	struct spool_place	place = { w->segment.id, offset };
	struct record		r = { .txn = d->txn };

	r.type = (enum record_type)p[0];
	r.len = (uint32_t)bytes_get(p + 8, 4);
	r.crc = (uint32_t)bytes_get(p + 12, 4);
	r.edits = bytes_get(p + 24, 8);
	if (r.type == RECORD_EDITS)
		writer_place_edits(d, offset);
	r.edits = r.edits > 0 ? d->edits_offset[r.edits - 1] : 0;
	if (r.type == RECORD_ENTRY)
		r.body = d->body_offset;
	if (r.type == RECORD_COMMIT) {
		r.body = d->first_batch;
		r.edits = d->first;
	}
	record_put(p, &r, &place);
}

static void
writer_place_front(struct spool_writer *w, struct spool_draft *d,
    uint64_t offset)
{
	unsigned char	*p = (unsigned char *)buf_data(&d->front);
	size_t		 at = 0;

	while (at < d->front.len) {
		writer_place_record(w, d, p + at, offset + at);
		at += record_size((uint32_t)bytes_get(p + at + 8, 4));
	}
}

/* The body's own head; its offset goes into the entries of the front. */
static void
writer_place_body(struct spool_writer *w, struct spool_draft *d,
    uint64_t offset)
{
	struct spool_place	place = { w->segment.id, offset };
	struct record		r = { .type = d->body_type, .txn = d->txn,
				    .len = (uint32_t)d->body.len,
				    .crc = d->body_crc };

	d->body_offset = offset;
	record_put(d->body_head, &r, &place);
}

/* A draft of which nothing was written yet begins here. */
static void
writer_begin(struct spool_writer *w, struct spool_draft *d, uint64_t front_at,
    uint64_t *body_at)
{
	if (d->segment != 0)
		return;
	d->segment = w->segment.id;
	d->txn = w->next_txn++;
	d->first_batch = w->end;
	d->first = front_at;
	writer_place_body(w, d, *body_at);
	*body_at += record_size((uint32_t)d->body.len);
}

static bool
writer_has_body(const struct spool_writer *w, const struct spool_draft *d)
{
	return d->body_offset >= w->end;
}

int
writer_place(struct spool_writer *w, uint64_t *size)
{
	struct spool_place	place = { w->segment.id, w->end };
	struct batch		b = { .durable_upto = w->end,
				    .front = (uint32_t)w->front_size,
				    .first_txn = w->next_txn,
				    .secret = w->segment.secret };
	uint64_t		front_at = w->end + BATCH_HEAD;
	uint64_t		body_at = front_at + w->front_size;
	struct spool_draft	*d;
	size_t			i;
	int			n = 0;

	if (w->iov_cap < w->staged_count * 4 + 2) {
		w->iov_cap = w->staged_count * 4 + 2;
		w->iov = xreallocarray(w->iov, w->iov_cap, sizeof *w->iov);
	}
	writer_piece(w, &n, w->head, BATCH_HEAD);
	for (i = 0; i < w->staged_count; i++) {
		d = w->staged[i];
		writer_begin(w, d, front_at, &body_at);
		writer_place_front(w, d, front_at);
		writer_piece(w, &n, buf_data(&d->front), d->front.len);
		front_at += d->front.len;
	}
	for (i = 0; i < w->staged_count; i++) {
		d = w->staged[i];
		if (!writer_has_body(w, d))
			continue;
		writer_piece(w, &n, d->body_head, RECORD_HEAD);
		writer_piece(w, &n, buf_data(&d->body), d->body.len);
		writer_piece(w, &n, writer_zeros, record_size((uint32_t)
		    d->body.len) - RECORD_HEAD - d->body.len);
	}
	b.used = body_at - w->end;
	b.size = (b.used + SEGMENT_BLOCK - 1) / SEGMENT_BLOCK *
	    SEGMENT_BLOCK;
	writer_piece(w, &n, writer_zeros, b.size - b.used);
	batch_put(w->head, &b, &place);
	*size = b.size;
	return n;
}

void
writer_placed(struct spool_writer *w)
{
	struct spool_draft	*d;
	size_t			 i;

	for (i = 0; i < w->staged_count; i++) {
		d = w->staged[i];
		if (d->ended) {
			w->partial -= d->partial;
			d->partial = false;
			idset_add(&w->ids, d->id.txn);
			w->counts.transactions++;
			w->counts.entries += d->entries;
		} else if (d->first_batch == w->end) {
			w->partial++;
			d->partial = true;
		}
		buf_clear(&d->front);
		buf_free(&d->body);
	}
}
