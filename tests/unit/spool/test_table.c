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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kv/kv_model.h"
#include "spool/book.h"
#include "spool/book_table.h"
#include "spool/disk_fake.h"
#include "spool/entry.h"
#include "spool/verify.h"
#include "spool/writer.h"

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

struct world {
	struct disk		*disk;
	struct kv_model		*index;
	struct spool_writer	*writer;
	struct book		*book;
	struct book_time	 time;
	int			 damaged;
};

static void
world_damage(void *arg, const char *what)
{
	struct world	*w = arg;

	(void)what;
	w->damaged++;
}

static void
world_open(struct world *w)
{
	struct book_options	o = { .disk = w->disk,
				    .index_ops = &kv_model_ops,
				    .index_arg = w->index,
				    .compact_soon = true,
				    .events = { .damage = world_damage,
				    .arg = w } };
	struct spool_place	end = spool_writer_durable(w->writer);
	struct err		e;

	o.time = w->time;
	if (book_open(&w->book, &o, &e) == -1 ||
	    book_hint(w->book, end.segment, end.offset, &e) == -1)
		fail_msg("%s", e.text);
}

static void
world_id(struct spool_id *id, uint32_t n)
{
	memset(id, 0, sizeof *id);
	memcpy(id->txn, "table", 5);
	memcpy(id->txn + 12, &n, 4);
	id->queue = 1;
}

static void
world_store(struct world *w, uint32_t n)
{
	static char		 body[3000];
	struct spool_entry	 entry = { .queue = 1, .size = sizeof body,
				    .recipient = STR("b@example.com") };
	struct buf		 bytes = BUF_INIT;
	struct spool_draft	*d;
	struct spool_id		 id;
	struct err		 e;

	world_id(&id, n);
	d = spool_draft_new(&id);
	memset(body, 'x', sizeof body);
	assert_int_equal(spool_draft_body(d, (struct str){ body,
	    sizeof body }, &e), 0);
	assert_int_equal(spool_entry_put(&bytes, &entry, &e), 0);
	assert_int_equal(spool_draft_entry(d, buf_str(&bytes), &e), 0);
	assert_int_equal(spool_draft_end(d, &e), 0);
	assert_int_equal(spool_writer_stage(w->writer, d, &e), 0);
	assert_int_equal(spool_writer_commit(w->writer, &e), 0);
	spool_draft_free(&d);
	buf_free(&bytes);
}

static void
world_init(struct world *w)
{
	struct spool_place	end;
	struct err		e;
	uint32_t		n;

	memset(w, 0, sizeof *w);
	w->disk = disk_fake_new(1);
	w->index = kv_model_new();
	assert_int_equal(spool_writer_open(&w->writer, w->disk, SEGMENT_BYTES,
	    &e), 0);
	for (n = 0; n < COUNT; n++)
		world_store(w, n);
	world_open(w);
	end = spool_writer_durable(w->writer);
	assert_int_equal(book_hint(w->book, end.segment, end.offset, &e), 0);
}

static void
world_fini(struct world *w)
{
	book_close(&w->book);
	spool_writer_close(&w->writer);
	kv_model_free(&w->index);
	disk_free(&w->disk);
}

static void
world_anew(struct world *w, struct book_counts *counts)
{
	book_close(&w->book);
	kv_model_damage(w->index);
	world_open(w);
	book_count(w->book, counts);
	assert_true(counts->rebuilt);
}

static int
count_name(void *arg, const char *name)
{
	(void)name;
	++*(int *)arg;
	return 0;
}

static int
world_files(struct world *w)
{
	int	n = 0;

	assert_int_equal(disk_list(w->disk, TABLE_DIR, count_name, &n), 0);
	return n;
}

static void
world_tables(struct world *w)
{
	struct err	e;
	int		rc;

	while ((rc = book_tables(w->book, 0, &e)) == 1)
		;
	assert_int_equal(rc, 0);
}

static void
world_break(struct world *w, uint64_t segment, uint64_t at)
{
	struct disk_file	*f;
	char			 name[TABLE_NAME];

	table_name(name, segment);
	assert_int_equal(disk_open(w->disk, name, DISK_WRITE, &f), 0);
	assert_int_equal(disk_write_bytes(f, "7", 1, at), 0);
	disk_close(&f);
}

