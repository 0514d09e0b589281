/*
 * From the book into the scheduler.
 *
 *	what was read just now	at once; where there is no room, or older mail
 *				waits for some, it is put into the index
 *	what is deferred	when it is due
 *	what waits in the index	when its sub-queue has room again; in turn over
 *				all sub-queues after a start, or when all was
 *				full
 *
 * All of it some milliseconds at a time.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "spool/book_bounce.h"

#include "bounces.h"
#include "delivery.h"
#include "filled.h"
#include "overdue.h"

#define PUMP_SLICE_MS	1
#define PUMP_STEP	64		/* entries between looks at the clock */
#define PUMP_ENOUGH	500		/* entries in memory */
#define PUMP_PAUSE_MS	2
#define PUMP_FAILED_MS	1000
#define PUMP_NOWHERE_MS	300000		/* its transport is not there */
#define PUMP_UNREAD_MS	60000
#define PUMP_SLEEP_MS	60000

/* Ids, or numbers of sub-queues, that are to be dealt with. */
struct pump_list {
	void	*item;
	size_t	 first, count, cap;
};

static struct {
	struct worker	*worker;
	bool		 open;
	struct timer	 turn;
	struct timer	 due;
	int64_t		 due_ms;	/* queue clock, of the timer */
	struct book_look look;		/* where the walk of what is due is */
	bool		 looking;	/* it is to go on */
	struct pump_list overflow;	/* struct spool_id */
	struct pump_list refill;	/* uint64_t */
	bool		 round;		/* over all that waits */
	uint64_t	 at;		/* number of its sub-queue */
	bool		 another;	/* one more: there was room behind it */
	bool		 full;		/* what was shown last had no room */
	bool		 rests;		/* until there is room in memory */
	bool		 crowded;	/* no new one takes what is freed */
	int64_t		 next_ms;	/* nothing is looked up before then */
	struct hmap	 filled;	/* filled.h */
	bool		 turns;		/* the round is next */
	struct buf	 bytes, text;
} pump;

static void	pump_turn(void *arg);
static void	pump_failed(const struct err *e);

void
pump_prepare(struct worker *w)
{
	pump.worker = w;
	timer_init(&pump.turn, w->loop, pump_turn, NULL);
}

static void *
pump_push(struct pump_list *l, size_t size)
{
	if (l->first == l->count)
		l->first = l->count = 0;
	if (l->count == l->cap) {
		l->cap = l->cap == 0 ? 64 : l->cap * 2;
		l->item = xreallocarray(l->item, l->cap, size);
	}
	return (char *)l->item + l->count++ * size;
}

static bool
pump_has(const struct pump_list *l)
{
	return l->first < l->count;
}

static void
pump_go(void)
{
	if (pump.open && !pump.rests)
		timer_start(&pump.turn, 0);
}

static bool
pump_works(void)
{
	return pump_has(&pump.overflow) || pump.looking ||
	    pump_has(&pump.refill) || pump.round;
}

static bool
pump_has_room(void)
{
	return active_count() < delivery_active_limit();
}

/* A round that goes on does not come to what it has passed. */
static void
pump_rounds(void)
{
	if (pump.round && pump.at != 0)
		pump.another = true;
	pump.round = true;
}

/* ---- Full sub-queues ----------------------------------------------------- */

/* What is new does not overtake what waits. */
static bool
pump_behind(uint64_t number)
{
	return pump.crowded || filled_has(&pump.filled, number);
}

/* There was no room: memory has none, or the sub-queue. */
static void
pump_fill(uint64_t number)
{
	if (!pump_has_room()) {
		pump.crowded = true;
		pump_rounds();
	}
	if (!pump.crowded)
		filled_add(&pump.filled, number);
}

void
pump_unfill_all(void)
{
	if (!pump.open)
		return;
	filled_clear(&pump.filled);
	pump_room();
}

/* ---- One entry ----------------------------------------------------------- */

static int
pump_nowhere(const struct spool_id *id, struct err *e)
{
	return verdict_defer(id, PUMP_NOWHERE_MS,
	    "its transport is not in transport.cf", e);
}

