/*
 * What is new is in a list in memory; what that has no room for, and all of it
 * after a start, is found in the index.
 *
 * A notification that lies in the spool already is never asked for again: it
 * is looked for by the identity that the order gave it, when all that is
 * durable has been read.
 *
 * Nobody is asked before the order is durable.  Else, if this process died,
 * there could be a notification of an order that is not known: it would be
 * dropped, and then be asked for under the same identity by the worker that
 * says its verdict again, and what has ended under an identity never comes
 * again.
 *
 * While there is nobody who could be asked, or those that there are do not
 * answer, what was only delayed is found at the time of its next attempt and
 * goes on, its order with it; all else stays where it is until somebody comes.
 *
 * What can't be made is asked for ever more seldom.  What workers die of is
 * given up the third time: who has to be told that it failed is held, so that
 * somebody looks; of all else nobody is told.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "dsn/order.h"
#include "event/backoff.h"
#include "spool/book_bounce.h"

#include "bounces.h"
#include "teller.h"

#define BOUNCES_NEW_MAX		1024
#define BOUNCES_STEP		32
#define BOUNCES_SLICE_MS	3
#define BOUNCES_LATER_MS	60000
#define BOUNCES_LATEST_MS	3600000
#define BOUNCES_STRIKES		3
#define BOUNCES_STALLED_MS	20000
#define BOUNCES_FAILED_MS	1000
#define BOUNCES_SYNC_MS		10	/* a verdict's own comes before */

/* A notification, and of whom. */
struct met {
	struct spool_id	child, parent;
	bool		taken;		/* noted, and not synced */
	bool		delayed;	/* the parent goes on */
};

static struct {
	struct worker	*worker;
	bool		 open;
	struct task	 task;
	struct timer	 wake, soon, sync;
	bool		 unsynced;	/* an order is, perhaps */
	struct spool_id	*fresh;
	size_t		 first, count, cap;
	struct met	*met;
	size_t		 met_count, met_cap;
	struct book_look look;
	bool		 looking;
	bool		 alone;		/* only for those that go on untold */
	bool		 all;		/* those that are not due, too */
	int64_t		 next_ms;	/* then some may be due */
} bounces;

void
bounces_kick(void)
{
	if (bounces.open)
		loop_defer(bounces.worker->loop, &bounces.task);
}

/* Those that are due are looked at again. */
static void
bounces_again(void)
{
	bounces.look.at_len = 0;
	bounces.looking = true;
	bounces.alone = !teller_any();
	bounces_kick();
}

void
bounces_all(void)
{
	bounces.all = teller_any();
	bounces_again();
}

void
bounces_synced(void)
{
	timer_stop(&bounces.sync);
	bounces.unsynced = false;
	bounces_kick();
}

void
bounces_new(const struct spool_id *id)
{
	if (!bounces.unsynced)
		timer_start(&bounces.sync, BOUNCES_SYNC_MS);
	bounces.unsynced = true;
	if (bounces.first == bounces.count)
		bounces.first = bounces.count = 0;
	if (bounces.count - bounces.first >= BOUNCES_NEW_MAX) {
		bounces_again();
		return;
	}
	if (bounces.count == bounces.cap) {
		bounces.cap = bounces.cap == 0 ? 64 : bounces.cap * 2;
		bounces.fresh = xreallocarray(bounces.fresh, bounces.cap,
		    sizeof *bounces.fresh);
	}
	bounces.fresh[bounces.count++] = *id;
}

static void
bounces_failed(const struct err *e)
{
	LOG(EV_QUEUE_ERROR, NULL, LOG_STR("reason", e->text));
	COUNT(queue_errors);
	timer_start(&bounces.wake, BOUNCES_FAILED_MS);
}

/* ---- Taken --------------------------------------------------------------- */

static void
bounces_push(const struct spool_id *child, const struct spool_id *parent)
{
	if (bounces.met_count == bounces.met_cap) {
		bounces.met_cap = bounces.met_cap == 0 ? 64 :
		    bounces.met_cap * 2;
		bounces.met = xreallocarray(bounces.met, bounces.met_cap,
		    sizeof *bounces.met);
	}
	bounces.met[bounces.met_count++] = (struct met){ .child = *child,
	    .parent = *parent };
	bounces_kick();
}

void
bounces_met(const struct spool_id *id, struct str parent)
{
	struct spool_id	of;

	/* No entry has the number 0: it is nobody's, and goes. */
	if (spool_id_parse(&of, parent) == -1)
		memset(&of, 0, sizeof of);
	bounces_push(id, &of);
}

