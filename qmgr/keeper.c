/*
 * The book, and what keeps it going.
 *
 *	closed --> starting --> ready
 *	   ^___________|__________|	an error; the index lost something
 *
 * It starts in slices, between which mtactl and master are answered.  What
 * fails is tried again, ever more seldom; until then hints are only noted.
 */
#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "compat/heap.h"
#include "ipc/channel.h"
#include "spool/book_renew.h"
#include "spool/book_table.h"
#include "spool/disk_real.h"

#include "delivery.h"

#define KEEPER_CACHE	(4U << 20)	/* of the index */
#define KEEPER_SLICE_MS	10
#define KEEPER_COMPACT_MS 5		/* of segments and tables, in a turn */
#define KEEPER_RENEW_MS	1		/* of the journal: all that comes of it
					 * goes into the index at once */
#define KEEPER_BUSY_MS	50		/* between ticks while things change */
#define KEEPER_IDLE_MS	1000
#define KEEPER_RETRY_MS	1000
#define KEEPER_RETRY_MAX_MS 30000
#define KEEPER_SETTLED_MS 20000	/* what leaves soon has left by then */
#define KEEPER_SAY_MS	60000		/* the same error is logged again */

static struct {
	struct worker	*worker;
	struct disk	*disk;
	struct book	*book;		/* may be starting */
	bool		 ready;
	char		 index[PATH_MAX];
	struct kv_place	 place;
	struct timer	 tick;		/* or the next slice of a start */
	struct task	 read;		/* what the hint says */
	struct channel	*cleanup;
	uint64_t	 segment, durable;	/* the last hint */
	bool		 unread;	/* what it says could not be read */
	bool		 compacts;	/* a segment */
	bool		 renews;	/* the journal's front */
	int64_t		 looked_ms;	/* at what is mostly dead */
	int64_t		 retry_ms;
	struct err	 error;
	int64_t		 said_ms;
	struct book_counts shown;
	uint64_t	 loaded;
	int64_t		 told_ms;	/* the book's last, monotonic */
} keeper;

int64_t
keeper_wall_ms(void)
{
	return clock_wall_us() / 1000;
}

static struct book_time
keeper_time(void)
{
	return (struct book_time){ clock_mono_ms(), keeper_wall_ms() };
}

struct book *
keeper_book(void)
{
	return keeper.ready ? keeper.book : NULL;
}

int64_t
keeper_queue_ms(void)
{
	return book_now(keeper.book) + clock_mono_ms() - keeper.told_ms;
}

struct disk *
keeper_disk(void)
{
	return keeper.disk;
}

void
keeper_state(struct keeper_state *s)
{
	memset(s, 0, sizeof *s);
	s->ready = keeper.ready;
	if (keeper.error.text[0] != '\0')
		(void)strlcpy(s->text, keeper.error.text, sizeof s->text);
	else if (!keeper.ready)
		(void)strlcpy(s->text, "reading the spool", sizeof s->text);
	if (keeper.book != NULL && !keeper.ready)
		book_progress(keeper.book, &s->done, &s->all);
}

/* ---- What it counts and says --------------------------------------------- */

static void
keeper_gauge(int counter, uint64_t now, uint64_t was)
{
	if (now != was)
		board_add(counter, (int64_t)(now - was));
}

static void
keeper_show(const struct book_counts *now)
{
	struct book_counts	*was = &keeper.shown;

	keeper_gauge(COUNTER_queue_ready, now->entries - now->held -
	    now->deferred - now->bouncing, was->entries - was->held -
	    was->deferred - was->bouncing);
	keeper_gauge(COUNTER_queue_held, now->held, was->held);
	keeper_gauge(COUNTER_queue_bouncing, now->bouncing, was->bouncing);
	keeper_gauge(COUNTER_queue_deferred, now->deferred, was->deferred);
	keeper_gauge(COUNTER_queue_segments, now->segments, was->segments);
	keeper_gauge(COUNTER_queue_journal, now->journal_end,
	    was->journal_end);
	delivery_show();
	if (now->checkpoints > was->checkpoints)
		board_add(COUNTER_queue_checkpoints,
		    (int64_t)(now->checkpoints - was->checkpoints));
	*was = *now;
}

/* In percent. */
static void
keeper_progress(void)
{
	uint64_t	done, all, now = keeper.ready ? 100 : 0;

	if (!keeper.ready && keeper.book != NULL) {
		book_progress(keeper.book, &done, &all);
		now = all > 0 ? done * 100 / all : 0;
	}
	keeper_gauge(COUNTER_queue_loaded, now, keeper.loaded);
	keeper.loaded = now;
}

