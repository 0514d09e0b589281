/*
 * Transactions through writer and reader, over a disk that loses what was not
 * synced: what was acknowledged is there, once and whole; what was not may be
 * there, once.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "spool/chain.h"
#include "spool/disk_fake.h"
#include "spool/edits.h"
#include "spool/entry.h"
#include "spool/reader.h"
#include "spool/writer.h"

#define MOST	4096

/* What was sent, by the number in its id. */
struct sent {
	bool		acked;
	uint32_t	entries;
	uint32_t	body_len;
	int		seen;		/* transactions of that id */
};

struct world {
	struct disk	*disk;
	struct spool_writer *w;
	struct sent	 sent[MOST];
	uint32_t	 count;
	uint32_t	 damaged;
	struct disk_file *file;		/* that is being read */
	uint64_t	 segment;
};

static void
world_id(struct spool_id *id, uint32_t n)
{
	memset(id, 0, sizeof *id);
	memcpy(id->txn, "test", 4);
	memcpy(id->txn + 12, &n, 4);
}

static char
body_byte(uint32_t n, uint32_t i)
{
	return (char)(n * 7 + i * 13 + (i >> 8));
}

static int
world_body(struct world *t, struct spool_draft *d, uint32_t n, struct err *e)
{
	static char	piece[8192];
	uint32_t	i, at, len;

	for (at = 0; at < t->sent[n].body_len; at += len) {
		len = t->sent[n].body_len - at;
		if (len > sizeof piece)
			len = sizeof piece;
		for (i = 0; i < len; i++)
			piece[i] = body_byte(n, at + i);
		if (spool_draft_body(d, (struct str){ piece, len }, e) == -1)
			return -1;
	}
	return 0;
}

static void
world_entry(struct world *t, struct spool_draft *d, uint32_t n, uint32_t q)
{
	struct spool_entry	entry = { .queue = q, .edits = q % 2,
				    .sender = STR("a@example.com"),
				    .recipient = STR("b@example.com"),
				    .size = t->sent[n].body_len, .ts_us = n };
	struct buf		b = BUF_INIT;
	struct err		e;

	assert_int_equal(spool_entry_put(&b, &entry, &e), 0);
	assert_int_equal(spool_draft_entry(d, buf_str(&b), &e), 0);
	buf_free(&b);
}

static struct spool_draft *
world_draft(struct world *t, uint32_t entries, uint32_t body_len)
{
	struct spool_edit	 edit = { 0, 0, STR("Received: x\r\n") };
	struct spool_draft	*d;
	struct spool_id		 id;
	struct buf		 edits = BUF_INIT;
	struct err		 e;
	uint32_t		 n = t->count++;

	assert_true(n < MOST);
	world_id(&id, n);
	d = spool_draft_new(&id);
	t->sent[n] = (struct sent){ false, entries, body_len, 0 };
	assert_int_equal(world_body(t, d, n, &e), 0);
	edits_add(&edits, &edit);
	assert_int_equal(spool_draft_edits(d, buf_str(&edits), &e), 0);
	buf_free(&edits);
	return d;
}

static void
world_finish(struct world *t, struct spool_draft *d, uint32_t n)
{
	struct err	e;
	uint32_t	q;

	for (q = spool_draft_entries(d) + 1; q <= t->sent[n].entries; q++)
		world_entry(t, d, n, q);
	assert_int_equal(spool_draft_end(d, &e), 0);
}

static int
check_entry(void *arg, const struct reader_entry *entry)
{
	struct world		*t = arg;
	struct spool_place	 place = { t->segment, entry->body };
	struct buf		 body = BUF_INIT;
	struct record		 r;
	struct err		 e;
	uint32_t		 n, i;
	int			 rc;

	memcpy(&n, entry->id.txn + 12, 4);
	assert_true(n < t->count);
	assert_int_equal(entry->entry.ts_us, n);
	assert_int_equal(entry->edits != 0, entry->entry.queue % 2);
	if (entry->entry.queue > 1)
		return 0;
	rc = scan_record_at(t->file, &place, &r, &body, &e);
	assert_int_equal(rc, 0);
	assert_int_equal(body.len, t->sent[n].body_len);
	for (i = 0; i < body.len; i++) {
		if (buf_data(&body)[i] != body_byte(n, i))
			fail_msg("byte %u of body %u", i, n);
	}
	buf_free(&body);
	return 0;
}

static int
check_commit(void *arg, const struct spool_id *txn, uint32_t entries)
{
	struct world	*t = arg;
	uint32_t	 n;

	memcpy(&n, txn->txn + 12, 4);
	assert_true(n < t->count);
	assert_int_equal(entries, t->sent[n].entries);
	t->sent[n].seen++;
	return 0;
}