/* It may read later: a descriptor was short, or the disk is mended.  What
 * is damaged is taken out by the book, if that is wanted. */
static int
pump_unread(const struct spool_id *id, struct err *e)
{
	struct err	why = *e;

	LOG(EV_QUEUE_ERROR, NULL, LOG_STR("reason", e->text));
	COUNT(queue_errors);
	return verdict_defer(id, PUMP_UNREAD_MS, why.text, e);
}

/* It does not wait with others, and no attempt is made. */
static int
pump_apart(const struct spool_id *id, const struct spool_entry *entry)
{
	struct schedule_entry_in	in;

	(void)active_describe(&in, &pump.text, id, entry);
	dispatch_after(active_add_sending(id, &in));
	return 0;
}

/* A notification is sent when its parent knows of it: 0; 1: that is seen to, or
 * it is gone. */
static int
pump_child(const struct spool_id *id, struct book_envelope *envelope,
    struct entry_state *state, struct err *e)
{
	struct spool_id	parent;
	int		rc = 1;

	if (state->taken)
		rc = spool_id_parse(&parent, envelope->entry.parent) == -1 ?
		    0 : book_awaited(keeper_book(), id, &parent, e);
	if (rc == 1)
		bounces_met(id, envelope->entry.parent);
	/* Its texts were the book's. */
	return rc != 0 ? rc : active_entry(id, envelope, state, &pump.bytes,
	    e);
}

/* Into the scheduler: 0, and pump.full says whether it had room; -1 with *e.
 * What is damaged is the book's matter. */
static int
pump_take(const struct spool_id *id, struct err *e)
{
	struct book_envelope	envelope;
	struct entry_state	state;
	int			rc;

	rc = active_entry(id, &envelope, &state, &pump.bytes, e);
	if (rc == -1 && book_sound(keeper_book()))
		return pump_unread(id, e);
	if (rc != 0)
		return rc == 1 ? 0 : -1;
	if (envelope.entry.parent.len > 0 &&
	    (rc = pump_child(id, &envelope, &state, e)) != 0)
		return rc == -1 ? -1 : 0;
	if (state.fate != 0 || overdue_is(&envelope.entry, &state))
		return pump_apart(id, &envelope.entry);
	switch (active_add(id, &envelope.entry, state.strikes > 0)) {
	case ACTIVE_NOWHERE:
		return pump_nowhere(id, e);
	case ACTIVE_FULL:
		pump.full = true;
		return 0;
	default:
		dispatch_kick();
		return 0;
	}
}

/* In its turn; where that is not now, it waits for room from now on, and not
 * for its time. */
static int
pump_put(const struct spool_id *id, const struct book_entry *entry,
    struct err *e)
{
	pump.full = !entry->urgent && pump_behind(entry->queue);
	if (!pump.full && pump_take(id, e) == -1)
		return -1;
	if (!pump.full)
		return 0;
	pump_fill(entry->queue);
	return book_wait(keeper_book(), id, e) == -1 ? -1 : 0;
}

static int
pump_show_due(void *arg, const struct spool_id *id,
    const struct book_entry *entry)
{
	return active_find(id) != NULL ? 0 : pump_put(id, entry, arg);
}

static int
pump_show_ready(void *arg, const struct spool_id *id,
    const struct book_entry *entry)
{
	(void)entry;
	if (pump.full || active_find(id) != NULL)
		return 0;
	return pump_take(id, arg);
}

void
pump_check(const struct spool_id *id, struct active *a)
{
	struct book_envelope	envelope;
	struct entry_state	state;
	struct err		e;

	if (active_entry(id, &envelope, &state, &pump.bytes, &e) == 0 &&
	    overdue_is(&envelope.entry, &state) && active_remove(a))
		pump_one(id);
}

/* Its deadline has passed while it waited. */
void
pump_late(const struct spool_id *id)
{
	struct err	e;

	pump.full = false;
	if (pump_take(id, &e) == -1)
		pump_failed(&e);
}

/* ---- What was read just now ---------------------------------------------- */

static void
pump_later(const struct spool_id *id)
{
	*(struct spool_id *)pump_push(&pump.overflow,
	    sizeof(struct spool_id)) = *id;
}

