/*
 * The file of a table.
 *
 * Layout (numbers big-endian): a head of TABLE_HEAD bytes: "HALYTBL1",
 * segment 8, the segment's end 8, size of the table 8, entries 8, zeros,
 * CRC32C of the head so far 4.  Then chunks: a head of 24: length of the rows
 * 4, their number 4, offset of the chunk 8, zeros 4, CRC32C of the segment's
 * id, this head so far and the rows 4; then rows: offset of the ENTRY 8, of
 * its body 8, of its edits 8, transaction 16, length 4, and the entry as it
 * lies in the segment.
 *
 * It is written under another name, its head last, synced piece by piece, and
 * gets its own name when it is whole; so one that has a name is whole, but for
 * what the disk does to it later.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "compat/crc32c.h"
#include "table.h"

#define TABLE_MAGIC	"HALYTBL1"
#define TABLE_NEW	TABLE_DIR "/new"
#define TABLE_CRC	(TABLE_HEAD - 4)
#define CHUNK_HEAD	24
#define CHUNK_SIZE	(64U * 1024)	/* a chunk ends beyond this */
#define CHUNK_MAX	(CHUNK_SIZE + ROW_HEAD + RECORD_MAX)
#define ROW_HEAD	44
/* So much is not left to a single sync. */
#define TABLE_UNSYNCED	(1ULL << 20)

void
table_name(char out[TABLE_NAME], uint64_t segment)
{
	(void)snprintf(out, TABLE_NAME, TABLE_DIR "/%016" PRIx64, segment);
}

static uint32_t
table_chunk_crc(uint64_t segment, const void *head, const void *rows,
    size_t len)
{
	unsigned char	id[8];
	uint32_t	crc;

	bytes_put(id, segment, 8);
	crc = crc32c(0, id, sizeof id);
	crc = crc32c(crc, head, CHUNK_HEAD - 4);
	return crc32c(crc, rows, len);
}

/* ---- Writing ------------------------------------------------------------- */

static void
table_chunk_begin(struct table_writer *w)
{
	static const char	head[CHUNK_HEAD];

	buf_clear(&w->chunk);
	buf_add(&w->chunk, head, sizeof head);
	w->rows = 0;
}

int
table_begin(struct table_writer *w, struct disk *disk, uint64_t segment,
    struct err *e)
{
	memset(w, 0, sizeof *w);
	w->disk = disk;
	w->segment = segment;
	w->at = w->synced = TABLE_HEAD;
	if (disk_make_dir(disk, TABLE_DIR) == -1)
		return err_errno(e, TABLE_DIR);
	if (disk_unlink(disk, TABLE_NEW) == -1 && errno != ENOENT)
		return err_errno(e, "unlink %s", TABLE_NEW);
	if (disk_open(disk, TABLE_NEW, DISK_CREATE, &w->file) == -1)
		return err_errno(e, TABLE_NEW);
	table_chunk_begin(w);
	return 0;
}

static int
table_sync(struct table_writer *w, struct err *e)
{
	if (disk_sync(w->file) == -1)
		return err_errno(e, "sync %s", TABLE_NEW);
	w->synced = w->at;
	return 0;
}

static int
table_chunk_write(struct table_writer *w, struct err *e)
{
	unsigned char	*head = (unsigned char *)w->chunk.mem + w->chunk.off;
	size_t		 len = w->chunk.len - CHUNK_HEAD;

	if (w->rows == 0)
		return 0;
	bytes_put(head, len, 4);
	bytes_put(head + 4, w->rows, 4);
	bytes_put(head + 8, w->at, 8);
	bytes_put(head + 20, table_chunk_crc(w->segment, head,
	    head + CHUNK_HEAD, len), 4);
	if (disk_write_bytes(w->file, head, w->chunk.len, w->at) == -1)
		return err_errno(e, "write %s", TABLE_NEW);
	w->at += w->chunk.len;
	table_chunk_begin(w);
	return w->at - w->synced < TABLE_UNSYNCED ? 0 : table_sync(w, e);
}

int
table_add(struct table_writer *w, const struct reader_entry *entry,
    struct err *e)
{
	unsigned char	head[ROW_HEAD];

	bytes_put(head, entry->place.offset, 8);
	bytes_put(head + 8, entry->body, 8);
	bytes_put(head + 16, entry->edits, 8);
	memcpy(head + 24, entry->id.txn, SPOOL_TXN_SIZE);
	bytes_put(head + 40, entry->bytes.len, 4);
	buf_add(&w->chunk, head, sizeof head);
	buf_add_str(&w->chunk, entry->bytes);
	w->rows++;
	w->entries++;
	return w->chunk.len < CHUNK_SIZE ? 0 : table_chunk_write(w, e);
}

static int
table_head_write(struct table_writer *w, uint64_t end, struct err *e)
{
	unsigned char	head[TABLE_HEAD] = TABLE_MAGIC;

	bytes_put(head + 8, w->segment, 8);
	bytes_put(head + 16, end, 8);
	bytes_put(head + 24, w->at, 8);
	bytes_put(head + 32, w->entries, 8);
	bytes_put(head + TABLE_CRC, crc32c(0, head, TABLE_CRC), 4);
	return disk_write_bytes(w->file, head, sizeof head, 0) == -1 ?
	    err_errno(e, "write %s", TABLE_NEW) : 0;
}