static void
check_damage(void *arg, const struct spool_place *place, const char *what)
{
	struct world	*t = arg;

	(void)place;
	(void)what;
	t->damaged++;
}

/* Reads all segments; the newest up to where the writer is. */
static void
world_read(struct world *t)
{
	struct reader_calls	calls = { .entry = check_entry,
				    .commit = check_commit,
				    .damage = check_damage, .arg = t };
	char			name[SEGMENT_NAME];
	struct reader_span	span;
	struct chain		c;
	struct err		e;
	uint64_t		upto, end;
	uint32_t		n;
	size_t			i;

	for (n = 0; n < t->count; n++)
		t->sent[n].seen = 0;
	if (chain_read(t->disk, 0, &c, &e) == -1)
		fail_msg("%s", e.text);
	for (i = 0; i < c.count; i++) {
		t->segment = c.link[i].id;
		segment_name(name, t->segment);
		end = c.link[i].end == UINT64_MAX ?
		    spool_writer_durable(t->w).offset : c.link[i].end;
		assert_int_equal(disk_open(t->disk, name, DISK_READ,
		    &t->file), 0);
		span = (struct reader_span){ t->file, t->segment, 0, end, 0,
		    0 };
		if (reader_run(&span, &calls, &upto, &e) == -1)
			fail_msg("%s", e.text);
		disk_close(&t->file);
	}
	chain_fini(&c);
}

static void
world_check(struct world *t)
{
	struct spool_id	id;
	uint32_t	n;

	world_read(t);
	for (n = 0; n < t->count; n++) {
		world_id(&id, n);
		if (t->sent[n].seen != 1 && t->sent[n].acked)
			fail_msg("transaction %u is there %d times", n,
			    t->sent[n].seen);
		assert_true(t->sent[n].seen <= 1);
		/* Who asks again is told that it is durable. */
		if (spool_writer_has(t->w, &id)) {
			assert_int_equal(t->sent[n].seen, 1);
			t->sent[n].acked = true;
		}
	}
}

static void
world_open(struct world *t, uint64_t segment_size)
{
	struct err	e;

	if (spool_writer_open(&t->w, t->disk, segment_size, &e) == -1)
		fail_msg("open: %s", e.text);
}

static int
count_entry(void *arg, const struct reader_entry *entry)
{
	(void)arg;
	(void)entry;
	return 0;
}

static int
count_commit(void *arg, const struct spool_id *txn, uint32_t entries)
{
	struct world	*t = arg;
	uint32_t	 n;

	(void)entries;
	memcpy(&n, txn->txn + 12, 4);
	t->sent[n].seen++;
	return 0;
}

/* Of the first segment: how many transactions are left, bodies unread. */
static uint32_t
world_left(struct world *t, const char *name, uint64_t id, uint64_t end)
{
	struct reader_calls	calls = { .entry = count_entry,
				    .commit = count_commit,
				    .damage = check_damage, .arg = t };
	struct reader_span	span;
	struct err		e;
	uint64_t		upto;
	uint32_t		n, left = 0;

	assert_int_equal(disk_open(t->disk, name, DISK_READ, &t->file), 0);
	span = (struct reader_span){ t->file, id, 0, end, 0, 0 };
	if (reader_run(&span, &calls, &upto, &e) == -1)
		fail_msg("%s", e.text);
	disk_close(&t->file);
	assert_int_equal(upto, end);
	for (n = 0; n < t->count; n++)
		left += t->sent[n].seen > 0;
	return left;
}

static void
test_plain(void **state)
{
	static struct world	t;
	struct spool_draft	*d;
	struct spool_id		id;
	struct err		e;
	uint32_t		n;

	(void)state;
	memset(&t, 0, sizeof t);
	t.disk = disk_fake_new(1);
	world_open(&t, 256 * 1024);
	for (n = 0; n < 100; n++) {
		d = world_draft(&t, 1 + n % 5, n * 300);
		world_finish(&t, d, n);
		assert_int_equal(spool_writer_stage(t.w, d, &e), 0);
		assert_int_equal(spool_writer_commit(t.w, &e), 0);
		t.sent[n].acked = true;
		spool_draft_free(&d);
		world_id(&id, n);
		assert_true(spool_writer_has(t.w, &id));
		while (spool_writer_prepare(t.w) == 1)
			;
	}
	world_check(&t);
	assert_true(spool_writer_counts(t.w)->segments > 3);
	assert_int_equal(t.damaged, 0);
	spool_writer_close(&t.w);
	disk_free(&t.disk);
}