/* Who names an order's transaction names mail, perhaps, that is none of it. */
static bool
bounces_is_child(const struct spool_id *id)
{
	struct book_envelope	envelope;
	struct err		e;

	return book_envelope(keeper_book(), id, &envelope, &e) == 0 &&
	    envelope.entry.parent.len > 0;
}

/* Nobody waits for it: its parent has been told of by another, or by none. */
static int
bounces_drop(const struct spool_id *child, struct err *e)
{
	struct entry_state	s;
	char			text[SPOOL_ID_TEXT];
	int			rc;

	if (!bounces_is_child(child))
		return 0;
	if ((rc = book_state(keeper_book(), child, &s, e)) != 0)
		return rc == 1 ? 0 : -1;
	if (s.taken)
		return 0;
	spool_id_text(text, child);
	LOG(EV_QUEUE_ORPHAN, NULL, LOG_STR("queue", text));
	return book_done(keeper_book(), child, SPOOL_END_DELETED, e) == -1 ?
	    -1 : 0;
}

static int
bounces_take(struct met *m, struct err *e)
{
	struct book_entry	entry;
	int			rc;

	if (m->taken)
		return 0;
	rc = book_take(keeper_book(), &m->child, &m->parent, e);
	if (rc == 1)
		rc = bounces_drop(&m->child, e);
	else if (rc == 0)
		COUNT(queue_notifications);
	if (rc == -1)
		return -1;
	m->taken = true;
	teller_forget(&m->parent);
	m->delayed = book_get(keeper_book(), &m->parent, &entry, e) == 0;
	return 0;
}

/* All of them are noted, and are durable at once; before that none is sent. */
static int
bounces_take_all(struct err *e)
{
	size_t	i, n = bounces.met_count;

	if (n == 0)
		return 0;
	for (i = 0; i < n; i++)
		if (bounces_take(&bounces.met[i], e) == -1)
			return -1;
	if (book_sync(keeper_book(), e) == -1)
		return -1;
	bounces_synced();
	bounces.met_count = 0;
	for (i = 0; i < n; i++) {
		pump_one(&bounces.met[i].child);
		if (bounces.met[i].delayed)
			pump_one(&bounces.met[i].parent);
	}
	keeper_changed();
	return 0;
}

/* ---- Asked for ----------------------------------------------------------- */

/* Of one that was only delayed, not after its next attempt. */
static int
bounces_rests(const struct spool_id *id, struct entry_state *s, int64_t until,
    struct err *e)
{
	if (s->bounce_action == ENTRY_ACTION_DELAYED &&
	    (int64_t)s->after_ms < until)
		until = (int64_t)s->after_ms;
	if (until < bounces.next_ms)
		bounces.next_ms = until;
	s->due_ms = (uint64_t)until;
	return book_change(keeper_book(), id, s, e);
}

void
bounces_later(const struct spool_id *id, const char *why)
{
	struct entry_state	s;
	struct err		e;
	char			text[SPOOL_ID_TEXT];
	int64_t			wait;

	spool_id_text(text, id);
	LOG(EV_QUEUE_BOUNCE_LATER, NULL, LOG_STR("queue", text),
	    LOG_STR("reason", why));
	if (book_state(keeper_book(), id, &s, &e) != 0 ||
	    s.state != STATE_BOUNCING)
		return;
	wait = backoff_wait(BOUNCES_LATER_MS, BOUNCES_LATEST_MS,
	    (unsigned int)s.order_tries);
	if (s.order_tries < UINT8_MAX)
		s.order_tries++;
	if (bounces_rests(id, &s, keeper_queue_ms() + wait, &e) == -1)
		bounces_failed(&e);
}

static int
bounces_give_up(const struct spool_id *id, struct entry_state *s,
    struct err *e)
{
	char	text[SPOOL_ID_TEXT];

	if (s->bounce_action == ENTRY_ACTION_FAILED) {
		s->state = STATE_HOLD;
		s->reason = STR("those who make its notification died of it "
		    "three times");
		return book_change(keeper_book(), id, s, e);
	}
	spool_id_text(text, id);
	LOG(EV_QUEUE_UNTOLD, NULL, LOG_STR("queue", text), LOG_STR("action",
	    dsn_action_name(s->bounce_action)));
	if (s->bounce_action != ENTRY_ACTION_DELAYED)
		return book_done(keeper_book(), id, SPOOL_END_DELIVERED, e);
	if (book_untold(keeper_book(), id, s, e) == -1)
		return -1;
	if (s->state == STATE_DEFER)
		pump_deferred((int64_t)s->due_ms);
	return 0;
}

