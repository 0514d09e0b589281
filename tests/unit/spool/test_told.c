/*
 * Each window in which an entry whose sender is told may be cut off: by the
 * end of the processes, or by the power's.  Afterwards who goes on from what
 * there is comes to the same: one notification, taken, and a parent that has
 * ended, or goes on where it was only delayed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spool/book_bounce.h"

#include "world.h"

#define AFTER_MS	7000000
#define SEEDS		12

enum window {
	VERDICT_NOTED,		/* and not synced */
	VERDICT_DURABLE,	/* nobody was asked yet */
	STORED,			/* and not read */
	CHILD_ALONE,		/* its note is there, its parent's is not */
	BOTH_NOTED,		/* and not synced */
	TAKEN,
	WINDOWS
};

/* Transactions, of one entry each. */
enum { PARENT, CHILD, OTHER };

struct told {
	struct world		w;
	enum entry_action	action;
	char			parent[SPOOL_ID_TEXT];
	int			stored;		/* notifications */
};

#define OK(call)	do {						\
	if ((call) == -1)						\
		fail_msg("%s: %s", #call, w->e.text);			\
} while (0)

/* All processes end; with the power goes what was not synced. */
static void
told_cut(struct told *t, bool power)
{
	world_cut(&t->w, power);
	world_open(&t->w);
}

/* A notification, which says whose. */
static void
told_store(struct told *t, uint32_t n)
{
	struct spool_id		 parent = world_id(PARENT, 1);
	struct spool_entry	*entry = &t->w.o.entry;

	spool_id_text(t->parent, &parent);
	entry->sender = STR_NONE;
	entry->parent = str_of(t->parent);
	entry->parent_action = t->action;
	t->w.next = n;
	world_accept(&t->w, 1);
	t->stored++;
}

static void
told_init(struct told *t, uint64_t seed, enum entry_action action)
{
	struct world_options	o = { .seed = seed,
				    .entry.sender = STR("a@example.com"),
				    .book.time = { 1000, 1800000000000 } };

	world_init(&t->w, &o);
	t->action = action;
	t->stored = 0;
	world_open(&t->w);
	world_accept(&t->w, 1);
}

/* ---- What qmgr does ------------------------------------------------------ */

static void
told_verdict(struct told *t)
{
	struct spool_id		child = world_id(CHILD, 1);
	struct entry_state	s = world_state(&t->w, PARENT, 1);

	s.state = STATE_BOUNCING;
	s.bounce_txn = (struct str){ (char *)child.txn, SPOOL_TXN_SIZE };
	s.bounce_action = t->action;
	s.order = STR("order");
	s.after_ms = t->action == ENTRY_ACTION_DELAYED ? AFTER_MS : 0;
	world_change(&t->w, PARENT, 1, &s);
}

static void
told_note_child(struct world *w)
{
	struct entry_state	s = world_state(w, CHILD, 1);

	s.taken = 1;
	world_change(w, CHILD, 1, &s);
	world_sync(w);
}

static int
told_take(struct world *w, uint32_t child, uint32_t parent)
{
	struct spool_id	of = world_id(parent, 1), id = world_id(child, 1);

	return book_take(w->book, &id, &of, &w->e);
}

static int
told_awaited(struct world *w)
{
	struct spool_id	of = world_id(PARENT, 1), id = world_id(CHILD, 1);

	return book_awaited(w->book, &id, &of, &w->e);
}

/* Up to this window, and no further. */
static void
told_reach(struct told *t, enum window window)
{
	told_verdict(t);
	if (window >= VERDICT_DURABLE)
		world_sync(&t->w);
	if (window >= STORED)
		told_store(t, CHILD);
	if (window == CHILD_ALONE)
		told_note_child(&t->w);
	if (window >= BOTH_NOTED)
		assert_int_equal(told_take(&t->w, CHILD, PARENT), 0);
	if (window >= TAKEN)
		world_sync(&t->w);
}

static int
count_entry(void *arg, const struct spool_id *id,
    const struct book_entry *entry)
{
	(void)id;
	(void)entry;
	++*(int *)arg;
	return 0;
}

