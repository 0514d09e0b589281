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

#include "spool/disk_real.h"
#include "spool/segment.h"
#include "spool/spare.h"

#include "world.h"

#define SEGMENT		(4ULL * SPARE_PIECE + 8192)
#define MESSAGES	64

struct filled {
	char		 dir[64];
	struct world	 w;
};

/* The file of the segment that is written to. */
static struct stat
filled_file(const struct filled *f)
{
	char		name[SEGMENT_NAME], path[128];
	struct stat	st;

	segment_name(name, spool_writer_durable(f->w.writer).segment);
	(void)snprintf(path, sizeof path, "%s/%s", f->dir, name);
	assert_int_equal(stat(path, &st), 0);
	return st;
}

static int
filled_new(void **state)
{
	static struct filled	f;
	struct world_options	o = { .segment = SEGMENT };

	(void)snprintf(f.dir, sizeof f.dir, "/tmp/halyard-filled-XXXXXX");
	assert_non_null(mkdtemp(f.dir));
	o.disk = disk_real_new(open(f.dir, O_RDONLY | O_DIRECTORY));
	world_init(&f.w, &o);
	world_writer(&f.w);
	*state = &f;
	return 0;
}

static int
filled_free(void **state)
{
	struct filled	*f = *state;
	char		 command[96];

	world_fini(&f->w);
	(void)snprintf(command, sizeof command, "rm -rf %s", f->dir);
	return system(command);
}

static void
test_ahead(void **state)
{
	struct filled	*f = *state;
	struct world	*w = &f->w;
	struct spool_id	 id;
	struct stat	 st;
	uint32_t	 n;

	world_store(w, 1);
	assert_in_range(filled_file(f).st_size, SEGMENT_HEAD, SPARE_PIECE);
	do {
		assert_int_equal(spool_writer_prepare(w->writer), 1);
		st = filled_file(f);
		world_store(w, 1);
	} while ((uint64_t)st.st_size < SEGMENT && w->next < MESSAGES);
	assert_int_equal(st.st_size, SEGMENT);
	assert_true((uint64_t)st.st_blocks * 512 >= SEGMENT);
	world_fill(w, MESSAGES - w->next, 1);
	assert_int_equal(filled_file(f).st_size, SEGMENT);

	/* The zeros covered nothing, and what is after them is no damage. */
	world_writer(w);
	for (n = 0; n < MESSAGES; n++) {
		id = world_id(n, 0);
		assert_true(spool_writer_has(w->writer, &id));
	}
}

/* The next one is a spare, and is left as it is. */
static void
test_spare(void **state)
{
	struct filled	*f = *state;
	struct world	*w = &f->w;
	int		 pieces = 0;

	while (spool_writer_prepare(w->writer) == 1)
		assert_in_range(++pieces, 1, 64);
	world_writer(w);
	assert_int_equal(filled_file(f).st_size, SEGMENT);
	world_store(w, 1);
	for (pieces = 0; spool_writer_prepare(w->writer) == 1;)
		assert_in_range(++pieces, 1, SEGMENT / SPARE_PIECE + 3);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(test_ahead, filled_new,
		    filled_free),
		cmocka_unit_test_setup_teardown(test_spare, filled_new,
		    filled_free),
	};

	return cmocka_run_group_tests_name("filled", tests, NULL, NULL);
}
