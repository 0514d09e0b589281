/*
 * What the front of the journal has that is needed, told again at its end.
 *
 * The bucket at the front has its turn, and then the next one.  Its records
 * are read in slices, and everything else may happen in between.  A STATE that
 * is its entry's last one is noted again as if the entry had moved to where it
 * is; the end of an entry that lies in a segment yet is noted as GONE, which
 * counts for nothing in a replay but where that end is not known otherwise.
 * What a checkpoint holds by itself, the clock and attempts that have begun,
 * is not.  When all of its records had their turn the bucket is needed by
 * nobody: it has no pins any more, and its segments' ends lie elsewhere.
 *
 * R1  Nothing goes before what takes its place is durable: a checkpoint syncs
 *     the journal, then the index, before it is written, and only then files
 *     are dropped, by what the bucket is needed for at that time.
 * R2  Until then both records are there, and either is right: a STATE that is
 *     told again says the same, and has the greater position; a GONE of one
 *     that is known to have ended changes nothing.
 * R3  The bucket was closed before: it lies before the last but one
 *     checkpoint, so that no record of it comes while it is read.  Records
 *     that were passed over are needed by nobody later: who is dead is not
 *     copied, and a STATE that is not the last one never is again.
 * R4  It comes to its end, and costs less than what it follows: it begins
 *     where the journal is more than twice as long as what is alive, so that
 *     of what is dropped less than half is told again; and what is alive is
 *     estimated, so bytes are told again only for as many others that came.
 *     At a start they are those that there are.
 */
#include "book_private.h"
#include "journal_file.h"

#define RENEW_RECORDS	128		/* of a slice */
#define RENEW_BYTES	(64 * 1024)
#define RENEW_FLOOR	8		/* buckets that are no waste */
#define RENEW_MEAN	160		/* bytes, while none was noted */

struct renew_slice {
	struct book	*b;
	struct err	 why;
};

/* ---- How long it may be -------------------------------------------------- */

void
book_renew_weigh(struct book *b, uint64_t size)
{
	struct book_renew	*r = &b->renew;

	if (r->mean == 0)
		r->mean = 64 * RENEW_MEAN;
	r->mean += journal_record_size(size) - r->mean / 64;
}

/* A STATE of each that waits, an end of each that lies about. */
static uint64_t
renew_alive(const struct book *b)
{
	uint64_t	mean = b->renew.mean / 64;
	int64_t		count = 0;
	size_t		i;

	for (i = 0; i < b->bucket_count; i++)
		count += (int64_t)b->bucket[i].pins;
	for (i = 0; i < b->segment_count; i++)
		count += (int64_t)b->segment[i].most - b->segment[i].live;
	return count > 0 ? (uint64_t)count * (mean > 0 ? mean : RENEW_MEAN) :
	    0;
}

static uint64_t
renew_limit(const struct book *b)
{
	return b->options.journal_short ? 0 : 2 * renew_alive(b) +
	    RENEW_FLOOR * b->bucket_size;
}

/* What others have noted since can be spent; no more than a whole turn. */
static void
renew_earn(struct book *b)
{
	struct book_renew	*r = &b->renew;
	uint64_t		 end = journal_end(b->journal);
	uint64_t		 all = end - journal_first(b->journal);

	r->credit = r->seen == 0 ? all : r->credit + (end - r->seen);
	if (r->credit > all)
		r->credit = all;
	r->seen = end;
}

static void
renew_spend(struct book *b)
{
	struct book_renew	*r = &b->renew;
	uint64_t		 spent = journal_end(b->journal) - r->seen;

	r->credit -= spent < r->credit ? spent : r->credit;
	r->seen += spent;
}

/* ---- Whose turn it is ---------------------------------------------------- */

/* The bucket at the front, if it can go by this, and the journal is so many
 * times as long as it may be. */
static struct book_bucket *
renew_front(struct book *b, uint64_t times)
{
	struct book_bucket	*k;
	uint64_t		 from;

	(void)book_journal_needed(b);
	if (!b->hinted || b->bucket_count == 0)
		return NULL;
	k = b->bucket;
	if (b->renew.turn == k->number + 1)
		return k;
	from = k->number * b->bucket_size;
	if (!b->options.journal_short && journal_end(b->journal) - from <=
	    RENEW_FLOOR * b->bucket_size)
		return NULL;
	if (k->number < b->renew.passed ||
	    from + b->bucket_size > b->covered_before ||
	    journal_end(b->journal) - from <= times * renew_limit(b))
		return NULL;
	return k;
}

