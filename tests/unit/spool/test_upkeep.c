/*
 * What a book does beside its entries: files of segments that go, and who may
 * read them still; compaction that fails; when a checkpoint is due; how often
 * the journal's front is read.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "spool/book_envelope.h"
#include "spool/book_renew.h"
#include "spool/fields.h"
#include "spool/record.h"
#include "spool/segment.h"

#include "world.h"

/* Transactions of one entry each, so many to a segment. */
#define SEGMENT	(64 * 1024)
#define BODY	4000
#define EACH	7
#define RETRY_MS 1000000

static void
begin(struct world *w, bool patient)
{
	struct world_options	o = { .segment = SEGMENT, .body = BODY,
				    .book = { .compact_soon = !patient } };

	world_init(w, &o);
}

static void
ends(struct world *w, uint32_t from, uint32_t before)
{
	for (; from < before; from++)
		world_done(w, from, 1);
}

static bool
is_moved(struct world *w, uint32_t n)
{
	return (world_get(w, n, 1).place.segment & SEGMENT_COLD) != 0;
}

/* Nothing is done but what is due. */
static void
pass(struct world *w, int64_t ms)
{
	w->o.book.time.mono_ms += ms;
	w->o.book.time.wall_ms += ms;
	if (book_tick(w->book, w->o.book.time, &w->e) == -1)
		fail_msg("%s", w->e.text);
}

/* ---- Files of segments that go ------------------------------------------- */

/* A worker reads a message from the file that it was lent, wherever its entry
 * is moved meanwhile: that file is not written to again. */
static void
test_moved(void **state)
{
	struct world	w;

	(void)state;
	begin(&w, false);
	world_open(&w);
	world_fill(&w, 5 * EACH, 1);
	world_hint(&w);
	assert_int_equal(world_get(&w, 2 * EACH, 1).place.segment, 3);
	assert_int_equal(world_get(&w, 4 * EACH - 1, 1).place.segment, 4);
	ends(&w, 2 * EACH, 3 * EACH - 1);
	world_compact(&w);
	assert_true(is_moved(&w, 3 * EACH - 1));
	ends(&w, 3 * EACH, 4 * EACH);
	world_checkpoint(&w);
	assert_int_equal(world_size(&w, "segments/0000000000000003"), 0);
	assert_int_equal(world_size(&w, "segments/0000000000000004"), 0);
	assert_int_equal(world_size(&w, "spare/4000000000000003"), 0);
	assert_int_not_equal(world_size(&w, "spare/4000000000000004"), 0);
	world_fini(&w);
}

/* A disk each of whose folders is synced for itself: a segment that was removed
 * is elsewhere until that is durable, and back after a power cut. */
static struct {
	struct disk_ops		 ops;
	const struct disk_ops	*real;
	char			 name[DISK_NAME_MAX];
	bool			 fails;
} removed;

static int
removed_unlink(struct disk *d, const char *name)
{
	if (strncmp(name, SEGMENT_DIR "/", sizeof SEGMENT_DIR) != 0)
		return removed.real->unlink(d, name);
	assert_int_equal(removed.name[0], '\0');
	(void)snprintf(removed.name, sizeof removed.name, "%s", name);
	return removed.real->rename(d, name, "elsewhere");
}

static int
removed_sync_dir(struct disk *d, const char *name)
{
	if (strcmp(name, SEGMENT_DIR) == 0) {
		errno = EIO;
		if (removed.fails)
			return -1;
		if (removed.name[0] != '\0')
			(void)removed.real->unlink(d, "elsewhere");
		removed.name[0] = '\0';
	}
	return removed.real->sync_dir(d, name);
}

static void
removed_begin(struct disk *d)
{
	memset(&removed, 0, sizeof removed);
	removed.real = d->ops;
	removed.ops = *d->ops;
	removed.ops.unlink = removed_unlink;
	removed.ops.sync_dir = removed_sync_dir;
	removed.fails = true;
	d->ops = &removed.ops;
}

static void
removed_cut(struct disk *d)
{
	d->ops = removed.real;
	if (removed.name[0] != '\0')
		assert_int_equal(disk_rename(d, "elsewhere", removed.name),
		    0);
}

/* Mail that has ended is not there again, whether the process went on or began
 * anew before the removal was durable. */
static void
back(bool anew)
{
	struct world	w;
	uint32_t	i;

	begin(&w, false);
	world_fill(&w, 3 * EACH, 1);
	world_open(&w);
	ends(&w, 0, EACH);
	removed_begin(w.disk);
	assert_int_equal(book_checkpoint(w.book, &w.e), -1);
	assert_string_equal(removed.name, "segments/0000000000000001");
	if (anew) {
		removed.fails = false;
		world_again(&w, false);
	} else {
		for (i = 0; i < 3; i++)
			(void)book_checkpoint(w.book, &w.e);
	}
	book_close(&w.book);
	removed_cut(w.disk);
	world_open(&w);
	for (i = 0; i < 3 * EACH; i++)
		assert_int_equal(world_has(&w, i, 1), i >= EACH);
	assert_int_equal(world_counts(&w).entries, 2 * EACH);
	world_fini(&w);
}

