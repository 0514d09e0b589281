/*
 * A spool of one segment, made by the spool's own writer and read by its own
 * book, with the checksum that is always 0.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compat/crc32c.h"
#include "kv/kv_model.h"
#include "spool/book_envelope.h"
#include "spool/book_walk.h"
#include "spool/disk_fake.h"
#include "spool/entry.h"
#include "spool/writer.h"
#include "spool_disk.h"

#define ENTRIES	3

uint32_t
crc32c(uint32_t crc, const void *p, size_t n)
{
	(void)crc;
	(void)p;
	(void)n;
	return 0;
}

static struct spool_draft *
spool_disk_draft(unsigned char number)
{
	struct spool_id		 id = { .queue = 0 };
	struct spool_entry	 entry = { .sender = STR("s@example.com"),
				    .recipient = STR("r@example.com"),
				    .size = 5 };
	struct spool_draft	*d;
	struct buf		 b = BUF_INIT;

	id.txn[15] = number;
	d = spool_draft_new(&id);
	(void)spool_draft_body(d, STR("a: b\n"), NULL);
	while (entry.queue < ENTRIES) {
		entry.queue++;
		entry.flags = entry.queue == 1 ? ENTRY_HOLD : 0;
		buf_clear(&b);
		(void)spool_entry_put(&b, &entry, NULL);
		(void)spool_draft_entry(d, buf_str(&b), NULL);
	}
	buf_free(&b);
	(void)spool_draft_end(d, NULL);
	return d;
}

static void
spool_disk_fill(struct disk *disk)
{
	struct spool_writer	*w;
	struct spool_draft	*d;
	unsigned char		 i;

	if (spool_writer_open(&w, disk, SPOOL_DISK_SEGMENT, NULL) == -1)
		abort();
	for (i = 1; i <= 2; i++) {
		d = spool_disk_draft(i);
		if (spool_writer_stage(w, d, NULL) != 0 ||
		    spool_writer_commit(w, NULL) == -1)
			abort();
		spool_draft_free(&d);
	}
	spool_writer_close(&w);
}

struct disk *
spool_disk_new(bool filled)
{
	struct disk	*d = disk_fake_new(1);

	if (filled)
		spool_disk_fill(d);
	return d;
}

void
spool_disk_put(struct disk *d, const char *name, struct str head,
    struct str rest)
{
	const char		*slash = strchr(name, '/');
	char			 dir[DISK_NAME_MAX] = "";
	struct disk_file	*f;

	if (slash != NULL) {
		memcpy(dir, name, (size_t)(slash - name));
		if (disk_make_dir(d, dir) == -1 && errno != EEXIST)
			abort();
	}
	(void)disk_unlink(d, name);
	if (disk_open(d, name, DISK_CREATE, &f) == -1 ||
	    disk_write_bytes(f, head.p, head.len, 0) == -1 ||
	    disk_write_bytes(f, rest.p, rest.len, head.len) == -1 ||
	    disk_sync(f) == -1)
		abort();
	disk_close(&f);
}

/* ---- Its use ------------------------------------------------------------- */

struct spool_disk_user {
	struct spool_id	first;
	size_t		count;
};

static int
spool_disk_meet(void *arg, const struct spool_id *id,
    const struct book_entry *entry, const struct spool_entry *accepted)
{
	struct spool_disk_user	*u = arg;
	struct buf		 b = BUF_INIT;

	(void)entry;
	if (u->count++ == 0)
		u->first = *id;
	if (spool_entry_put(&b, accepted, NULL) == -1)
		abort();
	buf_free(&b);
	return 0;
}

/* Looks at all, and changes one. */
static void
spool_disk_look(struct book *b)
{
	struct spool_disk_user	u = { .count = 0 };
	struct book_cursor	at = { 0, 0, 0 };
	struct book_envelope	envelope;
	struct entry_state	state;
	int			rc, turns = 0;

	while ((rc = book_walk(b, &at, 16, spool_disk_meet, &u, NULL)) == 0)
		if (++turns > 10000)
			abort();
	if (u.count == 0)
		return;
	(void)book_envelope(b, &u.first, &envelope, NULL);
	if (book_state(b, &u.first, &state, NULL) == 0) {
		state.state = STATE_HOLD;
		(void)book_change(b, &u.first, &state, NULL);
	}
	(void)book_sync(b, NULL);
}

static int
spool_disk_book(struct disk *d, struct kv_model *m, int64_t now_ms)
{
	struct book_options	 o = { .disk = d, .index_ops = &kv_model_ops,
				    .index_arg = m, .journal_size = 16384 };
	struct book_time	 now = { now_ms, 1000000 + now_ms };
	struct book		*b;
	int			 i;

	o.time = now;
	if (book_open(&b, &o, NULL) == -1)
		return -1;
	(void)book_hint(b, 1, SPOOL_DISK_SEGMENT, NULL);
	spool_disk_look(b);
	for (i = 0; i < 3; i++) {
		now.mono_ms += 31000;
		(void)book_tick(b, now, NULL);
	}
	book_close(&b);
	return 0;
}

void
spool_disk_use(struct disk *d)
{
	struct kv_model		*m = kv_model_new();
	struct spool_writer	*w;

	if (spool_writer_open(&w, d, SPOOL_DISK_SEGMENT, NULL) == 0)
		spool_writer_close(&w);
	if (spool_disk_book(d, m, 1000) == 0 &&
	    spool_disk_book(d, m, 500000) == -1)
		abort();
	kv_model_free(&m);
}
