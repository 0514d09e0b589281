/*
 * Spares: made ahead, and given by who removes a segment.  After a power cut
 * at any step of that a file has one name, and is written to by neither that
 * name's segment nor another's before it is gone from where it was.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "spool/disk_fake.h"
#include "spool/segment.h"
#include "spool/spare.h"

#define SIZE	(64 * 1024)

static void
file_make(struct disk *d, const char *name, uint64_t size)
{
	struct disk_file	*f;

	assert_int_equal(disk_open(d, name, DISK_CREATE, &f), 0);
	assert_int_equal(disk_fill(f, 0, size), 0);
	assert_int_equal(disk_sync(f), 0);
	disk_close(&f);
}

static bool
file_is(struct disk *d, const char *name)
{
	struct disk_file	*f;

	if (disk_open(d, name, DISK_READ, &f) == -1)
		return false;
	disk_close(&f);
	return true;
}

static struct disk *
disk_with(uint64_t seed, uint64_t segments, uint64_t size)
{
	struct disk	*d = disk_fake_new(seed);
	char		 name[SEGMENT_NAME];
	uint64_t	 i;

	assert_int_equal(disk_make_dir(d, SEGMENT_DIR), 0);
	assert_int_equal(disk_make_dir(d, SPARE_DIR), 0);
	for (i = 1; i <= segments; i++) {
		segment_name(name, i);
		file_make(d, name, size);
	}
	assert_int_equal(disk_sync_dir(d, SEGMENT_DIR), 0);
	assert_int_equal(disk_sync_dir(d, SPARE_DIR), 0);
	return d;
}

static int
give(struct disk *d, uint64_t id)
{
	char	name[SEGMENT_NAME];

	segment_name(name, id);
	return spare_give(d, SPARE_DIR, SEGMENT_DIR, name, id);
}

/* What was given is found when it is needed; none is made then. */
static void
test_found(void **state)
{
	struct disk	*d = disk_with(1, 2, SIZE);
	struct spares	 s;

	(void)state;
	assert_int_equal(spares_open(&s, d, SPARE_DIR, SIZE), 0);
	assert_int_equal(spares_take(&s, "segments/none"), 1);
	assert_int_equal(give(d, 1), 0);
	assert_int_equal(give(d, 2), 0);
	assert_false(file_is(d, "segments/0000000000000001"));
	assert_int_equal(spares_prepare(&s, 2), 0);
	assert_int_equal(s.count, 2);
	assert_int_equal(spares_take(&s, "segments/new"), 0);
	assert_true(file_is(d, "segments/new"));
	assert_int_equal(spares_prepare(&s, 2), 1);
	spares_close(&s);
	disk_free(&d);
}

/* One that is made gets a number that no one that is given has. */
static void
test_numbers(void **state)
{
	struct disk	*d = disk_with(1, 3, SIZE);
	struct spares	 s;

	(void)state;
	assert_int_equal(give(d, 1), 0);
	assert_int_equal(spares_open(&s, d, SPARE_DIR, SIZE), 0);
	while (spares_prepare(&s, 2) == 1)
		;
	assert_int_equal(s.count, 2);
	assert_int_equal(give(d, 2), 0);
	assert_int_equal(give(d, 3), 0);
	spares_close(&s);
	assert_int_equal(spares_open(&s, d, SPARE_DIR, SIZE), 0);
	assert_int_equal(s.count, 4);
	spares_close(&s);
	disk_free(&d);
}

static void
test_enough(void **state)
{
	struct disk	*d = disk_with(1, SPARE_GIVEN + 1, SIZE);
	uint64_t	 i;

	(void)state;
	for (i = 1; i <= SPARE_GIVEN; i++)
		assert_int_equal(give(d, i), 0);
	assert_int_equal(give(d, i), 1);
	assert_true(file_is(d, "segments/0000000000000005"));
	disk_free(&d);
}

static void
test_size(void **state)
{
	struct disk	*d = disk_with(1, 1, SIZE / 2);
	struct spares	 s;

	(void)state;
	assert_int_equal(give(d, 1), 0);
	assert_int_equal(spares_open(&s, d, SPARE_DIR, SIZE), 0);
	assert_int_equal(s.count, 0);
	assert_false(file_is(d, "spare/4000000000000001"));
	spares_close(&s);
	disk_free(&d);
}

/* A cut at each call of a give, many seeds: the name of the segment and that
 * of a spare are never both there. */
static void
test_cuts(void **state)
{
	struct disk	*d;
	struct spares	 s;
	uint64_t	 seed, n, given = 0, kept = 0;
	bool		 old;

	(void)state;
	for (seed = 1; seed <= 200; seed++) {
		for (n = 1; n <= 6; n++) {
			d = disk_with(seed, 1, SIZE);
			disk_fake_fault(d, DISK_FAULT_POWER, n);
			(void)give(d, 1);
			disk_fake_power_cut(d);
			disk_fake_fault(d, DISK_FAULT_NONE, 0);
			old = file_is(d, "segments/0000000000000001");
			assert_int_equal(spares_open(&s, d, SPARE_DIR, SIZE),
			    0);
			assert_false(old && s.count > 0);
			assert_false(file_is(d, "spare/given"));
			given += (uint64_t)s.count;
			kept += old;
			spares_close(&s);
			disk_free(&d);
		}
	}
	assert_true(given > 0 && kept > 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_found), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_enough), cmocka_unit_test(test_size),
		cmocka_unit_test(test_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
