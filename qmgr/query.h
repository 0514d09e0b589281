/*
 * query - a question about entries of the queue, answered in slices
 *
 * The filter's entries are met in the order in which they lie; query_slice()
 * goes on for some milliseconds.  What is found leaves as frames, one for
 * each credit; where there is none the question waits.
 *
 * Ownership  query_new() gives, query_free() takes and clears; the channel is
 *            borrowed.
 */
#ifndef QMGR_QUERY_H
#define QMGR_QUERY_H

#include <sys/types.h>

#include "base/hmap.h"
#include "queue/queue_filter.h"
#include "spool/book_wait.h"
#include "spool/book_walk.h"
#include "spool/content.h"

#include "qmgr.h"

struct channel;

enum query_kind {
	QUERY_LIST, QUERY_GROUP, QUERY_STATS, QUERY_CAT, QUERY_EXPLAIN,
	QUERY_QUOTA, QUERY_TEXT,
	/* these change something */
	QUERY_HOLD, QUERY_RELEASE, QUERY_RETRY, QUERY_SET, QUERY_DELETE,
	QUERY_BOUNCE, QUERY_EXPORTED
};

/* What QUERY_SET gives entries. */
struct assign {
	char		*name;		/* "priority", "metadata" ... */
	char		*key;		/* of metadata */
	struct str	 value;
};

struct query {
	struct channel	*channel;
	uid_t		 uid;
	bool		 own;		/* what uid submitted, and no more */
	enum query_kind	 kind;
	struct queue_filter *filter;
	struct assign	*assign;
	size_t		 assigns;
	char		*refused;	/* why one of them can't be */
	uint64_t	 limit;		/* 0: none */
	bool		 dry_run;
	uint32_t	 credit;

	struct book_cursor at;		/* where it is, or in the ids */
	size_t		 next_id;	/* of the filter */
	int64_t		 end_ms;	/* of its slice */
	unsigned	 looked;	/* at entries */
	bool		 stopped;	/* by the limit, or no credit */
	bool		 full;		/* the limit was reached */
	bool		 walked;	/* all were met */

	uint64_t	 matched, changed, busy, unsynced;
	bool		 begun;		/* change_found() was there */
	struct spool_id	*found;		/* to be changed, after the walk */
	size_t		 found_count, found_cap;
	struct buf	 rows;		/* a frame that grows */
	struct buf	 scratch;

	enum queue_field group;
	struct hmap	 groups;
	struct group	*group_first;
	uint64_t	 group_count;
	bool		 group_over;	/* too many */
	struct group	**sorted;
	uint64_t	 group_next;

	/* QUERY_STATS: what is deferred and due, counted so far. */
	struct {
		struct book_look look;
		int64_t		 until_ms;	/* queue clock */
		int64_t		 end_ms;	/* it takes no longer */
		bool		 inexact;
		uint64_t	 due;
		uint64_t	 queue;
		bool		 by_due;	/* these were all seen */
		bool		 in_queue;
	} stats;

	/* QUERY_TEXT: rows that were made when it was asked. */
	struct buf	 made;
	size_t		 made_at;
	bool		 made_more;	/* there are more of them */
	struct spool_id	 id;		/* QUERY_CAT */
	bool		 original;
	struct content	 content;
	struct disk_file *segment;
};

struct query	*query_new(struct channel *c, uid_t uid);
void		 query_free(struct query **q);
/* Where a list goes on: what query_done() said: 0, or -1. */
int		 query_after(struct query *q, const char *text);
/* 1: there is more to do, when there is credit; 0: it has been answered. */
int		 query_slice(struct query *q);
/* The end of the answer; why: NULL where it went well. */
void		 query_done(struct query *q, const char *why);
bool		 query_changes(const struct query *q);
/* An object into q->rows; then its end. */
void		 query_row(struct query *q, const struct queue_row *r);
void		 query_row_end(struct query *q);

/* ---- explain.c ----------------------------------------------------------- */
/* The row, and what its entry waits for. */
void		 explain_row(struct query *q, const struct queue_row *r);

/* ---- change.c ------------------------------------------------------------ */
/* What is allowed to be set, and to what: 0, or -1 with *e. */
int		 change_check(const char *name, struct str key,
		    struct str value, struct err *e);
/* Those in q->found. */
int		 change_found(struct query *q, struct err *e);
int		 change_sync(struct query *q, struct err *e);

#define GROUP_MAX	100000		/* values: bounds the memory */

/* ---- stats.c ------------------------------------------------------------- */
/* 1: there is more to count; 0: it is in q->rows; -1 with *e. */
int		 stats_slice(struct query *q, struct err *e);

/* ---- group.c ------------------------------------------------------------- */
void		 group_add(struct query *q, const struct queue_row *r);
/* 1: there are more, when there is credit; 0: that were all. */
int		 group_send(struct query *q);
void		 group_free(struct query *q);

#endif
