/*
 * A batch that is not read to its end, since the index or the disk fails in
 * the middle: it is read again, nothing is counted twice and nothing is
 * missing, whichever call it is that fails.
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
#include "spool/disk_fake.h"
#include "spool/entry.h"
#include "spool/writer.h"

#define COUNT	12		/* transactions of one batch */
#define LARGE	40		/* entries of one that has several batches */

struct world {
	struct disk		*disk;
	struct kv_model		*index;
	struct spool_writer	*writer;
	struct book		*book;
	int			 arrived;
};

/* ---- An index of which one call fails ------------------------------------ */

static int	gets;		/* until it does; 0: none */

static int
failing_get(struct kv *kv, struct str key, struct str *value, struct err *e)
{
	if (gets > 0 && --gets == 0)
		return err_set(e, "get: it fails this time");
	return kv_model_ops.get(kv, key, value, e);
}

static struct kv_ops	failing_ops;

/* kv_open() of the model names the model's own. */
static int
failing_open(struct kv **kv, void *arg, struct err *e)
{
	int	rc = kv_model_ops.open(kv, arg, e);

	if (rc == 0)
		(*kv)->ops = &failing_ops;
	return rc;
}

/* ---- The spool ----------------------------------------------------------- */

static void
world_id(struct spool_id *id, uint32_t n, uint32_t queue)
{
	memset(id, 0, sizeof *id);
	memcpy(id->txn, "half", 4);
	memcpy(id->txn + 12, &n, 4);
	id->queue = queue;
}

static void
world_entry(struct spool_draft *d, uint32_t queue)
{
	struct spool_entry	entry = { .queue = queue, .size = 4,
				    .sender = STR("a@example.com"),
				    .recipient = STR("b@example.com") };
	struct buf		bytes = BUF_INIT;
	struct err		e;

	entry.flags = queue % 3 == 0 ? ENTRY_HOLD : 0;
	assert_int_equal(spool_entry_put(&bytes, &entry, &e), 0);
	assert_int_equal(spool_draft_entry(d, buf_str(&bytes), &e), 0);
	buf_free(&bytes);
}

static struct spool_draft *
world_draft(uint32_t n)
{
	struct spool_draft	*d;
	struct spool_id		 id;
	struct err		 e;

	world_id(&id, n, 0);
	d = spool_draft_new(&id);
	assert_int_equal(spool_draft_body(d, STR("body"), &e), 0);
	return d;
}

/* One of several batches, between the first and the last of which the others
 * are stored. */
static void
world_store(struct world *w)
{
	struct spool_draft	*d[COUNT], *large = world_draft(COUNT);
	struct err		 e;
	uint32_t		 n;

	for (n = 1; n <= LARGE / 2; n++)
		world_entry(large, n);
	assert_int_equal(spool_writer_stage(w->writer, large, &e), 0);
	assert_int_equal(spool_writer_commit(w->writer, &e), 0);
	for (n = 0; n < COUNT; n++) {
		d[n] = world_draft(n);
		world_entry(d[n], 1);
		world_entry(d[n], 2);
		assert_int_equal(spool_draft_end(d[n], &e), 0);
		assert_int_equal(spool_writer_stage(w->writer, d[n], &e), 0);
	}
	for (n = LARGE / 2 + 1; n <= LARGE; n++)
		world_entry(large, n);
	assert_int_equal(spool_draft_end(large, &e), 0);
	assert_int_equal(spool_writer_stage(w->writer, large, &e), 0);
	assert_int_equal(spool_writer_commit(w->writer, &e), 0);
	spool_draft_free(&large);
	for (n = 0; n < COUNT; n++)
		spool_draft_free(&d[n]);
}

static void
world_arrived(void *arg, const struct spool_id *id,
    const struct spool_entry *entry, uint64_t queue)
{
	struct world	*w = arg;

	(void)id;
	(void)entry;
	(void)queue;
	w->arrived++;
}

static void
world_open(struct world *w)
{
	struct book_options	o = { .disk = w->disk,
				    .index_ops = &failing_ops,
				    .index_arg = w->index,
				    .events = { .arrived = world_arrived,
				    .arg = w } };
	struct err		e;

	if (book_open(&w->book, &o, &e) == -1)
		fail_msg("%s", e.text);
}

static void
world_begin(struct world *w)
{
	struct spool_place	end;
	struct err		e;

	memset(w, 0, sizeof *w);
	w->disk = disk_fake_new(3);
	w->index = kv_model_new();
	assert_int_equal(spool_writer_open(&w->writer, w->disk, 0, &e), 0);
	end = spool_writer_durable(w->writer);
	world_open(w);
	assert_int_equal(book_hint(w->book, end.segment, end.offset, &e), 0);
	world_store(w);
}

