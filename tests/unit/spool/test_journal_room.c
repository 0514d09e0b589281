/*
 * A journal whose syncs fail begins a new file each time: what the files take
 * is what they have, and no record is lost; nor is one where a next file could
 * not be begun.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdbool.h>
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

/* ---- The process ends while it begins a new file ------------------------- */

#define CALLS	30

/* The disk's calls: the first sync fails, so that the journal goes on in
 * another file; then so many work. */
static struct {
	struct disk_ops		 ops;
	const struct disk_ops	*real;
	uint32_t		 left;
	bool			 failed;
} dying;

static bool
dying_over(void)
{
	if (dying.left > 0)
		dying.left--;
	errno = EIO;
	return dying.left == 0;
}

static ssize_t
dying_write(struct disk_file *f, const struct iovec *iov, int n, uint64_t at)
{
	return dying_over() ? -1 : dying.real->write(f, iov, n, at);
}

static int
dying_sync(struct disk_file *f)
{
	if (!dying.failed) {
		dying.failed = true;
		errno = EIO;
		return -1;
	}
	return dying_over() ? -1 : dying.real->sync(f);
}

/* What a process that has been killed would not do any more. */
static int
dying_unlink(struct disk *d, const char *name)
{
	return dying.left == 0 ? -1 : dying.real->unlink(d, name);
}

static void
killed_at(uint32_t call)
{
	struct room	 r = { .disk = disk_fake_new(4) };
	struct journal	*j;
	struct err	 e;
	uint32_t	 zero = 0;

	room_open(&r, &j);
	(void)journal_add(j, JOURNAL_STATE,
	    (struct str){ (char *)&zero, sizeof zero });
	assert_int_equal(journal_write(j, &e), 0);
	dying.real = r.disk->ops;
	dying.ops = *dying.real;
	dying.ops.write = dying_write;
	dying.ops.sync = dying_sync;
	dying.ops.unlink = dying_unlink;
	dying.left = call;
	dying.failed = false;
	r.disk->ops = &dying.ops;
	(void)journal_sync(j, &e);
	r.disk->ops = dying.real;
	journal_close(&j);
	disk_fake_kill(r.disk);
	room_open(&r, &j);
	assert_int_equal(r.records, 1);
	journal_close(&j);
	disk_free(&r.disk);
}

/* What was written before is there whenever that is. */
static void
test_killed(void **state)
{
	uint32_t	call;

	(void)state;
	for (call = 1; call <= CALLS; call++)
		killed_at(call);
}

/* ---- A next file that comes back ----------------------------------------- */

/* The journal's folder can't be synced, so that no next file begins; and the
 * power goes before the removal of one that was tried is durable. */
static struct {
	struct disk_ops		 ops;
	const struct disk_ops	*real;
} stuck;

static int
stuck_sync_dir(struct disk *d, const char *name)
{
	if (strcmp(name, JOURNAL_DIR) != 0)
		return stuck.real->sync_dir(d, name);
	errno = EIO;
	return -1;
}

static int
stuck_unlink(struct disk *d, const char *name)
{
	(void)d;
	(void)name;
	return 0;
}

/* Records that were durable are there, also beyond where that file began. */
static void
comes_back(bool mended)
{
	struct room	 r = { .disk = disk_fake_new(5) };
	struct journal	*j;
	struct err	 e;
	uint32_t	 i = 0, durable = 0;

	room_open(&r, &j);
	stuck.real = r.disk->ops;
	stuck.ops = *stuck.real;
	stuck.ops.sync_dir = stuck_sync_dir;
	stuck.ops.unlink = stuck_unlink;
	r.disk->ops = &stuck.ops;
	while (journal_end(j) < SIZE + JOURNAL_HEAD) {
		(void)journal_add(j, JOURNAL_STATE,
		    (struct str){ (char *)&i, sizeof i });
		i++;
		if (journal_end(j) < SIZE || journal_sync(j, &e) == -1)
			continue;
		durable = i;
	}
	assert_true(durable > 0);
	r.disk->ops = stuck.real;
	if (mended) {
		assert_int_equal(journal_sync(j, &e), 0);
		durable = i;
	}
	journal_close(&j);
	disk_fake_kill(r.disk);
	room_open(&r, &j);
	assert_true(r.records >= durable);
	journal_close(&j);
	disk_free(&r.disk);
}

static void
test_comes_back(void **state)
{
	(void)state;
	comes_back(false);
	comes_back(true);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
