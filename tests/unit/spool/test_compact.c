/*
 * Compaction in slices: each is bounded; what ends and changes between them,
 * and lives that end there, leave every entry as it should be, also to an
 * index that is made anew when the journal before is gone.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kv/kv_model.h"
#include "spool/book.h"
#include "spool/disk_fake.h"
#include "spool/entry.h"
#include "spool/segment.h"
#include "spool/writer.h"

struct world {
	struct disk		*disk;
	struct kv_model		*index;
	struct spool_writer	*writer;
	struct book		*book;
	uint32_t		 slice;
	uint32_t		 stored;
	bool			 patient;
	struct book_time	 time;
};

static void
world_hint(struct world *w)
{
	struct spool_place	end = spool_writer_durable(w->writer);
	struct err		e;

	if (book_hint(w->book, end.segment, end.offset, &e) == -1)
		fail_msg("%s", e.text);
}

static void
world_open(struct world *w)
{
	struct book_options	o = { .disk = w->disk,
				    .index_ops = &kv_model_ops,
				    .index_arg = w->index,
				    .journal_size = 8192,
				    .journal_part = 4096,
				    .compact_slice = w->slice,
				    .compact_soon = !w->patient,
				    .time = w->time };
	struct err		e;

	if (book_open(&w->book, &o, &e) == -1)
		fail_msg("%s", e.text);
	world_hint(w);
}

static void
world_init(struct world *w, uint64_t segment, uint32_t slice)
{
	struct err	e;

	memset(w, 0, sizeof *w);
	w->disk = disk_fake_new(1);
	w->index = kv_model_new();
	w->slice = slice;
	assert_int_equal(spool_writer_open(&w->writer, w->disk, segment, &e),
	    0);
}

static void
world_fini(struct world *w)
{
	book_close(&w->book);
	spool_writer_close(&w->writer);
	kv_model_free(&w->index);
	disk_free(&w->disk);
}

static struct spool_id
id_of(uint32_t n, uint32_t queue)
{
	struct spool_id	id = { .queue = queue };

	memcpy(id.txn, "compact", 7);
	memcpy(id.txn + 12, &n, 4);
	return id;
}

/* A transaction, with a body of so many bytes. */
static void
world_store(struct world *w, size_t size, uint32_t entries)
{
	struct spool_entry	 entry = { .size = size,
				    .recipient = STR("b@example.com") };
	struct spool_id		 id = id_of(w->stored++, 0);
	struct buf		 bytes = BUF_INIT;
	struct spool_draft	*d = spool_draft_new(&id);
	struct err		 e;
	char			*body = calloc(1, size);

	assert_non_null(body);
	assert_int_equal(spool_draft_body(d, (struct str){ body, size }, &e),
	    0);
	for (entry.queue = 1; entry.queue <= entries; entry.queue++) {
		buf_clear(&bytes);
		assert_int_equal(spool_entry_put(&bytes, &entry, &e), 0);
		assert_int_equal(spool_draft_entry(d, buf_str(&bytes), &e),
		    0);
	}
	assert_int_equal(spool_draft_end(d, &e), 0);
	assert_int_equal(spool_writer_stage(w->writer, d, &e), 0);
	assert_int_equal(spool_writer_commit(w->writer, &e), 0);
	spool_draft_free(&d);
	buf_free(&bytes);
	free(body);
}

static void
world_end(struct world *w, uint32_t n, uint32_t queue)
{
	struct spool_id	id = id_of(n, queue);
	struct err	e;

	assert_int_equal(book_done(w->book, &id, SPOOL_END_DELIVERED, &e), 0);
}

static bool
world_moved(struct world *w, uint32_t n, uint32_t queue)
{
	struct spool_id		id = id_of(n, queue);
	struct book_entry	entry;
	struct err		e;

	return book_get(w->book, &id, &entry, &e) == 0 &&
	    (entry.place.segment & SEGMENT_COLD) != 0;
}

static uint64_t
world_copied(struct world *w)
{
	struct disk_file	*f;
	char			 name[SEGMENT_NAME];
	uint64_t		 size = 0;

	segment_name(name, SEGMENT_COLD | 1);
	if (disk_open(w->disk, name, DISK_READ, &f) == -1)
		return 0;
	assert_int_equal(disk_size(f, &size), 0);
	disk_close(&f);
	return size;
}

/* ---- Bounded ------------------------------------------------------------- */

#define BODIES		40
#define BODY		50000
#define RECIPIENTS	2000

