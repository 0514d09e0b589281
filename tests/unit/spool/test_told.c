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
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kv/kv_model.h"
#include "spool/book_bounce.h"
#include "spool/disk_fake.h"
#include "spool/entry.h"
#include "spool/writer.h"

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

struct world {
	struct disk		*disk;
	struct kv_model		*index;
	struct spool_writer	*writer;
	struct book		*book;
	struct spool_id		 parent, child;
	enum entry_action	 action;
	int			 stored;	/* notifications */
	struct err		 e;
};

#define OK(call)	do {						\
	if ((call) == -1)						\
		fail_msg("%s: %s", #call, w->e.text);			\
} while (0)

static void
world_hint(struct world *w)
{
	struct spool_place	end = spool_writer_durable(w->writer);

	OK(book_hint(w->book, end.segment, end.offset, &w->e));
}

static void
world_open(struct world *w)
{
	struct book_options	o = { .disk = w->disk,
				    .index_ops = &kv_model_ops,
				    .index_arg = w->index,
				    .time = { 1000, 1800000000000 } };

	OK(spool_writer_open(&w->writer, w->disk, 0, &w->e));
	OK(book_open(&w->book, &o, &w->e));
	world_hint(w);
}

/* All processes end; with the power goes what was not synced. */
static void
world_cut(struct world *w, bool power)
{
	book_close(&w->book);
	spool_writer_close(&w->writer);
	if (power)
		disk_fake_power_cut(w->disk);
	else
		disk_fake_kill(w->disk);
	kv_model_crash(w->index, disk_fake_random(w->disk,
	    kv_model_unflushed(w->index) + 1));
	world_open(w);
}

static void
world_store(struct world *w, const struct spool_id *id, bool tells)
{
	struct spool_entry	 entry = { .queue = 1, .size = 4,
				    .recipient = STR("b@example.com") };
	char			 parent[SPOOL_ID_TEXT];
	struct spool_id		 txn = *id;
	struct spool_draft	*d;
	struct buf		 bytes = BUF_INIT;

	spool_id_text(parent, &w->parent);
	entry.sender = tells ? STR_NONE : STR("a@example.com");
	entry.parent = tells ? str_of(parent) : STR_NONE;
	entry.parent_action = tells ? w->action : ENTRY_ACTION_NONE;
	txn.queue = 0;
	d = spool_draft_new(&txn);
	OK(spool_draft_body(d, STR("body"), &w->e));
	OK(spool_entry_put(&bytes, &entry, &w->e));
	OK(spool_draft_entry(d, buf_str(&bytes), &w->e));
	OK(spool_draft_end(d, &w->e));
	OK(spool_writer_stage(w->writer, d, &w->e));
	OK(spool_writer_commit(w->writer, &w->e));
	spool_draft_free(&d);
	buf_free(&bytes);
	world_hint(w);
	w->stored += tells;
}

static void
world_begin(struct world *w, uint64_t seed, enum entry_action action)
{
	memset(w, 0, sizeof *w);
	w->disk = disk_fake_new(seed);
	w->index = kv_model_new();
	w->action = action;
	memcpy(w->parent.txn, "parent", 6);
	memcpy(w->child.txn, "child", 5);
	w->parent.queue = w->child.queue = 1;
	world_open(w);
	world_store(w, &w->parent, false);
}

static void
world_end(struct world *w)
{
	book_close(&w->book);
	spool_writer_close(&w->writer);
	kv_model_free(&w->index);
	disk_free(&w->disk);
}

/* ---- What qmgr does ------------------------------------------------------ */

static void
world_verdict(struct world *w)
{
	struct entry_state	s;

	OK(book_state(w->book, &w->parent, &s, &w->e));
	s.state = STATE_BOUNCING;
	s.bounce_txn = (struct str){ (char *)w->child.txn, SPOOL_TXN_SIZE };
	s.bounce_action = w->action;
	s.order = STR("order");
	s.after_ms = w->action == ENTRY_ACTION_DELAYED ? AFTER_MS : 0;
	OK(book_change(w->book, &w->parent, &s, &w->e));
}

static void
world_note_child(struct world *w)
{
	struct entry_state	s;

	OK(book_state(w->book, &w->child, &s, &w->e));
	s.taken = 1;
	OK(book_change(w->book, &w->child, &s, &w->e));
	OK(book_sync(w->book, &w->e));
}

