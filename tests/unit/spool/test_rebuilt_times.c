/*
 * Times of an entry that nothing was noted of, over an index that is made
 * anew: with the checkpoint, without it, and with a wall clock that is wrong.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kv/kv_model.h"
#include "spool/book.h"
#include "spool/disk_fake.h"
#include "spool/entry.h"
#include "spool/writer.h"

#define WALL_MS		1800000000000
#define DELAY_MS	5000000
#define YEARS_MS	(10 * 365 * 86400000LL)

struct world {
	struct disk		*disk;
	struct kv_model		*index;
	struct spool_writer	*writer;
	struct book		*book;
	struct spool_id		 id;
};

static void
world_open(struct world *w, int64_t mono_ms, int64_t wall_ms)
{
	struct book_options	o = { .disk = w->disk,
				    .index_ops = &kv_model_ops,
				    .index_arg = w->index,
				    .time = { mono_ms, wall_ms } };
	struct spool_place	end;
	struct err		e;

	if (book_open(&w->book, &o, &e) == -1)
		fail_msg("%s", e.text);
	end = spool_writer_durable(w->writer);
	assert_int_equal(book_hint(w->book, end.segment, end.offset, &e), 0);
}

static void
world_store(struct world *w)
{
	struct spool_entry	entry = { .queue = 1, .size = 4,
				    .sender = STR("a@example.com"),
				    .recipient = STR("b@example.com"),
				    .delay_ms = DELAY_MS,
				    .ts_us = WALL_MS * 1000ULL };
	struct spool_draft	*d;
	struct buf		 bytes = BUF_INIT;
	struct err		 e;

	memcpy(w->id.txn, "times", 5);
	d = spool_draft_new(&w->id);
	assert_int_equal(spool_draft_body(d, STR("body"), &e), 0);
	assert_int_equal(spool_entry_put(&bytes, &entry, &e), 0);
	assert_int_equal(spool_draft_entry(d, buf_str(&bytes), &e), 0);
	assert_int_equal(spool_draft_end(d, &e), 0);
	assert_int_equal(spool_writer_stage(w->writer, d, &e), 0);
	assert_int_equal(spool_writer_commit(w->writer, &e), 0);
	spool_draft_free(&d);
	buf_free(&bytes);
	w->id.queue = 1;
}

static void
world_begin(struct world *w)
{
	struct err	e;

	memset(w, 0, sizeof *w);
	w->disk = disk_fake_new(1);
	w->index = kv_model_new();
	assert_int_equal(spool_writer_open(&w->writer, w->disk, 0, &e), 0);
	world_open(w, 1000, WALL_MS - 1000);
	world_store(w);
}

static void
world_end(struct world *w)
{
	book_close(&w->book);
	spool_writer_close(&w->writer);
	kv_model_free(&w->index);
	disk_free(&w->disk);
}

/* Read for the first time `passed` ms after it was accepted, from an index
 * that is made anew; how old it is then, and how long it waits. */
static void
world_rebuilt(struct world *w, int64_t passed, int64_t wall_ms, bool bare,
    int64_t *age, int64_t *wait)
{
	struct book_entry	entry;
	struct err		e;

	assert_int_equal(book_sync(w->book, &e), 0);
	book_close(&w->book);
	kv_model_damage(w->index);
	if (bare) {
		(void)disk_unlink(w->disk, "checkpoint");
		(void)disk_unlink(w->disk, "checkpoint.old");
	}
	world_open(w, 5000 + passed, wall_ms);
	assert_int_equal(book_get(w->book, &w->id, &entry, &e), 0);
	*age = book_now(w->book) - entry.accepted_ms;
	*wait = entry.due_ms - book_now(w->book);
}

static void
test_times(void **state)
{
	static const struct {
		int64_t	passed, wall_ms, age;
		bool	bare;
	} rows[] = {
		{ 60000, WALL_MS + 60000, 60000, false },
		{ 60000, WALL_MS + 60000, 60000, true },
		/* By the wall clock no more than an hour. */
		{ 60000, WALL_MS + YEARS_MS, 3600000, false },
		{ 60000, WALL_MS + YEARS_MS, 3600000, true },
		{ 60000, WALL_MS - YEARS_MS, 0, false },
		{ 60000, WALL_MS - YEARS_MS, 0, true },
	};
	struct world	w;
	int64_t		age, wait;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		world_begin(&w);
		world_rebuilt(&w, rows[i].passed, rows[i].wall_ms,
		    rows[i].bare, &age, &wait);
		if (age != rows[i].age || wait != DELAY_MS - age)
			fail_msg("row %zu: age %lld, waits %lld", i,
			    (long long)age, (long long)wait);
		world_end(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
