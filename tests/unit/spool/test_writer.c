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

#include "spool/chain.h"
#include "spool/edits.h"
#include "spool/reader.h"

#include "world.h"

#define MOST	4096

/* What was sent, by the number in its id. */
struct sent {
	bool		acked;
	uint32_t	entries;
	uint32_t	body_len;
	int		seen;		/* transactions of that id */
};

struct ledger {
	struct world	 w;
	struct sent	 sent[MOST];
	struct disk_file *file;		/* that is being read */
	uint64_t	 segment;
};

static void
ledger_init(struct ledger *t, uint64_t seed, uint64_t segment)
{
	struct world_options	o = { .seed = seed, .segment = segment,
				    .entry.sender = STR("a@example.com") };

	memset(t, 0, sizeof *t);
	world_init(&t->w, &o);
}

static char
body_byte(uint32_t n, uint32_t i)
{
	return (char)(n * 7 + i * 13 + (i >> 8));
}

static int
ledger_body(struct ledger *t, struct spool_draft *d, uint32_t n, struct err *e)
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
ledger_add(struct ledger *t, struct spool_draft *d, uint32_t n)
{
	t->w.o.entry.edits = (spool_draft_entries(d) + 1) % 2;
	t->w.o.entry.ts_us = n;
	t->w.o.body = t->sent[n].body_len;
	world_add(&t->w, d, 1);
}

static struct spool_draft *
ledger_draft(struct ledger *t, uint32_t entries, uint32_t body_len)
{
	struct spool_edit	 edit = { 0, 0, STR("Received: x\r\n") };
	struct spool_id		 id = world_id(t->w.next, 0);
	struct spool_draft	*d = spool_draft_new(&id);
	struct buf		 edits = BUF_INIT;
	struct err		 e;
	uint32_t		 n = t->w.next++;

	assert_true(n < MOST);
	t->sent[n] = (struct sent){ false, entries, body_len, 0 };
	assert_int_equal(ledger_body(t, d, n, &e), 0);
	edits_add(&edits, &edit);
	assert_int_equal(spool_draft_edits(d, buf_str(&edits), &e), 0);
	buf_free(&edits);
	return d;
}

static void
ledger_finish(struct ledger *t, struct spool_draft *d, uint32_t n)
{
	struct err	e;

	while (spool_draft_entries(d) < t->sent[n].entries)
		ledger_add(t, d, n);
	assert_int_equal(spool_draft_end(d, &e), 0);
}

static int
check_entry(void *arg, const struct reader_entry *entry)
{
	struct ledger		*t = arg;
	struct spool_place	 place = { t->segment, entry->body };
	struct buf		 body = BUF_INIT;
	struct record		 r;
	struct err		 e;
	uint32_t		 n, i;
	int			 rc;

	n = world_number(&entry->id);
	assert_true(n < t->w.next);
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
	struct ledger	*t = arg;
	uint32_t	 n = world_number(txn);

	assert_true(n < t->w.next);
	assert_int_equal(entries, t->sent[n].entries);
	t->sent[n].seen++;
	return 0;
}

static void
check_damage(void *arg, const struct spool_place *place, const char *what)
{
	struct ledger	*t = arg;

	(void)place;
	(void)what;
	t->w.damaged++;
}