/* Nobody may try it before its sender is told. */
static void
told_bouncing(struct told *t)
{
	struct world		*w = &t->w;
	int			bouncing = 0, due = 0;
	struct book_look	look = { .most = 10, .fn = count_entry };
	uint64_t		queue = 0;

	look.arg = &bouncing;
	OK(book_bouncing(w->book, &look, INT64_MAX, &w->e));
	look.at_len = 0;
	look.arg = &due;
	OK(book_due(w->book, &look, INT64_MAX, &w->e));
	while (book_ready_queue(w->book, &queue, &w->e) == 0) {
		look.at_len = 0;
		OK(book_ready(w->book, &look, queue, &w->e));
	}
	assert_int_equal(bouncing, 1);
	assert_int_equal(due, t->stored);
}

/* From what there is after a start. */
static void
told_go_on(struct told *t, enum window window)
{
	struct world	*w = &t->w;
	uint64_t	 state;
	bool		 stored;

	if (!world_has(w, PARENT, 1))
		return;
	state = world_state(w, PARENT, 1).state;
	/* The verdict was lost: the attempt is made again. */
	if (state == STATE_READY) {
		assert_int_equal(window, VERDICT_NOTED);
		told_verdict(t);
		world_sync(w);
	} else if (state == STATE_DEFER)
		return;
	told_bouncing(t);
	stored = world_has(w, CHILD, 1);
	assert_int_equal(stored, window >= STORED);
	if (!stored)
		told_store(t, CHILD);
	/* Whoever would send it is told not to, even where it is noted. */
	assert_int_equal(told_awaited(w), 1);
	assert_int_equal(told_take(w, CHILD, PARENT), 0);
	world_sync(w);
}

static void
told_check(struct told *t)
{
	struct spool_id		child = world_id(CHILD, 1);
	struct world		*w = &t->w;
	struct entry_state	s = world_state(w, CHILD, 1);

	assert_int_equal(t->stored, 1);
	assert_int_equal(s.taken, 1);
	assert_int_equal(s.state, STATE_READY);
	assert_int_equal(told_awaited(w), 0);
	if (t->action != ENTRY_ACTION_DELAYED) {
		assert_false(world_has(w, PARENT, 1));
		return;
	}
	s = world_state(w, PARENT, 1);
	assert_int_equal(s.state, STATE_DEFER);
	assert_int_equal(s.due_ms, AFTER_MS);
	assert_int_equal(s.bounce_action, ENTRY_ACTION_NONE);
	/* That it was told so is known. */
	assert_int_equal(s.bounce_txn.len, SPOOL_TXN_SIZE);
	assert_memory_equal(s.bounce_txn.p, child.txn, SPOOL_TXN_SIZE);
	assert_int_equal(s.order.len, 0);
	/* It is taken once. */
	assert_int_equal(told_take(w, CHILD, PARENT), 1);
}

/* ---- Tests --------------------------------------------------------------- */

static const enum entry_action	actions[] = { ENTRY_ACTION_FAILED,
	ENTRY_ACTION_DELAYED, ENTRY_ACTION_RELAYED };

static void
window_one(uint64_t seed, enum entry_action action, enum window window,
    bool power)
{
	struct told	t;

	told_init(&t, seed, action);
	told_reach(&t, window);
	told_cut(&t, power);
	told_go_on(&t, window);
	told_check(&t);
	told_cut(&t, power);
	told_check(&t);
	world_fini(&t.w);
}

static void
test_windows(void **state)
{
	uint64_t	seed;
	size_t		i;
	int		window;

	(void)state;
	for (seed = 1; seed <= SEEDS; seed++)
		for (i = 0; i < sizeof actions / sizeof actions[0]; i++)
			for (window = 0; window < WINDOWS; window++) {
				window_one(seed, actions[i],
				    (enum window)window, false);
				window_one(seed, actions[i],
				    (enum window)window, true);
			}
}

/* One that is another's, or of another order, is not taken. */
static void
test_not_its_own(void **state)
{
	struct told	 t;
	struct world	*w = &t.w;

	(void)state;
	told_init(&t, 1, ENTRY_ACTION_FAILED);
	told_store(&t, OTHER);
	assert_int_equal(told_take(w, OTHER, PARENT), 1);
	told_verdict(&t);
	assert_int_equal(told_take(w, OTHER, PARENT), 1);
	assert_int_equal(told_take(w, CHILD, PARENT), 1);
	assert_int_equal(told_take(w, OTHER, OTHER), 1);
	world_fini(w);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_not_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
