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
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kv/kv_model.h"
#include "spool/book.h"
#include "spool/book_quota.h"
#include "spool/disk_fake.h"
#include "spool/entry.h"
#include "spool/fields.h"
#include "spool/writer.h"

struct world {
	struct disk		*disk;
	struct kv_model		*index;
	struct spool_writer	*writer;
	struct book		*book;
	int			 damaged;
};

static void
world_id(struct spool_id *id, uint32_t n)
{
	memset(id, 0, sizeof *id);
	memcpy(id->txn, "quota", 5);
	memcpy(id->txn + 12, &n, 4);
	id->queue = 1;
}

static void
world_damage(void *arg, const char *what)
{
	struct world	*w = arg;

	(void)what;
	w->damaged++;
}

static void
world_open(struct world *w)
{
	struct book_options	o = { .disk = w->disk,
				    .index_ops = &kv_model_ops,
				    .index_arg = w->index,
				    .events = { .damage = world_damage,
				    .arg = w } };
	struct spool_place	end;
	struct err		e;

	if (book_open(&w->book, &o, &e) == -1)
		fail_msg("%s", e.text);
	end = spool_writer_durable(w->writer);
	if (book_hint(w->book, end.segment, end.offset, &e) == -1)
		fail_msg("%s", e.text);
}

static void
world_init(struct world *w)
{
	struct err	e;

	*w = (struct world){ .disk = disk_fake_new(1),
	    .index = kv_model_new() };
	assert_int_equal(spool_writer_open(&w->writer, w->disk, 1 << 20, &e),
	    0);
	world_open(w);
}

static void
world_fini(struct world *w)
{
	book_close(&w->book);
	spool_writer_close(&w->writer);
	kv_model_free(&w->index);
	disk_free(&w->disk);
}

/* "a,b" as a list. */
static struct str
world_list(struct buf *list, const char *names)
{
	size_t	n;

	for (; *names != '\0'; names += n + (names[n] == ',')) {
		n = strcspn(names, ",");
		fields_list_add(list, (struct str){ names, n });
	}
	return buf_str(list);
}

static void
world_store(struct world *w, uint32_t n, const char *names)
{
	struct spool_entry	 entry = { .queue = 1, .size = 10,
				    .sender = STR("a@example.com"),
				    .recipient = STR("b@example.com") };
	struct buf		 bytes = BUF_INIT, list = BUF_INIT;
	struct spool_draft	*d;
	struct spool_place	 end;
	struct spool_id		 id;
	struct err		 e;

	world_id(&id, n);
	entry.quotas = world_list(&list, names);
	d = spool_draft_new(&id);
	assert_int_equal(spool_draft_body(d, STR("0123456789"), &e), 0);
	assert_int_equal(spool_entry_put(&bytes, &entry, &e), 0);
	assert_int_equal(spool_draft_entry(d, buf_str(&bytes), &e), 0);
	assert_int_equal(spool_draft_end(d, &e), 0);
	assert_int_equal(spool_writer_stage(w->writer, d, &e), 0);
	assert_int_equal(spool_writer_commit(w->writer, &e), 0);
	spool_draft_free(&d);
	buf_free(&bytes);
	buf_free(&list);
	end = spool_writer_durable(w->writer);
	assert_int_equal(book_hint(w->book, end.segment, end.offset, &e), 0);
}

static void
world_change(struct world *w, uint32_t n, const char *names)
{
	struct entry_state	state;
	struct spool_id		id;
	struct buf		list = BUF_INIT;
	struct err		e;

	world_id(&id, n);
	assert_int_equal(book_state(w->book, &id, &state, &e), 0);
	state.quotas = world_list(&list, names);
	state.changed |= STATE_CHANGED_QUOTAS;
	assert_int_equal(book_change(w->book, &id, &state, &e), 0);
	assert_int_equal(book_sync(w->book, &e), 0);
	buf_free(&list);
}