/* Up to this window, and no further. */
static void
world_reach(struct world *w, enum window window)
{
	world_verdict(w);
	if (window >= VERDICT_DURABLE)
		OK(book_sync(w->book, &w->e));
	if (window >= STORED)
		world_store(w, &w->child, true);
	if (window == CHILD_ALONE)
		world_note_child(w);
	if (window >= BOTH_NOTED)
		assert_int_equal(book_take(w->book, &w->child, &w->parent,
		    &w->e), 0);
	if (window >= TAKEN)
		OK(book_sync(w->book, &w->e));
}

static int
world_count(void *arg, const struct spool_id *id,
    const struct book_entry *entry)
{
	(void)id;
	(void)entry;
	++*(int *)arg;
	return 0;
}

/* Nobody may try it before its sender is told. */
static void
world_bouncing(struct world *w)
{
	int			bouncing = 0, due = 0;
	struct book_look	look = { .most = 10, .fn = world_count };
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
	assert_int_equal(due, w->stored);
}

/* From what there is after a start. */
static void
world_go_on(struct world *w, enum window window)
{
	struct entry_state	s;
	struct book_entry	entry;
	int			rc;

	if ((rc = book_state(w->book, &w->parent, &s, &w->e)) == 1)
		return;
	assert_int_equal(rc, 0);
	/* The verdict was lost: the attempt is made again. */
	if (s.state == STATE_READY) {
		assert_int_equal(window, VERDICT_NOTED);
		world_verdict(w);
		OK(book_sync(w->book, &w->e));
	} else if (s.state == STATE_DEFER)
		return;
	world_bouncing(w);
	rc = book_get(w->book, &w->child, &entry, &w->e);
	assert_int_equal(rc, window < STORED ? 1 : 0);
	if (rc == 1)
		world_store(w, &w->child, true);
	/* Whoever would send it is told not to, even where it is noted. */
	assert_int_equal(book_awaited(w->book, &w->child, &w->parent, &w->e),
	    1);
	assert_int_equal(book_take(w->book, &w->child, &w->parent, &w->e), 0);
	OK(book_sync(w->book, &w->e));
}

static void
world_check(struct world *w)
{
	struct entry_state	s;

	assert_int_equal(w->stored, 1);
	assert_int_equal(book_state(w->book, &w->child, &s, &w->e), 0);
	assert_int_equal(s.taken, 1);
	assert_int_equal(s.state, STATE_READY);
	assert_int_equal(book_awaited(w->book, &w->child, &w->parent, &w->e),
	    0);
	if (w->action != ENTRY_ACTION_DELAYED) {
		assert_int_equal(book_state(w->book, &w->parent, &s, &w->e),
		    1);
		return;
	}
	assert_int_equal(book_state(w->book, &w->parent, &s, &w->e), 0);
	assert_int_equal(s.state, STATE_DEFER);
	assert_int_equal(s.due_ms, AFTER_MS);
	assert_int_equal(s.bounce_action, ENTRY_ACTION_NONE);
	/* That it was told so is known. */
	assert_int_equal(s.bounce_txn.len, SPOOL_TXN_SIZE);
	assert_memory_equal(s.bounce_txn.p, w->child.txn, SPOOL_TXN_SIZE);
	assert_int_equal(s.order.len, 0);
	/* It is taken once. */
	assert_int_equal(book_take(w->book, &w->child, &w->parent, &w->e), 1);
}

/* ---- Tests --------------------------------------------------------------- */

static const enum entry_action	actions[] = { ENTRY_ACTION_FAILED,
	ENTRY_ACTION_DELAYED, ENTRY_ACTION_RELAYED };

static void
window_one(uint64_t seed, enum entry_action action, enum window window,
    bool power)
{
	struct world	w;

	world_begin(&w, seed, action);
	world_reach(&w, window);
	world_cut(&w, power);
	world_go_on(&w, window);
	world_check(&w);
	world_cut(&w, power);
	world_check(&w);
	world_end(&w);
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
	struct world	 world, *w = &world;
	struct spool_id	 other;

	(void)state;
	world_begin(w, 1, ENTRY_ACTION_FAILED);
	other = w->child;
	memcpy(other.txn, "other", 5);
	world_store(w, &other, true);
	assert_int_equal(book_take(w->book, &other, &w->parent, &w->e), 1);
	world_verdict(w);
	assert_int_equal(book_take(w->book, &other, &w->parent, &w->e), 1);
	assert_int_equal(book_take(w->book, &w->child, &w->parent, &w->e), 1);
	assert_int_equal(book_take(w->book, &other, &other, &w->e), 1);
	world_end(w);
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
