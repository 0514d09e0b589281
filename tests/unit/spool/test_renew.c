/*
 * The journal's own compaction: its length stays within a bound whatever waits
 * and whichever segments stay; what is told again says what was said before,
 * also to a book that is opened again and to an index that is made anew.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kv/kv_model.h"
#include "spool/book.h"
#include "spool/book_quota.h"
#include "spool/book_renew.h"
#include "spool/book_started.h"
#include "spool/book_wait.h"
#include "spool/disk_fake.h"
#include "spool/entry.h"
#include "spool/fields.h"
#include "spool/journal.h"
#include "spool/segment.h"
#include "spool/writer.h"

#define PART	4096ULL
#define FILE_SIZE 8192ULL
/* Beside twice what is alive: parts that are no waste, those that wait for two
 * checkpoints, and what is in a file with them. */
#define BOUND	((8 + 4) * PART + 2 * FILE_SIZE)

struct world {
	struct disk		*disk;
	struct kv_model		*index;
	struct spool_writer	*writer;
	struct book		*book;
	bool			 is_short;
	uint32_t		 stored;
	uint64_t		 longest;
};

static void
world_open(struct world *w)
{
	struct book_options	o = { .disk = w->disk,
				    .index_ops = &kv_model_ops,
				    .index_arg = w->index,
				    .journal_size = FILE_SIZE,
				    .journal_part = PART,
				    .journal_short = w->is_short };
	struct spool_place	end = spool_writer_durable(w->writer);
	struct err		e;

	if (book_open(&w->book, &o, &e) == -1 ||
	    book_hint(w->book, end.segment, end.offset, &e) == -1)
		fail_msg("%s", e.text);
}

static void
world_init(struct world *w, uint64_t segment)
{
	struct err	e;

	memset(w, 0, sizeof *w);
	w->disk = disk_fake_new(1);
	w->index = kv_model_new();
	assert_int_equal(spool_writer_open(&w->writer, w->disk, segment, &e),
	    0);
	world_open(w);
}

static void
world_again(struct world *w, bool anew)
{
	book_close(&w->book);
	if (anew)
		kv_model_damage(w->index);
	world_open(w);
}

static void
world_fini(struct world *w)
{
	book_close(&w->book);
	spool_writer_close(&w->writer);
	kv_model_free(&w->index);
	disk_free(&w->disk);
}

static struct spool_id
id_of(uint32_t n, uint32_t queue)
{
	struct spool_id	id = { .queue = queue };

	memcpy(id.txn, "renew", 5);
	memcpy(id.txn + 12, &n, 4);
	return id;
}

/* A transaction, and the book reads it. */
static uint32_t
world_store(struct world *w, uint32_t entries)
{
	static char		 body[1000];
	struct spool_entry	 entry = { .size = sizeof body,
				    .recipient = STR("b@example.com") };
	uint32_t		 n = w->stored++;
	struct spool_id		 id = id_of(n, 0);
	struct spool_draft	*d = spool_draft_new(&id);
	struct spool_place	 end;
	struct buf		 bytes = BUF_INIT;
	struct err		 e;

	assert_int_equal(spool_draft_body(d, (struct str){ body,
	    sizeof body }, &e), 0);
	for (entry.queue = 1; entry.queue <= entries; entry.queue++) {
		buf_clear(&bytes);
		assert_int_equal(spool_entry_put(&bytes, &entry, &e), 0);
		assert_int_equal(spool_draft_entry(d, buf_str(&bytes), &e),
		    0);
	}
	assert_int_equal(spool_draft_end(d, &e), 0);
	assert_int_equal(spool_writer_stage(w->writer, d, &e), 0);
	assert_int_equal(spool_writer_commit(w->writer, &e), 0);
	spool_draft_free(&d);
	buf_free(&bytes);
	end = spool_writer_durable(w->writer);
	assert_int_equal(book_hint(w->book, end.segment, end.offset, &e), 0);
	return n;
}

static void
world_end(struct world *w, uint32_t n, uint32_t queue)
{
	struct spool_id	id = id_of(n, queue);
	struct err	e;

	assert_int_equal(book_done(w->book, &id, SPOOL_END_DELIVERED, &e), 0);
}

static void
world_retry(struct world *w, uint32_t n, uint32_t queue, uint16_t retry)
{
	struct spool_id		id = id_of(n, queue);
	struct entry_state	s;
	struct err		e;

	assert_int_equal(book_state(w->book, &id, &s, &e), 0);
	s.state = STATE_DEFER;
	s.retry = retry;
	s.due_ms = 1000;
	assert_int_equal(book_change(w->book, &id, &s, &e), 0);
}

