/*
 * The records of a small transaction lie in one batch, and are shown from its
 * front in memory when its COMMIT is met.  Those of a large one lie in several
 * batches, between others' records: its COMMIT says where it began, and a
 * second scan walks from there.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "commit.h"
#include "reader.h"

enum reader_walk {
	READER_COMMITS,		/* the next COMMIT is looked for */
	READER_FRONT,		/* its records are shown: of this batch */
	READER_BACK		/* of those before it, too */
};

struct reader {
	struct reader_calls calls;
	struct reader_span span;
	struct scan	 scan;		/* the one that meets the COMMITs */
	bool		 in_batch;	/* of which records are left */
	uint32_t	 batches, shown;	/* entries */
	uint64_t	 damaged;	/* told of so far */
	uint64_t	*upto, nobody;	/* where to go on */

	enum reader_walk walk;
	struct scan	 records;	/* of a transaction; FRONT: it shares
					 * the other one's memory */
	struct spool_place commit_at;
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
	if (r->calls.damage != NULL)
		r->calls.damage(r->calls.arg, place, what);
}

/* A record of the transaction whose COMMIT was met. */
static int
reader_show(struct reader *r, const struct scan_record *rec)
{
	struct reader_entry	entry;
	struct err		why;

	r->chain = commit_chain(r->chain, rec->record.crc);
	r->seen++;
	if (rec->record.type == RECORD_EDITS && r->calls.edits != NULL)
		return r->calls.edits(r->calls.arg, rec->payload);
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
	r->shown++;
	entry.body = rec->record.body;
	entry.edits = rec->record.edits;
	entry.bytes = rec->payload;
	return r->calls.entry(r->calls.arg, &entry);
}

/* ---- One record ---------------------------------------------------------- */

static void
reader_walked(struct reader *r)
{
	if (r->walk == READER_BACK)
		scan_fini(&r->records);
	r->walk = READER_COMMITS;
}

/* All that came before the COMMIT was shown. */
static int
reader_committed(struct reader *r)
{
	struct spool_id	id;

	reader_walked(r);
	if (r->seen != r->commit.records || r->chain != r->commit.crc)
		reader_damage(r, &r->commit_at,
		    "a transaction of which records are damaged");
	memcpy(id.txn, r->commit.txn, SPOOL_TXN_SIZE);
	id.queue = 0;
	return r->calls.commit == NULL ? 0 :
	    r->calls.commit(r->calls.arg, &id, r->entries);
}

static int
reader_stopped(int rc, struct err *e)
{
	return rc == -1 ? err_set(e, "stopped by its caller") : rc;
}

static int
reader_next_of_txn(struct reader *r, struct err *e)
{
	struct scan_record	rec;
	int			rc;

	if (scan_record(&r->records, &rec) == 0 &&
	    rec.place.offset < r->commit_at.offset)
		return rec.record.txn != r->txn ? 0 :
		    reader_stopped(reader_show(r, &rec), e);
	if (r->walk == READER_BACK &&
	    (rc = scan_batch(&r->records, e)) != 1)
		return rc;
	return reader_stopped(reader_committed(r), e);
}

static void
reader_commit(struct reader *r, const struct scan_record *commit)
{
	uint64_t	first = commit->record.body;

	if (commit_get(&r->commit, (const unsigned char *)commit->payload.p,
	    commit->record.len) == -1) {
		reader_damage(r, &commit->place, "a COMMIT that is none");
		return;
	}
	r->commit_at = commit->place;
	r->txn = commit->record.txn;
	r->seen = r->entries = r->chain = 0;
	if (first == r->scan.batch_at &&
	    commit->record.edits >= r->scan.batch_at) {
		r->walk = READER_FRONT;
		r->records = r->scan;
		r->records.front_at = commit->record.edits -
		    r->scan.batch_at;
	} else {
		r->walk = READER_BACK;
		scan_init(&r->records, r->scan.file, r->scan.segment, first,
		    r->scan.at);
	}
}

/* 0; 1: the batch has no more; -1 with *e. */
static int
reader_record(struct reader *r, struct err *e)
{
	struct scan_record	rec;

	if (r->walk != READER_COMMITS)
		return reader_next_of_txn(r, e);
	if (scan_record(&r->scan, &rec) != 0)
		return 1;
	if (rec.record.type == RECORD_COMMIT)
		reader_commit(r, &rec);
	return 0;
}

/* ---- All of them --------------------------------------------------------- */

static int
reader_batch_over(struct reader *r, int rc)
{
	struct spool_place	place = { r->span.segment, r->scan.batch_at };

	if (r->scan.damaged != r->damaged) {
		reader_damage(r, &place, "damaged records, or a damaged "
		    "batch before this one");
		r->damaged = r->scan.damaged;
	}
	r->in_batch = false;
	*r->upto = rc == -1 ? r->scan.batch_at : r->scan.at;
	if (rc == -1)
		return -1;
	if (r->calls.batch != NULL)
		r->calls.batch(r->calls.arg);
	return ++r->batches != r->span.batches &&
	    (r->span.entries == 0 || r->shown < r->span.entries);
}

/* Nothing up to the end: it is not the tail, that was cut before. */
static void
reader_over(struct reader *r)
{
	struct spool_place	place = { r->span.segment, r->scan.at };

	if (r->scan.at >= r->span.end)
		return;
	reader_damage(r, &place, "no batch where there was one");
	*r->upto = r->span.end;
}

int
reader_step(struct reader *r, struct err *e)
{
	int	rc;

	if (r->in_batch) {
		rc = reader_record(r, e);
		return rc == 0 ? 1 : reader_batch_over(r, rc);
	}
	rc = scan_batch(&r->scan, e);
	if (rc == 1)
		reader_over(r);
	r->in_batch = rc == 0;
	return rc == -1 ? -1 : rc == 0;
}

static void
reader_init(struct reader *r, const struct reader_span *span,
    const struct reader_calls *calls)
{
	memset(r, 0, sizeof *r);
	r->calls = *calls;
	r->span = *span;
	r->upto = &r->nobody;
	r->nobody = span->end;
	scan_init(&r->scan, span->file, span->segment, span->from, span->end);
}

static void
reader_fini(struct reader *r)
{
	reader_walked(r);
	scan_fini(&r->scan);
}

struct reader *
reader_new(const struct reader_span *span, const struct reader_calls *calls)
{
	struct reader	*r = xcalloc(1, sizeof *r);

	reader_init(r, span, calls);
	return r;
}

uint64_t
reader_at(const struct reader *r)
{
	return *r->upto;
}

void
reader_free(struct reader **r)
{
	if (*r == NULL)
		return;
	reader_fini(*r);
	free(*r);
	*r = NULL;
}

int
reader_run(const struct reader_span *span, const struct reader_calls *calls,
    uint64_t *upto, struct err *e)
{
	struct reader	r;
	int		rc;

	reader_init(&r, span, calls);
	r.upto = upto;
	while ((rc = reader_step(&r, e)) == 1)
		;
	reader_fini(&r);
	return rc;
}
