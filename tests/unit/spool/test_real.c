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

#include "base/mem.h"
#include "kv/kv.h"
#include "spool/book_walk.h"
#include "spool/disk_real.h"

#include "world.h"

#define SEGMENT		(1U << 20)
#define MESSAGES	200
#define RECIPIENTS	3
#define HELD		7		/* each so many-th is held */
#define YEAR_MS		(365LL * 24 * 3600 * 1000)

struct real {
	struct world	 w;
	char		 dir[64], index[96];
	struct kv_place	 place;
	uint32_t	 entries, held;
};

static void
real_hold(struct world *w, uint32_t n)
{
	struct entry_state	state = world_state(w, n, 1);

	state.state = STATE_HOLD;
	state.retry = n;
	world_change(w, n, 1, &state);
}

static int
real_new(void **state)
{
	struct real		*r = xcalloc(1, sizeof *r);
	struct world_options	 o = { .segment = SEGMENT,
				    .entry.sender = STR("s@example.com"),
				    .book = { .index_ops = &kv_real,
				    .index_arg = &r->place,
				    .time = { 1000, 40 * YEAR_MS } } };
	uint32_t		 n;

	(void)snprintf(r->dir, sizeof r->dir, "/tmp/halyard-book-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	(void)snprintf(r->index, sizeof r->index, "%s/index", r->dir);
	r->place = (struct kv_place){ r->index, 1U << 20 };
	o.disk = disk_real_new(open(r->dir, O_RDONLY | O_DIRECTORY));
	world_init(&r->w, &o);
	r->w.next = 1;
	world_fill(&r->w, MESSAGES, RECIPIENTS);
	world_open(&r->w);
	for (n = 1; n <= MESSAGES; n += HELD)
		real_hold(&r->w, n);
	world_sync(&r->w);
	*state = r;
	return 0;
}

static int
real_free(void **state)
{
	struct real	*r = *state;
	char		*command = xasprintf("rm -rf %s", r->dir);

	world_fini(&r->w);
	assert_int_equal(system(command), 0);
	free(command);
	free(r);
	return 0;
}

static int
real_meet(void *arg, const struct spool_id *id,
    const struct book_entry *entry, const struct spool_entry *accepted)
{
	struct real	*r = arg;
	uint32_t	 n = world_number(id);

	assert_true(str_eq(accepted->recipient, STR("b@example.com")));
	assert_int_equal(entry->state == STATE_HOLD,
	    id->queue == 1 && n % HELD == 1);
	assert_int_equal(entry->retry, entry->state == STATE_HOLD ? n : 0);
	r->entries++;
	r->held += entry->state == STATE_HOLD;
	return 0;
}

/* In steps of `most`; if forgetful, each begins at its cursor anew. */
static void
real_walk(struct real *r, size_t most, bool forgetful)
{
	struct book_cursor	at = { 0, 0, 0 };
	size_t			before;
	int			rc;

	r->entries = r->held = 0;
	do {
		before = r->entries;
		rc = book_walk(r->w.book, &at, most, real_meet, r, NULL);
		assert_in_range(r->entries - before, 0, most);
		if (forgetful)
			book_walk_end(r->w.book);
	} while (rc == 0);
	assert_int_equal(rc, 1);
	assert_int_equal(r->entries, MESSAGES * RECIPIENTS);
	assert_int_equal(r->held, (MESSAGES + HELD - 1) / HELD);
}

static void
real_check(struct real *r)
{
	real_walk(r, 7, true);
	real_walk(r, 50, false);
	assert_int_equal(world_counts(&r->w).entries, r->entries);
	assert_int_equal(world_counts(&r->w).held, r->held);
}

/* Each file of the index is overwritten, or goes. */
static void
real_spoil(struct real *r, bool gone)
{
	char		 ones[4096];
	struct dirent	*f;
	DIR		*d = opendir(r->index);
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
	struct real	*r = *state;

	real_check(r);
	world_again(&r->w, false);
	assert_false(world_counts(&r->w).rebuilt);
	real_check(r);
	world_checkpoint(&r->w);
	world_again(&r->w, false);
	assert_false(world_counts(&r->w).rebuilt);
	real_check(r);
}

static void
test_index_lost(void **state)
{
	struct real	*r = *state;
	int		 gone;

	for (gone = 0; gone < 2; gone++) {
		world_checkpoint(&r->w);
		book_close(&r->w.book);
		real_spoil(r, gone == 1);
		world_open(&r->w);
		assert_true(world_counts(&r->w).rebuilt);
		real_check(r);
	}
}

/* The clock that ages are counted by goes on by an hour at most. */
static void
test_clock(void **state)
{
	static const int64_t	by_ms[] = { 10 * YEAR_MS, -20 * YEAR_MS };
	struct real		*r = *state;
	struct world		*w = &r->w;
	int64_t			 before;
	size_t			 i;

	for (i = 0; i < 2; i++) {
		before = book_now(w->book);
		w->o.book.time.mono_ms = 500;
		w->o.book.time.wall_ms += by_ms[i];
		world_again(w, false);
		assert_true(book_now(w->book) >= before);
		assert_true(book_now(w->book) <= before + 3600 * 1000);
		real_check(r);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
#define EACH(fn) cmocka_unit_test_setup_teardown(fn, real_new, real_free)
		EACH(test_again), EACH(test_index_lost), EACH(test_clock),
#undef EACH
	};

	return cmocka_run_group_tests_name(kv_real_name, tests, NULL, NULL);
}
