/*
 * Times of an entry that nothing was noted of, over an index that is made
 * anew: with the checkpoint, without it, and with a wall clock that is wrong.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

#define WALL_MS		1800000000000
#define DELAY_MS	5000000
#define YEARS_MS	(10 * 365 * 86400000LL)

/* Accepted, and not read. */
static void
times_init(struct world *w)
{
	struct world_options	o = { .entry = { .delay_ms = DELAY_MS,
				    .sender = STR("a@example.com"),
				    .ts_us = WALL_MS * 1000ULL },
				    .book.time = { 1000, WALL_MS - 1000 } };

	world_init(w, &o);
	world_open(w);
	world_store(w, 1);
}

/* Read for the first time `passed` ms after it was accepted, from an index
 * that is made anew; how old it is then, and how long it waits. */
static void
times_rebuilt(struct world *w, int64_t passed, int64_t wall_ms, bool bare,
    int64_t *age, int64_t *wait)
{
	struct book_entry	entry;

	world_sync(w);
	book_close(&w->book);
	if (bare) {
		(void)disk_unlink(w->disk, "checkpoint");
		(void)disk_unlink(w->disk, "checkpoint.old");
	}
	w->o.book.time = (struct book_time){ 5000 + passed, wall_ms };
	world_again(w, true);
	entry = world_get(w, 0, 1);
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
		times_init(&w);
		times_rebuilt(&w, rows[i].passed, rows[i].wall_ms,
		    rows[i].bare, &age, &wait);
		if (age != rows[i].age || wait != DELAY_MS - age)
			fail_msg("row %zu: age %lld, waits %lld", i,
			    (long long)age, (long long)wait);
		world_fini(&w);
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