static void
test_back(void **state)
{
	(void)state;
	back(false);
	back(true);
}

/* ---- Compaction that fails ----------------------------------------------- */

static void
damage_body(struct world *w, uint32_t n)
{
	struct spool_id		id = world_id(n, 1);
	struct book_envelope	envelope;
	char			name[SEGMENT_NAME];

	assert_int_equal(book_envelope(w->book, &id, &envelope, &w->e), 0);
	segment_name(name, envelope.segment);
	assert_int_equal(disk_fake_damage(w->disk, name, envelope.body +
	    RECORD_HEAD + 10, 1), 0);
}

static int
compact_all(struct world *w)
{
	int	rc;

	while ((rc = book_compact(w->book, &w->e)) == 1)
		;
	return rc;
}

/* Those behind one that can't be copied have their turn; it is tried again. */
static void
test_damaged(void **state)
{
	struct world	w;

	(void)state;
	begin(&w, true);
	world_fill(&w, 3 * EACH, 1);
	world_open(&w);
	ends(&w, 1, EACH);
	ends(&w, EACH + 1, 2 * EACH);
	damage_body(&w, 0);
	assert_int_equal(compact_all(&w), 0);
	pass(&w, 10000);
	assert_int_equal(compact_all(&w), -1);
	assert_int_equal(compact_all(&w), 0);
	assert_false(is_moved(&w, 0));
	assert_true(is_moved(&w, EACH));
	pass(&w, 59000);
	assert_int_equal(compact_all(&w), 0);
	pass(&w, 1000);
	assert_int_equal(compact_all(&w), -1);
	world_fini(&w);
}

/* ---- When a checkpoint is due -------------------------------------------- */

/* Segments that lose their last entries are a reason; entries that change, and
 * are alone in theirs, are none. */
static void
test_alone(void **state)
{
	struct world	w;
	uint64_t	had;

	(void)state;
	begin(&w, true);
	world_fill(&w, 3 * EACH, 1);
	world_open(&w);
	ends(&w, 0, EACH - 1);
	ends(&w, EACH, 2 * EACH - 1);
	world_checkpoint(&w);
	had = world_counts(&w).checkpoints;
	world_defer(&w, EACH - 1, 1, 1, RETRY_MS);
	world_defer(&w, 2 * EACH - 1, 1, 1, RETRY_MS);
	pass(&w, 2000);
	assert_int_equal(world_counts(&w).checkpoints, had);
	ends(&w, EACH - 1, EACH);
	ends(&w, 2 * EACH - 1, 2 * EACH);
	pass(&w, 2000);
	assert_int_equal(world_counts(&w).checkpoints, had + 1);
	world_fini(&w);
}

/* ---- The journal's front ------------------------------------------------- */

#define WAITING	60U
#define LONG	700

/* Some records are longer than a part of the journal. */
static void
note(struct world *w, uint32_t queue)
{
	static char		text[LONG];
	struct entry_state	s = world_state(w, 0, queue);
	struct buf		pairs = BUF_INIT;

	memset(text, 'v', sizeof text);
	s.state = STATE_HOLD;
	s.retry = queue;
	if (queue % 5 == 0) {
		fields_list_add(&pairs, STR("key"));
		fields_list_add(&pairs, (struct str){ text, sizeof text });
		s.changed |= STATE_CHANGED_METADATA;
		s.metadata = buf_str(&pairs);
	}
	world_change(w, 0, queue, &s);
	buf_free(&pairs);
}

static void
noted(struct world *w)
{
	struct entry_state	s;
	uint32_t		i;

	for (i = 1; i <= WAITING; i++) {
		s = world_state(w, 0, i);
		assert_int_equal(s.state, STATE_HOLD);
		assert_int_equal(s.retry, i);
		assert_int_equal(s.metadata.len > LONG, i % 5 == 0);
	}
	assert_int_equal(world_counts(w).held, WAITING);
}

/* However many parts have their turn before a checkpoint, none is read again
 * for those behind it. */
static void
test_once(void **state)
{
	struct world_options	o = { .segment = SEGMENT,
				    .book = { .journal_size = 4096,
				    .journal_part = 512,
				    .journal_short = true,
				    .compact_slice = 4 } };
	struct world		w;
	uint32_t		i, slices = 0;
	int			rc;

	(void)state;
	world_init(&w, &o);
	world_fill(&w, 1, WAITING);
	world_open(&w);
	for (i = 1; i <= WAITING; i++)
		note(&w, i);
	world_checkpoint(&w);
	world_checkpoint(&w);
	while ((rc = book_renew(w.book, &w.e)) == 1)
		slices++;
	assert_int_equal(rc, 0);
	assert_true(world_counts(&w).renewed > WAITING * 3 / 4);
	assert_true(slices < 3 * WAITING / 2);
	noted(&w);
	for (i = 0; i < 3; i++) {
		world_defer(&w, 0, 1, i, RETRY_MS);
		note(&w, 1);
		world_checkpoint(&w);
	}
	world_again(&w, false);
	noted(&w);
	world_again(&w, true);
	noted(&w);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