static void
world_end(struct world *w)
{
	book_close(&w->book);
	spool_writer_close(&w->writer);
	kv_model_free(&w->index);
	disk_free(&w->disk);
}

/* ---- What has to be ------------------------------------------------------ */

#define ENTRIES	(COUNT * 2 + LARGE)
#define HELD	(LARGE / 3)

static void
world_check(struct world *w)
{
	struct book_counts	c;
	struct book_entry	entry;
	struct spool_id		id;
	struct err		e;
	uint32_t		n;

	book_count(w->book, &c);
	assert_int_equal(c.entries, ENTRIES);
	assert_int_equal(c.held, HELD);
	for (n = 0; n < ENTRIES; n++) {
		if (n < COUNT * 2)
			world_id(&id, n / 2, n % 2 + 1);
		else
			world_id(&id, COUNT, n - COUNT * 2 + 1);
		assert_int_equal(book_get(w->book, &id, &entry, &e), 0);
	}
}

/* One is deleted while the batch is read in part: it does not come back. */
static bool
world_delete(struct world *w)
{
	struct spool_id	id;
	struct err	e;

	world_id(&id, 0, 1);
	if (book_done(w->book, &id, 0, &e) != 0)
		return false;
	assert_int_equal(book_sync(w->book, &e), 0);
	return true;
}

/* false: there are fewer calls than that. */
static bool
round_of(int n, bool of_disk, bool deletes)
{
	struct world		w;
	struct spool_place	end;
	struct spool_id		id;
	struct book_counts	c;
	struct book_entry	entry;
	struct err		e;
	bool			came, gone = false;

	world_begin(&w);
	end = spool_writer_durable(w.writer);
	if (of_disk)
		disk_fake_fault(w.disk, DISK_FAULT_EIO, (uint64_t)n);
	else
		gets = n;
	came = book_hint(w.book, end.segment, end.offset, &e) == -1;
	disk_fake_fault(w.disk, DISK_FAULT_NONE, 0);
	gets = 0;
	if (came && deletes)
		gone = world_delete(&w);
	assert_int_equal(book_hint(w.book, end.segment, end.offset, &e), 0);
	if (gone) {
		world_id(&id, 0, 1);
		assert_int_equal(book_get(w.book, &id, &entry, &e), 1);
		book_count(w.book, &c);
		assert_int_equal(c.entries, ENTRIES - 1);
	} else {
		world_check(&w);
		assert_int_equal(w.arrived, ENTRIES);
	}
	/* And so it is for one who begins with its checkpoint. */
	assert_int_equal(book_checkpoint(w.book, &e), 0);
	book_close(&w.book);
	world_open(&w);
	assert_int_equal(book_hint(w.book, end.segment, end.offset, &e), 0);
	book_count(w.book, &c);
	assert_int_equal(c.entries, ENTRIES - gone);
	if (!gone)
		world_check(&w);
	world_end(&w);
	return came;
}

static void
test_index(void **state)
{
	int	n;

	(void)state;
	for (n = 1; round_of(n, false, false); n++)
		(void)round_of(n, false, true);
	assert_true(n > 10);
}

static void
test_disk(void **state)
{
	int	n, came = 0;

	(void)state;
	for (n = 1; n < 40; n++) {
		came += round_of(n, true, false);
		(void)round_of(n, true, true);
	}
	assert_true(came > 2);
}

/* No checkpoint says that a part of a batch was met. */
static void
test_checkpoint(void **state)
{
	struct world		w;
	struct spool_place	end;
	struct err		e;
	int			n;

	(void)state;
	for (n = 2; n < 40; n += 5) {
		world_begin(&w);
		end = spool_writer_durable(w.writer);
		gets = n;
		assert_int_equal(book_hint(w.book, end.segment, end.offset,
		    &e), -1);
		gets = 0;
		(void)book_checkpoint(w.book, &e);
		assert_int_equal(book_sync(w.book, &e), 0);
		book_close(&w.book);
		world_open(&w);
		assert_int_equal(book_hint(w.book, end.segment, end.offset,
		    &e), 0);
		world_check(&w);
		world_end(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_disk),
		cmocka_unit_test(test_checkpoint),
	};

	failing_ops = kv_model_ops;
	failing_ops.open = failing_open;
	failing_ops.get = failing_get;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