/* One draft in many batches, with small ones between. */
static void
test_large(void **state)
{
	static struct world	 t;
	struct spool_draft	*large, *d;
	struct err		 e;
	uint32_t		 q;

	(void)state;
	memset(&t, 0, sizeof t);
	t.disk = disk_fake_new(2);
	world_open(&t, 64 * 1024);
	large = world_draft(&t, 5000, 3000);
	for (q = 1; q <= 5000; q++) {
		world_entry(&t, large, 0, q);
		if (q % 500 != 0)
			continue;
		assert_int_equal(spool_writer_stage(t.w, large, &e), 0);
		d = world_draft(&t, 2, 5000);
		world_finish(&t, d, t.count - 1);
		assert_int_equal(spool_writer_stage(t.w, d, &e), 0);
		assert_int_equal(spool_writer_commit(t.w, &e), 0);
		t.sent[t.count - 1].acked = true;
		spool_draft_free(&d);
		assert_int_equal(spool_draft_waiting(large), 0);
	}
	/* It would be the second large one in a segment that is full. */
	d = world_draft(&t, 2, 5000);
	assert_int_equal(spool_writer_stage(t.w, d, &e), 1);
	spool_draft_free(&d);
	assert_int_equal(spool_draft_end(large, &e), 0);
	assert_int_equal(spool_writer_stage(t.w, large, &e), 0);
	assert_int_equal(spool_writer_commit(t.w, &e), 0);
	t.sent[0].acked = true;
	world_check(&t);
	assert_int_equal(t.damaged, 0);
	spool_draft_free(&large);
	spool_writer_close(&t.w);
	disk_free(&t.disk);
}

/* A part of it, of so many entries, is written. */
static struct spool_draft *
world_part(struct world *t, uint32_t entries)
{
	struct spool_draft	*d = world_draft(t, entries + 1, 3000);
	struct err		 e;
	uint32_t		 q;

	for (q = 1; q <= entries; q++)
		world_entry(t, d, t->count - 1, q);
	assert_int_equal(spool_writer_stage(t->w, d, &e), 0);
	assert_int_equal(spool_writer_commit(t->w, &e), 0);
	return d;
}

/*
 * A large draft goes when its end has come, but was not written: its segment
 * is left all the same.  And one that comes to a full segment, which nothing
 * holds, begins the next one though nobody else comes.
 */
static void
test_given_up(void **state)
{
	static struct world	 t;
	struct spool_draft	*d;
	struct err		 e;
	uint32_t		 n;

	(void)state;
	memset(&t, 0, sizeof t);
	t.disk = disk_fake_new(3);
	world_open(&t, 64 * 1024);
	d = world_part(&t, 1000);
	assert_int_equal(spool_draft_end(d, &e), 0);
	spool_writer_forget(t.w, d);
	spool_draft_free(&d);
	for (n = 1; n <= 3; n++) {
		d = world_part(&t, 1000);
		assert_int_equal(spool_writer_counts(t.w)->segments, n + 1);
		spool_writer_forget(t.w, d);
		spool_draft_free(&d);
	}
	world_check(&t);
	spool_writer_close(&t.w);
	disk_free(&t.disk);
}

/* Some drafts, some of them in parts; commits now and then. */
static void
world_work(struct world *t, int steps)
{
	struct spool_draft	*d[8] = { NULL };
	uint32_t		 n[8], parts[8];
	struct err		 e;
	int			 i, j, k, count;

	while (steps-- > 0 && t->count + 8 < MOST) {
		count = 1 + (int)disk_fake_random(t->disk, 8);
		for (i = 0; i < count; i++) {
			d[i] = world_draft(t, 1 + (uint32_t)disk_fake_random(
			    t->disk, 20), (uint32_t)disk_fake_random(t->disk,
			    9000));
			n[i] = t->count - 1;
			parts[i] = (uint32_t)disk_fake_random(t->disk, 3);
		}
		for (j = 0; j < 3; j++) {
			for (i = 0; i < count; i++) {
				if (d[i] == NULL)
					continue;
				if (parts[i] == 0)
					world_finish(t, d[i], n[i]);
				else if (spool_draft_entries(d[i]) + 1 <
				    t->sent[n[i]].entries)
					world_entry(t, d[i], n[i],
					    spool_draft_entries(d[i]) + 1);
				k = spool_writer_stage(t->w, d[i], &e);
				if (k == -1 || (k == 1 && parts[i] == 0)) {
					spool_writer_forget(t->w, d[i]);
					spool_draft_free(&d[i]);
				}
			}
			k = spool_writer_commit(t->w, &e);
			for (i = 0; i < count; i++) {
				if (d[i] == NULL)
					continue;
				if (k == 0 && parts[i] == 0)
					t->sent[n[i]].acked = true;
				if (k == -1)
					spool_writer_forget(t->w, d[i]);
				if (k == -1 || parts[i]-- == 0)
					spool_draft_free(&d[i]);
			}
		}
		for (i = 0; i < count; i++) {
			if (d[i] != NULL)
				spool_writer_forget(t->w, d[i]);
			spool_draft_free(&d[i]);
		}
		(void)spool_writer_prepare(t->w);
	}
}

