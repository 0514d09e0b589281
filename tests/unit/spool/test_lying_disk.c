/*
 * A disk that confirmed what it did not write: the journal's last records are
 * gone, and the index has what they said.  That is told of, entries are
 * counted anew, and what is noted from then on is not taken for what was lost.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kv/kv_model.h"
#include "spool/book.h"
#include "spool/disk_fake.h"
#include "spool/entry.h"
#include "spool/journal_file.h"
#include "spool/writer.h"

#define COUNT	6

struct world {
	struct disk		*disk;
	struct kv_model		*index;
	struct spool_writer	*writer;
	struct book		*book;
	int			 told;
};

static void
world_damage(void *arg, const char *what)
{
	struct world	*w = arg;

	assert_non_null(strstr(what, " lost"));
	w->told++;
}

static void
world_id(struct spool_id *id, uint32_t n)
{
	memset(id, 0, sizeof *id);
	memcpy(id->txn, "lies", 4);
	memcpy(id->txn + 12, &n, 4);
	id->queue = 1;
}

static void
world_store(struct world *w, uint32_t n)
{
	struct spool_entry	entry = { .queue = 1, .size = 4,
				    .sender = STR("a@example.com"),
				    .recipient = STR("b@example.com") };
	struct buf		bytes = BUF_INIT;
	struct spool_draft	*d;
	struct spool_id		id;
	struct err		e;

	world_id(&id, n);
	d = spool_draft_new(&id);
	assert_int_equal(spool_entry_put(&bytes, &entry, &e), 0);
	assert_int_equal(spool_draft_body(d, STR("body"), &e), 0);
	assert_int_equal(spool_draft_entry(d, buf_str(&bytes), &e), 0);
	assert_int_equal(spool_draft_end(d, &e), 0);
	assert_int_equal(spool_writer_stage(w->writer, d, &e), 0);
	assert_int_equal(spool_writer_commit(w->writer, &e), 0);
	spool_draft_free(&d);
	buf_free(&bytes);
}

static void
world_open(struct world *w)
{
	struct book_options	o = { .disk = w->disk,
				    .index_ops = &kv_model_ops,
				    .index_arg = w->index,
				    .events = { .damage = world_damage,
				    .arg = w } };
	struct spool_place	end = spool_writer_durable(w->writer);
	struct err		e;

	if (book_open(&w->book, &o, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(book_hint(w->book, end.segment, end.offset, &e), 0);
}

static void
world_begin(struct world *w)
{
	struct err	e;
	uint32_t	n;

	memset(w, 0, sizeof *w);
	w->disk = disk_fake_new(5);
	w->index = kv_model_new();
	assert_int_equal(spool_writer_open(&w->writer, w->disk, 0, &e), 0);
	for (n = 0; n < COUNT; n++)
		world_store(w, n);
	world_open(w);
	assert_int_equal(book_checkpoint(w->book, &e), 0);
}

static void
world_end(struct world *w)
{
	book_close(&w->book);
	spool_writer_close(&w->writer);
	kv_model_free(&w->index);
	disk_free(&w->disk);
}

static void
world_change(struct world *w, uint32_t n, enum spool_state to)
{
	struct entry_state	s;
	struct spool_id		id;
	struct err		e;

	world_id(&id, n);
	assert_int_equal(book_state(w->book, &id, &s, &e), 0);
	s.state = to;
	assert_int_equal(book_change(w->book, &id, &s, &e), 0);
}

/* All that the last file of the journal has. */
static void
world_lose(struct world *w)
{
	struct journal_files	files = { NULL, 0, 0 };
	char			name[DISK_NAME_MAX];
	struct err		e;

	assert_int_equal(journal_files_read(&files, w->disk, &e), 0);
	journal_file_name(name, files.at[files.count - 1].id);
	assert_int_equal(disk_fake_damage(w->disk, name, JOURNAL_HEAD, 4096),
	    0);
	journal_files_fini(&files);
}

static void
world_counts(struct world *w, uint64_t entries, uint64_t held)
{
	struct book_counts	c;

	book_count(w->book, &c);
	assert_int_equal(c.entries, entries);
	assert_int_equal(c.held, held);
	assert_int_equal(c.deferred, 0);
	assert_int_equal(c.bouncing, 0);
	assert_false(c.rebuilt);
}

/* Held: in the index, and no longer in the journal. */
static void
world_held(struct world *w, uint32_t count)
{
	struct book_time	t = { 5000, 5000 };
	struct err		e;
	uint32_t		n;

	for (n = 0; n < count; n++)
		world_change(w, n, STATE_HOLD);
	assert_int_equal(book_sync(w->book, &e), 0);
	assert_int_equal(book_tick(w->book, t, &e), 0);
	book_close(&w->book);
	world_lose(w);
	world_open(w);
	assert_int_equal(w->told, 1);
	world_counts(w, COUNT, count);
}

static void
test_counts(void **state)
{
	struct spool_id	id;
	struct world	w;
	struct err	e;
	uint32_t	n;

	(void)state;
	world_begin(&w);
	world_held(&w, 3);
	for (n = 0; n < COUNT; n++) {
		world_id(&id, n);
		assert_int_equal(book_done(w.book, &id, 0, &e), 0);
	}
	world_counts(&w, 0, 0);
	assert_int_equal(book_sync(w.book, &e), 0);
	book_close(&w.book);
	world_open(&w);
	world_counts(&w, 0, 0);
	world_end(&w);
}

/* A change behind the gap outlives a start, though the index says of the
 * entry what was noted later by the journal that is lost. */
static void
test_positions(void **state)
{
	struct book_entry	entry;
	struct spool_id		id;
	struct world		w;
	struct err		e;

	(void)state;
	world_begin(&w);
	world_held(&w, 3);
	world_change(&w, 2, STATE_READY);	/* of what is lost */
	assert_int_equal(w.told, 2);
	assert_int_equal(book_sync(w.book, &e), 0);
	book_close(&w.book);
	world_open(&w);
	world_id(&id, 2);
	assert_int_equal(book_get(w.book, &id, &entry, &e), 0);
	assert_int_equal(entry.state, STATE_READY);
	world_counts(&w, COUNT, 2);
	world_end(&w);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_positions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
