/*
 * A transaction's records, made ready for a segment.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bytes.h"
#include "commit.h"
#include "compat/crc32c.h"
#include "draft_private.h"
#include "edits.h"
#include "entry.h"

struct spool_draft *
spool_draft_new(const struct spool_id *id)
{
	struct spool_draft	*d = xcalloc(1, sizeof *d);

	d->id = *id;
	d->id.queue = 0;
	d->body_type = RECORD_BODY;	/* an empty one, until a piece comes */
	return d;
}

void
spool_draft_free(struct spool_draft **d)
{
	if (*d == NULL)
		return;
	buf_free(&(*d)->front);
	buf_free(&(*d)->body);
	free((*d)->edits_offset);
	free(*d);
	*d = NULL;
}

const struct spool_id *
spool_draft_id(const struct spool_draft *d)
{
	return &d->id;
}

size_t
spool_draft_waiting(const struct spool_draft *d)
{
	return d->front.len + d->body.len;
}

uint32_t
spool_draft_entries(const struct spool_draft *d)
{
	return d->entries;
}

bool
spool_draft_body_done(const struct spool_draft *d)
{
	return d->edits > 0 || d->entries > 0;
}

/* The number that a record refers to stands where its offset will: the
 * writer puts the one for the other (writer_place.c). */
static void
draft_add(struct spool_draft *d, enum record_type type, struct str payload,
    uint32_t edits)
{
	struct record		 r = { .type = type, .edits = edits };
	struct spool_place	 nowhere = { 0, 0 };
	char			*head = buf_reserve(&d->front,
				    record_size((uint32_t)payload.len));
	size_t			 size = record_size((uint32_t)payload.len);

	r.len = (uint32_t)payload.len;
	r.crc = crc32c(0, payload.p, payload.len);
	record_put((unsigned char *)head, &r, &nowhere);
	if (payload.len > 0)
		memcpy(head + RECORD_HEAD, payload.p, payload.len);
	memset(head + RECORD_HEAD + payload.len, 0,
	    size - RECORD_HEAD - payload.len);
	buf_added(&d->front, size);
	if (type != RECORD_COMMIT) {
		d->records++;
		d->chain = commit_chain(d->chain, r.crc);
	}
}

int
spool_draft_body(struct spool_draft *d, struct str piece, struct err *e)
{
	if (d->body_type == RECORD_FILE || d->edits > 0 || d->entries > 0 ||
	    d->ended)
		return err_set(e, "a body that comes too late");
	if (piece.len > DRAFT_BODY_MAX - d->body_size)
		return err_set(e, "a body of more than %d bytes that is not "
		    "in a file", DRAFT_BODY_MAX);
	d->body_size += piece.len;
	d->body_crc = crc32c(d->body_crc, piece.p, piece.len);
	buf_add_str(&d->body, piece);
	return 0;
}

int
spool_draft_file(struct spool_draft *d, uint64_t size, uint32_t crc,
    struct err *e)
{
	unsigned char	payload[16] = { 0 };

	if (d->body_type == RECORD_FILE || d->body_size > 0 || d->edits > 0 ||
	    d->entries > 0 || d->ended)
		return err_set(e, "a second body, or one that comes too late");
	bytes_put(payload, size, 8);
	bytes_put(payload + 8, crc, 4);
	buf_add(&d->body, payload, sizeof payload);
	d->body_type = RECORD_FILE;
	d->body_size = size;
	d->body_crc = crc32c(0, payload, sizeof payload);
	return 0;
}

void
spool_draft_file_sum(struct spool_draft *d, uint32_t crc)
{
	char	*payload = buf_data(&d->body);

	bytes_put((unsigned char *)payload + 8, crc, 4);
	d->body_crc = crc32c(0, payload, d->body.len);
}

int
spool_draft_edits(struct spool_draft *d, struct str edits, struct err *e)
{
	if (d->entries > 0 || d->ended)
		return err_set(e, "edits after an entry");
	if (d->edits == DRAFT_EDITS_MAX || edits.len > DRAFT_EDITS_SIZE)
		return err_set(e, "more than %d lists of edits, or one of more "
		    "than %d bytes", DRAFT_EDITS_MAX, DRAFT_EDITS_SIZE);
	if (edits_check(edits, d->body_size, e) == -1)
		return -1;
	draft_add(d, RECORD_EDITS, edits, 0);
	d->edits++;
	return 0;
}

int
spool_draft_copy_body(struct spool_draft *d, enum record_type type,
    struct str payload, struct err *e)
{
	if (type == RECORD_BODY)
		return spool_draft_body(d, payload, e);
	if (type != RECORD_FILE || payload.len < 12)
		return err_set(e, "a body that is none");
	return spool_draft_file(d, bytes_get((const unsigned char *)payload.p,
	    8), (uint32_t)bytes_get((const unsigned char *)payload.p + 8, 4),
	    e);
}

int
spool_draft_entry(struct spool_draft *d, struct str bytes, struct err *e)
{
	struct spool_entry	entry;

	if (d->ended)
		return err_set(e, "an entry after the end");
	if (spool_entry_get(&entry, bytes, e) == -1)
		return -1;
	if (entry.queue != d->entries + 1)
		return err_set(e, "an entry out of order");
	return spool_draft_copy_entry(d, bytes, e);
}

int
spool_draft_copy_entry(struct spool_draft *d, struct str bytes,
    struct err *e)
{
	struct spool_entry	entry;

	if (spool_entry_get(&entry, bytes, e) == -1)
		return -1;
	if (entry.edits > d->edits)
		return err_set(e, "an entry of edits that are not there");
	if (d->front.len + record_size((uint32_t)bytes.len) +
	    record_size(COMMIT_SIZE) > DRAFT_FRONT_MAX)
		return err_set(e, "entries of more than %d bytes at once",
		    DRAFT_FRONT_MAX);
	draft_add(d, RECORD_ENTRY, bytes, (uint32_t)entry.edits);
	d->entries++;
	return 0;
}

int
spool_draft_end(struct spool_draft *d, struct err *e)
{
	unsigned char		payload[COMMIT_SIZE];
	struct spool_commit	commit = { .records = d->records,
				    .entries = d->entries, .crc = d->chain };

	if (d->entries == 0 || d->ended)
		return err_set(e, "a transaction without entry, or with two "
		    "ends");
	memcpy(commit.txn, d->id.txn, SPOOL_TXN_SIZE);
	commit_put(payload, &commit);
	draft_add(d, RECORD_COMMIT, (struct str){ (char *)payload,
	    sizeof payload }, 0);
	d->ended = true;
	return 0;
}
