/*
 * All active entries are passed in slices.  An id says when its transaction
 * was made (RFC 9562, version 7); only those that may be too old by that are
 * read.
 */
#include "base/clock.h"
#include "base/log.h"
#include "schedule/retry.h"
#include "spool/bytes.h"

#include "delivery.h"
#include "overdue.h"

#define OVERDUE_REST_MS		600000
#define OVERDUE_STEP_MS		20
#define OVERDUE_STEP		1000		/* entries */
#define OVERDUE_LATE_MS		3600000		/* as retry_too_late() */

static struct {
	struct timer	 turn;
	uint32_t	 at;
	int64_t		 youngest_ms;	/* that may be too old */
} overdue;

/* Its time is over, and it had no attempt at its end; or nobody wants it any
 * more. */
bool
overdue_is(const struct spool_entry *entry, const struct entry_state *s)
{
	const struct outlet	*r = outlets_find(entry->transportid);
	int64_t			 wall_ms = keeper_wall_ms();
	struct retry_entry	 e = {
		.created_ms = (int64_t)s->accepted_ms,
		.retry = (int)s->retry,
		.null_sender = entry->sender.len == 0,
	};

	if (r == NULL || s->forced)
		return false;
	if (entry->useful_until > 0 &&
	    entry->deliverby != ENTRY_DELIVERBY_NOTIFY &&
	    (int64_t)entry->useful_until < wall_ms / 1000)
		return true;
	return retry_too_late(&r->transport->options, &e, keeper_queue_ms());
}

static void
overdue_look(void *arg, struct active *a)
{
	struct spool_id	id;

	(void)arg;
	spool_id_get(&id, a->key);
	if ((int64_t)bytes_get(id.txn, 6) < overdue.youngest_ms)
		pump_check(&id, a);
}

static void
overdue_turn(void *arg)
{
	(void)arg;
	if (overdue.at == 0)
		overdue.youngest_ms = clock_wall_us() / 1000 -
		    outlets_least_age() - OVERDUE_LATE_MS;
	overdue.at = active_walk(overdue.at, OVERDUE_STEP, overdue_look,
	    NULL);
	timer_start(&overdue.turn, overdue.at == 0 ? OVERDUE_REST_MS :
	    OVERDUE_STEP_MS);
}

void
overdue_prepare(struct worker *w)
{
	timer_init(&overdue.turn, w->loop, overdue_turn, NULL);
}

void
overdue_open(void)
{
	overdue.at = 0;
	timer_start(&overdue.turn, OVERDUE_REST_MS);
}

void
overdue_close(void)
{
	timer_stop(&overdue.turn);
}
