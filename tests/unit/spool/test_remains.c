/*
 * What lies in a file behind a segment's end: it may have been another
 * segment's before, with bytes that somebody sent as a message.  They may look
 * like a batch of this one: checksums are no secret, ids and offsets can be
 * guessed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "spool/segment.h"

#include "world.h"

#define SEGMENT	(64 * 1024)
#define MINE	3
#define FORGED	1000		/* number of the transaction */

static void
begin(struct world *w)
{
	struct world_options	o = { .segment = SEGMENT, .body = 100 };

	world_init(w, &o);
	world_writer(w);
}

static void
file_of(struct world *w, struct disk_file **f, int how)
{
	char	name[SEGMENT_NAME];

	segment_name(name, spool_writer_durable(w->writer).segment);
	assert_int_equal(disk_open(w->disk, name, how, f), 0);
}

/* A batch as a writer makes it there, of the segment of that number. */
static void
forge(unsigned char out[SEGMENT_BLOCK], uint64_t segment, uint64_t at)
{
	struct world		 w;
	struct disk_file	*f;

	begin(&w);
	while (spool_writer_durable(w.writer).segment < segment)
		world_writer(&w);
	while (spool_writer_durable(w.writer).offset < at)
		(void)world_store(&w, 1);
	assert_int_equal(spool_writer_durable(w.writer).offset, at);
	w.next = FORGED;
	(void)world_store(&w, 1);
	file_of(&w, &f, DISK_READ);
	assert_int_equal(disk_read(f, out, SEGMENT_BLOCK, at), SEGMENT_BLOCK);
	disk_close(&f);
	world_fini(&w);
}

/* What was written to the file is on the disk; the start that follows takes
 * nothing of it for mail. */
static void
start_again(struct world *w, struct disk_file **f)
{
	assert_int_equal(disk_sync(*f), 0);
	disk_close(f);
	world_cut(w, false);
	world_open(w);
	assert_false(world_has(w, FORGED, 1));
}

/* The segment's end is at `mine`; what was there before, so much behind. */
static void
remains(uint64_t behind)
{
	struct world		 w;
	struct disk_file	*f;
	struct spool_place	 end;
	unsigned char		 block[SEGMENT_BLOCK];

	begin(&w);
	world_fill(&w, MINE, 1);
	end = spool_writer_durable(w.writer);
	forge(block, end.segment, end.offset + behind);
	file_of(&w, &f, DISK_WRITE);
	assert_int_equal(disk_write_bytes(f, block, sizeof block,
	    end.offset + behind), 0);
	start_again(&w, &f);
	assert_int_equal(world_counts(&w).entries, MINE);
	world_fini(&w);
}

static void
test_at_the_end(void **state)
{
	(void)state;
	remains(0);
}

static void
test_behind(void **state)
{
	(void)state;
	remains(5 * SEGMENT_BLOCK);
}

/* In the middle, where a batch is damaged, as a body of the next one. */
static void
test_in_a_body(void **state)
{
	struct world		 w;
	struct disk_file	*f;
	struct spool_place	 end;
	unsigned char		 block[SEGMENT_BLOCK], none[BATCH_HEAD] = { 0 };

	(void)state;
	begin(&w);
	(void)world_store(&w, 1);
	end = spool_writer_durable(w.writer);
	forge(block, end.segment, end.offset + SEGMENT_BLOCK);
	w.o.body = 3 * SEGMENT_BLOCK;
	(void)world_store(&w, 1);
	w.o.body = 100;
	(void)world_store(&w, 1);
	file_of(&w, &f, DISK_WRITE);
	assert_int_equal(disk_write_bytes(f, none, sizeof none, end.offset),
	    0);
	assert_int_equal(disk_write_bytes(f, block, sizeof block,
	    end.offset + SEGMENT_BLOCK), 0);
	start_again(&w, &f);
	assert_true(world_has(&w, 2, 1));
	world_fini(&w);
}

/* A file that gets its name, and has the head that it had before. */
static void
test_no_head(void **state)
{
	struct world		 w;
	struct disk_file	*f;
	char			 name[SEGMENT_NAME];
	unsigned char		 block[SEGMENT_BLOCK];
	uint64_t		 id;

	(void)state;
	begin(&w);
	world_fill(&w, MINE, 1);
	id = spool_writer_durable(w.writer).segment;
	forge(block, id + 1, 5 * SEGMENT_BLOCK);
	spool_writer_close(&w.writer);
	segment_name(name, id + 1);
	assert_int_equal(disk_open(w.disk, name, DISK_CREATE, &f), 0);
	assert_int_equal(disk_fill(f, 0, SEGMENT), 0);
	assert_int_equal(disk_write_bytes(f, block, sizeof block,
	    5 * SEGMENT_BLOCK), 0);
	segment_put(block, &(struct segment){ .id = 1, .size = SEGMENT });
	assert_int_equal(disk_write_bytes(f, block, sizeof block, 0), 0);
	start_again(&w, &f);
	assert_int_equal(world_counts(&w).entries, MINE);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_at_the_end),
		cmocka_unit_test(test_behind),
		cmocka_unit_test(test_in_a_body),
		cmocka_unit_test(test_no_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