int
table_end(struct table_writer *w, uint64_t end, struct err *e)
{
	char	name[TABLE_NAME];

	table_name(name, w->segment);
	if (table_chunk_write(w, e) == -1 ||
	    table_head_write(w, end, e) == -1 || table_sync(w, e) == -1)
		return -1;
	if (disk_rename(w->disk, TABLE_NEW, name) == -1 ||
	    disk_sync_dir(w->disk, TABLE_DIR) == -1)
		return err_errno(e, "rename %s", TABLE_NEW);
	return 0;
}

void
table_drop(struct table_writer *w)
{
	if (w->file == NULL)
		return;
	disk_close(&w->file);
	(void)disk_unlink(w->disk, TABLE_NEW);
	buf_free(&w->chunk);
}

/* ---- Reading ------------------------------------------------------------- */

static enum table_state
table_read(struct table_reader *r, void *p, size_t n, uint64_t at)
{
	ssize_t	got = disk_read(r->file, p, n, at);

	if (got == -1)
		return TABLE_UNREAD;
	return (size_t)got == n ? TABLE_OK : TABLE_DAMAGED;
}

static enum table_state
table_head_read(struct table_reader *r)
{
	unsigned char		head[TABLE_HEAD];
	enum table_state	rc = table_read(r, head, sizeof head, 0);
	size_t			digit = strlen(TABLE_MAGIC) - 1;

	if (rc != TABLE_OK)
		return rc;
	if (memcmp(head, TABLE_MAGIC, digit) == 0 &&
	    head[digit] != (unsigned char)TABLE_MAGIC[digit])
		return TABLE_NONE;
	if (memcmp(head, TABLE_MAGIC, digit + 1) != 0 ||
	    bytes_get(head + TABLE_CRC, 4) != crc32c(0, head, TABLE_CRC) ||
	    bytes_get(head + 8, 8) != r->segment)
		return TABLE_DAMAGED;
	r->end = bytes_get(head + 16, 8);
	r->size = bytes_get(head + 24, 8);
	r->entries = bytes_get(head + 32, 8);
	return TABLE_OK;
}

enum table_state
table_open(struct table_reader *r, struct disk *disk, uint64_t segment)
{
	char			name[TABLE_NAME];
	enum table_state	rc;

	memset(r, 0, sizeof *r);
	r->segment = segment;
	r->at = TABLE_HEAD;
	table_name(name, segment);
	if (disk_open(disk, name, DISK_READ, &r->file) == -1)
		return errno == ENOENT ? TABLE_NONE : TABLE_UNREAD;
	if ((rc = table_head_read(r)) != TABLE_OK)
		table_close(r);
	return rc;
}

/* The next chunk, whole, in r->chunk, without its head. */
static enum table_state
table_chunk_read(struct table_reader *r, uint32_t *rows)
{
	unsigned char		head[CHUNK_HEAD];
	char			*p;
	uint64_t		len;
	enum table_state	rc = table_read(r, head, sizeof head, r->at);

	if (rc != TABLE_OK)
		return rc;
	len = bytes_get(head, 4);
	if (len > CHUNK_MAX || len > r->size - r->at - CHUNK_HEAD ||
	    bytes_get(head + 8, 8) != r->at)
		return TABLE_DAMAGED;
	buf_clear(&r->chunk);
	p = buf_reserve(&r->chunk, len);
	rc = table_read(r, p, len, r->at + CHUNK_HEAD);
	if (rc != TABLE_OK)
		return rc;
	if (bytes_get(head + 20, 4) != table_chunk_crc(r->segment, head, p,
	    len))
		return TABLE_DAMAGED;
	buf_added(&r->chunk, len);
	r->at += CHUNK_HEAD + len;
	*rows = (uint32_t)bytes_get(head + 4, 4);
	return TABLE_OK;
}

static int
table_row(struct table_reader *r, struct str *rest, struct reader_entry *n)
{
	const unsigned char	*p = (const unsigned char *)rest->p;
	struct err		 why;

	if (rest->len < ROW_HEAD)
		return -1;
	n->place.segment = r->segment;
	n->place.offset = bytes_get(p, 8);
	n->body = bytes_get(p + 8, 8);
	n->edits = bytes_get(p + 16, 8);
	memcpy(n->id.txn, p + 24, SPOOL_TXN_SIZE);
	n->bytes = (struct str){ rest->p + ROW_HEAD,
	    (size_t)bytes_get(p + 40, 4) };
	if (n->bytes.len > rest->len - ROW_HEAD ||
	    n->place.offset >= r->end ||
	    spool_entry_get(&n->entry, n->bytes, &why) == -1)
		return -1;
	n->id.queue = (uint32_t)n->entry.queue;
	rest->p += ROW_HEAD + n->bytes.len;
	rest->len -= ROW_HEAD + n->bytes.len;
	return 0;
}

enum table_state
table_next(struct table_reader *r, int (*entry)(void *arg,
    const struct reader_entry *entry), void *arg)
{
	struct reader_entry	n;
	struct str		rest;
	uint32_t		rows;
	enum table_state	rc;

	if (r->at >= r->size || r->size - r->at < CHUNK_HEAD)
		return r->at == r->size && r->shown == r->entries ?
		    TABLE_OVER : TABLE_DAMAGED;
	if ((rc = table_chunk_read(r, &rows)) != TABLE_OK)
		return rc;
	rest = buf_str(&r->chunk);
	for (; rows > 0; rows--, r->shown++) {
		if (table_row(r, &rest, &n) == -1)
			return TABLE_DAMAGED;
		if (entry(arg, &n) == -1)
			return TABLE_STOPPED;
	}
	return rest.len == 0 ? TABLE_OK : TABLE_DAMAGED;
}

void
table_close(struct table_reader *r)
{
	if (r->file != NULL)
		disk_close(&r->file);
	buf_free(&r->chunk);
}
