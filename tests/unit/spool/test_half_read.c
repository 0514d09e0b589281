/*
 * A batch that is not read to its end, since the index or the disk fails in
 * the middle: it is read again, nothing is counted twice and nothing is
 * missing, whichever call it is that fails.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define COUNT	12		/* transactions of one batch */
#define LARGE	40		/* entries of one that has several batches */

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

/* The entries up to this one; of three one is held. */
static void
half_add(struct world *w, struct spool_draft *d, uint32_t upto)
{
	uint32_t	n;

	for (n = spool_draft_entries(d) + 1; n <= upto; n++) {
		w->o.entry.flags = n % 3 == 0 ? ENTRY_HOLD : 0;
		world_add(w, d, 1);
	}
}

/* One of several batches, between the first and the last of which the others
 * are stored. */
static void
half_store(struct world *w)
{
	struct spool_draft	*d[COUNT], *large;
	uint32_t		 n;

	w->next = COUNT;
	large = world_draft(w);
	half_add(w, large, LARGE / 2);
	world_commit(w, large);
	w->next = 0;
	for (n = 0; n < COUNT; n++) {
		d[n] = world_draft(w);
		half_add(w, d[n], 2);
		assert_int_equal(spool_draft_end(d[n], &w->e), 0);
		assert_int_equal(spool_writer_stage(w->writer, d[n], &w->e),
		    0);
	}
	half_add(w, large, LARGE);
	assert_int_equal(spool_draft_end(large, &w->e), 0);
	world_commit(w, large);
	spool_draft_free(&large);
	for (n = 0; n < COUNT; n++)
		spool_draft_free(&d[n]);
}

/* Stored, and not read. */
static void
half_init(struct world *w)
{
	struct world_options	o = { .seed = 3,
				    .entry.sender = STR("a@example.com"),
				    .book.index_ops = &failing_ops };

	world_init(w, &o);
	world_open(w);
	half_store(w);
}

/* ---- What has to be ------------------------------------------------------ */

#define ENTRIES	(COUNT * 2 + LARGE)
#define HELD	(LARGE / 3)

static void
half_check(struct world *w)
{
	uint32_t	n;

	assert_int_equal(world_counts(w).entries, ENTRIES);
	assert_int_equal(world_counts(w).held, HELD);
	for (n = 0; n < COUNT * 2; n++)
		assert_true(world_has(w, n / 2, n % 2 + 1));
	for (n = 1; n <= LARGE; n++)
		assert_true(world_has(w, COUNT, n));
}

/* One is deleted while the batch is read in part: it does not come back. */
static bool
half_delete(struct world *w)
{
	struct spool_id	id = world_id(0, 1);

	if (book_done(w->book, &id, 0, &w->e) != 0)
		return false;
	world_sync(w);
	return true;
}

/* false: there are fewer calls than that. */
static bool
round_of(int n, bool of_disk, bool deletes)
{
	struct world		w;
	struct spool_place	end;
	bool			came, gone = false;

	half_init(&w);
	end = spool_writer_durable(w.writer);
	if (of_disk)
		disk_fake_fault(w.disk, DISK_FAULT_EIO, (uint64_t)n);
	else
		gets = n;
	came = book_hint(w.book, end.segment, end.offset, &w.e) == -1;
	disk_fake_fault(w.disk, DISK_FAULT_NONE, 0);
	gets = 0;
	if (came && deletes)
		gone = half_delete(&w);
	world_hint(&w);
	if (gone) {
		assert_false(world_has(&w, 0, 1));
		assert_int_equal(world_counts(&w).entries, ENTRIES - 1);
	} else {
		half_check(&w);
		assert_int_equal(w.arrived, ENTRIES);
	}
	/* And so it is for one who begins with its checkpoint. */
	world_checkpoint(&w);
	world_again(&w, false);
	assert_int_equal(world_counts(&w).entries, ENTRIES - gone);
	if (!gone)
		half_check(&w);
	world_fini(&w);
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
	int			n;

	(void)state;
	for (n = 2; n < 40; n += 5) {
		half_init(&w);
		end = spool_writer_durable(w.writer);
		gets = n;
		assert_int_equal(book_hint(w.book, end.segment, end.offset,
		    &w.e), -1);
		gets = 0;
		(void)book_checkpoint(w.book, &w.e);
		world_sync(&w);
		world_again(&w, false);
		half_check(&w);
		world_fini(&w);
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