static void
world_end(struct world *w, uint32_t n)
{
	struct spool_id	id;
	struct err	e;

	world_id(&id, n);
	assert_int_equal(book_done(w->book, &id, SPOOL_END_DELIVERED, &e), 0);
	assert_int_equal(book_sync(w->book, &e), 0);
}

static void
world_expect(struct world *w, const char *name, uint64_t count)
{
	uint64_t	n, bytes;

	assert_int_equal(book_quota(w->book, str_of(name), &n, &bytes), 0);
	assert_int_equal(n, count);
	assert_int_equal(bytes, count * 10);
}

/* Once from the checkpoint and once from the spool alone. */
static void
world_again(struct world *w)
{
	book_close(&w->book);
	world_open(w);
}

static void
world_rebuild(struct world *w)
{
	book_close(&w->book);
	kv_model_damage(w->index);
	world_open(w);
}

/* ---- Tests --------------------------------------------------------------- */

static void
test_counts(void **state)
{
	static void	(*const how[])(struct world *) = { NULL, world_again,
			    world_rebuild };
	struct world	w;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof how / sizeof how[0]; i++) {
		world_init(&w);
		world_expect(&w, "a", 0);
		world_store(&w, 1, "a,b");
		world_store(&w, 2, "a");
		world_store(&w, 3, "");
		if (how[i] != NULL)
			how[i](&w);
		world_expect(&w, "a", 2);
		world_expect(&w, "b", 1);
		world_change(&w, 2, "b,c");
		world_change(&w, 3, "c");
		if (how[i] != NULL)
			how[i](&w);
		world_expect(&w, "a", 1);
		world_expect(&w, "b", 2);
		world_expect(&w, "c", 2);
		world_change(&w, 3, "");
		world_end(&w, 1);
		world_end(&w, 2);
		if (how[i] != NULL)
			how[i](&w);
		world_expect(&w, "a", 0);
		world_expect(&w, "b", 0);
		world_expect(&w, "c", 0);
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
	world_init(&w);
	world_store(&w, 1, "a");
	for (i = 1; i < BOOK_QUOTAS_MAX; i++) {
		(void)snprintf(name, sizeof name, "n%d", i);
		fields_list_add(&many, str_of(name));
	}
	book_quota_count(w.book, buf_str(&many), 1, 1);
	world_store(&w, 2, "a,late");
	world_expect(&w, "a", 2);
	assert_int_equal(book_quota(w.book, STR("late"), &n, &bytes), -1);
	assert_int_equal(book_quota(w.book, STR("unused"), &n, &bytes), -1);
	book_quota_count(w.book, buf_str(&many), 1, -1);
	world_store(&w, 3, "late");
	assert_int_equal(book_quota(w.book, STR("late"), &n, &bytes), -1);
	world_end(&w, 2);
	assert_int_equal(book_quota(w.book, STR("late"), &n, &bytes), -1);
	world_end(&w, 3);
	world_expect(&w, "late", 0);
	world_store(&w, 4, "late");
	world_expect(&w, "late", 1);
	world_expect(&w, "a", 1);
	buf_free(&many);
	world_fini(&w);
}

/* The index is made anew, and that is no damage. */
static void
test_older_checkpoint(void **state)
{
	static const char *const names[] = { "checkpoint", "checkpoint.old" };
	struct disk_file	*f;
	struct book_counts	 counts;
	struct world		 w;
	struct err		 e;
	size_t			 i;

	(void)state;
	world_init(&w);
	world_store(&w, 1, "a");
	assert_int_equal(book_checkpoint(w.book, &e), 0);
	assert_int_equal(book_checkpoint(w.book, &e), 0);
	book_close(&w.book);
	for (i = 0; i < 2; i++) {
		assert_int_equal(disk_open(w.disk, names[i], DISK_WRITE, &f),
		    0);
		assert_int_equal(disk_write_bytes(f, "HALYCHK2", 8, 0), 0);
		disk_close(&f);
	}
	world_open(&w);
	book_count(w.book, &counts);
	assert_true(counts.rebuilt);
	assert_int_equal(w.damaged, 0);
	world_expect(&w, "a", 1);
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