void
pump_arrived(void *arg, const struct spool_id *id,
    const struct spool_entry *entry, uint64_t queue)
{
	(void)arg;
	/* What a start reads is found in the index. */
	if (keeper_book() == NULL || (entry->flags & ENTRY_HOLD) != 0)
		return;
	if (pump.open && entry->parent.len > 0) {
		bounces_met(id, entry->parent);
		return;
	}
	/* When it is due counts from when it was accepted, and may have been
	 * passed already: the book knows. */
	if (!pump.open || entry->delay_ms > 0 ||
	    (entry->priority != 1 && pump_behind(queue)) ||
	    active_add(id, entry, false) != ACTIVE_TAKEN)
		pump_later(id);
	else
		dispatch_kick();
}

void
pump_read(void)
{
	/* There may be no room, but it has to be somewhere. */
	if (pump_has(&pump.overflow))
		pump.rests = false;
	if (pump_works())
		pump_go();
}

/* Where it waits now, whatever is known of it. */
static int
pump_place(const struct spool_id *id, struct err *e)
{
	struct book_entry	entry;
	int			rc;

	if (active_find(id) != NULL)
		return 0;
	if ((rc = book_get(keeper_book(), id, &entry, e)) != 0)
		return rc == 1 ? 0 : -1;
	if (entry.state == STATE_DEFER && entry.due_ms > keeper_queue_ms())
		pump_deferred(entry.due_ms);
	else if (entry.state != STATE_HOLD && entry.state != STATE_BOUNCING)
		return pump_put(id, &entry, e);
	return 0;
}

/* It was full, or there is no such transport. */
static int
pump_overflow(struct err *e)
{
	const struct spool_id	*id = pump.overflow.item;

	return pump_place(id + pump.overflow.first++, e);
}

void
pump_one(const struct spool_id *id)
{
	struct err	e;

	if (pump.open && pump_place(id, &e) == -1)
		pump_failed(&e);
}

/* ---- What is due --------------------------------------------------------- */

static void
pump_due(void *arg)
{
	(void)arg;
	pump.due_ms = INT64_MAX;
	pump.looking = true;
	pump_go();
}

void
pump_deferred(int64_t due_ms)
{
	int64_t	wait;

	if (!pump.open || due_ms >= pump.due_ms)
		return;
	pump.due_ms = due_ms;
	wait = due_ms - keeper_queue_ms();
	if (wait > PUMP_SLEEP_MS)
		wait = PUMP_SLEEP_MS;
	timer_start(&pump.due, wait > 0 ? wait : 0);
}

/* 0: it goes on; 1: nothing more is due. */
static int
pump_look(struct err *e)
{
	int	rc;

	pump.look.most = PUMP_STEP;
	pump.look.fn = pump_show_due;
	pump.look.arg = e;
	rc = book_due(keeper_book(), &pump.look, keeper_queue_ms(), e);
	if (rc == 1) {
		pump.looking = false;
		if (pump.look.next_ms < INT64_MAX)
			pump_deferred(pump.look.next_ms);
	}
	return rc;
}

/* ---- What waits for room ------------------------------------------------- */

void
pump_refill(const struct schedule_subqueue *q)
{
	struct book_queue	mine = { q->transportid, q->recipientdomain,
				    q->tenantid, q->jobid };

	if (!pump.open)
		return;
	*(uint64_t *)pump_push(&pump.refill, sizeof(uint64_t)) =
	    book_queue_number(keeper_book(), &mine);
	pump_go();
}

void
pump_room(void)
{
	pump_rounds();
	pump_go();
}

/* One sub-queue, until it has no more or the scheduler no room. */
static int
pump_queue(uint64_t number, struct err *e)
{
	struct book_look	look = { .most = PUMP_STEP,
				    .fn = pump_show_ready, .arg = e };
	int			rc;

	pump.full = false;
	do
		rc = book_ready(keeper_book(), &look, number, e);
	while (rc == 0 && !pump.full);
	if (pump.full)
		pump_fill(number);
	else if (rc == 1)
		filled_remove(&pump.filled, number);
	return rc == -1 ? -1 : 0;
}

