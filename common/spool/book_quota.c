/*
 * Quotas: names that entries carry, counted.
 *
 * The numbers are those of the checkpoint and of the records after it, by the
 * rule of all counts (book_journal.c): a record says what was before, names
 * and size, so that neither a first run nor a replay needs what has gone.  An
 * entry in the index has a bit that says whether it carries names at all;
 * only then its ENTRY, and its last STATE, are read when it changes or ends.
 * An index that is made anew counts all again.
 *
 * A name takes memory as long as an entry carries it.  Names have limits
 * together; beyond them what comes is told apart:
 *
 * I1  A name that is here was counted for each entry that carries it; of one
 *     that is not here, none was counted.  `uncounted` is the number of
 *     the latter (an entry and a name each), and while there is one, no name
 *     is made.  So numbers are exact or not known, and all are known again
 *     when those entries have left.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "book_private.h"
#include "fields.h"
#include "scan.h"

#define QUOTA_NAME_MAX	65536
#define QUOTA_BYTES_MAX	(8U << 20)	/* of all names */
#define QUOTA_KIND	2
#define QUOTA_FAILURES	5

struct book_quota {
	struct hmap_entry	 hash;
	TAILQ_ENTRY(book_quota)	 link;
	uint64_t		 count, bytes;
	char			 name[];
};

/* ---- Numbers ------------------------------------------------------------- */

static struct book_quota *
quota_find(struct book *b, struct str name)
{
	return (struct book_quota *)hmap_find(&b->quotas.names, QUOTA_KIND,
	    name);
}

static struct book_quota *
quota_make(struct book *b, struct str name)
{
	struct book_quota	*q;

	if (b->quotas.uncounted > 0 ||
	    b->quotas.names.count >= BOOK_QUOTAS_MAX ||
	    b->quotas.name_bytes + name.len > QUOTA_BYTES_MAX)
		return NULL;
	b->quotas.name_bytes += name.len;
	q = xcalloc(1, sizeof *q + name.len + 1);
	if (name.len > 0)
		memcpy(q->name, name.p, name.len);
	q->hash.key = q->name;
	q->hash.len = (uint32_t)name.len;
	q->hash.kind = QUOTA_KIND;
	hmap_insert(&b->quotas.names, &q->hash);
	TAILQ_INSERT_TAIL(&b->quotas.list, q, link);
	return q;
}

static void
quota_free(struct book *b, struct book_quota *q)
{
	hmap_remove(&b->quotas.names, &q->hash);
	TAILQ_REMOVE(&b->quotas.list, q, link);
	b->quotas.name_bytes -= q->hash.len;
	free(q);
}

static void
quota_more(struct book *b, struct str name, uint64_t size)
{
	struct book_quota	*q = quota_find(b, name);

	if (q == NULL && (q = quota_make(b, name)) == NULL) {
		b->quotas.uncounted++;
		return;
	}
	q->count++;
	q->bytes += size;
}

static void
quota_less(struct book *b, struct str name, uint64_t size)
{
	struct book_quota	*q = quota_find(b, name);

	if (q == NULL) {
		b->quotas.uncounted -= b->quotas.uncounted > 0;
		return;
	}
	q->bytes -= q->bytes < size ? q->bytes : size;
	if (--q->count == 0)
		quota_free(b, q);
}

void
book_quota_count(struct book *b, struct str names, uint64_t size, int by)
{
	struct str	name;

	while (fields_list_next(&names, &name) == 0) {
		if (by > 0)
			quota_more(b, name, size);
		else
			quota_less(b, name, size);
	}
}

int
book_quota(struct book *b, struct str name, uint64_t *count, uint64_t *bytes)
{
	const struct book_quota	*q = quota_find(b, name);

	*count = q != NULL ? q->count : 0;
	*bytes = q != NULL ? q->bytes : 0;
	return q == NULL && b->quotas.uncounted > 0 ? -1 : 0;
}

void
book_quota_init(struct book *b)
{
	hmap_init(&b->quotas.names);
	TAILQ_INIT(&b->quotas.list);
}

void
book_quota_fini(struct book *b)
{
	book_quota_forget(b);
	hmap_fini(&b->quotas.names);
	buf_free(&b->quotas.entry);
	buf_free(&b->quotas.state);
}

