/*
 * A journal whose syncs fail begins a new file each time: what the files take
 * is what they have, and no record is lost.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "spool/disk_fake.h"
#include "spool/journal.h"
#include "spool/journal_file.h"

#define SIZE	(64 * 1024)
#define TIMES	30

struct room {
	struct disk	*disk;
	uint64_t	 bytes;
	uint32_t	 files;
	uint32_t	 records;
};

static int
room_name(void *arg, const char *name)
{
	struct room		*r = arg;
	struct disk_file	*f;
	char			 path[DISK_NAME_MAX];
	uint64_t		 size;

	(void)snprintf(path, sizeof path, JOURNAL_DIR "/%s", name);
	assert_int_equal(disk_open(r->disk, path, DISK_READ, &f), 0);
	assert_int_equal(disk_size(f, &size), 0);
	disk_close(&f);
	r->bytes += size;
	r->files++;
	return 0;
}

static int
room_record(void *arg, const struct journal_record *record)
{
	struct room	*r = arg;

	assert_int_equal(record->payload.len, sizeof r->records);
	assert_memory_equal(record->payload.p, &r->records,
	    sizeof r->records);
	r->records++;
	return 0;
}

static void
room_open(struct room *r, struct journal **j)
{
	struct journal_options	o = { .file_size = SIZE };
	struct journal_calls	calls = { .record = room_record, .arg = r };
	struct err		e;

	assert_int_equal(journal_open(j, r->disk, &o, &calls, &e), 0);
}

static void
test_room(void **state)
{
	struct room	 r = { .disk = disk_fake_new(3) };
	struct journal	*j;
	struct err	 e;
	uint32_t	 i;

	(void)state;
	room_open(&r, &j);
	for (i = 0; i < TIMES; i++) {
		(void)journal_add(j, JOURNAL_STATE,
		    (struct str){ (char *)&i, sizeof i });
		assert_int_equal(journal_write(j, &e), 0);
		disk_fake_fault(r.disk, DISK_FAULT_EIO, 1);
		assert_int_equal(journal_sync(j, &e), 0);
	}
	assert_int_equal(disk_list(r.disk, JOURNAL_DIR, room_name, &r), 0);
	assert_int_equal(r.files, TIMES + 1);
	assert_true(r.bytes <= TIMES * 2 * JOURNAL_HEAD + SIZE + JOURNAL_HEAD);
	journal_close(&j);
	room_open(&r, &j);
	assert_int_equal(r.records, TIMES);
	journal_close(&j);
	disk_free(&r.disk);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
