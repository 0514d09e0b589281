/*
 * Batches as large as they get: a reader takes them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spool/disk_fake.h"
#include "spool/entry.h"
#include "spool/reader.h"
#include "spool/segment.h"
#include "spool/writer.h"

#define DRAFTS	3

struct seen {
	uint32_t	entries, transactions, damaged;
};

static int
seen_entry(void *arg, const struct reader_entry *entry)
{
	struct seen	*s = arg;

	(void)entry;
	s->entries++;
	return 0;
}

static int
seen_commit(void *arg, const struct spool_id *txn, uint32_t entries)
{
	struct seen	*s = arg;

	(void)txn;
	(void)entries;
	s->transactions++;
	return 0;
}

static void
seen_damage(void *arg, const struct spool_place *place, const char *what)
{
	struct seen	*s = arg;

	(void)place;
	(void)what;
	s->damaged++;
}

/* As many of the least size as it takes, and its end: how many. */
static uint32_t
draft_fill(struct spool_draft *d)
{
	struct spool_entry	entry = { .recipient = STR("r") };
	struct buf		b = BUF_INIT;
	struct err		e;
	uint32_t		n = 0;

	for (; n < 1000000; n++) {
		buf_clear(&b);
		entry.queue = n + 1;
		assert_int_equal(spool_entry_put(&b, &entry, &e), 0);
		if (spool_draft_entry(d, buf_str(&b), &e) == -1)
			break;
	}
	buf_free(&b);
	assert_int_equal(spool_draft_end(d, &e), 0);
	return n;
}

/* All that the writer's segment has. */
static void
seen_read(struct seen *s, struct spool_writer *w)
{
	struct reader_calls	calls = { .entry = seen_entry,
				    .commit = seen_commit,
				    .damage = seen_damage, .arg = s };
	struct spool_place	end = spool_writer_durable(w);
	struct reader_span	span = { spool_writer_file(w), end.segment, 0,
				    end.offset, 0, 0 };
	struct err		e;
	uint64_t		upto;

	memset(s, 0, sizeof *s);
	assert_int_equal(reader_run(&span, &calls, &upto, &e), 0);
	assert_int_equal(upto, end.offset);
}

static void
test_many_small(void **state)
{
	struct disk		*disk = disk_fake_new(1);
	struct spool_draft	*d[DRAFTS];
	struct spool_writer	*w;
	struct spool_id		 id;
	struct seen		 seen;
	struct err		 e;
	uint32_t		 entries = 0;
	int			 i;

	(void)state;
	assert_int_equal(spool_writer_open(&w, disk, 0, &e), 0);
	for (i = 0; i < DRAFTS; i++) {
		memset(&id, 1 + i, sizeof id);
		d[i] = spool_draft_new(&id);
		entries += draft_fill(d[i]);
	}
	/* Two fill a batch. */
	assert_int_equal(spool_writer_stage(w, d[0], &e), 0);
	assert_int_equal(spool_writer_stage(w, d[1], &e), 0);
	assert_int_equal(spool_writer_stage(w, d[2], &e), 1);
	assert_int_equal(spool_writer_commit(w, &e), 0);
	assert_int_equal(spool_writer_stage(w, d[2], &e), 0);
	assert_int_equal(spool_writer_commit(w, &e), 0);
	seen_read(&seen, w);
	assert_int_equal(seen.transactions, DRAFTS);
	assert_int_equal(seen.entries, entries);
	assert_int_equal(seen.damaged, 0);
	for (i = 0; i < DRAFTS; i++)
		spool_draft_free(&d[i]);
	spool_writer_close(&w);
	disk_free(&disk);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_many_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