/* A slice copies no more than some bodies, and moves some hundred entries. */
static void
test_bounded(void **state)
{
	struct world	w;
	struct err	e;
	uint64_t	copied = 0, now;
	uint32_t	i, moved = 0, count, slices = 0;

	(void)state;
	world_init(&w, 4 << 20, 0);
	for (i = 0; i < BODIES; i++)
		world_store(&w, BODY, 1);
	world_store(&w, 1000, RECIPIENTS);
	for (i = 0; i < 4; i++)
		world_store(&w, 1000000, 1);
	world_open(&w);
	for (i = 0; i < BODIES; i += 2)
		world_end(&w, i, 1);
	for (i = 1; i <= RECIPIENTS; i += 2)
		world_end(&w, BODIES, i);
	for (i = BODIES + 1; i < w.stored; i++)
		world_end(&w, i, 1);
	while (book_compact(w.book, &e) == 1) {
		now = world_copied(&w);
		assert_true(now - copied <= 2 * 256 * 1024 + 2 * BODY);
		copied = now;
		for (count = 0, i = 2; i <= RECIPIENTS; i += 2)
			count += world_moved(&w, BODIES, i);
		assert_true(count - moved <= 256);
		moved = count;
		slices++;
	}
	assert_int_equal(moved, RECIPIENTS / 2);
	assert_true(copied > BODIES / 2 * BODY);
	assert_true(slices > 10);
	world_fini(&w);
}

/* ---- What happens in between --------------------------------------------- */

#define COUNT	14			/* in the segment that is compacted */
#define LATER	8			/* in the next ones */

enum between { BETWEEN_NOTHING, BETWEEN_RESTART, BETWEEN_ANEW, BETWEEN };

static void
world_again(struct world *w, bool anew)
{
	book_close(&w->book);
	if (anew)
		kv_model_damage(w->index);
	world_open(w);
}

static void
world_retry(struct world *w, uint32_t n, uint16_t retry)
{
	struct spool_id		id = id_of(n, 1);
	struct entry_state	s;
	struct err		e;

	assert_int_equal(book_state(w->book, &id, &s, &e), 0);
	s.state = STATE_DEFER;
	s.retry = retry;
	assert_int_equal(book_change(w->book, &id, &s, &e), 0);
}

/* The journal goes on until nothing of before is left that is not needed. */
static void
world_churn(struct world *w)
{
	struct err	e;
	uint16_t	i;

	for (i = 0; i < 600; i++) {
		world_retry(w, COUNT + LATER - 1, i);
		if (i % 60 == 0)
			assert_int_equal(book_checkpoint(w->book, &e), 0);
	}
	assert_int_equal(book_checkpoint(w->book, &e), 0);
}

static bool
world_has(struct world *w, uint32_t n, uint16_t retry)
{
	struct spool_id		id = id_of(n, 1);
	struct book_entry	entry;
	struct err		e;
	int			rc = book_get(w->book, &id, &entry, &e);

	assert_int_not_equal(rc, -1);
	if (rc == 0)
		assert_int_equal(entry.retry, retry);
	return rc == 0;
}

/* 3 ends after so many slices, 5 changes; 13 ends after what happens then; 1
 * and 9 when all is over.  How many slices there were. */
static uint32_t
slices_with(uint32_t after, enum between what)
{
	struct world	w;
	struct err	e;
	uint32_t	i, slices = 0;

	world_init(&w, 64 * 1024, 1);
	for (i = 0; i < COUNT + LATER; i++)
		world_store(&w, 3500, 1);
	world_open(&w);
	for (i = 0; i < COUNT; i += 2)
		world_end(&w, i, 1);
	for (; slices < after && book_compact(w.book, &e) == 1; slices++)
		assert_int_equal(book_checkpoint(w.book, &e), 0);
	/* By this a replay knows of the segment, also when it has gone. */
	world_churn(&w);
	world_retry(&w, 5, 77);
	/* Where its record keeps the journal, that of 13 would not be
	 * missed. */
	if (what == BETWEEN_NOTHING)
		world_end(&w, 3, 1);
	assert_int_equal(book_sync(w.book, &e), 0);
	world_churn(&w);
	if (what != BETWEEN_NOTHING)
		world_again(&w, what == BETWEEN_ANEW);
	world_end(&w, 13, 1);
	world_churn(&w);
	while (book_compact(w.book, &e) == 1)
		;
	world_churn(&w);
	world_end(&w, 1, 1);
	world_end(&w, 9, 1);
	if (what != BETWEEN_NOTHING)
		world_end(&w, 3, 1);
	/* None that lives needs the journal of the compaction. */
	world_retry(&w, 5, 77);
	world_retry(&w, 7, 0);
	world_retry(&w, 11, 0);
	world_churn(&w);
	world_again(&w, true);
	/* Nor is it known from the first run alone who needs it. */
	world_churn(&w);
	world_again(&w, true);
	for (i = 0; i < COUNT + LATER - 1; i++)
		assert_int_equal(world_has(&w, i, i == 5 ? 77 : 0),
		    i >= COUNT || i == 5 || i == 7 || i == 11);
	assert_true(world_moved(&w, 5, 1));
	world_fini(&w);
	return slices;
}