static uint64_t
world_bytes(struct world *w)
{
	struct book_counts	counts;

	book_count(w->book, &counts);
	return counts.journal_bytes;
}

static uint64_t
world_renewed(struct world *w)
{
	struct book_counts	counts;

	book_count(w->book, &counts);
	return counts.renewed;
}

/* What qmgr does now and then, and how long the journal is at most. */
static void
world_tick(struct world *w)
{
	struct err	e;
	int		rc;

	assert_int_equal(book_checkpoint(w->book, &e), 0);
	while ((rc = book_renew(w->book, &e)) == 1)
		;
	assert_int_equal(rc, 0);
	if (world_bytes(w) > w->longest)
		w->longest = world_bytes(w);
}

/* The journal goes on by one entry that is deferred again and again. */
static void
world_churn(struct world *w, uint32_t n, uint32_t times)
{
	uint32_t	i;

	for (i = 0; i < times; i++) {
		world_retry(w, n, 1, (uint16_t)(i % 1000));
		if (i % 20 == 19)
			world_tick(w);
	}
	world_tick(w);
}

/* ---- One that is held ---------------------------------------------------- */

static void
held_change(struct world *w, uint32_t n)
{
	struct spool_id		id = id_of(n, 1);
	struct buf		pairs = BUF_INIT, quotas = BUF_INIT;
	struct entry_state	s;
	struct err		e;

	assert_int_equal(book_state(w->book, &id, &s, &e), 0);
	fields_list_add(&pairs, STR("key"));
	fields_list_add(&pairs, STR("value"));
	fields_list_add(&quotas, STR("quota"));
	s.state = STATE_HOLD;
	s.retry = 7;
	s.due_ms = 4711;
	s.changed = STATE_CHANGED_METADATA | STATE_CHANGED_QUOTAS |
	    STATE_CHANGED_TENANT;
	s.metadata = buf_str(&pairs);
	s.quotas = buf_str(&quotas);
	s.tenantid = STR("tenant");
	s.reason = STR("by hand");
	s.notified = 3;
	assert_int_equal(book_change(w->book, &id, &s, &e), 0);
	buf_free(&pairs);
	buf_free(&quotas);
}

static void
held_check(struct world *w, uint32_t n)
{
	struct spool_id		id = id_of(n, 1);
	struct entry_state	s;
	struct book_counts	c;
	struct str		pairs, word;
	uint64_t		count, bytes;
	struct err		e;

	assert_int_equal(book_state(w->book, &id, &s, &e), 0);
	assert_int_equal(s.state, STATE_HOLD);
	assert_int_equal(s.retry, 7);
	assert_int_equal(s.due_ms, 4711);
	assert_int_equal(s.notified, 3);
	assert_true(str_eq(s.tenantid, STR("tenant")));
	assert_true(str_eq(s.reason, STR("by hand")));
	pairs = s.metadata;
	assert_int_equal(fields_list_next(&pairs, &word), 0);
	assert_int_equal(fields_list_next(&pairs, &word), 0);
	assert_true(str_eq(word, STR("value")));
	assert_int_equal(book_quota(w->book, STR("quota"), &count, &bytes), 0);
	assert_int_equal(count, 1);
	assert_int_equal(bytes, 1000);
	book_count(w->book, &c);
	assert_int_equal(c.entries, 1);
	assert_int_equal(c.held, 1);
	assert_int_equal(c.deferred, 0);
}

static uint64_t
checkpoint_size(struct world *w)
{
	struct disk_file	*f;
	uint64_t		 size;

	assert_int_equal(disk_open(w->disk, "checkpoint", DISK_READ, &f), 0);
	assert_int_equal(disk_size(f, &size), 0);
	disk_close(&f);
	return size;
}

#define TOGETHER	100
#define OTHERS		100000