static void
world_verify(struct world *w, struct verify_report *report)
{
	struct verify_calls	calls = { .arg = NULL };
	struct err		e;

	assert_int_equal(spool_verify(w->disk, &calls, report, &e), 0);
}

static void
test_book(void **state)
{
	struct book_counts	counts;
	struct verify_report	report;
	struct world		w;
	struct err		e;
	struct spool_id		id;
	char			name[TABLE_NAME];
	uint32_t		n;
	int			sealed;

	(void)state;
	world_init(&w);
	/* Nothing before it is at rest. */
	assert_int_equal(book_tables(w.book, 1000, &e), 0);
	w.time.mono_ms = 999;
	book_time(w.book, w.time);
	assert_int_equal(book_tables(w.book, 1000, &e), 0);
	w.time.mono_ms = 1000;
	book_time(w.book, w.time);
	assert_int_equal(book_tables(w.book, 1000, &e), 1);
	world_tables(&w);
	book_count(w.book, &counts);
	sealed = (int)counts.segments - 1;
	assert_true(sealed >= 3);
	assert_int_equal(world_files(&w), sealed);
	world_verify(&w, &report);
	assert_int_equal(report.tables, sealed);
	assert_int_equal(report.damaged, 0);

	world_anew(&w, &counts);
	assert_int_equal(counts.entries, COUNT);
	assert_int_equal(counts.tables, sealed);

	/* Of another version, damaged, and gone. */
	world_break(&w, 1, 7);
	world_break(&w, 2, TABLE_HEAD + 100);
	table_name(name, 3);
	assert_int_equal(disk_unlink(w.disk, name), 0);
	world_verify(&w, &report);
	assert_int_equal(report.damaged, 1);
	world_anew(&w, &counts);
	assert_int_equal(counts.entries, COUNT);
	assert_int_equal(counts.tables, sealed - 3);
	assert_int_equal(w.damaged, 1);
	assert_int_equal(world_files(&w), sealed - 3);
	world_tables(&w);
	assert_int_equal(world_files(&w), sealed);

	/* They go with their segments. */
	for (n = 0; n < COUNT; n++) {
		world_id(&id, n);
		assert_int_equal(book_done(w.book, &id, SPOOL_END_DELIVERED,
		    &e), 0);
	}
	assert_int_equal(book_checkpoint(w.book, &e), 0);
	assert_int_equal(book_checkpoint(w.book, &e), 0);
	assert_int_equal(world_files(&w), 0);
	world_fini(&w);
}

/* What was compacted has a table, too, and is verified; one that nobody has
 * is removed at a start. */
static void
test_compacted(void **state)
{
	struct book_counts	counts;
	struct verify_report	report;
	struct world		w;
	struct err		e;
	struct spool_id		id;
	uint32_t		n;
	int			files;

	(void)state;
	world_init(&w);
	world_tables(&w);
	for (n = 0; n < COUNT; n += 2) {
		world_id(&id, n);
		assert_int_equal(book_done(w.book, &id, SPOOL_END_DELIVERED,
		    &e), 0);
	}
	while (book_compact(w.book, &e) == 1)
		;
	assert_int_equal(book_checkpoint(w.book, &e), 0);
	assert_int_equal(book_checkpoint(w.book, &e), 0);
	world_tables(&w);
	book_count(w.book, &counts);
	assert_true(counts.compacted >= 3);
	files = world_files(&w);
	assert_true(files >= 3);
	world_verify(&w, &report);
	assert_int_equal(report.tables, files);
	assert_int_equal(report.damaged, 0);
	assert_true(report.entries >= COUNT / 2);
	world_anew(&w, &counts);
	assert_int_equal(counts.entries, COUNT / 2);
	assert_int_equal(counts.tables, files);

	write_rows(w.disk);
	assert_int_equal(disk_rename(w.disk, "tables/0000000000000007",
	    "tables/0000000000000999"), 0);
	assert_int_equal(world_files(&w), files + 1);
	book_close(&w.book);
	world_open(&w);
	assert_int_equal(world_files(&w), files);
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
