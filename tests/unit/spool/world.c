/*
 * The world of tests of the spool: its parts, and what tests do with them
 * again and again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

#include "world.h"

/* 0, or the test fails. */
#define OK(call)	do {						\
	int	rc_ = (call);						\
	if (rc_ != 0)							\
		fail_msg("%s: %d, %s", #call, rc_, w->e.text);		\
} while (0)

/* ---- Its parts ----------------------------------------------------------- */

void
world_init(struct world *w, const struct world_options *o)
{
	memset(w, 0, sizeof *w);
	w->o = *o;
	if (w->o.body == 0)
		w->o.body = 4;
	if (w->o.entry.recipient.len == 0)
		w->o.entry.recipient = STR("b@example.com");
	w->disk = o->disk;
	if (w->disk == NULL)
		w->disk = disk_fake_new(o->seed != 0 ? o->seed : 1);
	w->index = kv_model_new();
}

void
world_fini(struct world *w)
{
	world_close(w);
	kv_model_free(&w->index);
	disk_free(&w->disk);
}

void
world_writer(struct world *w)
{
	spool_writer_close(&w->writer);
	OK(spool_writer_open(&w->writer, w->disk, w->o.segment, &w->e));
}

static void
world_arrived(void *arg, const struct spool_id *id,
    const struct spool_entry *entry, uint64_t queue)
{
	struct world	*w = arg;

	(void)id;
	(void)entry;
	(void)queue;
	w->arrived++;
}

static void
world_damaged(void *arg, const char *what)
{
	struct world	*w = arg;

	w->damaged++;
	(void)snprintf(w->damage, sizeof w->damage, "%s", what);
}

void
world_open(struct world *w)
{
	struct book_options	o = w->o.book;

	if (w->writer == NULL)
		world_writer(w);
	o.disk = w->disk;
	if (o.index_ops == NULL)
		o.index_ops = &kv_model_ops;
	if (o.index_arg == NULL)
		o.index_arg = w->index;
	if (o.events.arrived == NULL)
		o.events.arrived = world_arrived;
	if (o.events.damage == NULL)
		o.events.damage = world_damaged;
	o.events.arg = w;
	OK(book_open(&w->book, &o, &w->e));
	world_hint(w);
}

void
world_close(struct world *w)
{
	book_close(&w->book);
	spool_writer_close(&w->writer);
}

void
world_again(struct world *w, bool anew)
{
	book_close(&w->book);
	if (anew)
		kv_model_damage(w->index);
	world_open(w);
	if (anew)
		assert_true(world_counts(w).rebuilt);
}

void
world_cut(struct world *w, bool power)
{
	world_close(w);
	if (power)
		disk_fake_power_cut(w->disk);
	else
		disk_fake_kill(w->disk);
	disk_fake_fault(w->disk, DISK_FAULT_NONE, 0);
	kv_model_crash(w->index, disk_fake_random(w->disk,
	    kv_model_unflushed(w->index) + 1));
}

/* ---- What is accepted ---------------------------------------------------- */

#define NUMBER_AT	(SPOOL_TXN_SIZE - sizeof(uint32_t))

struct spool_id
world_id(uint32_t n, uint32_t queue)
{
	struct spool_id	id = { .queue = queue };

	memcpy(id.txn, "world", 5);
	memcpy(id.txn + NUMBER_AT, &n, sizeof n);
	return id;
}

uint32_t
world_number(const struct spool_id *id)
{
	uint32_t	n;

	memcpy(&n, id->txn + NUMBER_AT, sizeof n);
	return n;
}

struct spool_draft *
world_draft(struct world *w)
{
	struct spool_id		 id = world_id(w->next++, 0);
	struct spool_draft	*d = spool_draft_new(&id);
	char			*body = xmalloc(w->o.body);

	if (w->writer == NULL)
		world_writer(w);
	memset(body, 'x', w->o.body);
	OK(spool_draft_body(d, (struct str){ body, w->o.body }, &w->e));
	free(body);
	return d;
}

