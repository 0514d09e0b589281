/*
 * The records of a small transaction lie in one batch, and are shown from its
 * front in memory when its COMMIT is met.  Those of a large one lie in several
 * batches, between others' records: its COMMIT says where it began, and a
 * second scan walks from there.
 */
#include <string.h>

#include "commit.h"
#include "reader.h"

struct reader {
	const struct reader_calls *calls;
	struct scan	 scan;		/* the one that meets the COMMITs */
	struct spool_commit commit;	/* the one that was met */
	uint32_t	 txn;
	uint32_t	 seen;		/* records of it */
	uint32_t	 entries;
	uint32_t	 chain;
};

static void
reader_damage(struct reader *r, const struct spool_place *place,
    const char *what)
{
	if (r->calls->damage != NULL)
		r->calls->damage(r->calls->arg, place, what);
}

/* A record of the transaction whose COMMIT was met. */
static int
reader_show(struct reader *r, const struct scan_record *rec)
{
	struct reader_entry	entry;
	struct err		why;

	r->chain = commit_chain(r->chain, rec->record.crc);
	r->seen++;
	if (rec->record.type == RECORD_EDITS && r->calls->edits != NULL)
		return r->calls->edits(r->calls->arg, rec->payload);
	if (rec->record.type != RECORD_ENTRY)
		return 0;
	if (spool_entry_get(&entry.entry, rec->payload, &why) == -1) {
		reader_damage(r, &rec->place, why.text);
		return 0;
	}
	memcpy(entry.id.txn, r->commit.txn, SPOOL_TXN_SIZE);
	entry.id.queue = (uint32_t)entry.entry.queue;
	entry.place = rec->place;
	r->entries++;
	entry.body = rec->record.body;
	entry.edits = rec->record.edits;
	entry.bytes = rec->payload;
	return r->calls->entry(r->calls->arg, &entry);
}

/* Shows the transaction's records that s has before `upto`. */
static int
reader_walk(struct reader *r, struct scan *s, uint64_t upto)
{
	struct scan_record	rec;

	while (scan_record(s, &rec) == 0 && rec.place.offset < upto) {
		if (rec.record.txn == r->txn && reader_show(r, &rec) == -1)
			return -1;
	}
	return 0;
}

static int
reader_walk_back(struct reader *r, uint64_t first_batch, uint64_t commit_at,
    struct err *e)
{
	struct scan	s;
	int		rc;

	scan_init(&s, r->scan.file, r->scan.segment, first_batch,
	    r->scan.at);
	while ((rc = scan_batch(&s, e)) == 0) {
		if (reader_walk(r, &s, commit_at) == -1) {
			rc = -1;
			break;
		}
	}
	scan_fini(&s);
	return rc == 1 ? 0 : rc;
}

static int
reader_commit(struct reader *r, const struct scan_record *commit,
    struct err *e)
{
	struct scan	again = r->scan;	/* shares the front, reads it */
	struct spool_id	id;
	int		rc;

	if (commit_get(&r->commit, (const unsigned char *)commit->payload.p,
	    commit->record.len) == -1) {
		reader_damage(r, &commit->place, "a COMMIT that is none");
		return 0;
	}
	r->txn = commit->record.txn;
	r->seen = r->entries = r->chain = 0;
	if (commit->record.body == r->scan.batch_at &&
	    commit->record.edits >= r->scan.batch_at) {
		again.front_at = commit->record.edits - r->scan.batch_at;
		rc = reader_walk(r, &again, commit->place.offset);
	} else {
		rc = reader_walk_back(r, commit->record.body,
		    commit->place.offset, e);
	}
	if (rc == -1)
		return -1;
	if (r->seen != r->commit.records || r->chain != r->commit.crc)
		reader_damage(r, &commit->place,
		    "a transaction of which records are damaged");
	memcpy(id.txn, r->commit.txn, SPOOL_TXN_SIZE);
	id.queue = 0;
	return r->calls->commit == NULL ? 0 :
	    r->calls->commit(r->calls->arg, &id, r->entries);
}

static int
reader_batch(struct reader *r, struct err *e)
{
	struct scan_record	rec;

	while (scan_record(&r->scan, &rec) == 0) {
		if (rec.record.type == RECORD_COMMIT &&
		    reader_commit(r, &rec, e) == -1)
			return -1;
	}
	return 0;
}

int
reader_run(const struct reader_span *span, const struct reader_calls *calls,
    uint64_t *upto, struct err *e)
{
	struct spool_place	place = { span->segment, 0 };
	struct reader		r = { .calls = calls };
	uint64_t		damaged = 0;
	uint32_t		batches = 0;
	int			rc;

	(void)err_set(e, "stopped by its caller");
	scan_init(&r.scan, span->file, span->segment, span->from, span->end);
	while ((rc = scan_batch(&r.scan, e)) == 0) {
		rc = reader_batch(&r, e);
		if (r.scan.damaged != damaged) {
			place.offset = r.scan.batch_at;
			reader_damage(&r, &place, "damaged records, or a "
			    "damaged batch before this one");
			damaged = r.scan.damaged;
		}
		*upto = rc == -1 ? r.scan.batch_at : r.scan.at;
		if (rc == -1)
			break;
		if (calls->batch != NULL)
			calls->batch(calls->arg);
		if (++batches == span->batches)
			break;
	}
	/* Nothing up to the end: it is not the tail, that was cut before. */
	if (rc == 1 && r.scan.at < span->end) {
		place.offset = r.scan.at;
		reader_damage(&r, &place, "no batch where there was one");
		*upto = span->end;
	}
	scan_fini(&r.scan);
	return rc == 1 ? 0 : rc;
}
