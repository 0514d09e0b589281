/*
 * The journal's own compaction: its length stays within a bound whatever waits
 * and whichever segments stay; what is told again says what was said before,
 * also to a book that is opened again and to an index that is made anew.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spool/book_quota.h"
#include "spool/book_renew.h"
#include "spool/book_started.h"
#include "spool/book_wait.h"
#include "spool/fields.h"
#include "spool/journal.h"

#include "world.h"

#define PART	4096ULL
#define RETRY_MS	1000
#define FILE_SIZE 8192ULL
/* Beside twice what is alive: parts that are no waste, those that wait for two
 * checkpoints, and what is in a file with them. */
#define BOUND	((8 + 4) * PART + 2 * FILE_SIZE)

struct renew {
	struct world	w;
	uint64_t	longest;	/* that the journal was, in bytes */
};

static void
renew_init(struct renew *r, uint64_t segment)
{
	struct world_options	o = { .segment = segment, .body = 1000,
				    .book = { .journal_size = FILE_SIZE,
				    .journal_part = PART } };

	world_init(&r->w, &o);
	world_open(&r->w);
	r->longest = 0;
}

/* What qmgr does now and then, and how long the journal is at most. */
static void
renew_tick(struct renew *r)
{
	uint64_t	now;
	int		rc;

	world_checkpoint(&r->w);
	while ((rc = book_renew(r->w.book, &r->w.e)) == 1)
		;
	assert_int_equal(rc, 0);
	now = world_counts(&r->w).journal_bytes;
	if (now > r->longest)
		r->longest = now;
}

/* The journal goes on by one entry that is deferred again and again. */
static void
renew_churn(struct renew *r, uint32_t n, uint32_t times)
{
	uint32_t	i;

	for (i = 0; i < times; i++) {
		world_defer(&r->w, n, 1, (uint16_t)(i % 1000), RETRY_MS);
		if (i % 20 == 19)
			renew_tick(r);
	}
	renew_tick(r);
}

/* ---- One that is held ---------------------------------------------------- */

static void
held_change(struct world *w, uint32_t n)
{
	struct entry_state	s = world_state(w, n, 1);
	struct buf		pairs = BUF_INIT, quotas = BUF_INIT;

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
	world_change(w, n, 1, &s);
	buf_free(&pairs);
	buf_free(&quotas);
}

static void
held_check(struct world *w, uint32_t n)
{
	struct book_counts	c = world_counts(w);
	struct entry_state	s = world_state(w, n, 1);
	struct str		pairs = s.metadata, word;
	uint64_t		count, bytes;

	assert_int_equal(s.state, STATE_HOLD);
	assert_int_equal(s.retry, 7);
	assert_int_equal(s.due_ms, 4711);
	assert_int_equal(s.notified, 3);
	assert_true(str_eq(s.tenantid, STR("tenant")));
	assert_true(str_eq(s.reason, STR("by hand")));
	assert_int_equal(fields_list_next(&pairs, &word), 0);
	assert_int_equal(fields_list_next(&pairs, &word), 0);
	assert_true(str_eq(word, STR("value")));
	assert_int_equal(book_quota(w->book, STR("quota"), &count, &bytes), 0);
	assert_int_equal(count, 1);
	assert_int_equal(bytes, 1000);
	assert_int_equal(c.entries, 1);
	assert_int_equal(c.held, 1);
	assert_int_equal(c.deferred, 0);
}

#define TOGETHER	100
#define OTHERS		100000

/* Others come, are deferred, and go. */
static void
test_held(void **state)
{
	struct renew	r;
	uint32_t	i, k, n;
	uint64_t	renewed;

	(void)state;
	renew_init(&r, 16 * 1024);
	world_accept(&r.w, 1);
	held_change(&r.w, 0);
	for (i = 0; i < OTHERS; i += TOGETHER) {
		n = world_accept(&r.w, TOGETHER);
		for (k = 1; k <= TOGETHER; k++) {
			if (k % 4 == 0)
				world_defer(&r.w, n, k, 1, RETRY_MS);
			world_done(&r.w, n, k);
			if (k % 25 == 0)
				renew_tick(&r);
		}
	}
	/* Those of the last segments are not gone before these are. */
	assert_in_range(r.longest, PART, BOUND + 3 * TOGETHER * 160);
	renewed = world_counts(&r.w).renewed;
	assert_true(renewed > 0 && renewed < OTHERS / 10);
	held_check(&r.w, 0);
	world_again(&r.w, false);
	held_check(&r.w, 0);
	world_again(&r.w, true);
	held_check(&r.w, 0);
	/* Who ended in segments that are gone is not waited for. */
	renew_tick(&r);
	assert_in_range(world_size(&r.w, "checkpoint"), 1,
	    4 * TOGETHER * 65);
	world_fini(&r.w);
}

/* ---- A segment that stays ------------------------------------------------ */

#define LIVING	1000			/* in the segment that stays */

static void
stays_check(struct world *w, uint32_t n, uint32_t ended)
{
	uint32_t	i;

	for (i = 1; i <= LIVING; i++)
		assert_int_equal(world_has(w, n, i),
		    i % 10 != 0 || i / 10 > ended);
	assert_int_equal(world_counts(w).entries, LIVING + 1 - ended);
}

/*
 * One of ten ends, now and then.  sealed: the next segments are written to; if
 * not, an index that is made anew reads this one behind the journal.
 */
