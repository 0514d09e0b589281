/*
 * A segment that was no spare: what is ahead in it gets its blocks between
 * batches, so that their syncs have nothing of the file system's to note.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/buf.h"
#include "spool/disk_real.h"
#include "spool/entry.h"
#include "spool/segment.h"
#include "spool/spare.h"
#include "spool/writer.h"

#define SEGMENT		(4ULL * SPARE_PIECE + 8192)
#define MESSAGES	64

struct world {
	char			 dir[64];
	struct disk		*disk;
	struct spool_writer	*writer;
};

static void
world_id(struct spool_id *id, uint32_t n)
{
	memset(id, 0, sizeof *id);
	memcpy(id->txn + 12, &n, sizeof n);
}

/* One message in a batch of its own. */
static void
world_store(struct world *w, uint32_t n)
{
	struct spool_entry	 entry = { .sender = STR("s@example.com"),
				    .recipient = STR("r@example.com"),
				    .queue = 1 };
	struct spool_draft	*d;
	struct spool_id		 id;
	struct buf		 b = BUF_INIT;

	world_id(&id, n);
	d = spool_draft_new(&id);
	assert_int_equal(spool_entry_put(&b, &entry, NULL), 0);
	assert_int_equal(spool_draft_body(d, STR("a: b\r\n\r\nc\r\n"), NULL),
	    0);
	assert_int_equal(spool_draft_entry(d, buf_str(&b), NULL), 0);
	assert_int_equal(spool_draft_end(d, NULL), 0);
	assert_int_equal(spool_writer_stage(w->writer, d, NULL), 0);
	assert_int_equal(spool_writer_commit(w->writer, NULL), 0);
	spool_draft_free(&d);
	buf_free(&b);
}

static void
world_open(struct world *w)
{
	assert_int_equal(spool_writer_open(&w->writer, w->disk, SEGMENT,
	    NULL), 0);
}

/* The file of the segment that is written to. */
static struct stat
world_file(const struct world *w)
{
	char		name[SEGMENT_NAME], path[128];
	struct stat	st;

	segment_name(name, spool_writer_durable(w->writer).segment);
	(void)snprintf(path, sizeof path, "%s/%s", w->dir, name);
	assert_int_equal(stat(path, &st), 0);
	return st;
}

static int
world_new(void **state)
{
	static struct world	w;

	(void)snprintf(w.dir, sizeof w.dir, "/tmp/halyard-filled-XXXXXX");
	assert_non_null(mkdtemp(w.dir));
	w.disk = disk_real_new(open(w.dir, O_RDONLY | O_DIRECTORY));
	world_open(&w);
	*state = &w;
	return 0;
}

static int
world_free(void **state)
{
	struct world	*w = *state;
	char		 command[96];

	spool_writer_close(&w->writer);
	disk_free(&w->disk);
	(void)snprintf(command, sizeof command, "rm -rf %s", w->dir);
	return system(command);
}

static void
test_ahead(void **state)
{
	struct world	*w = *state;
	struct spool_id	 id;
	struct stat	 st;
	uint32_t	 n = 0;

	world_store(w, n++);
	assert_in_range(world_file(w).st_size, SEGMENT_HEAD, SPARE_PIECE);
	do {
		assert_int_equal(spool_writer_prepare(w->writer), 1);
		st = world_file(w);
		world_store(w, n++);
	} while ((uint64_t)st.st_size < SEGMENT && n < MESSAGES);
	assert_int_equal(st.st_size, SEGMENT);
	assert_true((uint64_t)st.st_blocks * 512 >= SEGMENT);
	while (n < MESSAGES)
		world_store(w, n++);
	assert_int_equal(world_file(w).st_size, SEGMENT);

	/* The zeros covered nothing, and what is after them is no damage. */
	spool_writer_close(&w->writer);
	world_open(w);
	for (n = 0; n < MESSAGES; n++) {
		world_id(&id, n);
		assert_true(spool_writer_has(w->writer, &id));
	}
}

/* The next one is a spare, and is left as it is. */
static void
test_spare(void **state)
{
	struct world	*w = *state;
	int		 pieces = 0;

	while (spool_writer_prepare(w->writer) == 1)
		assert_in_range(++pieces, 1, 64);
	spool_writer_close(&w->writer);
	world_open(w);
	assert_int_equal(world_file(w).st_size, SEGMENT);
	world_store(w, 1);
	for (pieces = 0; spool_writer_prepare(w->writer) == 1;)
		assert_in_range(++pieces, 1, SEGMENT / SPARE_PIECE + 3);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(test_ahead, world_new,
		    world_free),
		cmocka_unit_test_setup_teardown(test_spare, world_new,
		    world_free),
	};

	return cmocka_run_group_tests_name("filled", tests, NULL, NULL);
}
