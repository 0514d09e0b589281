/*
 * How many entries are in which state, as lists show them.
 *
 * The book counts by what was noted last: an entry that was deferred is that
 * until somebody takes it up, while a list shows it as ready once it is due.
 * So those that are due are counted here, in slices: by when they are due,
 * then those that wait for room in their sub-queues.  With very many of them
 * that ends after a tenth of a second: what was not met counts as deferred,
 * and the answer says that it is not exact.
 */
#include <inttypes.h>

#include "base/clock.h"
#include "ipc/channel.h"

#include "delivery.h"
#include "query.h"

#define STATS_SLICE_MS	3
#define STATS_LOOK	256
#define STATS_MAX_MS	100

static int
stats_meet(void *arg, const struct spool_id *id,
    const struct book_entry *entry)
{
	struct query	*q = arg;

	(void)id;
	q->stats.due += entry->state == STATE_DEFER &&
	    entry->due_ms <= q->stats.until_ms;
	return 0;
}

static void
stats_look(struct query *q)
{
	q->stats.look = (struct book_look){ .most = STATS_LOOK,
		.fn = stats_meet, .arg = q };
}

/* The next sub-queue, if all of this one was seen: 1: that were all. */
static int
stats_waiting(struct query *q, struct err *e)
{
	int	rc;

	if (!q->stats.in_queue) {
		rc = book_ready_queue(keeper_book(), &q->stats.queue, e);
		if (rc != 0)
			return rc;
		stats_look(q);
		q->stats.in_queue = true;
	}
	rc = book_ready(keeper_book(), &q->stats.look, q->stats.queue, e);
	q->stats.in_queue = rc == 0;
	return rc == -1 ? -1 : 0;
}

/* 1: there may be more; 0: that were all. */
static int
stats_count(struct query *q, uint64_t deferred, struct err *e)
{
	int64_t	now = clock_mono_ms(), end = now + STATS_SLICE_MS;
	int	rc;

	if (q->stats.until_ms == 0) {
		q->stats.until_ms = book_now(keeper_book());
		q->stats.end_ms = now + STATS_MAX_MS;
		stats_look(q);
	}
	do {
		if (q->stats.due >= deferred)
			return 0;
		if (now >= q->stats.end_ms) {
			q->stats.inexact = true;
			return 0;
		}
		if (!q->stats.by_due) {
			rc = book_due(keeper_book(), &q->stats.look,
			    q->stats.until_ms, e);
			q->stats.by_due = rc == 1;
			rc = rc == 1 ? 0 : rc;
		} else
			rc = stats_waiting(q, e);
	} while (rc == 0 && clock_mono_ms() < end);
	return rc == 0 ? 1 : rc == 1 ? 0 : -1;
}

static void
stats_worker(void *arg, struct agent *a)
{
	*(unsigned *)arg += a->ready && !a->draining;
}

/* What the scheduler has is ready as far as the book knows. */
static void
stats_put(struct query *q, const struct book_counts *c)
{
	struct schedule_stats	s = { .waiting = 0 };
	uint64_t		later = 0, now, live;
	unsigned		workers = 0;

	/* Some may have gone since they were counted. */
	if (c->deferred > q->stats.due)
		later = c->deferred - q->stats.due;
	now = c->entries - c->held - c->bouncing - later;
	delivery_stats(&s);
	live = (uint64_t)s.waiting + s.sending;
	/* Some have become due since. */
	if (now < live && live - now <= later) {
		later -= live - now;
		now = live;
	}
	agents_each(stats_worker, &workers);
	buf_printf(&q->rows, "{\"entries\":%" PRIu64 ",\"hold\":%" PRIu64
	    ",\"bouncing\":%" PRIu64 ",\"defer\":%" PRIu64 ",\"ready\":%" PRIu64
	    ",\"active\":%u,\"sending\":%u,\"connections\":%u,"
	    "\"workers\":%u,\"exact\":%s,", c->entries, c->held,
	    c->bouncing, later, now > live ? now - live : 0,
	    (unsigned)s.waiting, (unsigned)s.sending,
	    (unsigned)s.connections, workers,
	    q->stats.inexact ? "false" : "true");
}

int
stats_slice(struct query *q, struct err *e)
{
	struct book_counts	c;
	int			rc;

	if (q->credit == 0)
		return 1;
	book_count(keeper_book(), &c);
	if ((rc = stats_count(q, c.deferred, e)) != 0)
		return rc;
	stats_put(q, &c);
	buf_printf(&q->rows, "\"memory\":%" PRIu64 ",\"pending\":%" PRIu64
	    ",\"segments\":%" PRIu64 ",\"journal\":%" PRIu64
	    ",\"checkpoints\":%" PRIu64 ",\"damaged\":%" PRIu64
	    ",\"rebuilt\":%s,\"index\":\"%s\"}\n", c.in_memory, c.pending,
	    c.segments, c.journal_bytes, c.checkpoints, c.damaged,
	    c.rebuilt ? "true" : "false", kv_real_name);
	return 0;
}
