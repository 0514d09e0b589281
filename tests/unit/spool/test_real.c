/*
 * The book over a real directory and the index that configure chose: what is
 * held stays held over a start, over an index that was lost or damaged, and
 * over clocks that have moved.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "kv/kv.h"
#include "spool/book_walk.h"
#include "spool/disk_real.h"
#include "spool/entry.h"
#include "spool/writer.h"

#define SEGMENT		(1U << 20)
#define MESSAGES	200
#define RECIPIENTS	3
#define HELD		7		/* each so many-th is held */
#define YEAR_MS		(365LL * 24 * 3600 * 1000)

struct world {
	char			 dir[64], index[96];
	struct disk		*disk;
	struct spool_writer	*writer;
	struct book		*book;
	struct kv_place		 place;
	int64_t			 mono_ms, wall_ms;
	uint32_t		 entries, held;
};

static void
world_id(struct spool_id *id, uint32_t n, uint32_t queue)
{
	memset(id, 0, sizeof *id);
	memcpy(id->txn + 12, &n, sizeof n);
	id->queue = queue;
}

static void
world_store(struct world *w, uint32_t n)
{
	struct spool_entry	 entry = { .sender = STR("s@example.com"),
				    .recipient = STR("r@example.com") };
	struct spool_draft	*d;
	struct spool_id		 id;
	struct buf		 b = BUF_INIT;

	world_id(&id, n, 0);
	d = spool_draft_new(&id);
	assert_int_equal(spool_draft_body(d, STR("a: b\r\n\r\nc\r\n"), NULL),
	    0);
	while (entry.queue < RECIPIENTS) {
		entry.queue++;
		buf_clear(&b);
		assert_int_equal(spool_entry_put(&b, &entry, NULL), 0);
		assert_int_equal(spool_draft_entry(d, buf_str(&b), NULL), 0);
	}
	assert_int_equal(spool_draft_end(d, NULL), 0);
	assert_int_equal(spool_writer_stage(w->writer, d, NULL), 0);
	assert_int_equal(spool_writer_commit(w->writer, NULL), 0);
	spool_draft_free(&d);
	buf_free(&b);
}