/* Others come, are deferred, and go. */
static void
test_held(void **state)
{
	struct world	w;
	uint32_t	i, k, n;
	uint64_t	renewed;

	(void)state;
	world_init(&w, 16 * 1024);
	world_store(&w, 1);
	held_change(&w, 0);
	for (i = 0; i < OTHERS; i += TOGETHER) {
		n = world_store(&w, TOGETHER);
		for (k = 1; k <= TOGETHER; k++) {
			if (k % 4 == 0)
				world_retry(&w, n, k, 1);
			world_end(&w, n, k);
			if (k % 25 == 0)
				world_tick(&w);
		}
	}
	/* Those of the last segments are not gone before these are. */
	assert_in_range(w.longest, PART, BOUND + 3 * TOGETHER * 160);
	renewed = world_renewed(&w);
	assert_true(renewed > 0 && renewed < OTHERS / 10);
	held_check(&w, 0);
	world_again(&w, false);
	held_check(&w, 0);
	world_again(&w, true);
	held_check(&w, 0);
	/* Who ended in segments that are gone is not waited for. */
	world_tick(&w);
	assert_in_range(checkpoint_size(&w), 1, 4 * TOGETHER * 65);
	world_fini(&w);
}

/* ---- A segment that stays ------------------------------------------------ */

#define LIVING	1000			/* in the segment that stays */

static void
stays_check(struct world *w, uint32_t n, uint32_t ended)
{
	struct book_entry	entry;
	struct book_counts	c;
	struct spool_id		id;
	struct err		e;
	uint32_t		i;

	for (i = 1; i <= LIVING; i++) {
		id = id_of(n, i);
		assert_int_equal(book_get(w->book, &id, &entry, &e),
		    i % 10 == 0 && i / 10 <= ended);
	}
	book_count(w->book, &c);
	assert_int_equal(c.entries, LIVING + 1 - ended);
}

/*
 * One of ten ends, now and then.  sealed: the next segments are written to; if
 * not, an index that is made anew reads this one behind the journal.
 */
static void
stays(bool sealed)
{
	struct world	w;
	uint32_t	i, n, other;

	world_init(&w, 8 << 20);
	n = world_store(&w, LIVING);
	if (sealed) {
		struct err	e;

		spool_writer_close(&w.writer);
		assert_int_equal(spool_writer_open(&w.writer, w.disk,
		    8 << 20, &e), 0);
	}
	other = world_store(&w, 1);
	for (i = 1; i <= LIVING / 10; i++) {
		world_end(&w, n, i * 10);
		world_churn(&w, other, 40);
	}
	assert_in_range(w.longest, PART, BOUND + 2 * (LIVING / 10 + 2) * 160);
	assert_true(world_renewed(&w) > LIVING / 10);
	stays_check(&w, n, LIVING / 10);
	world_again(&w, false);
	stays_check(&w, n, LIVING / 10);
	world_again(&w, true);
	stays_check(&w, n, LIVING / 10);
	/* By the ends that were told again, again. */
	world_churn(&w, other, 2000);
	assert_true(world_renewed(&w) > LIVING / 10);
	world_again(&w, true);
	stays_check(&w, n, LIVING / 10);
	world_fini(&w);
}

static void
test_sealed(void **state)
{
	(void)state;
	stays(true);
}

static void
test_written_to(void **state)
{
	(void)state;
	stays(false);
}

/* ---- Its end ------------------------------------------------------------- */

/* Where all is alive it is told again once, and not for ever. */
static void
test_ends(void **state)
{
	struct world	w;
	struct err	e;
	uint64_t	all, slices;
	uint32_t	i, n;
	int		rc;

	(void)state;
	world_init(&w, 8 << 20);
	n = world_store(&w, LIVING);
	for (i = 1; i <= LIVING; i++) {
		world_retry(&w, n, i, 1);
		if (i % 20 == 0)
			assert_int_equal(book_sync(w.book, &e), 0);
	}
	w.is_short = true;
	world_again(&w, false);
	all = world_bytes(&w);
	for (i = 0; i < 50; i++) {
		assert_int_equal(book_checkpoint(w.book, &e), 0);
		for (slices = 0; (rc = book_renew(w.book, &e)) == 1; slices++)
			assert_true(slices < 1000);
		assert_int_equal(rc, 0);
	}
	assert_in_range(world_renewed(&w), LIVING / 2, LIVING);
	assert_true(world_bytes(&w) <= all + 2 * FILE_SIZE);
	/* And as usual not at all: it is not long. */
	w.is_short = false;
	world_again(&w, false);
	world_tick(&w);
	assert_int_equal(world_renewed(&w), 0);
	world_fini(&w);
}