/* From the last place on: a record of before lies across the bucket's front,
 * as a rule, and none begins between that and where it ends. */
static void
renew_turn(struct book *b, const struct book_bucket *k)
{
	struct book_renew	*r = &b->renew;

	if (r->turn == k->number + 1)
		return;
	r->turn = k->number + 1;
	r->kept = false;
}

bool
book_renew_wastes(struct book *b)
{
	return renew_front(b, 2) != NULL;
}

/* ---- Records ------------------------------------------------------------- */

/* Those that do not count yet are no more to be changed than before a hint. */
static bool
renew_counts(struct book *b, const struct spool_id *id,
    const struct book_entry *now)
{
	struct book_node	*n = book_node_find(b, id);

	return (n == NULL || (n->flags & NODE_UNMET) == 0) &&
	    book_met(b, &now->place);
}

static int
renew_state(struct renew_slice *t, const struct spool_id *id,
    struct entry_state *s, uint64_t position)
{
	struct book_entry	now;
	int			rc;

	if ((rc = book_find(t->b, id, &now, &t->why)) != 0)
		return rc == 1 ? 0 : -1;
	if (now.journal != position + 1)
		return 0;
	if (!renew_counts(t->b, id, &now)) {
		t->b->renew.kept = true;
		return 0;
	}
	s->moved = 1;
	if ((rc = book_change(t->b, id, s, &t->why)) == 0)
		t->b->counts.renewed++;
	return rc == -1 ? -1 : 0;
}

static int
renew_end(struct renew_slice *t, const struct spool_id *id,
    const struct entry_state *s)
{
	int	rc = book_gone(t->b, id, s, &t->why);

	if (rc == 0)
		t->b->counts.renewed++;
	return rc == -1 ? -1 : 0;
}

static int
renew_record(void *arg, const struct journal_record *r)
{
	struct renew_slice	*t = arg;
	struct book		*b = t->b;
	struct entry_state	 s;
	struct spool_id		 id;
	struct err		 e;

	if (r->position < (b->renew.turn - 1) * b->bucket_size ||
	    (r->type != JOURNAL_STATE && r->type != JOURNAL_DONE &&
	    r->type != JOURNAL_GONE))
		return 0;
	if (state_get(&id, &s, r->payload, &e) == -1) {
		b->renew.kept = true;
		return 0;
	}
	return r->type == JOURNAL_STATE ?
	    renew_state(t, &id, &s, r->position) : renew_end(t, &id, &s);
}

/* ---- Slices -------------------------------------------------------------- */

/* All of its records had their turn, or one can't be read: then the bucket
 * stays until it is needed no more by itself. */
static void
renew_over(struct book *b, struct book_bucket *k, bool whole)
{
	struct book_renew	*r = &b->renew;

	r->turn = 0;
	r->passed = k->number + 1;
	if (!whole)
		r->at = 0;
	if (whole && !r->kept && k->pins == 0)
		k->segment_count = 0;
}

static int
renew_slice(struct book *b, struct book_bucket *k, struct err *e)
{
	struct renew_slice	t = { b, { { 0 } } };
	struct journal_calls	calls = { .record = renew_record, .arg = &t };
	struct journal_span	span = { .from = b->renew.at };
	uint64_t		number = k->number;
	uint64_t		end = (number + 1) * b->bucket_size;
	int			rc;

	if (span.from < journal_first(b->journal))
		span.from = journal_first(b->journal);
	span.end = span.from + RENEW_BYTES < end ? span.from + RENEW_BYTES :
	    end;
	span.most = b->options.compact_slice != 0 ? b->options.compact_slice :
	    RENEW_RECORDS;
	rc = journal_read(b->journal, &span, &calls, e);
	b->renew.at = span.from;
	if (rc == -1 && t.why.text[0] != '\0')
		*e = t.why;
	if (rc == -1)
		return -1;
	/* Where the new records lie there may be a new bucket. */
	if (rc == 1 || span.from >= end)
		renew_over(b, book_bucket_of(b, number * b->bucket_size),
		    rc == 0);
	return 1;
}

int
book_renew(struct book *b, struct err *e)
{
	struct book_bucket	*k = renew_front(b, 1);
	int			 rc;

	if (k == NULL)
		return 0;
	renew_earn(b);
	if (b->renew.credit == 0)
		return 0;
	/* What room there is is for verdicts first. */
	if ((rc = journal_prepare(b->journal)) != 0)
		return rc == 1;
	renew_turn(b, k);
	rc = renew_slice(b, k, e);
	renew_spend(b);
	return rc == -1 ? err_wrap(e, "the journal's front") : rc;
}