/*
 * A life of several faults: at some call the power goes, a call fails, or the
 * disk is full for a while; then the writer is killed or the power is cut,
 * and what is there is held against what was acknowledged.
 */
static void
world_live(uint64_t seed, struct world *t)
{
	struct err	e;
	int		round;
	bool		opened;

	memset(t, 0, sizeof *t);
	t->disk = disk_fake_new(seed);
	for (round = 0; round < 6; round++) {
		disk_fake_fault(t->disk, (enum disk_fault)disk_fake_random(
		    t->disk, DISK_FAULTS), 1 + disk_fake_random(t->disk, 60));
		opened = spool_writer_open(&t->w, t->disk, 64 * 1024, &e) ==
		    0;
		if (opened)
			world_work(t, 4);
		spool_writer_close(&t->w);
		if (disk_fake_random(t->disk, 2) == 0)
			disk_fake_power_cut(t->disk);
		else
			disk_fake_kill(t->disk);
		disk_fake_fault(t->disk, DISK_FAULT_NONE, 0);
		if (disk_fake_dead(t->disk))
			disk_fake_power_cut(t->disk);
		world_open(t, 64 * 1024);
		world_check(t);
		assert_int_equal(t->damaged, 0);
		spool_writer_close(&t->w);
	}
	disk_free(&t->disk);
}

static void
test_lives(void **state)
{
	static struct world	t;
	const char		*one = getenv("SPOOL_SEED");
	uint64_t		 seed;

	(void)state;
	for (seed = 1; seed <= 400; seed++) {
		if (one != NULL)
			seed = strtoull(one, NULL, 10);
		world_live(seed, &t);
		if (one != NULL)
			break;
	}
}

/* Ten transactions, each in a batch of its own: the place of their end. */
static struct spool_place
world_ten(struct world *t)
{
	struct spool_draft	*d;
	struct spool_place	 end;
	struct err		 e;
	uint32_t		 n;

	memset(t, 0, sizeof *t);
	t->disk = disk_fake_new(5);
	world_open(t, 0);
	for (n = 0; n < 10; n++) {
		d = world_draft(t, 3, 5000);
		world_finish(t, d, n);
		assert_int_equal(spool_writer_stage(t->w, d, &e), 0);
		assert_int_equal(spool_writer_commit(t->w, &e), 0);
		spool_draft_free(&d);
	}
	end = spool_writer_durable(t->w);
	spool_writer_close(&t->w);
	return end;
}

/* Bytes turned over beneath what is durable: the rest is there, and the end
 * stays where it was unless the damage is in what may be a torn tail. */
static void
test_damage(void **state)
{
	static struct world	t;
	char			name[SEGMENT_NAME];
	struct spool_place	end;
	struct chain		c;
	struct err		e;
	uint64_t		at = 0, last;
	uint32_t		left;

	(void)state;
	do {
		end = world_ten(&t);
		last = end.offset - 2 * SEGMENT_BLOCK;	/* the last batch */
		segment_name(name, end.segment);
		assert_int_equal(disk_fake_damage(t.disk, name, at, 8), 0);
		world_open(&t, 0);
		assert_int_equal(chain_read(t.disk, 0, &c, &e), 0);
		assert_int_equal(c.count, 2);
		if (at < last && !c.link[1].headless)
			assert_int_equal(c.link[0].end, end.offset);
		left = world_left(&t, name, end.segment, c.link[0].end);
		if (left < 9)
			fail_msg("damage at %llu: %u left",
			    (unsigned long long)at, left);
		chain_fini(&c);
		spool_writer_close(&t.w);
		disk_free(&t.disk);
		at += 500;
	} while (at + 8 < end.offset);
}

static void
test_two_writers(void **state)
{
	struct disk		*disk = disk_fake_new(3);
	struct spool_writer	*one, *two = NULL;
	struct err		 e;

	(void)state;
	assert_int_equal(spool_writer_open(&one, disk, 0, &e), 0);
	assert_int_equal(spool_writer_open(&two, disk, 0, &e), -1);
	assert_string_equal(e.text, "another process writes to this spool");
	spool_writer_close(&one);
	disk_free(&disk);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_two_writers),
		cmocka_unit_test(test_lives),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
