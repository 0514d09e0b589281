/*
 * A disk that confirmed what it did not write: the journal's last records are
 * gone, and the index has what they said.  That is told of, entries are
 * counted anew, and what is noted from then on is not taken for what was lost.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spool/journal_file.h"

#include "world.h"

#define COUNT	6

static void
lies_damage(void *arg, const char *what)
{
	struct world	*w = arg;

	assert_non_null(strstr(what, " lost"));
	w->damaged++;
}

static void
lies_init(struct world *w)
{
	struct world_options	o = { .entry.sender = STR("a@example.com"),
				    .book.events.damage = lies_damage };

	world_init(w, &o);
	world_fill(w, COUNT, 1);
	world_open(w);
	world_checkpoint(w);
}

static void
lies_change(struct world *w, uint32_t n, enum spool_state to)
{
	struct entry_state	s = world_state(w, n, 1);

	s.state = to;
	world_change(w, n, 1, &s);
}

/* All that the last file of the journal has. */
static void
lies_lose(struct world *w)
{
	struct journal_files	files = { NULL, 0, 0 };
	char			name[DISK_NAME_MAX];

	assert_int_equal(journal_files_read(&files, w->disk, &w->e), 0);
	journal_file_name(name, files.at[files.count - 1].id);
	assert_int_equal(disk_fake_damage(w->disk, name, JOURNAL_HEAD, 4096),
	    0);
	journal_files_fini(&files);
}

static void
lies_counts(struct world *w, uint64_t entries, uint64_t held)
{
	struct book_counts	c = world_counts(w);

	assert_int_equal(c.entries, entries);
	assert_int_equal(c.held, held);
	assert_int_equal(c.deferred, 0);
	assert_int_equal(c.bouncing, 0);
	assert_false(c.rebuilt);
}

/* Held: in the index, and no longer in the journal. */
static void
lies_held(struct world *w, uint32_t count)
{
	struct book_time	t = { 5000, 5000 };
	uint32_t		n;

	for (n = 0; n < count; n++)
		lies_change(w, n, STATE_HOLD);
	world_sync(w);
	assert_int_equal(book_tick(w->book, t, &w->e), 0);
	book_close(&w->book);
	lies_lose(w);
	world_open(w);
	assert_int_equal(w->damaged, 1);
	lies_counts(w, COUNT, count);
}

static void
test_counts(void **state)
{
	struct world	w;
	uint32_t	n;

	(void)state;
	lies_init(&w);
	lies_held(&w, 3);
	for (n = 0; n < COUNT; n++)
		world_done(&w, n, 1);
	lies_counts(&w, 0, 0);
	world_sync(&w);
	world_again(&w, false);
	lies_counts(&w, 0, 0);
	world_fini(&w);
}

/* A change behind the gap outlives a start, though the index says of the
 * entry what was noted later by the journal that is lost. */
static void
test_positions(void **state)
{
	struct world	w;

	(void)state;
	lies_init(&w);
	lies_held(&w, 3);
	lies_change(&w, 2, STATE_READY);	/* of what is lost */
	assert_int_equal(w.damaged, 2);
	world_sync(&w);
	world_again(&w, false);
	assert_int_equal(world_get(&w, 2, 1).state, STATE_READY);
	lies_counts(&w, COUNT, 2);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_positions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
