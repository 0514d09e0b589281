/*
 * The checkpoint: from where the journal is to be read, and what is neither
 * in the index nor after that place.
 *
 * Layout (base/wire.h): "HALYCHK4", identity 16, position of the journal 8,
 * the checkpoint's before it 8, queue clock 8, wall clock 8, entries by state
 * 8 each, next id of a compacted segment 8; the number of segments 4, each:
 * id, end, read,
 * most, live 8; of buckets 4, each: number, pins 8, the number of
 * segments 4, their ids 8; of nodes 4, each: key, flags 1, value as a blob;
 * of attempts that have begun 4, each: key, worker 8; how often a quota was
 * not counted 8, the number of names 4, each: name as a blob, count, bytes 8;
 * CRC32C of all before it 4.
 *
 * It is written to a new file, which is synced, and takes the name of the one
 * before, which is kept under another until the next.  The index is durable
 * before: what it has is not in here.  So are removals of segments: one that
 * came back, and is not known, would be read as new mail.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/wire.h"
#include "book_private.h"
#include "compat/crc32c.h"
#include "formats.h"

#define CHECKPOINT	"checkpoint"
#define CHECKPOINT_OLD	"checkpoint.old"
#define CHECKPOINT_NEW	"checkpoint.new"
#define CHECKPOINT_MAGIC "HALYCHK4"
/* The layout before it knew no state BOUNCING. */
#define CHECKPOINT_MAGIC_3 "HALYCHK3"
/* No count of things and no time is beyond it. */
#define CHECKPOINT_MOST	(1ULL << 56)

/* ---- Writing ------------------------------------------------------------- */

static void
checkpoint_put_segments(struct buf *out, const struct book *b)
{
	const struct book_segment	*s;
	size_t				 i;

	wire_put_uint(out, b->segment_count, 4);
	for (i = 0; i < b->segment_count; i++) {
		s = &b->segment[i];
		wire_put_uint(out, s->id, 8);
		wire_put_uint(out, s->end, 8);
		wire_put_uint(out, s->read, 8);
		wire_put_uint(out, s->most, 8);
		wire_put_uint(out, (uint64_t)s->live, 8);
	}
}

static void
checkpoint_put_buckets(struct buf *out, const struct book *b)
{
	const struct book_bucket	*k;
	size_t				 i, n;

	wire_put_uint(out, b->bucket_count, 4);
	for (i = 0; i < b->bucket_count; i++) {
		k = &b->bucket[i];
		wire_put_uint(out, k->number, 8);
		wire_put_uint(out, k->pins, 8);
		wire_put_uint(out, k->segment_count, 4);
		for (n = 0; n < k->segment_count; n++)
			wire_put_uint(out, k->segments[n], 8);
	}
}

static void
checkpoint_put_list(struct buf *out, const struct book_nodes *list,
    uint32_t *count)
{
	unsigned char		value[KV_VALUE_MAX];
	const struct book_node	*n;
	struct str		v = { (char *)value, 0 };

	TAILQ_FOREACH(n, list, link) {
		book_value_put(value, &v.len, &n->entry);
		buf_add(out, n->key, sizeof n->key);
		buf_add_byte(out, (char)n->flags);
		(void)wire_put_blob(out, v, KV_VALUE_MAX);
		(*count)++;
	}
}

static void
checkpoint_put_nodes(struct buf *out, const struct book *b)
{
	struct buf	nodes = BUF_INIT;
	uint32_t	count = 0;

	checkpoint_put_list(&nodes, &b->fresh, &count);
	checkpoint_put_list(&nodes, &b->ahead, &count);
	wire_put_uint(out, count, 4);
	buf_add_str(out, buf_str(&nodes));
	buf_free(&nodes);
}

