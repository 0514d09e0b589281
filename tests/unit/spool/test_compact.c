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

#include "spool/segment.h"

#include "world.h"

/* Without a book: each test stores something first. */
static void
compact_init(struct world *w, uint64_t segment, size_t body)
{
	struct world_options	o = { .segment = segment, .body = body,
				    .book = { .journal_size = 8192,
				    .journal_part = 4096,
				    .compact_soon = true } };

	world_init(w, &o);
}

static bool
compact_moved(struct world *w, uint32_t n, uint32_t queue)
{
	return world_has(w, n, queue) &&
	    (world_get(w, n, queue).place.segment & SEGMENT_COLD) != 0;
}

static uint64_t
compact_copied(struct world *w)
{
	char	name[SEGMENT_NAME];

	segment_name(name, SEGMENT_COLD | 1);
	return world_size(w, name);
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
	uint64_t	copied = 0, now;
	uint32_t	i, moved = 0, count, slices = 0;

	(void)state;
	compact_init(&w, 4 << 20, BODY);
	world_fill(&w, BODIES, 1);
	w.o.body = 1000;
	world_store(&w, RECIPIENTS);
	w.o.body = 1000000;
	world_fill(&w, 4, 1);
	world_open(&w);
	for (i = 0; i < BODIES; i += 2)
		world_done(&w, i, 1);
	for (i = 1; i <= RECIPIENTS; i += 2)
		world_done(&w, BODIES, i);
	for (i = BODIES + 1; i < w.next; i++)
		world_done(&w, i, 1);
	while (book_compact(w.book, &w.e) == 1) {
		now = compact_copied(&w);
		assert_true(now - copied <= 2 * 256 * 1024 + 2 * BODY);
		copied = now;
		for (count = 0, i = 2; i <= RECIPIENTS; i += 2)
			count += compact_moved(&w, BODIES, i);
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

/* A segment of which half has ended; slices are as small as they can be. */
static void
between_init(struct world *w)
{
	uint32_t	i;

	compact_init(w, 64 * 1024, 3500);
	w->o.book.compact_slice = 1;
	world_fill(w, COUNT + LATER, 1);
	world_open(w);
	for (i = 0; i < COUNT; i += 2)
		world_done(w, i, 1);
}

static void
between_retry(struct world *w, uint32_t n, uint16_t retry)
{
	struct entry_state	s = world_state(w, n, 1);

	s.state = STATE_DEFER;
	s.retry = retry;
	world_change(w, n, 1, &s);
}

/* The journal goes on until nothing of before is left that is not needed. */
static void
between_churn(struct world *w)
{
	uint16_t	i;

	for (i = 0; i < 600; i++) {
		between_retry(w, COUNT + LATER - 1, i);
		if (i % 60 == 0)
			world_checkpoint(w);
	}
	world_checkpoint(w);
}

static bool
between_has(struct world *w, uint32_t n, uint16_t retry)
{
	if (!world_has(w, n, 1))
		return false;
	assert_int_equal(world_get(w, n, 1).retry, retry);
	return true;
}

/* 3 ends after so many slices, 5 changes; 13 ends after what happens then; 1
 * and 9 when all is over.  How many slices there were. */
static uint32_t
slices_with(uint32_t after, enum between what)
{
	struct world	w;
	uint32_t	i, slices = 0;

	between_init(&w);
	for (; slices < after && book_compact(w.book, &w.e) == 1; slices++)
		world_checkpoint(&w);
	/* By this a replay knows of the segment, also when it has gone. */
	between_churn(&w);
	between_retry(&w, 5, 77);
	/* Where its record keeps the journal, that of 13 would not be
	 * missed. */
	if (what == BETWEEN_NOTHING)
		world_done(&w, 3, 1);
	world_sync(&w);
	between_churn(&w);
	if (what != BETWEEN_NOTHING)
		world_again(&w, what == BETWEEN_ANEW);
	world_done(&w, 13, 1);
	between_churn(&w);
	world_compact(&w);
	between_churn(&w);
	world_done(&w, 1, 1);
	world_done(&w, 9, 1);
	if (what != BETWEEN_NOTHING)
		world_done(&w, 3, 1);
	/* None that lives needs the journal of the compaction. */
	between_retry(&w, 5, 77);
	between_retry(&w, 7, 0);
	between_retry(&w, 11, 0);
	between_churn(&w);
	world_again(&w, true);
	/* Nor is it known from the first run alone who needs it. */
	between_churn(&w);
	world_again(&w, true);
	for (i = 0; i < COUNT + LATER - 1; i++)
		assert_int_equal(between_has(&w, i, i == 5 ? 77 : 0),
		    i >= COUNT || i == 5 || i == 7 || i == 11);
	assert_true(compact_moved(&w, 5, 1));
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
	struct world	w;
	uint32_t	i;

	(void)state;
	between_init(&w);
	while (!compact_moved(&w, 3, 1))
		assert_int_equal(book_compact(w.book, &w.e), 1);
	assert_false(compact_moved(&w, 9, 1));
	world_sync(&w);
	world_again(&w, false);
	assert_false(compact_moved(&w, 9, 1));
	world_compact(&w);
	for (i = 1; i < COUNT; i += 2)
		assert_int_equal(world_get(&w, i, 1).place.segment,
		    SEGMENT_COLD | 1);
	world_fini(&w);
}

/* ---- When it may not wait ------------------------------------------------ */

/* A fifth stays, whether the others end at once or when all are there. */
static void
wastes(bool at_once)
{
	struct world	w;
	uint32_t	i;

	compact_init(&w, 64 * 1024, 3500);
	world_open(&w);
	for (i = 0; i < 6 * COUNT; i++) {
		world_accept(&w, 1);
		if (at_once && i % 5 != 0)
			world_done(&w, i, 1);
	}
	assert_int_equal(book_wastes(w.book), at_once);
	for (i = 0; i < 6 * COUNT && !at_once; i++)
		if (i % 5 != 0)
			world_done(&w, i, 1);
	assert_true(book_wastes(w.book));
	world_compact(&w);
	assert_false(book_wastes(w.book));
	for (i = 0; i < 4 * COUNT; i += 5)
		assert_true(compact_moved(&w, i, 1));
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
	uint32_t	i;

	(void)state;
	compact_init(&w, 64 * 1024, 3500);
	for (i = 0; i < 4; i++) {
		world_writer(&w);
		while (spool_writer_prepare(w.writer) == 1)
			;
		world_store(&w, 1);
	}
	world_writer(&w);
	world_store(&w, 1);
	world_open(&w);
	assert_true(book_wastes(w.book));
	world_compact(&w);
	assert_false(book_wastes(w.book));
	/* The last is written to. */
	for (i = 0; i < 5; i++)
		assert_int_equal(compact_moved(&w, i, 1), i < 4);
	world_fini(&w);
}

/* ---- Behind it ----------------------------------------------------------- */

/* An index that is made anew meets records of the segment that was compacted
 * and has gone: it is not there because of them, and holds up nothing. */
static void
test_gone(void **state)
{
	struct world	w;
	uint64_t	segments;
	uint32_t	i;

	(void)state;
	compact_init(&w, 64 * 1024, 3500);
	world_fill(&w, 3 * COUNT, 1);
	world_open(&w);
	for (i = 0; i < COUNT; i++)
		between_retry(&w, i, 1);
	for (i = 0; i < COUNT; i += 2)
		world_done(&w, i, 1);
	world_compact(&w);
	assert_true(compact_moved(&w, 1, 1));
	world_checkpoint(&w);
	world_checkpoint(&w);
	segments = world_counts(&w).segments;
	world_again(&w, true);
	assert_int_equal(world_counts(&w).segments, segments);
	for (i = COUNT; i < 3 * COUNT; i++)
		world_done(&w, i, 1);
	world_checkpoint(&w);
	/* The copy, and the one that is written to. */
	assert_int_equal(world_counts(&w).segments, 2);
	assert_true(between_has(&w, 1, 1));
	world_fini(&w);
}

/* Nor does a segment that was empty at a start wait for a checkpoint. */
static void
test_starts(void **state)
{
	struct world	w;
	uint32_t	i;

	(void)state;
	compact_init(&w, 64 * 1024, 3500);
	world_fill(&w, 3 * COUNT, 1);
	world_open(&w);
	for (i = 0; i < 3 * COUNT; i++)
		world_done(&w, i, 1);
	world_sync(&w);
	assert_true(world_counts(&w).segments > 1);
	world_again(&w, false);
	assert_int_equal(world_counts(&w).segments, 1);
	world_fini(&w);
}

/* The tests' clock; nothing else is done but what is due. */
static void
compact_pass(struct world *w, int64_t ms)
{
	w->o.book.time.mono_ms += ms;
	w->o.book.time.wall_ms += ms;
	assert_int_equal(book_tick(w->book, w->o.book.time, &w->e), 0);
}

/* What loses its mail is left alone for as long as it does. */
static void
test_stands(void **state)
{
	struct world	w;
	uint32_t	i;

	(void)state;
	compact_init(&w, 64 * 1024, 4000);
	w.o.book.compact_soon = false;
	world_fill(&w, 20, 1);
	world_open(&w);
	for (i = 0; i < 6; i++)
		world_done(&w, i, 1);
	for (i = 6; i < 12; i += 2) {
		assert_int_equal(book_compact(w.book, &w.e), 0);
		compact_pass(&w, 9000);
		world_done(&w, i, 1);
		world_done(&w, i + 1, 1);
	}
	assert_int_equal(book_compact(w.book, &w.e), 0);
	compact_pass(&w, 9000);
	assert_int_equal(book_compact(w.book, &w.e), 0);
	compact_pass(&w, 1000);
	assert_int_equal(book_compact(w.book, &w.e), 1);
	world_compact(&w);
	assert_true(compact_moved(&w, 12, 1));
	world_fini(&w);
}

static bool
file_is(struct world *w, const char *name)
{
	struct disk_file	*f;

	if (disk_open(w->disk, name, DISK_READ, &f) == -1)
		return false;
	disk_close(&f);
	return true;
}

/* The file of an empty segment is used again, unless somebody may have it
 * open: who has it is not known of those from before the start. */
static void
test_again(void **state)
{
	struct world	w;
	uint32_t	i;

	(void)state;
	compact_init(&w, 64 * 1024, 4000);
	world_fill(&w, 9, 1);
	world_open(&w);
	world_fill(&w, 31, 1);
	world_hint(&w);
	book_shown(w.book, 2);
	for (i = 0; i < 40; i++)
		world_done(&w, i, 1);
	compact_pass(&w, 60000);
	assert_false(file_is(&w, "segments/0000000000000001"));
	assert_false(file_is(&w, "segments/0000000000000002"));
	assert_false(file_is(&w, "segments/0000000000000003"));
	assert_false(file_is(&w, "spare/4000000000000001"));
	assert_false(file_is(&w, "spare/4000000000000002"));
	assert_true(file_is(&w, "spare/4000000000000003"));
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
