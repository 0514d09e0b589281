/*
 * Tables: what is written is read, chunk by chunk; damage anywhere is met or
 * changes nothing; the book writes one for a segment that has come to its end,
 * uses it when its index is made anew, does without one that is damaged,
 * missing or of another version, and drops it with its segment.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spool/book_table.h"
#include "spool/verify.h"

#include "world.h"

#define SEGMENT_BYTES	(64 * 1024)
#define COUNT		60		/* transactions, of 4 KiB each */

/* ---- The file ------------------------------------------------------------ */

#define ROWS	3000			/* several chunks */

static void
row_of(struct reader_entry *r, struct buf *bytes, uint32_t n)
{
	struct spool_entry	entry = { .queue = n + 1, .size = n,
				    .recipient = STR("r@example.com"),
				    .jobid = STR("a job of some length") };

	memset(r, 0, sizeof *r);
	buf_clear(bytes);
	assert_int_equal(spool_entry_put(bytes, &entry, NULL), 0);
	memcpy(r->id.txn, &n, sizeof n);
	r->id.queue = n + 1;
	r->place = (struct spool_place){ 7, 4096 + n };
	r->body = n * 2;
	r->edits = n * 3;
	r->bytes = buf_str(bytes);
}

static void
write_rows(struct disk *disk)
{
	struct table_writer	w;
	struct reader_entry	r;
	struct buf		bytes = BUF_INIT;
	struct err		e;
	uint32_t		n;

	assert_int_equal(table_begin(&w, disk, 7, &e), 0);
	for (n = 0; n < ROWS; n++) {
		row_of(&r, &bytes, n);
		assert_int_equal(table_add(&w, &r, &e), 0);
	}
	assert_int_equal(table_end(&w, 10000, &e), 0);
	table_drop(&w);
	buf_free(&bytes);
}

static int
check_row(void *arg, const struct reader_entry *r)
{
	uint32_t		*n = arg;
	struct reader_entry	 want;
	struct buf		 bytes = BUF_INIT;

	row_of(&want, &bytes, *n);
	assert_int_equal(r->id.queue, want.id.queue);
	assert_memory_equal(r->id.txn, want.id.txn, SPOOL_TXN_SIZE);
	assert_int_equal(r->place.segment, 7);
	assert_int_equal(r->place.offset, want.place.offset);
	assert_int_equal(r->body, want.body);
	assert_int_equal(r->edits, want.edits);
	assert_true(str_eq(r->bytes, want.bytes));
	assert_int_equal(r->entry.size, *n);
	buf_free(&bytes);
	++*n;
	return 0;
}

static enum table_state
read_rows(struct disk *disk, uint64_t segment, uint32_t *n, int *chunks)
{
	struct table_reader	r;
	enum table_state	state = table_open(&r, disk, segment);

	*n = 0;
	for (*chunks = 0; state == TABLE_OK; ++*chunks)
		state = table_next(&r, check_row, n);
	table_close(&r);
	return state;
}

static void
test_file(void **state)
{
	struct disk		*disk = disk_fake_new(1);
	struct disk_file	*f;
	uint64_t		 size, at;
	unsigned char		 byte;
	uint32_t		 n;
	int			 chunks;
	enum table_state	 now;

	(void)state;
	write_rows(disk);
	assert_int_equal(read_rows(disk, 7, &n, &chunks), TABLE_OVER);
	assert_int_equal(n, ROWS);
	assert_true(chunks > 3);
	assert_int_equal(read_rows(disk, 8, &n, &chunks), TABLE_NONE);
	assert_int_equal(disk_open(disk, "tables/0000000000000007",
	    DISK_WRITE, &f), 0);
	assert_int_equal(disk_size(f, &size), 0);
	for (at = 0; at < size; at += at < 200 ? 1 : 997) {
		assert_int_equal(disk_read(f, &byte, 1, at), 1);
		byte ^= 0x55;
		assert_int_equal(disk_write_bytes(f, &byte, 1, at), 0);
		now = read_rows(disk, 7, &n, &chunks);
		assert_int_equal(now, at == 7 ? TABLE_NONE : TABLE_DAMAGED);
		assert_true(n < ROWS);
		byte ^= 0x55;
		assert_int_equal(disk_write_bytes(f, &byte, 1, at), 0);
	}
	assert_int_equal(read_rows(disk, 7, &n, &chunks), TABLE_OVER);
	disk_close(&f);
	/* Another segment's, under its name. */
	assert_int_equal(disk_rename(disk, "tables/0000000000000007",
	    "tables/0000000000000008"), 0);
	assert_int_equal(read_rows(disk, 8, &n, &chunks), TABLE_DAMAGED);
	disk_free(&disk);
}

/* ---- The book ------------------------------------------------------------ */