/* What room there is is for verdicts. */
static void
test_no_room(void **state)
{
	struct world	w;
	struct err	e;
	uint32_t	i, n;
	uint64_t	end;

	(void)state;
	world_init(&w, 8 << 20);
	n = world_store(&w, 100);
	for (i = 1; i <= 100; i++)
		world_retry(&w, n, i, 1);
	assert_int_equal(book_sync(w.book, &e), 0);
	w.is_short = true;
	world_again(&w, false);
	for (i = 0; i < 3; i++) {
		world_retry(&w, n, 1, 2);
		assert_int_equal(book_checkpoint(w.book, &e), 0);
	}
	end = world_bytes(&w);
	disk_fake_fault(w.disk, DISK_FAULT_ENOSPC, 1);
	assert_int_equal(book_renew(w.book, &e), 0);
	assert_int_equal(world_bytes(&w), end);
	disk_fake_fault(w.disk, DISK_FAULT_NONE, 0);
	while (book_renew(w.book, &e) == 1)
		;
	assert_true(world_bytes(&w) > end);
	world_fini(&w);
}

/* ---- What stays as it is ------------------------------------------------- */

static void
started_seen(void *arg, const struct spool_id *id, uint64_t worker)
{
	uint32_t	*seen = arg;

	assert_int_equal(id->queue, 1);
	assert_int_equal(worker, 5);
	(*seen)++;
}

/* An attempt that has begun goes on, and who waits for room does so. */
static void
test_started(void **state)
{
	struct world		w;
	struct spool_id		id;
	struct book_entry	before, now;
	struct err		e;
	uint32_t		n, other, seen = 0;

	(void)state;
	world_init(&w, 8 << 20);
	n = world_store(&w, 2);
	other = world_store(&w, 1);
	world_retry(&w, n, 1, 4);
	world_retry(&w, n, 2, 4);
	id = id_of(n, 1);
	assert_int_equal(book_started(w.book, &id, 5, &e), 0);
	id = id_of(n, 2);
	assert_int_equal(book_wait(w.book, &id, &e), 0);
	assert_int_equal(book_get(w.book, &id, &before, &e), 0);
	world_churn(&w, other, 2000);
	assert_true(world_renewed(&w) >= 2);
	assert_int_equal(book_get(w.book, &id, &now, &e), 0);
	assert_true(now.journal > before.journal);
	assert_true(now.waits);
	now.journal = before.journal;
	assert_memory_equal(&now, &before, sizeof now);
	book_started_walk(w.book, started_seen, &seen);
	assert_int_equal(seen, 1);
	world_again(&w, false);
	book_started_walk(w.book, started_seen, &seen);
	assert_int_equal(seen, 2);
	world_fini(&w);
}

/* ---- Records that a replay meets ----------------------------------------- */

static int
no_record(void *arg, const struct journal_record *r)
{
	(void)arg;
	(void)r;
	return 0;
}

/* Behind all that there is, while there is no book. */
static void
journal_append(struct world *w, int type, struct str payload)
{
	struct journal_options	 o = { .file_size = FILE_SIZE };
	struct journal_calls	 calls = { .record = no_record };
	struct journal		*j;
	struct err		 e;

	book_close(&w->book);
	assert_int_equal(journal_open(&j, w->disk, &o, &calls, &e), 0);
	(void)journal_add(j, type, payload);
	assert_int_equal(journal_sync(j, &e), 0);
	journal_close(&j);
}

/* It ends whoever is living as far as anybody knows, once. */
static void
test_end_that_was_lost(void **state)
{
	struct world		w;
	struct entry_state	s;
	struct book_entry	entry;
	struct book_counts	c;
	struct spool_id		id = id_of(0, 2);
	struct buf		payload = BUF_INIT;
	struct err		e;
	int			i;

	(void)state;
	world_init(&w, 8 << 20);
	world_store(&w, 3);
	world_retry(&w, 0, 2, 1);
	assert_int_equal(book_sync(w.book, &e), 0);
	assert_int_equal(book_state(w.book, &id, &s, &e), 0);
	assert_int_equal(state_put(&payload, &id, &s, &e), 0);
	for (i = 0; i < 3; i++) {
		journal_append(&w, JOURNAL_GONE, buf_str(&payload));
		if (i == 2)
			kv_model_damage(w.index);
		world_open(&w);
		assert_int_equal(book_get(w.book, &id, &entry, &e), 1);
		book_count(w.book, &c);
		assert_int_equal(c.entries, 2);
		assert_int_equal(c.deferred, 0);
	}
	buf_free(&payload);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_sealed),
		cmocka_unit_test(test_written_to),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_started),
		cmocka_unit_test(test_end_that_was_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