/* Reads all segments; the newest up to where the writer is. */
static void
ledger_read(struct ledger *t)
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

	for (n = 0; n < t->w.next; n++)
		t->sent[n].seen = 0;
	if (chain_read(t->w.disk, 0, &c, &e) == -1)
		fail_msg("%s", e.text);
	for (i = 0; i < c.count; i++) {
		t->segment = c.link[i].id;
		segment_name(name, t->segment);
		end = c.link[i].end == UINT64_MAX ?
		    spool_writer_durable(t->w.writer).offset : c.link[i].end;
		assert_int_equal(disk_open(t->w.disk, name, DISK_READ,
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
ledger_check(struct ledger *t)
{
	struct spool_id	id;
	uint32_t	n;

	ledger_read(t);
	for (n = 0; n < t->w.next; n++) {
		id = world_id(n, 0);
		if (t->sent[n].seen != 1 && t->sent[n].acked)
			fail_msg("transaction %u is there %d times", n,
			    t->sent[n].seen);
		assert_true(t->sent[n].seen <= 1);
		/* Who asks again is told that it is durable. */
		if (spool_writer_has(t->w.writer, &id)) {
			assert_int_equal(t->sent[n].seen, 1);
			t->sent[n].acked = true;
		}
	}
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
	struct ledger	*t = arg;

	(void)entries;
	t->sent[world_number(txn)].seen++;
	return 0;
}

/* Of the first segment: how many transactions are left, bodies unread. */
static uint32_t
ledger_left(struct ledger *t, const char *name, uint64_t id, uint64_t end)
{
	struct reader_calls	calls = { .entry = count_entry,
				    .commit = count_commit,
				    .damage = check_damage, .arg = t };
	struct reader_span	span;
	struct err		e;
	uint64_t		upto;
	uint32_t		n, left = 0;

	assert_int_equal(disk_open(t->w.disk, name, DISK_READ, &t->file), 0);
	span = (struct reader_span){ t->file, id, 0, end, 0, 0 };
	if (reader_run(&span, &calls, &upto, &e) == -1)
		fail_msg("%s", e.text);
	disk_close(&t->file);
	assert_int_equal(upto, end);
	for (n = 0; n < t->w.next; n++)
		left += t->sent[n].seen > 0;
	return left;
}

static void
test_plain(void **state)
{
	static struct ledger	t;
	struct spool_draft	*d;
	struct spool_id		id;
	uint32_t		n;

	(void)state;
	ledger_init(&t, 1, 256 * 1024);
	world_writer(&t.w);
	for (n = 0; n < 100; n++) {
		d = ledger_draft(&t, 1 + n % 5, n * 300);
		ledger_finish(&t, d, n);
		world_commit(&t.w, d);
		t.sent[n].acked = true;
		spool_draft_free(&d);
		id = world_id(n, 0);
		assert_true(spool_writer_has(t.w.writer, &id));
		while (spool_writer_prepare(t.w.writer) == 1)
			;
	}
	ledger_check(&t);
	assert_true(spool_writer_counts(t.w.writer)->segments > 3);
	assert_int_equal(t.w.damaged, 0);
	world_fini(&t.w);
}

/* One draft in many batches, with small ones between. */
static void
test_large(void **state)
{
	static struct ledger	 t;
	struct spool_draft	*large, *d;
	struct err		 e;
	uint32_t		 q;

	(void)state;
	ledger_init(&t, 2, 64 * 1024);
	world_writer(&t.w);
	large = ledger_draft(&t, 5000, 3000);
	for (q = 1; q <= 5000; q++) {
		ledger_add(&t, large, 0);
		if (q % 500 != 0)
			continue;
		assert_int_equal(spool_writer_stage(t.w.writer, large, &e), 0);
		d = ledger_draft(&t, 2, 5000);
		ledger_finish(&t, d, t.w.next - 1);
		world_commit(&t.w, d);
		t.sent[t.w.next - 1].acked = true;
		spool_draft_free(&d);
		assert_int_equal(spool_draft_waiting(large), 0);
	}
	/* It would be the second large one in a segment that is full. */
	d = ledger_draft(&t, 2, 5000);
	assert_int_equal(spool_writer_stage(t.w.writer, d, &e), 1);
	spool_draft_free(&d);
	assert_int_equal(spool_draft_end(large, &e), 0);
	world_commit(&t.w, large);
	t.sent[0].acked = true;
	ledger_check(&t);
	assert_int_equal(t.w.damaged, 0);
	spool_draft_free(&large);
	world_fini(&t.w);
}

/* A part of it, of so many entries, is written. */
static struct spool_draft *
ledger_part(struct ledger *t, uint32_t entries)
{
	struct spool_draft	*d = ledger_draft(t, entries + 1, 3000);

	while (spool_draft_entries(d) < entries)
		ledger_add(t, d, t->w.next - 1);
	world_commit(&t->w, d);
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
	static struct ledger	 t;
	struct spool_draft	*d;
	struct err		 e;
	uint32_t		 n;

	(void)state;
	ledger_init(&t, 3, 64 * 1024);
	world_writer(&t.w);
	d = ledger_part(&t, 1000);
	assert_int_equal(spool_draft_end(d, &e), 0);
	spool_writer_forget(t.w.writer, d);
	spool_draft_free(&d);
	for (n = 1; n <= 3; n++) {
		d = ledger_part(&t, 1000);
		assert_int_equal(spool_writer_counts(t.w.writer)->segments,
		    n + 1);
		spool_writer_forget(t.w.writer, d);
		spool_draft_free(&d);
	}
	ledger_check(&t);
	world_fini(&t.w);
}

/* Some drafts, some of them in parts; commits now and then. */
static void
ledger_work(struct ledger *t, int steps)
{
	struct disk		*disk = t->w.disk;
	struct spool_writer	*w = t->w.writer;
	struct spool_draft	*d[8] = { NULL };
	uint32_t		 n[8], parts[8];
	struct err		 e;
	int			 i, j, k, count;

	while (steps-- > 0 && t->w.next + 8 < MOST) {
		count = 1 + (int)disk_fake_random(disk, 8);
		for (i = 0; i < count; i++) {
			d[i] = ledger_draft(t, 1 + (uint32_t)disk_fake_random(
			    disk, 20), (uint32_t)disk_fake_random(disk,
			    9000));
			n[i] = t->w.next - 1;
			parts[i] = (uint32_t)disk_fake_random(disk, 3);
		}
		for (j = 0; j < 3; j++) {
			for (i = 0; i < count; i++) {
				if (d[i] == NULL)
					continue;
				if (parts[i] == 0)
					ledger_finish(t, d[i], n[i]);
				else if (spool_draft_entries(d[i]) + 1 <
				    t->sent[n[i]].entries)
					ledger_add(t, d[i], n[i]);
				k = spool_writer_stage(w, d[i], &e);
				if (k == -1 || (k == 1 && parts[i] == 0)) {
					spool_writer_forget(w, d[i]);
					spool_draft_free(&d[i]);
				}
			}
			k = spool_writer_commit(w, &e);
			for (i = 0; i < count; i++) {
				if (d[i] == NULL)
					continue;
				if (k == 0 && parts[i] == 0)
					t->sent[n[i]].acked = true;
				if (k == -1)
					spool_writer_forget(w, d[i]);
				if (k == -1 || parts[i]-- == 0)
					spool_draft_free(&d[i]);
			}
		}
		for (i = 0; i < count; i++) {
			if (d[i] != NULL)
				spool_writer_forget(w, d[i]);
			spool_draft_free(&d[i]);
		}
		(void)spool_writer_prepare(w);
	}
}

/*
 * A life of several faults: at some call the power goes, a call fails, or the
 * disk is full for a while; then the writer is killed or the power is cut,
 * and what is there is held against what was acknowledged.
 */
static void
ledger_live(uint64_t seed, struct ledger *t)
{
	struct disk	*disk;
	struct err	e;
	int		round;
	bool		opened;

	ledger_init(t, seed, 64 * 1024);
	disk = t->w.disk;
	for (round = 0; round < 6; round++) {
		disk_fake_fault(disk, (enum disk_fault)disk_fake_random(disk,
		    DISK_FAULTS), 1 + disk_fake_random(disk, 60));
		opened = spool_writer_open(&t->w.writer, disk,
		    t->w.o.segment, &e) == 0;
		if (opened)
			ledger_work(t, 4);
		spool_writer_close(&t->w.writer);
		if (disk_fake_random(disk, 2) == 0)
			disk_fake_power_cut(disk);
		else
			disk_fake_kill(disk);
		disk_fake_fault(disk, DISK_FAULT_NONE, 0);
		if (disk_fake_dead(disk))
			disk_fake_power_cut(disk);
		world_writer(&t->w);
		ledger_check(t);
		assert_int_equal(t->w.damaged, 0);
		spool_writer_close(&t->w.writer);
	}
	world_fini(&t->w);
}

static void
test_lives(void **state)
{
	static struct ledger	t;
	const char		*one = getenv("SPOOL_SEED");
	uint64_t		 seed;

	(void)state;
	for (seed = 1; seed <= 400; seed++) {
		if (one != NULL)
			seed = strtoull(one, NULL, 10);
		ledger_live(seed, &t);
		if (one != NULL)
			break;
	}
}

/* Ten transactions, each in a batch of its own: the place of their end. */
static struct spool_place
ledger_ten(struct ledger *t)
{
	struct spool_draft	*d;
	struct spool_place	 end;
	uint32_t		 n;

	ledger_init(t, 5, 0);
	world_writer(&t->w);
	for (n = 0; n < 10; n++) {
		d = ledger_draft(t, 3, 5000);
		ledger_finish(t, d, n);
		world_commit(&t->w, d);
		spool_draft_free(&d);
	}
	end = spool_writer_durable(t->w.writer);
	spool_writer_close(&t->w.writer);
	return end;
}

/* Bytes turned over beneath what is durable: the rest is there, and the end
 * stays where it was unless the damage is in what may be a torn tail. */
static void
test_damage(void **state)
{
	static struct ledger	t;
	char			name[SEGMENT_NAME];
	struct spool_place	end;
	struct chain		c;
	struct err		e;
	uint64_t		at = 0, last;
	uint32_t		left;

	(void)state;
	do {
		end = ledger_ten(&t);
		last = end.offset - 2 * SEGMENT_BLOCK;	/* the last batch */
		segment_name(name, end.segment);
		assert_int_equal(disk_fake_damage(t.w.disk, name, at, 8), 0);
		world_writer(&t.w);
		assert_int_equal(chain_read(t.w.disk, 0, &c, &e), 0);
		assert_int_equal(c.count, 2);
		if (at < last && !c.link[1].headless)
			assert_int_equal(c.link[0].end, end.offset);
		left = ledger_left(&t, name, end.segment, c.link[0].end);
		if (left < 9)
			fail_msg("damage at %llu: %u left",
			    (unsigned long long)at, left);
		chain_fini(&c);
		world_fini(&t.w);
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
