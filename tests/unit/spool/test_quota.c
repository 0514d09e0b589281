/*
 * Quotas that the book counts: as entries come, change and end; where there
 * are too many names; over restarts; and after a checkpoint of a version
 * before them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "spool/book_quota.h"
#include "spool/fields.h"

#include "world.h"

static void
quota_init(struct world *w)
{
	struct world_options	o = { .segment = 1 << 20, .body = 10,
				    .entry.sender = STR("a@example.com") };

	world_init(w, &o);
	world_open(w);
}

/* "a,b" as a list. */
static struct str
quota_list(struct buf *list, const char *names)
{
	size_t	n;

	for (; *names != '\0'; names += n + (names[n] == ',')) {
		n = strcspn(names, ",");
		fields_list_add(list, (struct str){ names, n });
	}
	return buf_str(list);
}

static void
quota_store(struct world *w, uint32_t n, const char *names)
{
	struct buf	list = BUF_INIT;

	w->next = n;
	w->o.entry.quotas = quota_list(&list, names);
	world_accept(w, 1);
	w->o.entry.quotas = STR_NONE;
	buf_free(&list);
}

static void
quota_change(struct world *w, uint32_t n, const char *names)
{
	struct entry_state	state = world_state(w, n, 1);
	struct buf		list = BUF_INIT;

	state.quotas = quota_list(&list, names);
	state.changed |= STATE_CHANGED_QUOTAS;
	world_change(w, n, 1, &state);
	world_sync(w);
	buf_free(&list);
}

static void
quota_end(struct world *w, uint32_t n)
{
	world_done(w, n, 1);
	world_sync(w);
}

static void
quota_expect(struct world *w, const char *name, uint64_t count)
{
	uint64_t	n, bytes;

	assert_int_equal(book_quota(w->book, str_of(name), &n, &bytes), 0);
	assert_int_equal(n, count);
	assert_int_equal(bytes, count * 10);
}

/* ---- Tests --------------------------------------------------------------- */

/* By whom it is counted: this book, one that begins with its checkpoint, and
 * one that has the spool alone. */
enum by { BY_THE_SAME, BY_ANOTHER, BY_ONE_ANEW, BY };

static void
quota_by(struct world *w, int by)
{
	if (by != BY_THE_SAME)
		world_again(w, by == BY_ONE_ANEW);
}

static void
test_counts(void **state)
{
	struct world	w;
	int		by;

	(void)state;
	for (by = 0; by < BY; by++) {
		quota_init(&w);
		quota_expect(&w, "a", 0);
		quota_store(&w, 1, "a,b");
		quota_store(&w, 2, "a");
		quota_store(&w, 3, "");
		quota_by(&w, by);
		quota_expect(&w, "a", 2);
		quota_expect(&w, "b", 1);
		quota_change(&w, 2, "b,c");
		quota_change(&w, 3, "c");
		quota_by(&w, by);
		quota_expect(&w, "a", 1);
		quota_expect(&w, "b", 2);
		quota_expect(&w, "c", 2);
		quota_change(&w, 3, "");
		quota_end(&w, 1);
		quota_end(&w, 2);
		quota_by(&w, by);
		quota_expect(&w, "a", 0);
		quota_expect(&w, "b", 0);
		quota_expect(&w, "c", 0);
		world_fini(&w);
	}
}

/* The numbers of what is counted stay right, the others are not told; when
 * what was not counted has gone, all are. */
static void
test_too_many_names(void **state)
{
	struct world	w;
	struct buf	many = BUF_INIT;
	char		name[16];
	uint64_t	n, bytes;
	int		i;

	(void)state;
	quota_init(&w);
	quota_store(&w, 1, "a");
	for (i = 1; i < BOOK_QUOTAS_MAX; i++) {
		(void)snprintf(name, sizeof name, "n%d", i);
		fields_list_add(&many, str_of(name));
	}
	book_quota_count(w.book, buf_str(&many), 1, 1);
	quota_store(&w, 2, "a,late");
	quota_expect(&w, "a", 2);
	assert_int_equal(book_quota(w.book, STR("late"), &n, &bytes), -1);
	assert_int_equal(book_quota(w.book, STR("unused"), &n, &bytes), -1);
	book_quota_count(w.book, buf_str(&many), 1, -1);
	quota_store(&w, 3, "late");
	assert_int_equal(book_quota(w.book, STR("late"), &n, &bytes), -1);
	quota_end(&w, 2);
	assert_int_equal(book_quota(w.book, STR("late"), &n, &bytes), -1);
	quota_end(&w, 3);
	quota_expect(&w, "late", 0);
	quota_store(&w, 4, "late");
	quota_expect(&w, "late", 1);
	quota_expect(&w, "a", 1);
	buf_free(&many);
	world_fini(&w);
}

/* The index is made anew, and that is no damage. */
static void
test_older_checkpoint(void **state)
{
	static const char *const names[] = { "checkpoint", "checkpoint.old" };
	struct disk_file	*f;
	struct world		 w;
	size_t			 i;

	(void)state;
	quota_init(&w);
	quota_store(&w, 1, "a");
	world_checkpoint(&w);
	world_checkpoint(&w);
	book_close(&w.book);
	for (i = 0; i < 2; i++) {
		assert_int_equal(disk_open(w.disk, names[i], DISK_WRITE, &f),
		    0);
		assert_int_equal(disk_write_bytes(f, "HALYCHK2", 8, 0), 0);
		disk_close(&f);
	}
	world_open(&w);
	assert_true(world_counts(&w).rebuilt);
	assert_int_equal(w.damaged, 0);
	quota_expect(&w, "a", 1);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_too_many_names),
		cmocka_unit_test(test_older_checkpoint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
