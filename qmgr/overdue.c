/*
 * All active entries are passed in slices.  An id says when its transaction
 * was made (RFC 9562, version 7); only those that may be too old by that are
 * read.
 */
#include "base/clock.h"
#include "base/log.h"
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