static void
keeper_damage(void *arg, const char *what)
{
	(void)arg;
	COUNT(queue_damaged);
	LOG(EV_QUEUE_DAMAGE, NULL, LOG_STR("reason", what));
}

/* The same error is not said at every tick. */
static void
keeper_failed(const struct err *e)
{
	int64_t	now = clock_mono_ms();

	if (strcmp(e->text, keeper.error.text) != 0 ||
	    now - keeper.said_ms >= KEEPER_SAY_MS) {
		LOG(EV_QUEUE_ERROR, NULL, LOG_STR("reason", e->text));
		keeper.said_ms = now;
	}
	COUNT(queue_errors);
	keeper.error = *e;
}

/* ---- Its states ---------------------------------------------------------- */

static void
keeper_close(void)
{
	static const struct book_counts	none;

	if (keeper.ready)
		front_interrupt("the queue is being opened again");
	delivery_close();
	keeper.ready = keeper.compacts = keeper.renews = false;
	book_close(&keeper.book);
	keeper_show(&none);
	keeper_progress();
}

static void
keeper_again(const struct err *e)
{
	keeper_failed(e);
	keeper_close();
	timer_start(&keeper.tick, keeper.retry_ms);
	if (keeper.retry_ms < KEEPER_RETRY_MAX_MS)
		keeper.retry_ms *= 2;
}

static enum book_corrupt
keeper_corrupt(void)
{
	switch (keeper.worker->params.spool_corrupt) {
	case PARAM_SPOOL_CORRUPT_IGNORE:
		return BOOK_CORRUPT_IGNORE;
	case PARAM_SPOOL_CORRUPT_REMOVE:
		return BOOK_CORRUPT_REMOVE;
	default:
		return BOOK_CORRUPT_RENAME;
	}
}

void
keeper_renew(void)
{
	if (keeper.book != NULL)
		book_corrupt(keeper.book, keeper_corrupt());
}

static void
keeper_begin(void)
{
	struct book_options	o = { .disk = keeper.disk,
				    .index_ops = &kv_real,
				    .index_arg = &keeper.place,
				    .events = { .damage = keeper_damage,
				    .arrived = pump_arrived,
				    .removed = lend_gone } };
	struct err		e;

	o.time = keeper_time();
	keeper.told_ms = o.time.mono_ms;
	o.corrupt = keeper_corrupt();
	if (book_begin(&keeper.book, &o, &e) == -1)
		keeper_again(&e);
	else
		timer_start(&keeper.tick, 0);
}

static void
keeper_ready(void)
{
	struct book_counts	now;

	keeper.ready = true;
	keeper.retry_ms = KEEPER_RETRY_MS;
	keeper.error.text[0] = '\0';
	book_count(keeper.book, &now);
	if (now.rebuilt)
		COUNT(queue_rebuilds);
	LOG(EV_QUEUE_OPEN, NULL, LOG_NUM("entries", (int64_t)now.entries),
	    LOG_NUM("held", (int64_t)now.held),
	    LOG_STR("rebuilt", now.rebuilt ? "yes" : "no"));
	keeper_show(&now);
	/* What a start needed. */
	heap_give_back();
	loop_defer(keeper.worker->loop, &keeper.read);
}

static void
keeper_slice(void)
{
	int64_t		end = clock_mono_ms() + KEEPER_SLICE_MS;
	struct err	e;
	int		rc;

	do
		rc = book_step(keeper.book, &e);
	while (rc == 1 && clock_mono_ms() < end);
	if (rc == -1) {
		keeper_again(&e);
		return;
	}
	if (rc == 0)
		keeper_ready();
	keeper_progress();
	timer_start(&keeper.tick, 0);
}

/* Slices of a work, for so many milliseconds: 1: there is more. */
static int
keeper_slices(int (*slice)(struct book *b, struct err *e), int64_t ms)
{
	int64_t		end = clock_mono_ms() + ms;
	struct err	e;
	int		rc;

	do
		rc = slice(keeper.book, &e);
	while (rc == 1 && clock_mono_ms() < end);
	if (rc == -1)
		keeper_failed(&e);
	return rc;
}

static int
keeper_tables(struct book *b, struct err *e)
{
	return book_tables(b, KEEPER_SETTLED_MS, e);
}

/* With nothing to do: a segment that is mostly dead, or a table for one that
 * is not.  true: there is more. */
static bool
keeper_idle(void)
{
	int	rc = keeper_slices(book_compact, KEEPER_COMPACT_MS);

	keeper.compacts = rc == 1;
	if (rc != 1)
		rc = keeper_slices(keeper_tables, KEEPER_COMPACT_MS);
	return rc == 1;
}