static void
test_between(void **state)
{
	uint32_t	after;
	int		what;

	(void)state;
	for (what = 0; what < BETWEEN; what++) {
		for (after = 0; slices_with(after, (enum between)what) ==
		    after; after++)
			;
		assert_true(after > 20);
	}
}

/* A life ends while entries move: the next one goes on with the same copy, so
 * that nobody lies in two. */
static void
test_half_moved(void **state)
{
	struct world		w;
	struct book_entry	entry;
	struct spool_id		id;
	struct err		e;
	uint32_t		i;

	(void)state;
	world_init(&w, 64 * 1024, 1);
	for (i = 0; i < COUNT + LATER; i++)
		world_store(&w, 3500, 1);
	world_open(&w);
	for (i = 0; i < COUNT; i += 2)
		world_end(&w, i, 1);
	while (!world_moved(&w, 3, 1))
		assert_int_equal(book_compact(w.book, &e), 1);
	assert_false(world_moved(&w, 9, 1));
	assert_int_equal(book_sync(w.book, &e), 0);
	world_again(&w, false);
	assert_false(world_moved(&w, 9, 1));
	while (book_compact(w.book, &e) == 1)
		;
	for (i = 1; i < COUNT; i += 2) {
		id = id_of(i, 1);
		assert_int_equal(book_get(w.book, &id, &entry, &e), 0);
		assert_int_equal(entry.place.segment, SEGMENT_COLD | 1);
	}
	world_fini(&w);
}

/* ---- When it may not wait ------------------------------------------------ */

/* A fifth stays, whether the others end at once or when all are there. */
static void
wastes(bool at_once)
{
	struct world	w;
	struct err	e;
	uint32_t	i;

	world_init(&w, 64 * 1024, 0);
	world_open(&w);
	for (i = 0; i < 6 * COUNT; i++) {
		world_store(&w, 3500, 1);
		world_hint(&w);
		if (at_once && i % 5 != 0)
			world_end(&w, i, 1);
	}
	assert_int_equal(book_wastes(w.book), at_once);
	for (i = 0; i < 6 * COUNT && !at_once; i++)
		if (i % 5 != 0)
			world_end(&w, i, 1);
	assert_true(book_wastes(w.book));
	while (book_compact(w.book, &e) == 1)
		;
	assert_false(book_wastes(w.book));
	for (i = 0; i < 4 * COUNT; i += 5)
		assert_true(world_moved(&w, i, 1));
	world_fini(&w);
}

static void
test_wastes(void **state)
{
	(void)state;
	wastes(false);
	wastes(true);
}

/* Writers that end early leave files that are mostly empty. */
static void
test_short(void **state)
{
	struct world	w;
	struct err	e;
	uint32_t	i;

	(void)state;
	world_init(&w, 64 * 1024, 0);
	for (i = 0; i < 4; i++) {
		while (spool_writer_prepare(w.writer) == 1)
			;
		world_store(&w, 3500, 1);
		spool_writer_close(&w.writer);
		assert_int_equal(spool_writer_open(&w.writer, w.disk,
		    64 * 1024, &e), 0);
	}
	world_store(&w, 3500, 1);
	world_open(&w);
	assert_true(book_wastes(w.book));
	while (book_compact(w.book, &e) == 1)
		;
	assert_false(book_wastes(w.book));
	/* The last is written to. */
	for (i = 0; i < 5; i++)
		assert_int_equal(world_moved(&w, i, 1), i < 4);
	world_fini(&w);
}

/* ---- Behind it ----------------------------------------------------------- */

/* An index that is made anew meets records of the segment that was compacted
 * and has gone: it is not there because of them, and holds up nothing. */