void
book_quota_forget(struct book *b)
{
	struct book_quota	*q;

	while ((q = TAILQ_FIRST(&b->quotas.list)) != NULL)
		quota_free(b, q);
	b->quotas.uncounted = 0;
}

/* ---- What an entry carries ----------------------------------------------- */

/* As it was accepted.  Damage keeps no entry from its end: what does not read
 * any more is passed over, and a number may be wrong until the index is made
 * anew. */
static int
quota_accepted(struct book *b, const struct book_entry *entry,
    struct entry_state *s, struct err *e)
{
	struct spool_entry	 n;
	struct disk_file	*f;
	struct record		 r;
	int			 rc;

	if (book_file(b, entry->place.segment, &f, e) == -1)
		return -1;
	rc = scan_record_at(f, &entry->place, &r, &b->quotas.entry, e);
	if (rc != 0 || r.type != RECORD_ENTRY || spool_entry_get(&n,
	    buf_str(&b->quotas.entry), e) == -1)
		return rc == -1 ? -1 : 0;
	s->before_quotas = n.quotas;
	s->size = n.size;
	return 0;
}

/* What does not read may read a moment later, but a number is not worth an
 * entry that never ends. */
static bool
quota_gives_up(struct book *b, const struct spool_id *id)
{
	struct book_quotas	*q = &b->quotas;

	if (!spool_id_same(&q->failed, id)) {
		q->failed = *id;
		q->failures = 0;
	}
	return ++q->failures >= QUOTA_FAILURES;
}

int
book_quota_before(struct book *b, const struct spool_id *id,
    const struct book_entry *entry, struct entry_state *s, struct err *e)
{
	struct entry_state	last;
	struct spool_id		whose;
	int			type, rc;

	s->before_quotas = STR_NONE;
	s->size = 0;
	if (!entry->quotas && ((s->changed & STATE_CHANGED_QUOTAS) == 0 ||
	    s->quotas.len == 0))
		return 0;
	if (quota_accepted(b, entry, s, e) == -1)
		return quota_gives_up(b, id) ? 0 : -1;
	if (entry->journal == 0)
		return 0;
	rc = journal_at(b->journal, entry->journal - 1, &b->quotas.state,
	    &type, e);
	if (rc == 0 && state_get(&whose, &last, buf_str(&b->quotas.state),
	    e) == 0 && spool_id_same(&whose, id) &&
	    (last.changed & STATE_CHANGED_QUOTAS) != 0)
		s->before_quotas = last.quotas;
	return rc == -1 ? -1 : 0;
}

int
book_quota_meet(struct book *b, const struct spool_id *id,
    const struct book_entry *entry, struct err *e)
{
	struct entry_state	s = { .changed = 0 };

	if (book_quota_before(b, id, entry, &s, e) == -1)
		return -1;
	book_quota_count(b, s.before_quotas, s.size, 1);
	return 0;
}

struct str
book_quota_after(const struct entry_state *s)
{
	return (s->changed & STATE_CHANGED_QUOTAS) != 0 ? s->quotas :
	    s->before_quotas;
}

/* ---- The checkpoint ------------------------------------------------------ */

void
book_quota_put(struct buf *out, const struct book *b)
{
	const struct book_quota	*q;

	wire_put_uint(out, b->quotas.uncounted, 8);
	wire_put_uint(out, b->quotas.names.count, 4);
	TAILQ_FOREACH(q, &b->quotas.list, link) {
		(void)wire_put_blob(out, (struct str){ q->name, q->hash.len },
		    QUOTA_NAME_MAX);
		wire_put_uint(out, q->count, 8);
		wire_put_uint(out, q->bytes, 8);
	}
}

int
book_quota_get(struct rbuf *r, struct book *b)
{
	struct book_quota	*q;
	struct str		 name;
	uint64_t		 uncounted, left, count, bytes;

	if (wire_get_uint(r, &uncounted, 8) == -1 ||
	    wire_get_uint(r, &left, 4) == -1)
		return -1;
	while (left-- > 0) {
		if (wire_get_blob(r, &name, QUOTA_NAME_MAX) == -1 ||
		    wire_get_uint(r, &count, 8) == -1 ||
		    wire_get_uint(r, &bytes, 8) == -1 || count == 0 ||
		    quota_find(b, name) != NULL ||
		    (q = quota_make(b, name)) == NULL)
			return -1;
		q->count = count;
		q->bytes = bytes;
	}
	b->quotas.uncounted = uncounted;
	return 0;
}