static void
world_open(struct world *w)
{
	struct book_options	o = { .disk = w->disk, .index_ops = &kv_real,
				    .index_arg = &w->place };
	struct spool_place	end = spool_writer_durable(w->writer);
	struct err		e;

	o.time = (struct book_time){ w->mono_ms, w->wall_ms };
	if (book_open(&w->book, &o, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(book_hint(w->book, end.segment, end.offset, &e), 0);
}

static void
world_hold(struct world *w, uint32_t n)
{
	struct entry_state	state;
	struct spool_id		id;

	world_id(&id, n, 1);
	assert_int_equal(book_state(w->book, &id, &state, NULL), 0);
	state.state = STATE_HOLD;
	state.retry = n;
	assert_int_equal(book_change(w->book, &id, &state, NULL), 0);
}

static int
world_new(void **state)
{
	struct world	*w = xcalloc(1, sizeof *w);
	uint32_t	 n;

	(void)snprintf(w->dir, sizeof w->dir, "/tmp/halyard-book-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	(void)snprintf(w->index, sizeof w->index, "%s/index", w->dir);
	w->disk = disk_real_new(open(w->dir, O_RDONLY | O_DIRECTORY));
	w->place = (struct kv_place){ w->index, 1U << 20 };
	w->mono_ms = 1000;
	w->wall_ms = 40 * YEAR_MS;
	assert_int_equal(spool_writer_open(&w->writer, w->disk, SEGMENT,
	    NULL), 0);
	for (n = 1; n <= MESSAGES; n++)
		world_store(w, n);
	world_open(w);
	for (n = 1; n <= MESSAGES; n += HELD)
		world_hold(w, n);
	assert_int_equal(book_sync(w->book, NULL), 0);
	*state = w;
	return 0;
}

static int
world_free(void **state)
{
	struct world	*w = *state;
	char		*command = xasprintf("rm -rf %s", w->dir);

	book_close(&w->book);
	spool_writer_close(&w->writer);
	disk_free(&w->disk);
	assert_int_equal(system(command), 0);
	free(command);
	free(w);
	return 0;
}

static int
world_meet(void *arg, const struct spool_id *id,
    const struct book_entry *entry, const struct spool_entry *accepted)
{
	struct world	*w = arg;
	uint32_t	 n;

	memcpy(&n, id->txn + 12, sizeof n);
	assert_true(str_eq(accepted->recipient, STR("r@example.com")));
	assert_int_equal(entry->state == STATE_HOLD,
	    id->queue == 1 && n % HELD == 1);
	assert_int_equal(entry->retry, entry->state == STATE_HOLD ? n : 0);
	w->entries++;
	w->held += entry->state == STATE_HOLD;
	return 0;
}

/* In steps of `most`; if forgetful, each begins at its cursor anew. */
static void
world_walk(struct world *w, size_t most, bool forgetful)
{
	struct book_cursor	at = { 0, 0, 0 };
	size_t			before;
	int			rc;

	w->entries = w->held = 0;
	do {
		before = w->entries;
		rc = book_walk(w->book, &at, most, world_meet, w, NULL);
		assert_in_range(w->entries - before, 0, most);
		if (forgetful)
			book_walk_end(w->book);
	} while (rc == 0);
	assert_int_equal(rc, 1);
	assert_int_equal(w->entries, MESSAGES * RECIPIENTS);
	assert_int_equal(w->held, (MESSAGES + HELD - 1) / HELD);
}

static void
world_check(struct world *w)
{
	struct book_counts	counts;

	world_walk(w, 7, true);
	world_walk(w, 50, false);
	book_count(w->book, &counts);
	assert_int_equal(counts.entries, w->entries);
	assert_int_equal(counts.held, w->held);
}

static bool
world_rebuilt(const struct world *w)
{
	struct book_counts	counts;

	book_count(w->book, &counts);
	return counts.rebuilt;
}

/* Each file of the index is overwritten, or goes. */
static void
world_spoil(struct world *w, bool gone)
{
	char		 ones[4096];
	struct dirent	*f;
	DIR		*d = opendir(w->index);
	int		 fd;

	memset(ones, 0xff, sizeof ones);
	assert_non_null(d);
	while ((f = readdir(d)) != NULL) {
		if (f->d_name[0] == '.')
			continue;
		if (gone) {
			assert_int_equal(unlinkat(dirfd(d), f->d_name, 0), 0);
			continue;
		}
		fd = openat(dirfd(d), f->d_name, O_WRONLY);
		assert_true(pwrite(fd, ones, sizeof ones, 0) > 0);
		(void)close(fd);
	}
	(void)closedir(d);
}

static void
test_again(void **state)
{
	struct world	*w = *state;

	world_check(w);
	book_close(&w->book);
	world_open(w);
	assert_false(world_rebuilt(w));
	world_check(w);
	assert_int_equal(book_checkpoint(w->book, NULL), 0);
	book_close(&w->book);
	world_open(w);
	assert_false(world_rebuilt(w));
	world_check(w);
}

static void
test_index_lost(void **state)
{
	struct world	*w = *state;
	int		 gone;

	for (gone = 0; gone < 2; gone++) {
		assert_int_equal(book_checkpoint(w->book, NULL), 0);
		book_close(&w->book);
		world_spoil(w, gone == 1);
		world_open(w);
		assert_true(world_rebuilt(w));
		world_check(w);
	}
}

/* The clock that ages are counted by goes on by an hour at most. */
static void
test_clock(void **state)
{
	static const int64_t	by_ms[] = { 10 * YEAR_MS, -20 * YEAR_MS };
	struct world		*w = *state;
	int64_t			 before;
	size_t			 i;

	for (i = 0; i < 2; i++) {
		before = book_now(w->book);
		book_close(&w->book);
		w->mono_ms = 500;
		w->wall_ms += by_ms[i];
		world_open(w);
		assert_true(book_now(w->book) >= before);
		assert_true(book_now(w->book) <= before + 3600 * 1000);
		world_check(w);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
#define EACH(fn) cmocka_unit_test_setup_teardown(fn, world_new, world_free)
		EACH(test_again), EACH(test_index_lost), EACH(test_clock),
#undef EACH
	};

	return cmocka_run_group_tests_name(kv_real_name, tests, NULL, NULL);
}