/* One that goes on meanwhile is not touched in that. */
static int
bounces_struck(const struct spool_id *id, struct entry_state *s,
    struct err *e)
{
	if (s->order_strikes >= BOUNCES_STRIKES)
		return bounces_give_up(id, s, e);
	if (s->state == STATE_BOUNCING)
		return bounces_rests(id, s, keeper_queue_ms() +
		    BOUNCES_LATER_MS * (int64_t)s->order_strikes, e);
	s->moved = 1;
	return book_change(keeper_book(), id, s, e);
}

void
bounces_strike(const struct spool_id *id)
{
	struct entry_state	s;
	struct err		e;
	char			text[SPOOL_ID_TEXT];

	if (book_state(keeper_book(), id, &s, &e) != 0 ||
	    s.bounce_action == 0)
		return;
	s.order_strikes++;
	spool_id_text(text, id);
	LOG(EV_QUEUE_BOUNCE_POISON, NULL, LOG_STR("queue", text),
	    LOG_NUM("strikes", (int64_t)s.order_strikes));
	if (bounces_struck(id, &s, &e) == -1 ||
	    book_sync(keeper_book(), &e) == -1)
		bounces_failed(&e);
	keeper_changed();
}

/* It was only delayed, and nobody tells its sender: it is tried meanwhile, and
 * keeps its order. */
static int
bounces_go_on(const struct spool_id *id, struct entry_state *s, struct err *e)
{
	s->state = STATE_READY;
	s->due_ms = (uint64_t)keeper_queue_ms();
	s->after_ms = 0;
	if (book_change(keeper_book(), id, s, e) == -1)
		return -1;
	pump_one(id);
	return 0;
}

/* What was only delayed waits for its next attempt, and for nobody else. */
static void
bounces_await(const struct entry_state *s)
{
	if (s->bounce_action == ENTRY_ACTION_DELAYED &&
	    (int64_t)s->after_ms < bounces.next_ms)
		bounces.next_ms = (int64_t)s->after_ms;
}

/* Nobody can be asked: the same, and that is noted once. */
static int
bounces_nobody(const struct spool_id *id, struct entry_state *s,
    struct err *e)
{
	bounces_await(s);
	if (s->bounce_action != ENTRY_ACTION_DELAYED ||
	    s->due_ms == s->after_ms)
		return 0;
	return bounces_rests(id, s, INT64_MAX, e);
}

/* The notification is there, and was not read yet as one: 1. */
static int
bounces_made(const struct spool_id *id, const struct entry_state *s,
    struct err *e)
{
	struct spool_id		child = { .queue = 1 };
	struct book_entry	known;
	int			rc;

	if (s->bounce_txn.len != sizeof child.txn)
		return 0;
	memcpy(child.txn, s->bounce_txn.p, sizeof child.txn);
	if ((rc = book_get(keeper_book(), &child, &known, e)) == -1)
		return -1;
	if (rc == 0)
		bounces_push(&child, id);
	return rc == 0;
}

/* By its state. */
static int
bounces_judge(const struct spool_id *id, struct entry_state *s, struct err *e)
{
	bool		delayed = s->bounce_action == ENTRY_ACTION_DELAYED;
	int64_t		now = keeper_queue_ms();
	struct err	why;

	if (delayed && (int64_t)s->after_ms <= now)
		return bounces_go_on(id, s, e);
	if (!teller_any())
		return bounces_nobody(id, s, e);
	/* It could not be made lately. */
	if ((int64_t)s->due_ms > now && s->due_ms != s->after_ms)
		return 0;
	bounces_await(s);
	if (teller_idle() && teller_ask(id, &why) == -1)
		bounces_later(id, why.text);
	return 0;
}

/* Whoever was asked may not answer. */
static int
bounces_asked(const struct spool_id *id, struct entry_state *s, struct err *e)
{
	if (s->bounce_action == ENTRY_ACTION_DELAYED &&
	    (int64_t)s->after_ms <= keeper_queue_ms())
		return bounces_go_on(id, s, e);
	bounces_await(s);
	return 0;
}

static int
bounces_one(const struct spool_id *id, struct err *e)
{
	struct entry_state	s;
	int			rc;

	if ((rc = book_state(keeper_book(), id, &s, e)) != 0 ||
	    s.state != STATE_BOUNCING)
		return rc == -1 ? -1 : 0;
	if (teller_has(id))
		return bounces_asked(id, &s, e);
	if ((rc = bounces_made(id, &s, e)) != 0)
		return rc == -1 ? -1 : 0;
	if ((rc = book_state(keeper_book(), id, &s, e)) != 0)
		return rc == -1 ? -1 : 0;
	return bounces_judge(id, &s, e);
}

