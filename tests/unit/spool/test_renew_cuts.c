/*
 * The power goes at each call of the disk in which the journal's front is told
 * again and dropped: who was held is held, as before, and who had ended has,
 * also to an index that is made anew.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spool/book_renew.h"

#include "world.h"

#define ENTRIES	8U
#define HELD	1U			/* these are changed once */
#define ENDED	2U
#define DEFERRED 3U
#define CHURN	4U			/* and this one again and again */
#define SEEDS	6U

/* -1 where the disk does not work any more. */
static int
cuts_change(struct world *w, uint32_t queue, int to, uint16_t retry)
{
	struct spool_id		id = world_id(0, queue);
	struct entry_state	s;

	if (book_state(w->book, &id, &s, &w->e) != 0)
		return -1;
	s.state = (uint64_t)to;
	s.retry = retry;
	s.due_ms = 1000 + retry;
	s.reason = STR("since it is so");
	return book_change(w->book, &id, &s, &w->e);
}

static int
cuts_churn(struct world *w)
{
	uint16_t	i;

	for (i = 0; i < 12; i++)
		if (cuts_change(w, CHURN, STATE_DEFER, i) == -1 ||
		    book_sync(w->book, &w->e) == -1)
			return -1;
	return 0;
}

static void
cuts_init(struct world *w, uint64_t seed)
{
	struct world_options	o = { .seed = seed, .segment = 1 << 20,
				    .book = { .journal_size = 1024,
				    .journal_part = 512,
				    .journal_short = true,
				    .compact_slice = 2 } };
	int			i;

	world_init(w, &o);
	world_open(w);
	world_accept(w, ENTRIES);
	assert_int_equal(cuts_change(w, HELD, STATE_HOLD, 7), 0);
	assert_int_equal(cuts_change(w, DEFERRED, STATE_DEFER, 9), 0);
	world_done(w, 0, ENDED);
	for (i = 0; i < 3; i++) {
		assert_int_equal(cuts_churn(w), 0);
		world_checkpoint(w);
	}
}

/* The front has its turn, and others come in between; until it works no
 * more. */
static struct book_counts
cuts_renew(struct world *w)
{
	int	i, rc = 0;

	for (i = 0; i < 4 && rc == 0; i++) {
		while ((rc = book_renew(w->book, &w->e)) == 1)
			;
		if (rc == 0 && (rc = cuts_churn(w)) == 0)
			rc = book_checkpoint(w->book, &w->e);
	}
	return world_counts(w);
}

static void
cuts_check(struct world *w)
{
	struct entry_state	s;
	struct book_counts	c = world_counts(w);
	struct spool_id		id;
	uint32_t		i;
	int			rc;

	for (i = 1; i <= ENTRIES; i++) {
		id = world_id(0, i);
		if ((rc = book_state(w->book, &id, &s, &w->e)) == -1)
			fail_msg("%s", w->e.text);
		assert_int_equal(rc, i == ENDED);
		if (i != HELD && i != DEFERRED)
			continue;
		assert_int_equal(s.state, i == HELD ? STATE_HOLD :
		    STATE_DEFER);
		assert_int_equal(s.retry, i == HELD ? 7 : 9);
		assert_int_equal(s.due_ms, 1000 + s.retry);
		assert_true(str_eq(s.reason, STR("since it is so")));
	}
	assert_int_equal(c.entries, ENTRIES - 1);
	assert_int_equal(c.held, 1);
	assert_int_equal(c.deferred, 2);
	assert_int_equal(c.damaged, 0);
}

/* Was it cut?  What was not synced may be there after it, or not. */
static bool
cut_at(uint64_t call, uint64_t seed, bool anew)
{
	struct book_counts	c;
	struct world		w;
	bool			cut;

	cuts_init(&w, seed);
	disk_fake_fault(w.disk, DISK_FAULT_POWER, call);
	c = cuts_renew(&w);
	world_close(&w);
	cut = disk_fake_dead(w.disk);
	if (!cut)
		assert_true(c.renewed >= 6 && c.journal_bytes < c.journal_end);
	world_cut(&w, true);
	world_again(&w, anew);
	cuts_check(&w);
	/* And again, by what is left of the journal then. */
	(void)cuts_renew(&w);
	world_close(&w);
	world_again(&w, true);
	cuts_check(&w);
	world_fini(&w);
	return cut;
}

static void
test_each_call(void **state)
{
	uint64_t	call, seed;

	(void)state;
	for (seed = 1; seed <= SEEDS; seed++) {
		for (call = 1; cut_at(call, seed, seed % 2 == 0); call++)
			;
		assert_true(call > 100);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_each_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
