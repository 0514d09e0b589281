/*
 * book_quota - how many entries carry a quota's name, and their bytes
 *
 * The part of the book that book_quota.c answers for.
 */
#ifndef SPOOL_BOOK_QUOTA_H
#define SPOOL_BOOK_QUOTA_H

#include <stdint.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hmap.h"
#include "base/wire.h"
#include "spool_id.h"
#include "state.h"

struct book;
struct book_entry;
struct spool_entry;

/* Names that are counted at once. */
#define BOOK_QUOTAS_MAX	100000

/* 0, also of a name that nothing carries; -1: there are so many names that
 * this one may not have been counted.  The book has been started. */
int	book_quota(struct book *b, struct str name, uint64_t *count,
	    uint64_t *bytes);

/* ---- For the book's other parts ------------------------------------------ */
struct book_quota;

struct book_quotas {
	struct hmap	names;
	TAILQ_HEAD(, book_quota) list;
	size_t		name_bytes;	/* of all names */
	uint64_t	uncounted;	/* of entries, with too many names */
	struct buf	entry, state;	/* what an entry carries, as read */
	struct spool_id	failed;		/* one that did not read, and how */
	uint32_t	failures;	/* often in a row */
};

void	book_quota_init(struct book *b);
void	book_quota_fini(struct book *b);
/* An entry that was met comes (1), or goes (-1), with that list of names. */
void	book_quota_count(struct book *b, struct str names, uint64_t size,
	    int by);
/* What an entry carries now, for a record of the change or end in *s: it is
 * read only where it carries something before or after. */
int	book_quota_before(struct book *b, const struct spool_id *id,
	    const struct book_entry *entry, struct entry_state *s,
	    struct err *e);
/* The same, and counted: for one that a reader meets. */
int	book_quota_meet(struct book *b, const struct spool_id *id,
	    const struct book_entry *entry, struct err *e);
/* What it carries after that change. */
struct str book_quota_after(const struct entry_state *s);
void	book_quota_forget(struct book *b);
void	book_quota_put(struct buf *out, const struct book *b);
int	book_quota_get(struct rbuf *r, struct book *b);

#endif