static int
bounces_show(void *arg, const struct spool_id *id,
    const struct book_entry *entry)
{
	(void)entry;
	return bounces_one(id, arg);
}

/* A round while nobody had room was for those that go on untold: those that
 * come behind it are asked for, when there is room. */
static void
bounces_round(void)
{
	bool	again = bounces.alone && teller_any();

	bounces.looking = again;
	bounces.all = false;
	if (again) {
		bounces.alone = false;
		bounces.look.at_len = 0;
	}
	if (bounces.look.next_ms < bounces.next_ms)
		bounces.next_ms = bounces.look.next_ms;
}

/* Those in memory, then those of the index. */
static int
bounces_step(struct err *e)
{
	int	rc;

	if (bounces.first < bounces.count)
		return bounces_one(&bounces.fresh[bounces.first++], e);
	bounces.look.most = BOUNCES_STEP;
	bounces.look.fn = bounces_show;
	bounces.look.arg = e;
	rc = book_bouncing(keeper_book(), &bounces.look, bounces.all ?
	    INT64_MAX : keeper_queue_ms(), e);
	if (rc == 1)
		bounces_round();
	return rc == -1 ? -1 : 0;
}

static bool
bounces_works(void)
{
	bool	alone = !teller_any();

	if (bounces.unsynced)
		return false;
	return (bounces.first < bounces.count && (alone || teller_idle())) ||
	    (bounces.looking && (bounces.alone || teller_idle()));
}

/* Some are due later: those that could not be made, or go on untold. */
static void
bounces_rest(void)
{
	int64_t	wait = bounces.next_ms - keeper_queue_ms();

	if (wait > BOUNCES_LATER_MS)
		wait = BOUNCES_LATER_MS;
	/* Not before it is due, and not for ever behind who does not answer. */
	if (bounces.looking && wait < BOUNCES_STALLED_MS)
		wait = BOUNCES_STALLED_MS;
	timer_start(&bounces.wake, wait > 0 ? wait : 0);
}

static void
bounces_turn(void *arg)
{
	int64_t		end = clock_mono_ms() + BOUNCES_SLICE_MS;
	struct err	e;
	int		rc;

	(void)arg;
	if (!bounces.open || !book_hinted(keeper_book()))
		return;
	rc = bounces_take_all(&e);
	while (rc == 0 && bounces_works() && clock_mono_ms() < end)
		rc = bounces_step(&e);
	if (rc == -1)
		bounces_failed(&e);
	else if (bounces.met_count > 0 || bounces_works())
		timer_start(&bounces.soon, 0);
	else
		bounces_rest();
}

/* Whose verdict it was has not asked for it. */
static void
bounces_sync(void *arg)
{
	struct err	e;

	(void)arg;
	if (!bounces.open)
		return;
	if (book_sync(keeper_book(), &e) == 0) {
		bounces_synced();
		return;
	}
	bounces_failed(&e);
	timer_start(&bounces.sync, BOUNCES_FAILED_MS);
}

/* Nobody could be asked, and nobody can: those that were seen are not looked
 * at again, since what is new is due behind them. */
static void
bounces_wake(void *arg)
{
	(void)arg;
	bounces.next_ms = INT64_MAX;
	if (teller_any() || !bounces.alone) {
		bounces_again();
		bounces.alone = !teller_idle();
		return;
	}
	bounces.looking = true;
	bounces_kick();
}

/* ---- Start and end ------------------------------------------------------- */

void
bounces_prepare(struct worker *w)
{
	bounces.worker = w;
	task_init(&bounces.task, bounces_turn, NULL);
	timer_init(&bounces.wake, w->loop, bounces_wake, NULL);
	timer_init(&bounces.soon, w->loop, bounces_turn, NULL);
	timer_init(&bounces.sync, w->loop, bounces_sync, NULL);
	teller_prepare(w);
}

void
bounces_open(void)
{
	bounces.open = true;
	bounces.next_ms = INT64_MAX;
	teller_open();
	bounces_again();
}

void
bounces_close(void)
{
	if (!bounces.open)
		return;
	bounces.open = false;
	teller_close();
	timer_stop(&bounces.wake);
	timer_stop(&bounces.soon);
	timer_stop(&bounces.sync);
	bounces.unsynced = false;
	free(bounces.fresh);
	free(bounces.met);
	bounces.fresh = NULL;
	bounces.met = NULL;
	bounces.first = bounces.count = bounces.cap = 0;
	bounces.met_count = bounces.met_cap = 0;
}