static void
checkpoint_put(struct buf *out, struct book *b, uint64_t position)
{
	int	i;

	buf_add_text(out, CHECKPOINT_MAGIC);
	buf_add(out, b->identity, sizeof b->identity);
	wire_put_uint(out, position, 8);
	wire_put_uint(out, b->covered, 8);
	wire_put_uint(out, (uint64_t)b->clock.now_ms, 8);
	wire_put_uint(out, (uint64_t)b->clock.wall_ms, 8);
	for (i = 0; i < STATE_MAX; i++)
		wire_put_uint(out, (uint64_t)b->state_count[i], 8);
	wire_put_uint(out, b->next_cold, 8);
	checkpoint_put_segments(out, b);
	checkpoint_put_buckets(out, b);
	checkpoint_put_nodes(out, b);
	book_started_put(out, b);
	book_quota_put(out, b);
	wire_put_uint(out, crc32c(0, buf_data(out), out->len), 4);
}

static int
checkpoint_write_file(struct book *b, const struct buf *bytes,
    struct err *e)
{
	struct disk_file	*f;
	int			 rc = -1;

	if (disk_unlink(b->disk, CHECKPOINT_NEW) == -1 && errno != ENOENT)
		return err_errno(e, "unlink %s", CHECKPOINT_NEW);
	if (disk_open(b->disk, CHECKPOINT_NEW, DISK_CREATE, &f) == -1)
		return err_errno(e, "%s", CHECKPOINT_NEW);
	if (disk_write_bytes(f, bytes->mem + bytes->off, bytes->len, 0) == -1)
		err_errno(e, "write %s", CHECKPOINT_NEW);
	else if (disk_sync(f) == -1)
		err_errno(e, "sync %s", CHECKPOINT_NEW);
	else
		rc = 0;
	disk_close(&f);
	return rc;
}

int
checkpoint_write(struct book *b, struct err *e)
{
	struct buf	bytes = BUF_INIT;
	uint64_t	position;
	size_t		i;
	int		rc;

	/* Whoever begins with it meets each entry of a batch, or none. */
	for (i = 0; i < b->segment_count; i++)
		if (b->segment[i].met > 0)
			return err_set(e, "segment %016llx is read in part",
			    (unsigned long long)b->segment[i].id);
	if (book_segments_settle(b, e) == -1 ||
	    journal_sync(b->journal, e) == -1 || book_flush_mark(b, e) == -1 ||
	    kv_flush(b->index, e) == -1)
		return -1;
	position = journal_durable(b->journal);
	checkpoint_put(&bytes, b, position);
	rc = checkpoint_write_file(b, &bytes, e);
	buf_free(&bytes);
	if (rc == -1)
		return -1;
	if ((disk_rename(b->disk, CHECKPOINT, CHECKPOINT_OLD) == -1 &&
	    errno != ENOENT) ||
	    disk_rename(b->disk, CHECKPOINT_NEW, CHECKPOINT) == -1 ||
	    disk_sync_dir(b->disk, "") == -1)
		return err_errno(e, "rename %s", CHECKPOINT_NEW);
	b->covered_before = b->covered;
	b->covered = position;
	b->counts.checkpoints++;
	return 0;
}

/* ---- Reading ------------------------------------------------------------- */

static int
checkpoint_get_segments(struct rbuf *r, struct book *b)
{
	struct book_segment	*s;
	uint64_t		 count, id, end, read, most, live;

	if (wire_get_uint(r, &count, 4) == -1)
		return -1;
	while (count-- > 0) {
		if (wire_get_uint(r, &id, 8) == -1 ||
		    wire_get_uint(r, &end, 8) == -1 ||
		    wire_get_uint(r, &read, 8) == -1 ||
		    wire_get_uint(r, &most, 8) == -1 ||
		    wire_get_uint(r, &live, 8) == -1 ||
		    live + CHECKPOINT_MOST > 2 * CHECKPOINT_MOST)
			return -1;
		s = book_segment_add(b, id);
		s->end = end;
		s->read = read;
		s->most = most;
		s->live = (int64_t)live;
	}
	return 0;
}

