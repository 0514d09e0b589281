/*
 * Transactions under an id that another has: a worker that was taken over can
 * store one twice, and knows ids of mail of others.  Nothing counts twice, and
 * nothing of the others' goes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spool/body_file.h"
#include "spool/segment.h"

#include "world.h"

#define SEGMENT	(64 * 1024)
#define BODY	4000
#define EACH	7		/* transactions of one entry to a segment */
#define FIRST	"segments/0000000000000001"

static void
begin(struct world *w)
{
	struct world_options	o = { .segment = SEGMENT, .body = BODY,
				    .book = { .compact_soon = true } };

	world_init(w, &o);
}

/* The transaction n once more, as durable as the first. */
static void
store_again(struct world *w, uint32_t n, uint32_t entries)
{
	uint32_t	next = w->next;

	w->next = n;
	(void)world_store(w, entries);
	w->next = next;
}

static void
fill(struct world *w)
{
	world_fill(w, EACH, 1);
	world_hint(w);
}

/* Of the first segment and of the journal's front nothing is needed. */
static void
is_clean(struct world *w)
{
	while (w->next > 0)
		world_done(w, --w->next, 1);
	world_compact(w);
	assert_int_equal(world_counts(w).entries, 0);
	world_checkpoint(w);
	world_checkpoint(w);
	assert_int_equal(world_size(w, FIRST), 0);
	assert_true(world_counts(w).journal_bytes < 4096);
}

/* ---- What counts --------------------------------------------------------- */

static void
same_batch(struct world *w)
{
	struct spool_draft	*d[2];
	int			 i;

	for (i = 0; i < 2; i++) {
		w->next = 0;
		d[i] = world_draft(w);
		world_add(w, d[i], 1);
		assert_int_equal(spool_draft_end(d[i], &w->e), 0);
		assert_int_equal(spool_writer_stage(w->writer, d[i], &w->e),
		    0);
	}
	assert_int_equal(spool_writer_commit(w->writer, &w->e), 0);
	for (i = 0; i < 2; i++)
		spool_draft_free(&d[i]);
}

static void
test_same_batch(void **state)
{
	struct world	w;

	(void)state;
	begin(&w);
	world_open(&w);
	same_batch(&w);
	fill(&w);
	assert_int_equal(world_counts(&w).entries, w.next);
	is_clean(&w);
	world_fini(&w);
}

/* While it waits, and is known by the index and the journal. */
static void
test_later(void **state)
{
	struct world	w;

	(void)state;
	begin(&w);
	world_open(&w);
	(void)world_accept(&w, 1);
	world_defer(&w, 0, 1, 1, 1000);
	fill(&w);
	world_checkpoint(&w);
	store_again(&w, 0, 1);
	fill(&w);
	assert_int_equal(world_counts(&w).deferred, 1);
	assert_int_equal(world_counts(&w).entries, w.next);
	is_clean(&w);
	world_fini(&w);
}

/* After it was moved. */
static void
test_moved(void **state)
{
	struct world	w;

	(void)state;
	begin(&w);
	world_open(&w);
	(void)world_accept(&w, 1);
	fill(&w);
	for (w.next = 1; w.next < EACH; w.next++)
		world_done(&w, w.next, 1);
	world_compact(&w);
	world_checkpoint(&w);
	assert_true((world_get(&w, 0, 1).place.segment & SEGMENT_COLD) != 0);
	store_again(&w, 0, 1);
	world_hint(&w);
	assert_int_equal(world_counts(&w).entries, 2);
	world_done(&w, 0, 1);
	assert_int_equal(world_counts(&w).entries, 1);
	world_fini(&w);
}

/* A start that meets both, with an index that is ahead of its checkpoint, and
 * without one. */
static void
test_start(void **state)
{
	struct world	w;
	int		anew;

	(void)state;
	for (anew = 0; anew < 2; anew++) {
		begin(&w);
		world_open(&w);
		(void)world_accept(&w, 1);
		world_defer(&w, 0, 1, 1, 1000);
		world_sync(&w);
		store_again(&w, 0, 1);
		fill(&w);
		world_again(&w, anew != 0);
		assert_int_equal(world_counts(&w).deferred, 1);
		assert_int_equal(world_counts(&w).entries, w.next);
		world_checkpoint(&w);
		world_again(&w, false);
		is_clean(&w);
		world_fini(&w);
	}
}

/* ---- Bodies of their own files ------------------------------------------- */

#define LARGE	(DRAFT_BODY_MAX + 1)

/* Transaction n of such a size. */
static void
store_large(struct world *w, uint32_t n, uint32_t entries)
{
	struct spool_id		 id = world_id(n, 0);
	struct spool_entry	 entry = w->o.entry;
	struct spool_draft	*d = spool_draft_new(&id);
	struct buf		 bytes = BUF_INIT;

	assert_int_equal(spool_draft_file(d, LARGE, 0, &w->e), 0);
	entry.size = LARGE;
	for (entry.queue = 1; entry.queue <= entries; entry.queue++) {
		buf_clear(&bytes);
		assert_int_equal(spool_entry_put(&bytes, &entry, &w->e), 0);
		assert_int_equal(spool_draft_entry(d, buf_str(&bytes),
		    &w->e), 0);
	}
	assert_int_equal(spool_draft_end(d, &w->e), 0);
	world_commit(w, d);
	spool_draft_free(&d);
	buf_free(&bytes);
}

static void
body_name(char name[DISK_NAME_MAX], uint32_t n)
{
	struct spool_id	id = world_id(n, 0);

	body_file_name(name, &id);
}

static void
make_body(struct world *w, uint32_t n)
{
	struct spool_id		 id = world_id(n, 0);
	struct disk_file	*f;
	char			 name[DISK_NAME_MAX];

	assert_int_equal(disk_make_dir(w->disk, BODY_FILE_DIR), 0);
	body_file_folder(name, &id);
	assert_int_equal(disk_make_dir(w->disk, name), 0);
	body_file_name(name, &id);
	assert_int_equal(disk_open(w->disk, name, DISK_CREATE, &f), 0);
	assert_int_equal(disk_fill(f, 0, LARGE), 0);
	assert_int_equal(disk_sync(f), 0);
	disk_close(&f);
}

/* The body of two recipients stays for the second, who is known to the index
 * or to memory alone, when a transaction goes that had the first one's id. */
static void
test_body(void **state)
{
	struct world	w;
	char		name[DISK_NAME_MAX];
	int		waits;

	(void)state;
	for (waits = 0; waits < 2; waits++) {
		begin(&w);
		world_open(&w);
		w.next = 1;
		body_name(name, 0);
		make_body(&w, 0);
		store_large(&w, 0, 2);
		world_hint(&w);
		world_done(&w, 0, 1);
		if (waits)
			world_defer(&w, 0, 2, 1, 1000);
		world_fill(&w, 2 * EACH, 1);	/* another segment */
		world_hint(&w);
		world_checkpoint(&w);
		store_large(&w, 0, 1);
		world_fill(&w, 3 * EACH, 1);
		world_hint(&w);
		assert_true(world_has(&w, 0, 1));
		world_done(&w, 0, 1);
		while (w.next > 1)
			world_done(&w, --w.next, 1);
		world_checkpoint(&w);
		world_checkpoint(&w);
		assert_true(world_has(&w, 0, 2));
		assert_int_equal(world_size(&w, name), LARGE);
		world_done(&w, 0, 2);
		world_checkpoint(&w);
		assert_int_equal(world_size(&w, name), 0);
		world_fini(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_same_batch),
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
