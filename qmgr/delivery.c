/*
 * Deliveries: the scheduler, from the moment when the book is open until it is
 * closed.
 */
#include <string.h>

#include "base/log.h"

#include "arrears.h"
#include "bounces.h"
#include "bucket.h"
#include "delivery.h"
#include "failover.h"
#include "hopset.h"
#include "live.h"
#include "overdue.h"
#include "policies.h"
#include "prepare.h"
#include "route.h"

#define DELIVERY_AWAIT_MS	1000

static struct {
	struct worker	*worker;
	struct schedule	*schedule;
	int64_t		 await_ms;	/* so long workers are waited for */
	struct schedule_stats shown;
} delivery;

struct worker *
delivery_worker(void)
{
	return delivery.worker;
}

struct schedule *
delivery_schedule(void)
{
	return delivery.schedule;
}

int64_t
delivery_now(void)
{
	return loop_now_ms(delivery.worker->loop);
}

uint32_t
delivery_active_limit(void)
{
	return (uint32_t)delivery.worker->params.active_limit;
}

void
delivery_prepare(struct worker *w)
{
	delivery.worker = w;
	pump_prepare(w);
	dispatch_prepare(w);
	verdict_prepare(w);
	route_prepare(w);
	failover_prepare(w);
	policies_prepare(w);
	live_prepare(w);
	overdue_prepare(w);
	prepare_prepare(w);
	bounces_prepare(w);
	arrears_prepare(w);
}

void
delivery_renew(void)
{
	if (delivery.schedule == NULL)
		return;
	outlets_load();
	policies_load();
	dispatch_kick();
}

/* Connections that workers have from before count as soon as these tell of
 * them: until all have, nothing new goes, but not for ever. */
bool
delivery_awaits(void)
{
	const struct sibling	*s;

	if (delivery_now() >= delivery.await_ms)
		return false;
	TAILQ_FOREACH(s, &delivery.worker->siblings, link)
		if (s->role == IPC_DELIVER && !agent_is_ready(s->pid))
			return true;
	return false;
}

/* ---- What began before us ------------------------------------------------ */

static bool
delivery_lives(pid_t pid)
{
	struct sibling	*s;

	TAILQ_FOREACH(s, &delivery.worker->siblings, link)
		if (s->pid == pid && s->role == IPC_DELIVER)
			return true;
	return false;
}

/* Until its worker has said what it has, it counts as being sent. */
static void
delivery_inherit_one(void *arg, const struct spool_id *id, uint64_t worker)
{
	struct schedule_entry_in in;
	struct book_envelope	 envelope;
	struct entry_state	 state;
	struct buf		*bytes = arg, text = BUF_INIT;
	struct active		*a;
	struct err		 e;

	if (!delivery_lives((pid_t)worker) || active_entry(id, &envelope,
	    &state, &bytes[0], &e) != 0) {
		(void)book_started(keeper_book(), id, 0, &e);
		return;
	}
	(void)active_describe(&in, &text, id, &envelope.entry);
	a = active_add_sending(id, &in);
	a->awaits = (pid_t)worker;
	a->held = schedule_started(delivery.schedule, &in, 0,
	    SCHEDULE_NOBODY) & ((1U << 25) - 1);
	buf_free(&text);
}

void
delivery_open(void)
{
	struct schedule_options	o = { .cold = true };
	struct buf		bytes = BUF_INIT;

	o.active_limit = delivery_active_limit();
	o.active_window = (uint32_t)delivery.worker->params.active_window;
	o.start_ms = delivery_now();
	delivery.schedule = schedule_new(&o);
	hopsets_open();
	route_open();
	outlets_load();
	policies_open();
	live_open();
	bucket_open();
	prepare_open();
	active_open();
	lease_open();
	job_open();
	book_started_walk(keeper_book(), delivery_inherit_one, &bytes);
	buf_free(&bytes);
	pump_open();
	bounces_open();
	overdue_open();
	delivery.await_ms = delivery_now() + DELIVERY_AWAIT_MS;
	dispatch_kick();
}

static void
delivery_gauge(enum counter counter, uint32_t *was, uint32_t now)
{
	if (now != *was)
		board_add(counter, (int64_t)now - (int64_t)*was);
	*was = now;
}

void
delivery_stats(struct schedule_stats *s)
{
	memset(s, 0, sizeof *s);
	if (delivery.schedule == NULL)
		return;
	schedule_stats(delivery.schedule, s);
	s->waiting = active_count() > s->sending ?
	    (uint32_t)active_count() - s->sending : 0;
}

void
delivery_show(void)
{
	struct schedule_stats	s;

	delivery_stats(&s);
	delivery_gauge(COUNTER_queue_active, &delivery.shown.waiting,
	    s.waiting);
	delivery_gauge(COUNTER_queue_sending, &delivery.shown.sending,
	    s.sending);
	delivery_gauge(COUNTER_queue_connections,
	    &delivery.shown.connections, s.connections);
}

void
delivery_close(void)
{
	pump_close();
	overdue_close();
	bounces_close();
	arrears_close();
	if (delivery.schedule == NULL)
		return;
	dispatch_close();
	agent_close();
	verdict_close();
	poison_close();
	job_close();
	lease_close();
	route_close();
	prepare_close();
	active_close();
	bucket_close();
	live_close();
	policies_close();
	hopsets_close();
	schedule_free(&delivery.schedule);
	delivery_show();
}
