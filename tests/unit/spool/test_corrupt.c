/*
 * spool_corrupt: what is damaged is told of in any case; a copy is set aside,
 * or it stays, or it goes; and the rest of the queue is there.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "spool/book_envelope.h"
#include "spool/segment.h"

#include "world.h"

#define COUNT	10

static void
corrupt_init(struct world *w, enum book_corrupt how)
{
	struct world_options	o = { .entry.sender = STR("a@example.com"),
				    .book.corrupt = how };

	world_init(w, &o);
	world_fill(w, COUNT, 1);
	world_open(w);
}

/* Copies in the folder. */
static int
count_copy(void *arg, const char *name)
{
	int	*count = arg;

	*count += name[0] != '.' && strcmp(name, "new") != 0;
	return 0;
}

static int
corrupt_copies(struct world *w)
{
	int	count = 0;

	(void)disk_list(w->disk, "corrupt", count_copy, &count);
	return count;
}

/* The entry no longer reads. */
static void
corrupt_break(struct world *w, const struct book_entry *entry)
{
	char	name[SEGMENT_NAME];

	segment_name(name, entry->place.segment);
	assert_int_equal(disk_fake_damage(w->disk, name,
	    entry->place.offset + 60, 8), 0);
}

static const struct {
	enum book_corrupt	how;
	int			copies;
	bool			stays;
} rows[] = {
	{ BOOK_CORRUPT_RENAME, 1, false },
	{ BOOK_CORRUPT_IGNORE, 0, true },
	{ BOOK_CORRUPT_REMOVE, 0, false },
};

/* An entry of the queue that no longer reads. */
static void
test_entry(void **state)
{
	struct spool_id		id = world_id(4, 1), other = world_id(5, 1);
	struct book_envelope	envelope;
	struct book_entry	entry;
	struct world		w;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		corrupt_init(&w, rows[i].how);
		entry = world_get(&w, 4, 1);
		corrupt_break(&w, &entry);
		assert_int_equal(book_envelope(w.book, &id, &envelope, &w.e),
		    -1);
		assert_int_equal(w.damaged, 1);
		assert_non_null(strstr(w.damage, "is damaged"));
		assert_int_equal(world_has(&w, 4, 1), rows[i].stays);
		assert_int_equal(corrupt_copies(&w), rows[i].copies);
		assert_int_equal(world_counts(&w).entries,
		    COUNT - !rows[i].stays);
		assert_int_equal(book_envelope(w.book, &other, &envelope,
		    &w.e), 0);
		world_fini(&w);
	}
}

/* A segment that is read anew: once more makes no second copy. */
static void
test_segment(void **state)
{
	struct book_entry	entry;
	struct world		w;
	size_t			i;
	int			again;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		corrupt_init(&w, rows[i].how);
		entry = world_get(&w, 4, 1);
		book_close(&w.book);
		corrupt_break(&w, &entry);
		for (again = 0; again < 2; again++) {
			w.damaged = 0;
			world_again(&w, true);
			assert_true(w.damaged > 0);
			assert_int_equal(world_counts(&w).entries, COUNT - 1);
			assert_int_equal(corrupt_copies(&w), rows[i].copies);
		}
		world_fini(&w);
	}
}

/* The checkpoint, which is made anew. */
static void
test_checkpoint(void **state)
{
	struct world	w;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		corrupt_init(&w, rows[i].how);
		world_checkpoint(&w);
		book_close(&w.book);
		assert_int_equal(disk_fake_damage(w.disk, "checkpoint", 40,
		    8), 0);
		world_open(&w);
		assert_int_equal(w.damaged, 1);
		assert_int_equal(corrupt_copies(&w), rows[i].copies);
		assert_int_equal(world_counts(&w).entries, COUNT);
		world_fini(&w);
	}
}

/* Where there is no room for the copy nothing is given up. */
static void
test_no_room(void **state)
{
	struct spool_id		id = world_id(4, 1);
	struct book_envelope	envelope;
	struct book_entry	entry;
	struct world		w;

	(void)state;
	corrupt_init(&w, BOOK_CORRUPT_RENAME);
	entry = world_get(&w, 4, 1);
	corrupt_break(&w, &entry);
	disk_fake_fault(w.disk, DISK_FAULT_ENOSPC, 1);
	assert_int_equal(book_envelope(w.book, &id, &envelope, &w.e), -1);
	assert_int_equal(w.damaged, 2);
	assert_non_null(strstr(w.damage, "can't be set aside"));
	assert_true(world_has(&w, 4, 1));
	disk_fake_fault(w.disk, DISK_FAULT_NONE, 0);
	assert_int_equal(book_envelope(w.book, &id, &envelope, &w.e), -1);
	assert_false(world_has(&w, 4, 1));
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_entry),
		cmocka_unit_test(test_segment),
		cmocka_unit_test(test_checkpoint),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