static void
tables_init(struct world *w)
{
	struct world_options	o = { .segment = SEGMENT_BYTES, .body = 3000,
				    .book.compact_soon = true };

	world_init(w, &o);
	world_fill(w, COUNT, 1);
	world_open(w);
}

static int
count_name(void *arg, const char *name)
{
	(void)name;
	++*(int *)arg;
	return 0;
}

static int
tables_files(struct world *w)
{
	int	n = 0;

	assert_int_equal(disk_list(w->disk, TABLE_DIR, count_name, &n), 0);
	return n;
}

static void
tables_all(struct world *w)
{
	int	rc;

	while ((rc = book_tables(w->book, 0, &w->e)) == 1)
		;
	assert_int_equal(rc, 0);
}

static void
tables_break(struct world *w, uint64_t segment, uint64_t at)
{
	struct disk_file	*f;
	char			 name[TABLE_NAME];

	table_name(name, segment);
	assert_int_equal(disk_open(w->disk, name, DISK_WRITE, &f), 0);
	assert_int_equal(disk_write_bytes(f, "7", 1, at), 0);
	disk_close(&f);
}

static void
tables_verify(struct world *w, struct verify_report *report)
{
	struct verify_calls	calls = { .arg = NULL };

	assert_int_equal(spool_verify(w->disk, &calls, report, &w->e), 0);
}

static void
test_book(void **state)
{
	struct verify_report	report;
	struct world		w;
	char			name[TABLE_NAME];
	uint32_t		n;
	int			sealed;

	(void)state;
	tables_init(&w);
	/* Nothing before it is at rest. */
	assert_int_equal(book_tables(w.book, 1000, &w.e), 0);
	w.o.book.time.mono_ms = 999;
	book_time(w.book, w.o.book.time);
	assert_int_equal(book_tables(w.book, 1000, &w.e), 0);
	w.o.book.time.mono_ms = 1000;
	book_time(w.book, w.o.book.time);
	assert_int_equal(book_tables(w.book, 1000, &w.e), 1);
	tables_all(&w);
	sealed = (int)world_counts(&w).segments - 1;
	assert_true(sealed >= 3);
	assert_int_equal(tables_files(&w), sealed);
	tables_verify(&w, &report);
	assert_int_equal(report.tables, sealed);
	assert_int_equal(report.damaged, 0);

	world_again(&w, true);
	assert_int_equal(world_counts(&w).entries, COUNT);
	assert_int_equal(world_counts(&w).tables, sealed);

	/* Of another version, damaged, and gone. */
	tables_break(&w, 1, 7);
	tables_break(&w, 2, TABLE_HEAD + 100);
	table_name(name, 3);
	assert_int_equal(disk_unlink(w.disk, name), 0);
	tables_verify(&w, &report);
	assert_int_equal(report.damaged, 1);
	world_again(&w, true);
	assert_int_equal(world_counts(&w).entries, COUNT);
	assert_int_equal(world_counts(&w).tables, sealed - 3);
	assert_int_equal(w.damaged, 1);
	assert_int_equal(tables_files(&w), sealed - 3);
	tables_all(&w);
	assert_int_equal(tables_files(&w), sealed);

	/* They go with their segments. */
	for (n = 0; n < COUNT; n++)
		world_done(&w, n, 1);
	world_checkpoint(&w);
	world_checkpoint(&w);
	assert_int_equal(tables_files(&w), 0);
	world_fini(&w);
}

/* What was compacted has a table, too, and is verified; one that nobody has
 * is removed at a start. */
static void
test_compacted(void **state)
{
	struct verify_report	report;
	struct world		w;
	uint32_t		n;
	int			files;

	(void)state;
	tables_init(&w);
	tables_all(&w);
	for (n = 0; n < COUNT; n += 2)
		world_done(&w, n, 1);
	world_compact(&w);
	world_checkpoint(&w);
	world_checkpoint(&w);
	tables_all(&w);
	assert_true(world_counts(&w).compacted >= 3);
	files = tables_files(&w);
	assert_true(files >= 3);
	tables_verify(&w, &report);
	assert_int_equal(report.tables, files);
	assert_int_equal(report.damaged, 0);
	assert_true(report.entries >= COUNT / 2);
	world_again(&w, true);
	assert_int_equal(world_counts(&w).entries, COUNT / 2);
	assert_int_equal(world_counts(&w).tables, files);

	write_rows(w.disk);
	assert_int_equal(disk_rename(w.disk, "tables/0000000000000007",
	    "tables/0000000000000999"), 0);
	assert_int_equal(tables_files(&w), files + 1);
	world_again(&w, false);
	assert_int_equal(tables_files(&w), files);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_book),
		cmocka_unit_test(test_compacted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