static void
test_gone(void **state)
{
	struct book_counts	c;
	struct world		w;
	struct err		e;
	uint32_t		i;

	(void)state;
	world_init(&w, 64 * 1024, 0);
	for (i = 0; i < 3 * COUNT; i++)
		world_store(&w, 3500, 1);
	world_open(&w);
	for (i = 0; i < COUNT; i++)
		world_retry(&w, i, 1);
	for (i = 0; i < COUNT; i += 2)
		world_end(&w, i, 1);
	while (book_compact(w.book, &e) == 1)
		;
	assert_true(world_moved(&w, 1, 1));
	assert_int_equal(book_checkpoint(w.book, &e), 0);
	assert_int_equal(book_checkpoint(w.book, &e), 0);
	book_count(w.book, &c);
	i = (uint32_t)c.segments;
	world_again(&w, true);
	book_count(w.book, &c);
	assert_int_equal(c.segments, i);
	for (i = COUNT; i < 3 * COUNT; i++)
		world_end(&w, i, 1);
	assert_int_equal(book_checkpoint(w.book, &e), 0);
	/* The copy, and the one that is written to. */
	book_count(w.book, &c);
	assert_int_equal(c.segments, 2);
	assert_true(world_has(&w, 1, 1));
	world_fini(&w);
}

/* Nor does a segment that was empty at a start wait for a checkpoint. */
static void
test_starts(void **state)
{
	struct book_counts	c;
	struct world		w;
	struct err		e;
	uint32_t		i;

	(void)state;
	world_init(&w, 64 * 1024, 0);
	for (i = 0; i < 3 * COUNT; i++)
		world_store(&w, 3500, 1);
	world_open(&w);
	for (i = 0; i < 3 * COUNT; i++)
		world_end(&w, i, 1);
	assert_int_equal(book_sync(w.book, &e), 0);
	book_count(w.book, &c);
	assert_true(c.segments > 1);
	world_again(&w, false);
	book_count(w.book, &c);
	assert_int_equal(c.segments, 1);
	world_fini(&w);
}

/* The tests' clock; nothing else is done but what is due. */
static void
world_pass(struct world *w, int64_t ms)
{
	struct err	e;

	w->time.mono_ms += ms;
	w->time.wall_ms += ms;
	assert_int_equal(book_tick(w->book, w->time, &e), 0);
}

static bool
world_file(struct world *w, const char *name)
{
	struct disk_file	*f;

	if (disk_open(w->disk, name, DISK_READ, &f) == -1)
		return false;
	disk_close(&f);
	return true;
}

/* What loses its mail is left alone for as long as it does. */
static void
test_stands(void **state)
{
	struct world	w;
	struct err	e;
	uint32_t	i;

	(void)state;
	world_init(&w, 64 * 1024, 0);
	w.patient = true;
	for (i = 0; i < 20; i++)
		world_store(&w, 4000, 1);
	world_open(&w);
	for (i = 0; i < 6; i++)
		world_end(&w, i, 1);
	for (i = 6; i < 12; i += 2) {
		assert_int_equal(book_compact(w.book, &e), 0);
		world_pass(&w, 9000);
		world_end(&w, i, 1);
		world_end(&w, i + 1, 1);
	}
	assert_int_equal(book_compact(w.book, &e), 0);
	world_pass(&w, 9000);
	assert_int_equal(book_compact(w.book, &e), 0);
	world_pass(&w, 1000);
	assert_int_equal(book_compact(w.book, &e), 1);
	while (book_compact(w.book, &e) == 1)
		;
	assert_true(world_moved(&w, 12, 1));
	world_fini(&w);
}

/* The file of an empty segment is used again, unless somebody may have it
 * open: who has it is not known of those from before the start. */
static void
test_again(void **state)
{
	struct world	w;
	uint32_t	i;

	(void)state;
	world_init(&w, 64 * 1024, 0);
	for (i = 0; i < 9; i++)
		world_store(&w, 4000, 1);
	world_open(&w);
	for (; i < 40; i++)
		world_store(&w, 4000, 1);
	world_hint(&w);
	book_shown(w.book, 2);
	for (i = 0; i < 40; i++)
		world_end(&w, i, 1);
	world_pass(&w, 60000);
	assert_false(world_file(&w, "segments/0000000000000001"));
	assert_false(world_file(&w, "segments/0000000000000002"));
	assert_false(world_file(&w, "segments/0000000000000003"));
	assert_false(world_file(&w, "spare/4000000000000001"));
	assert_false(world_file(&w, "spare/4000000000000002"));
	assert_true(world_file(&w, "spare/4000000000000003"));
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_between),
		cmocka_unit_test(test_half_moved),
		cmocka_unit_test(test_wastes),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_starts),
		cmocka_unit_test(test_stands),
		cmocka_unit_test(test_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