void
world_add(struct world *w, struct spool_draft *d, uint32_t entries)
{
	struct spool_entry	entry = w->o.entry;
	struct buf		bytes = BUF_INIT;

	entry.size = w->o.body;
	for (; entries > 0; entries--) {
		entry.queue = spool_draft_entries(d) + 1;
		buf_clear(&bytes);
		OK(spool_entry_put(&bytes, &entry, &w->e));
		OK(spool_draft_entry(d, buf_str(&bytes), &w->e));
	}
	buf_free(&bytes);
}

void
world_commit(struct world *w, struct spool_draft *d)
{
	OK(spool_writer_stage(w->writer, d, &w->e));
	OK(spool_writer_commit(w->writer, &w->e));
}

uint32_t
world_store(struct world *w, uint32_t entries)
{
	struct spool_draft	*d = world_draft(w);

	world_add(w, d, entries);
	OK(spool_draft_end(d, &w->e));
	world_commit(w, d);
	spool_draft_free(&d);
	return w->next - 1;
}

void
world_fill(struct world *w, uint32_t count, uint32_t entries)
{
	for (; count > 0; count--)
		(void)world_store(w, entries);
}

void
world_hint(struct world *w)
{
	struct spool_place	end = spool_writer_durable(w->writer);

	OK(book_hint(w->book, end.segment, end.offset, &w->e));
}

uint32_t
world_accept(struct world *w, uint32_t entries)
{
	uint32_t	n = world_store(w, entries);

	world_hint(w);
	return n;
}

/* ---- What becomes of it -------------------------------------------------- */

bool
world_has(struct world *w, uint32_t n, uint32_t queue)
{
	struct spool_id		id = world_id(n, queue);
	struct book_entry	entry;
	int			rc = book_get(w->book, &id, &entry, &w->e);

	if (rc == -1)
		fail_msg("%u:%u: %s", n, queue, w->e.text);
	return rc == 0;
}

struct book_entry
world_get(struct world *w, uint32_t n, uint32_t queue)
{
	struct spool_id		id = world_id(n, queue);
	struct book_entry	entry;

	OK(book_get(w->book, &id, &entry, &w->e));
	return entry;
}

struct entry_state
world_state(struct world *w, uint32_t n, uint32_t queue)
{
	struct spool_id		id = world_id(n, queue);
	struct entry_state	s;

	OK(book_state(w->book, &id, &s, &w->e));
	return s;
}

void
world_change(struct world *w, uint32_t n, uint32_t queue,
    const struct entry_state *s)
{
	struct spool_id	id = world_id(n, queue);

	OK(book_change(w->book, &id, s, &w->e));
}

void
world_defer(struct world *w, uint32_t n, uint32_t queue, uint16_t retry,
    int64_t due_ms)
{
	struct entry_state	s = world_state(w, n, queue);

	s.state = STATE_DEFER;
	s.retry = retry;
	s.due_ms = due_ms;
	world_change(w, n, queue, &s);
}

void
world_done(struct world *w, uint32_t n, uint32_t queue)
{
	struct spool_id	id = world_id(n, queue);

	OK(book_done(w->book, &id, SPOOL_END_DELIVERED, &w->e));
}

struct book_counts
world_counts(struct world *w)
{
	struct book_counts	counts;

	book_count(w->book, &counts);
	return counts;
}

void
world_sync(struct world *w)
{
	OK(book_sync(w->book, &w->e));
}

void
world_checkpoint(struct world *w)
{
	OK(book_checkpoint(w->book, &w->e));
}

void
world_compact(struct world *w)
{
	int	rc;

	while ((rc = book_compact(w->book, &w->e)) == 1)
		;
	OK(rc);
}

uint64_t
world_size(struct world *w, const char *name)
{
	struct disk_file	*f;
	uint64_t		 size = 0;

	if (disk_open(w->disk, name, DISK_READ, &f) == -1)
		return 0;
	assert_int_equal(disk_size(f, &size), 0);
	disk_close(&f);
	return size;
}