static int
checkpoint_get_bucket(struct rbuf *r, struct book *b)
{
	struct book_bucket	*k;
	uint64_t		 number, pins, count, segment;

	if (wire_get_uint(r, &number, 8) == -1 ||
	    wire_get_uint(r, &pins, 8) == -1 ||
	    wire_get_uint(r, &count, 4) == -1 ||
	    number > UINT64_MAX / b->bucket_size || pins > CHECKPOINT_MOST)
		return -1;
	k = book_bucket_of(b, number * b->bucket_size);
	k->pins = pins;
	while (count-- > 0) {
		if (wire_get_uint(r, &segment, 8) == -1)
			return -1;
		book_bucket_segment(k, segment);
	}
	return 0;
}

static int
checkpoint_get_node(struct rbuf *r, struct book *b)
{
	struct book_entry	entry;
	struct spool_id		id;
	struct str		value;
	uint64_t		flags;

	if (r->len < SPOOL_ID_SIZE)
		return -1;
	spool_id_get(&id, r->p);
	r->p += SPOOL_ID_SIZE;
	r->len -= SPOOL_ID_SIZE;
	if (wire_get_uint(r, &flags, 1) == -1 ||
	    wire_get_blob(r, &value, KV_VALUE_MAX) == -1 ||
	    book_value_get(&entry, value) == -1 ||
	    (flags != NODE_FRESH && flags != NODE_AHEAD &&
	    flags != NODE_UNMET) ||
	    book_node_find(b, &id) != NULL)
		return -1;
	book_node_make(b, &id, (unsigned int)flags)->entry = entry;
	return 0;
}

static int
checkpoint_get_list(struct rbuf *r, struct book *b,
    int (*get)(struct rbuf *, struct book *))
{
	uint64_t	count;

	if (wire_get_uint(r, &count, 4) == -1)
		return -1;
	while (count-- > 0) {
		if (get(r, b) == -1)
			return -1;
	}
	return 0;
}

static int
checkpoint_get(struct book *b, struct str bytes)
{
	struct rbuf	r = { (const unsigned char *)bytes.p, bytes.len };
	uint64_t	number[4], count[STATE_MAX] = { 0 }, crc;
	size_t		i, head = strlen(CHECKPOINT_MAGIC), states = STATE_MAX;

	if (r.len < head + sizeof b->identity + 4)
		return -1;
	if (memcmp(r.p, CHECKPOINT_MAGIC_3, head) == 0)
		states = STATE_BOUNCING;
	else if (memcmp(r.p, CHECKPOINT_MAGIC, head) != 0)
		return -1;
	r.p += r.len - 4;
	r.len = 4;
	if (wire_get_uint(&r, &crc, 4) == -1 ||
	    crc != crc32c(0, bytes.p, bytes.len - 4))
		return -1;
	memcpy(b->identity, bytes.p + head, sizeof b->identity);
	head += sizeof b->identity;
	r = (struct rbuf){ (const unsigned char *)bytes.p + head,
	    bytes.len - head - 4 };
	for (i = 0; i < 4 + states; i++) {
		uint64_t	*n = i < 4 ? &number[i] : &count[i - 4];

		if (wire_get_uint(&r, n, 8) == -1 || *n > CHECKPOINT_MOST)
			return -1;
	}
	if (wire_get_uint(&r, &b->next_cold, 8) == -1)
		return -1;
	b->covered = number[0];
	b->covered_before = number[1];
	b->clock_noted_ms = (int64_t)number[2];
	b->clock_noted_wall_ms = (int64_t)number[3];
	for (i = 0; i < STATE_MAX; i++)
		b->state_count[i] = (int64_t)count[i];
	if (checkpoint_get_segments(&r, b) == -1 ||
	    checkpoint_get_list(&r, b, checkpoint_get_bucket) == -1 ||
	    checkpoint_get_list(&r, b, checkpoint_get_node) == -1 ||
	    book_started_get(&r, b) == -1 || book_quota_get(&r, b) == -1)
		return -1;
	return r.len == 0 ? 0 : -1;
}