/* While memory is full it has no more right to a place than others. */
static int
pump_next_refill(struct err *e)
{
	const uint64_t	*number = pump.refill.item;

	number += pump.refill.first++;
	if (!pump.crowded)
		return pump_queue(*number, e);
	pump_rounds();
	return 0;
}

/* The next sub-queue in turn. */
static int
pump_next_round(struct err *e)
{
	int	rc;

	rc = book_ready_queue(keeper_book(), &pump.at, e);
	if (rc == 0)
		return pump_queue(pump.at, e);
	pump.round = pump.another;
	pump.another = false;
	pump.at = 0;
	return rc == -1 ? -1 : 0;
}

/* While memory is full nothing is looked up: what is due stays where it is,
 * and costs nothing.  It goes on when a sixteenth is free again. */
void
pump_freed(void)
{
	uint32_t	limit = delivery_active_limit();

	if (!pump.crowded || active_count() > limit - (limit + 15) / 16)
		return;
	pump.crowded = pump.rests = false;
	pump_go();
}

/* ---- Turns --------------------------------------------------------------- */

/* What is due and what waits take turns. */
static int
pump_step(struct err *e)
{
	if (pump_has(&pump.overflow))
		return pump_overflow(e);
	if (pump_has(&pump.refill))
		return pump_next_refill(e);
	pump.turns = !pump.turns;
	if (pump.round && (pump.turns || !pump.looking))
		return pump_next_round(e);
	return pump_look(e);
}

static bool
pump_urgent(void)
{
	return pump_has(&pump.overflow) || pump_has(&pump.refill);
}

/* When it goes on: at once; later, since what is in memory is enough for a
 * while and goes first; or when there is room (-1). */
static int64_t
pump_wait(int64_t now_ms)
{
	if (pump_urgent())
		return 0;
	if (pump.crowded || !pump_has_room())
		return -1;
	return active_count() < PUMP_ENOUGH || now_ms >= pump.next_ms ? 0 :
	    pump.next_ms - now_ms;
}

/* What was looked at has been passed by, and what waits beside it: all is
 * looked at again. */
void
pump_again(void)
{
	pump.look.at_len = 0;
	pump.at = 0;
	pump.looking = pump.round = true;
	timer_start(&pump.turn, PUMP_FAILED_MS);
}

static void
pump_failed(const struct err *e)
{
	LOG(EV_QUEUE_ERROR, NULL, LOG_STR("reason", e->text));
	COUNT(queue_errors);
	pump_again();
}

static void
pump_turn(void *arg)
{
	int64_t		now = clock_mono_ms(), end = now + PUMP_SLICE_MS, wait;
	struct err	e;

	(void)arg;
	if (!pump.open || !book_hinted(keeper_book()))
		return;
	while (pump_works() && now < end) {
		if ((wait = pump_wait(now)) != 0) {
			if (wait == -1)
				pump.rests = pump.crowded = true;
			else
				timer_start(&pump.turn, wait);
			return;
		}
		if (pump_step(&e) == -1) {
			pump_failed(&e);
			return;
		}
		now = clock_mono_ms();
	}
	if (now >= end && !pump_urgent())
		pump.next_ms = now + PUMP_PAUSE_MS;
	if (pump_works())
		timer_start(&pump.turn, 0);
}

void
pump_open(void)
{
	pump.open = true;
	pump.due_ms = INT64_MAX;
	pump.look.at_len = 0;
	pump.at = 0;
	pump.looking = pump.round = true;
	pump.another = pump.rests = pump.crowded = false;
	hmap_init(&pump.filled);
	timer_init(&pump.due, pump.worker->loop, pump_due, NULL);
	pump_go();
}

void
pump_close(void)
{
	if (pump.open) {
		timer_stop(&pump.turn);
		timer_fini(&pump.due);
		filled_clear(&pump.filled);
		hmap_fini(&pump.filled);
	}
	pump.open = false;
	free(pump.overflow.item);
	free(pump.refill.item);
	pump.overflow = pump.refill = (struct pump_list){ .cap = 0 };
	buf_free(&pump.bytes);
	buf_free(&pump.text);
}
