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

#include "kv/kv_model.h"
#include "spool/book.h"
#include "spool/book_renew.h"
#include "spool/disk_fake.h"
#include "spool/entry.h"
#include "spool/writer.h"

#define ENTRIES	8U
#define HELD	1U			/* these are changed once */
#define ENDED	2U
#define DEFERRED 3U
#define CHURN	4U			/* and this one again and again */
#define SEEDS	6U

struct world {
	struct disk		*disk;
	struct kv_model		*index;
	struct spool_writer	*writer;
	struct book		*book;
	uint64_t		renewed;
	bool			dropped;
};

static struct spool_id
id_of(uint32_t queue)
{
	struct spool_id	id = { .queue = queue };

	memcpy(id.txn, "renew, and cut", 14);
	return id;
}

static void
world_open(struct world *w)
{
	struct book_options	o = { .disk = w->disk,
				    .index_ops = &kv_model_ops,
				    .index_arg = w->index,
				    .journal_size = 1024,
				    .journal_part = 512,
				    .journal_short = true,
				    .compact_slice = 2 };
	struct spool_place	end;
	struct err		e;

	if (spool_writer_open(&w->writer, w->disk, 1 << 20, &e) == -1 ||
	    book_open(&w->book, &o, &e) == -1)
		fail_msg("%s", e.text);
	end = spool_writer_durable(w->writer);
	if (book_hint(w->book, end.segment, end.offset, &e) == -1)
		fail_msg("%s", e.text);
}

static void
world_store(struct world *w)
{
	struct spool_entry	 entry = { .recipient = STR("b@example.com") };
	struct spool_id		 id = id_of(0);
	struct spool_draft	*d = spool_draft_new(&id);
	struct spool_place	 end;
	struct buf		 bytes = BUF_INIT;
	struct err		 e;

	assert_int_equal(spool_draft_body(d, STR("body"), &e), 0);
	for (entry.queue = 1; entry.queue <= ENTRIES; entry.queue++) {
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
}

/* -1 where the disk does not work any more. */
static int
world_change(struct world *w, uint32_t queue, int to, uint16_t retry)
{
	struct spool_id		id = id_of(queue);
	struct entry_state	s;
	struct err		e;

	if (book_state(w->book, &id, &s, &e) != 0)
		return -1;
	s.state = (uint64_t)to;
	s.retry = retry;
	s.due_ms = 1000 + retry;
	s.reason = STR("since it is so");
	return book_change(w->book, &id, &s, &e);
}

static int
world_churn(struct world *w)
{
	struct err	e;
	uint16_t	i;

	for (i = 0; i < 12; i++)
		if (world_change(w, CHURN, STATE_DEFER, i) == -1 ||
		    book_sync(w->book, &e) == -1)
			return -1;
	return 0;
}

static void
world_init(struct world *w, uint64_t seed)
{
	struct spool_id	id = id_of(ENDED);
	struct err	e;
	int		i;

	memset(w, 0, sizeof *w);
	w->disk = disk_fake_new(seed);
	w->index = kv_model_new();
	world_open(w);
	world_store(w);
	assert_int_equal(world_change(w, HELD, STATE_HOLD, 7), 0);
	assert_int_equal(world_change(w, DEFERRED, STATE_DEFER, 9), 0);
	assert_int_equal(book_done(w->book, &id, SPOOL_END_DELIVERED, &e), 0);
	for (i = 0; i < 3; i++) {
		assert_int_equal(world_churn(w), 0);
		assert_int_equal(book_checkpoint(w->book, &e), 0);
	}
}

/* The front has its turn, and others come in between; until it works no
 * more. */
static void
world_renew(struct world *w)
{
	struct book_counts	c;
	struct err		e;
	int			i, rc = 0;

	for (i = 0; i < 4 && rc == 0; i++) {
		while ((rc = book_renew(w->book, &e)) == 1)
			;
		if (rc == 0 && (rc = world_churn(w)) == 0)
			rc = book_checkpoint(w->book, &e);
	}
	book_count(w->book, &c);
	w->renewed = c.renewed;
	w->dropped = c.journal_bytes < c.journal_end;
}

static void
world_check(struct world *w)
{
	struct entry_state	s;
	struct book_counts	c;
	struct spool_id		id;
	struct err		e;
	uint32_t		i;

	for (i = 1; i <= ENTRIES; i++) {
		id = id_of(i);
		if (book_state(w->book, &id, &s, &e) == -1)
			fail_msg("%s", e.text);
		assert_int_equal(book_state(w->book, &id, &s, &e),
		    i == ENDED);
		if (i != HELD && i != DEFERRED)
			continue;
		assert_int_equal(s.state, i == HELD ? STATE_HOLD :
		    STATE_DEFER);
		assert_int_equal(s.retry, i == HELD ? 7 : 9);
		assert_int_equal(s.due_ms, 1000 + s.retry);
		assert_true(str_eq(s.reason, STR("since it is so")));
	}
	book_count(w->book, &c);
	assert_int_equal(c.entries, ENTRIES - 1);
	assert_int_equal(c.held, 1);
	assert_int_equal(c.deferred, 2);
	assert_int_equal(c.damaged, 0);
}

static void
world_close(struct world *w)
{
	book_close(&w->book);
	spool_writer_close(&w->writer);
}

/* Was it cut?  What was not synced may be there after it, or not. */
static bool
cut_at(uint64_t call, uint64_t seed, bool anew)
{
	struct world	w;
	bool		cut;

	world_init(&w, seed);
	disk_fake_fault(w.disk, DISK_FAULT_POWER, call);
	world_renew(&w);
	world_close(&w);
	cut = disk_fake_dead(w.disk);
	if (!cut)
		assert_true(w.renewed >= 6 && w.dropped);
	disk_fake_power_cut(w.disk);
	disk_fake_fault(w.disk, DISK_FAULT_NONE, 0);
	kv_model_crash(w.index, disk_fake_random(w.disk,
	    kv_model_unflushed(w.index) + 1));
	if (anew)
		kv_model_damage(w.index);
	world_open(&w);
	world_check(&w);
	/* And again, by what is left of the journal then. */
	world_renew(&w);
	world_close(&w);
	kv_model_damage(w.index);
	world_open(&w);
	world_check(&w);
	world_close(&w);
	kv_model_free(&w.index);
	disk_free(&w.disk);
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