static void
stays(bool sealed)
{
	struct renew	r;
	uint32_t	i, n, other;

	renew_init(&r, 8 << 20);
	n = world_accept(&r.w, LIVING);
	if (sealed)
		world_writer(&r.w);
	other = world_accept(&r.w, 1);
	for (i = 1; i <= LIVING / 10; i++) {
		world_done(&r.w, n, i * 10);
		renew_churn(&r, other, 40);
	}
	assert_in_range(r.longest, PART, BOUND + 2 * (LIVING / 10 + 2) * 160);
	assert_true(world_counts(&r.w).renewed > LIVING / 10);
	stays_check(&r.w, n, LIVING / 10);
	world_again(&r.w, false);
	stays_check(&r.w, n, LIVING / 10);
	world_again(&r.w, true);
	stays_check(&r.w, n, LIVING / 10);
	/* By the ends that were told again, again. */
	renew_churn(&r, other, 2000);
	assert_true(world_counts(&r.w).renewed > LIVING / 10);
	world_again(&r.w, true);
	stays_check(&r.w, n, LIVING / 10);
	world_fini(&r.w);
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
	struct renew	r;
	struct world	*w = &r.w;
	uint64_t	all, slices;
	uint32_t	i, n;
	int		rc;

	(void)state;
	renew_init(&r, 8 << 20);
	n = world_accept(w, LIVING);
	for (i = 1; i <= LIVING; i++) {
		world_defer(w, n, i, 1, RETRY_MS);
		if (i % 20 == 0)
			world_sync(w);
	}
	w->o.book.journal_short = true;
	world_again(w, false);
	all = world_counts(w).journal_bytes;
	for (i = 0; i < 50; i++) {
		world_checkpoint(w);
		for (slices = 0; (rc = book_renew(w->book, &w->e)) == 1;
		    slices++)
			assert_true(slices < 1000);
		assert_int_equal(rc, 0);
	}
	assert_in_range(world_counts(w).renewed, LIVING / 2, LIVING);
	assert_true(world_counts(w).journal_bytes <= all + 2 * FILE_SIZE);
	/* And as usual not at all: it is not long. */
	w->o.book.journal_short = false;
	world_again(w, false);
	renew_tick(&r);
	assert_int_equal(world_counts(w).renewed, 0);
	world_fini(w);
}

/* What room there is is for verdicts. */
static void
test_no_room(void **state)
{
	struct renew	r;
	struct world	*w = &r.w;
	uint32_t	i, n;
	uint64_t	end;

	(void)state;
	renew_init(&r, 8 << 20);
	n = world_accept(w, 100);
	for (i = 1; i <= 100; i++)
		world_defer(w, n, i, 1, RETRY_MS);
	world_sync(w);
	w->o.book.journal_short = true;
	world_again(w, false);
	for (i = 0; i < 3; i++) {
		world_defer(w, n, 1, 2, RETRY_MS);
		world_checkpoint(w);
	}
	end = world_counts(w).journal_bytes;
	disk_fake_fault(w->disk, DISK_FAULT_ENOSPC, 1);
	assert_int_equal(book_renew(w->book, &w->e), 0);
	assert_int_equal(world_counts(w).journal_bytes, end);
	disk_fake_fault(w->disk, DISK_FAULT_NONE, 0);
	while (book_renew(w->book, &w->e) == 1)
		;
	assert_true(world_counts(w).journal_bytes > end);
	world_fini(w);
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
	struct renew		r;
	struct world		*w = &r.w;
	struct spool_id		begun, waits;
	struct book_entry	before, now;
	uint32_t		n, other, seen = 0;

	(void)state;
	renew_init(&r, 8 << 20);
	n = world_accept(w, 2);
	other = world_accept(w, 1);
	world_defer(w, n, 1, 4, RETRY_MS);
	world_defer(w, n, 2, 4, RETRY_MS);
	begun = world_id(n, 1);
	assert_int_equal(book_started(w->book, &begun, 5, &w->e), 0);
	waits = world_id(n, 2);
	assert_int_equal(book_wait(w->book, &waits, &w->e), 0);
	assert_int_equal(book_get(w->book, &waits, &before, &w->e), 0);
	renew_churn(&r, other, 2000);
	assert_true(world_counts(w).renewed >= 2);
	assert_int_equal(book_get(w->book, &waits, &now, &w->e), 0);
	assert_true(now.journal > before.journal);
	assert_true(now.waits);
	now.journal = before.journal;
	assert_memory_equal(&now, &before, sizeof now);
	book_started_walk(w->book, started_seen, &seen);
	assert_int_equal(seen, 1);
	world_again(w, false);
	book_started_walk(w->book, started_seen, &seen);
	assert_int_equal(seen, 2);
	world_fini(w);
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

	book_close(&w->book);
	assert_int_equal(journal_open(&j, w->disk, &o, &calls, &w->e), 0);
	(void)journal_add(j, type, payload);
	assert_int_equal(journal_sync(j, &w->e), 0);
	journal_close(&j);
}

/* It ends whoever is living as far as anybody knows, once. */
static void
test_end_that_was_lost(void **state)
{
	struct renew		r;
	struct world		*w = &r.w;
	struct entry_state	s;
	struct spool_id		id = world_id(0, 2);
	struct buf		payload = BUF_INIT;
	int			i;

	(void)state;
	renew_init(&r, 8 << 20);
	world_accept(w, 3);
	world_defer(w, 0, 2, 1, RETRY_MS);
	world_sync(w);
	s = world_state(w, 0, 2);
	assert_int_equal(state_put(&payload, &id, &s, &w->e), 0);
	for (i = 0; i < 3; i++) {
		journal_append(w, JOURNAL_GONE, buf_str(&payload));
		world_again(w, i == 2);
		assert_false(world_has(w, 0, 2));
		assert_int_equal(world_counts(w).entries, 2);
		assert_int_equal(world_counts(w).deferred, 0);
	}
	buf_free(&payload);
	world_fini(w);
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
