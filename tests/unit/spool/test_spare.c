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

/* ---- What can't be asked ------------------------------------------------- */

static struct {
	struct disk_ops		 ops;
	const struct disk_ops	*real;
	bool			 size_fails, list_fails;
	int			 lists;
} asked;

static int
asked_size(struct disk_file *f, uint64_t *size)
{
	errno = EIO;
	return asked.size_fails ? -1 : asked.real->size(f, size);
}

static int
asked_list(struct disk *d, const char *dir, disk_list_fn *fn, void *arg)
{
	int	rc = asked.real->list(d, dir, fn, arg);

	asked.lists++;
	errno = EIO;
	return asked.list_fails ? -1 : rc;
}

static void
asked_begin(struct disk *d)
{
	memset(&asked, 0, sizeof asked);
	asked.real = d->ops;
	asked.ops = *d->ops;
	asked.ops.size = asked_size;
	asked.ops.list = asked_list;
	d->ops = &asked.ops;
}

/* One whose size is not known is not used, and stays. */
static void
test_unknown(void **state)
{
	struct disk	*d = disk_with(1, 2, SIZE);
	struct spares	 s;

	(void)state;
	assert_int_equal(give(d, 1), 0);
	asked_begin(d);
	asked.size_fails = true;
	assert_int_equal(spares_open(&s, d, SPARE_DIR, SIZE), 0);
	assert_int_equal(s.count, 0);
	assert_true(file_is(d, "spare/4000000000000001"));
	asked.size_fails = false;
	assert_int_equal(spares_take(&s, "segments/new"), 0);
	spares_close(&s);
	disk_free(&d);
}

/* Nor is one that is met in a list that ends by an error. */
static void
test_unlisted(void **state)
{
	struct disk	*d = disk_with(1, 1, SIZE / 2);
	struct spares	 s;

	(void)state;
	assert_int_equal(spares_open(&s, d, SPARE_DIR, SIZE), 0);
	assert_int_equal(give(d, 1), 0);
	asked_begin(d);
	asked.list_fails = true;
	(void)spares_prepare(&s, 1);
	assert_int_equal(s.count, 0);
	assert_int_equal(spares_take(&s, "segments/new"), 1);
	spares_close(&s);
	disk_free(&d);
}

/* Where there is no room, nothing is begun, nor is the folder looked through
 * again and again. */
static void
test_no_room(void **state)
{
	struct disk		*d = disk_with(1, 0, 0);
	struct disk_file	*f;
	struct spares		 s;
	int			 i;

	(void)state;
	assert_int_equal(spares_open(&s, d, SPARE_DIR, SIZE), 0);
	asked_begin(d);
	disk_fake_fault(d, DISK_FAULT_ENOSPC, 1);
	assert_int_equal(disk_open(d, "more", DISK_CREATE, &f), -1);
	for (i = 0; i < 10; i++) {
		assert_int_equal(spares_prepare(&s, 1), -1);
		assert_int_equal(errno, ENOSPC);
	}
	assert_int_equal(asked.lists, 0);
	disk_fake_fault(d, DISK_FAULT_NONE, 0);
	while (spares_prepare(&s, 1) == 1)
		;
	assert_int_equal(s.count, 1);
	spares_close(&s);
	disk_free(&d);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_found), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_enough), cmocka_unit_test(test_size),
		cmocka_unit_test(test_cuts), cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_unlisted),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