/* One of a version before this one: the index is made anew, and nothing is
 * damaged. */
static bool
checkpoint_older(struct str bytes)
{
	size_t	digit = strlen(CHECKPOINT_MAGIC) - 1;

	return bytes.len > digit &&
	    memcmp(bytes.p, CHECKPOINT_MAGIC, digit) == 0 &&
	    bytes.p[digit] < CHECKPOINT_MAGIC[digit];
}

/* What an older version has written is read, or done without. */
static int
checkpoint_known(struct disk *disk, const char *name, struct err *e)
{
	const size_t		 digit = strlen(CHECKPOINT_MAGIC) - 1;
	unsigned char		 head[sizeof CHECKPOINT_MAGIC] = { 0 };
	struct disk_file	*f;
	ssize_t			 got;

	if (disk_open(disk, name, DISK_READ, &f) == -1)
		return errno == ENOENT ? 0 : err_errno(e, "%s", name);
	if ((got = disk_read(f, head, digit + 1, 0)) == -1)
		err_errno(e, "read %s", name);
	disk_close(&f);
	if (got == -1)
		return -1;
	if (memcmp(head, CHECKPOINT_MAGIC, digit) == 0 &&
	    head[digit] > (unsigned char)CHECKPOINT_MAGIC[digit]) {
		(void)formats_unknown(e, head[digit], CHECKPOINT_MAGIC[digit]);
		return err_wrap(e, "%s", name);
	}
	return 0;
}

int
formats_checkpoint(struct disk *disk, struct err *e)
{
	if (checkpoint_known(disk, CHECKPOINT, e) == -1)
		return -1;
	return checkpoint_known(disk, CHECKPOINT_OLD, e);
}

/* 0; 1: it is not there, or not whole; -1 with *e. */
static int
checkpoint_read_file(struct book *b, const char *name, struct err *e)
{
	struct buf		 bytes = BUF_INIT;
	struct disk_file	*f;
	uint64_t		 size;
	ssize_t			 got = -1;
	int			 rc = -1;

	if (disk_open(b->disk, name, DISK_READ, &f) == -1)
		return errno == ENOENT ? 1 : err_errno(e, "%s", name);
	if (disk_size(f, &size) == 0)
		got = disk_read(f, buf_reserve(&bytes, size), size, 0);
	if (got == -1)
		err_errno(e, "read %s", name);
	disk_close(&f);
	if (got != -1) {
		buf_added(&bytes, (size_t)got);
		rc = checkpoint_get(b, buf_str(&bytes)) == -1 ? 1 : 0;
		if (rc == 1 && !checkpoint_older(buf_str(&bytes)))
			book_corrupt_checkpoint(b, name);
	}
	buf_free(&bytes);
	return rc;
}

void
checkpoint_forget(struct book *b)
{
	struct book_node	*n;

	while ((n = TAILQ_FIRST(&b->fresh)) != NULL ||
	    (n = TAILQ_FIRST(&b->ahead)) != NULL ||
	    (n = TAILQ_FIRST(&b->pending)) != NULL)
		book_node_free(b, n);
	while (b->bucket_count > 0)
		free(b->bucket[--b->bucket_count].segments);
	book_started_free(b);
	hmap_init(&b->started);
	book_quota_forget(b);
	b->segment_count = 0;
	memset(b->state_count, 0, sizeof b->state_count);
	b->covered = b->covered_before = 0;
}

int
checkpoint_read(struct book *b, struct err *e)
{
	static const char	*const names[] = { CHECKPOINT,
				    CHECKPOINT_OLD };
	size_t			 i;
	int			 rc = 1;

	for (i = 0; i < 2 && rc == 1; i++) {
		if ((rc = checkpoint_read_file(b, names[i], e)) == 1)
			checkpoint_forget(b);
	}
	return rc;
}