/* What was begun goes on also while things change, and is begun then if much
 * waits for it: where mail comes and goes all day no time is idle. */
static void
keeper_wastes(int64_t now_ms)
{
	if (now_ms < keeper.looked_ms + KEEPER_IDLE_MS)
		return;
	keeper.looked_ms = now_ms;
	keeper.compacts = keeper.compacts || book_wastes(keeper.book);
	keeper.renews = keeper.renews || book_renew_wastes(keeper.book);
}

/* true: some of it has more to do, soon. */
static bool
keeper_tidy(bool idle)
{
	bool	more = false;

	if (idle || keeper.renews)
		more = keeper.renews = keeper_slices(book_renew,
		    KEEPER_RENEW_MS) == 1;
	if (idle || keeper.compacts)
		more |= keeper_idle();
	return more;
}

static void
keeper_work(void)
{
	struct book_counts	now;
	struct book_time	time = keeper_time();
	struct err		e;

	keeper.told_ms = time.mono_ms;
	if (book_tick(keeper.book, time, &e) == 0)
		keeper.error.text[0] = '\0';
	else if (book_sound(keeper.book))
		keeper_failed(&e);
	else {
		keeper_again(&e);
		return;
	}
	if (keeper.unread)
		loop_defer(keeper.worker->loop, &keeper.read);
	book_count(keeper.book, &now);
	keeper_show(&now);
	keeper_wastes(time.mono_ms);
	if (keeper_tidy(now.pending == 0))
		timer_start(&keeper.tick, KEEPER_SLICE_MS);
	else
		timer_start(&keeper.tick, now.pending > 0 ? KEEPER_BUSY_MS :
		    KEEPER_IDLE_MS);
}

static void
keeper_tick(void *arg)
{
	(void)arg;
	if (keeper.book == NULL)
		keeper_begin();
	else if (!keeper.ready)
		keeper_slice();
	else
		keeper_work();
}

void
keeper_changed(void)
{
	struct book_counts	now;

	if (!keeper.ready)
		return;
	book_count(keeper.book, &now);
	keeper_show(&now);
	if (keeper.tick.due_ms > loop_now_ms(keeper.worker->loop) +
	    KEEPER_BUSY_MS)
		timer_start(&keeper.tick, KEEPER_BUSY_MS);
}

/* ---- cleanup(8) ---------------------------------------------------------- */

/* At the end of a turn: several hints are one. */
static void
keeper_read(void *arg)
{
	struct book_time	now;
	struct err		e;

	(void)arg;
	if (!keeper.ready || keeper.segment == 0)
		return;
	now = keeper_time();
	keeper.told_ms = now.mono_ms;
	book_time(keeper.book, now);
	keeper.unread = book_hint(keeper.book, keeper.segment,
	    keeper.durable, &e) == -1;
	if (keeper.unread)
		keeper_failed(&e);
	else if (delivery_schedule() == NULL)
		delivery_open();
	pump_read();
	keeper_changed();
}

static int
keeper_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct ipc_HINT	m;

	(void)arg;
	(void)fd;
	if (type != IPC_HINT || ipc_get_HINT(r, &m) == -1)
		return -1;
	keeper.segment = m.segment;
	keeper.durable = m.durable;
	loop_defer(keeper.worker->loop, &keeper.read);
	return 0;
}

static void
keeper_on_end(void *arg)
{
	(void)arg;
	channel_free(&keeper.cleanup);
}

void
keeper_linked(struct worker *w, enum ipc_role peer, int fd)
{
	static const struct channel_ops	ops = { .on_frame = keeper_on_frame,
	    .on_end = keeper_on_end };

	channel_free(&keeper.cleanup);
	keeper.cleanup = channel_new(w->loop, fd, IPC_QMGR, peer, &ops, NULL);
}

/* ---- Start and end ------------------------------------------------------- */

void
keeper_prepare(struct worker *w)
{
	keeper.worker = w;
	heap_large_apart();
	keeper.retry_ms = KEEPER_RETRY_MS;
	timer_init(&keeper.tick, w->loop, keeper_tick, NULL);
	task_init(&keeper.read, keeper_read, NULL);
}

void
keeper_start(struct worker *w)
{
	if (w->dirs.spool == -1)
		return;
	keeper.disk = disk_real_new(w->dirs.spool);
	worker_spool(w, "index", keeper.index, sizeof keeper.index);
	keeper.place = (struct kv_place){ keeper.index, KEEPER_CACHE };
	timer_start(&keeper.tick, 0);
}

void
keeper_stop(void)
{
	struct err	e;

	if (keeper.ready && book_checkpoint(keeper.book, &e) == -1)
		keeper_failed(&e);
	keeper_close();
}
