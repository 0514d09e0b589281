/*
 * spool_corrupt: what is damaged is told of in any case; a copy is set aside,
 * or it stays, or it goes; and the rest of the queue is there.
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
#include "spool/book_envelope.h"
#include "spool/disk_fake.h"
#include "spool/entry.h"
#include "spool/segment.h"
#include "spool/writer.h"

#define COUNT	10

struct world {
	struct disk		*disk;
	struct kv_model		*index;
	struct spool_writer	*writer;
	struct book		*book;
	int			 told;
	char			 last[256];
};

static void
world_damage(void *arg, const char *what)
{
	struct world	*t = arg;

	t->told++;
	(void)snprintf(t->last, sizeof t->last, "%s", what);
}

static void
world_id(struct spool_id *id, uint32_t n)
{
	memset(id, 0, sizeof *id);
	memcpy(id->txn, "corrupt", 7);
	memcpy(id->txn + 12, &n, 4);
	id->queue = 1;
}

/* A batch of its own. */
static void
world_store(struct world *t, uint32_t n)
{
	struct spool_entry	 entry = { .queue = 1, .size = 4,
				    .sender = STR("a@example.com"),
				    .recipient = STR("b@example.com") };
	struct buf		 bytes = BUF_INIT;
	struct spool_draft	*d;
	struct spool_id		 id;
	struct err		 e;

	world_id(&id, n);
	d = spool_draft_new(&id);
	assert_int_equal(spool_entry_put(&bytes, &entry, &e), 0);
	assert_int_equal(spool_draft_body(d, STR("body"), &e), 0);
	assert_int_equal(spool_draft_entry(d, buf_str(&bytes), &e), 0);
	assert_int_equal(spool_draft_end(d, &e), 0);
	assert_int_equal(spool_writer_stage(t->writer, d, &e), 0);
	assert_int_equal(spool_writer_commit(t->writer, &e), 0);
	spool_draft_free(&d);
	buf_free(&bytes);
}

static void
world_open(struct world *t, enum book_corrupt how)
{
	struct book_options	o = { .disk = t->disk,
				    .index_ops = &kv_model_ops,
				    .index_arg = t->index, .corrupt = how,
				    .events = { .damage = world_damage,
				    .arg = t } };
	struct spool_place	end = spool_writer_durable(t->writer);
	struct err		e;

	assert_int_equal(book_open(&t->book, &o, &e), 0);
	assert_int_equal(book_hint(t->book, end.segment, end.offset, &e), 0);
}

static void
world_begin(struct world *t)
{
	struct err	e;
	uint32_t	n;

	memset(t, 0, sizeof *t);
	t->disk = disk_fake_new(11);
	t->index = kv_model_new();
	assert_int_equal(spool_writer_open(&t->writer, t->disk, 0, &e), 0);
	for (n = 0; n < COUNT; n++)
		world_store(t, n);
}

static void
world_end(struct world *t)
{
	book_close(&t->book);
	spool_writer_close(&t->writer);
	kv_model_free(&t->index);
	disk_free(&t->disk);
}

/* Copies in the folder. */
static int
world_name(void *arg, const char *name)
{
	int	*count = arg;

	*count += name[0] != '.' && strcmp(name, "new") != 0;
	return 0;
}

static int
world_copies(struct world *t)
{
	int	count = 0;

	(void)disk_list(t->disk, "corrupt", world_name, &count);
	return count;
}

static uint64_t
world_entries(struct world *t)
{
	struct book_counts	c;

	book_count(t->book, &c);
	return c.entries;
}

/* The entry no longer reads. */
static void
world_break(struct world *t, const struct book_entry *entry)
{
	char	name[SEGMENT_NAME];

	segment_name(name, entry->place.segment);
	assert_int_equal(disk_fake_damage(t->disk, name,
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
	struct book_envelope	envelope;
	struct book_entry	entry;
	struct world		t;
	struct spool_id		id;
	struct err		e;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		world_begin(&t);
		world_open(&t, rows[i].how);
		world_id(&id, 4);
		assert_int_equal(book_get(t.book, &id, &entry, &e), 0);
		world_break(&t, &entry);
		assert_int_equal(book_envelope(t.book, &id, &envelope, &e),
		    -1);
		assert_int_equal(t.told, 1);
		assert_non_null(strstr(t.last, "is damaged"));
		assert_int_equal(book_get(t.book, &id, &entry, &e),
		    rows[i].stays ? 0 : 1);
		assert_int_equal(world_copies(&t), rows[i].copies);
		assert_int_equal(world_entries(&t), COUNT - !rows[i].stays);
		world_id(&id, 5);
		assert_int_equal(book_envelope(t.book, &id, &envelope, &e),
		    0);
		world_end(&t);
	}
}

/* A segment that is read anew: once more makes no second copy. */
static void
test_segment(void **state)
{
	struct book_entry	entry;
	struct world		t;
	struct spool_id		id;
	struct err		e;
	size_t			i;
	int			again;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		world_begin(&t);
		world_open(&t, rows[i].how);
		world_id(&id, 4);
		assert_int_equal(book_get(t.book, &id, &entry, &e), 0);
		book_close(&t.book);
		world_break(&t, &entry);
		for (again = 0; again < 2; again++) {
			kv_model_damage(t.index);
			t.told = 0;
			world_open(&t, rows[i].how);
			assert_true(t.told > 0);
			assert_int_equal(world_entries(&t), COUNT - 1);
			assert_int_equal(world_copies(&t), rows[i].copies);
			book_close(&t.book);
		}
		world_end(&t);
	}
}

/* The checkpoint, which is made anew. */
static void
test_checkpoint(void **state)
{
	struct world	t;
	struct err	e;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		world_begin(&t);
		world_open(&t, rows[i].how);
		assert_int_equal(book_checkpoint(t.book, &e), 0);
		book_close(&t.book);
		assert_int_equal(disk_fake_damage(t.disk, "checkpoint", 40,
		    8), 0);
		world_open(&t, rows[i].how);
		assert_int_equal(t.told, 1);
		assert_int_equal(world_copies(&t), rows[i].copies);
		assert_int_equal(world_entries(&t), COUNT);
		world_end(&t);
	}
}

/* Where there is no room for the copy nothing is given up. */
static void
test_no_room(void **state)
{
	struct book_envelope	envelope;
	struct book_entry	entry;
	struct world		t;
	struct spool_id		id;
	struct err		e;

	(void)state;
	world_begin(&t);
	world_open(&t, BOOK_CORRUPT_RENAME);
	world_id(&id, 4);
	assert_int_equal(book_get(t.book, &id, &entry, &e), 0);
	world_break(&t, &entry);
	disk_fake_fault(t.disk, DISK_FAULT_ENOSPC, 1);
	assert_int_equal(book_envelope(t.book, &id, &envelope, &e), -1);
	assert_int_equal(t.told, 2);
	assert_non_null(strstr(t.last, "can't be set aside"));
	assert_int_equal(book_get(t.book, &id, &entry, &e), 0);
	disk_fake_fault(t.disk, DISK_FAULT_NONE, 0);
	assert_int_equal(book_envelope(t.book, &id, &envelope, &e), -1);
	assert_int_equal(book_get(t.book, &id, &entry, &e), 1);
	world_end(&t);
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
