/*
 * The segments of a spool, read with their bodies, and their tables, each row
 * of which is held against its segment.
 */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "body_file.h"
#include "bytes.h"
#include "chain.h"
#include "compat/crc32c.h"
#include "draft.h"
#include "formats.h"
#include "recover.h"
#include "table.h"
#include "verify.h"

#define VERIFY_PIECE	(256 * 1024)

struct verify {
	struct disk	*disk;
	const struct verify_calls *calls;
	struct verify_report *report;
	struct disk_file *file;
	uint64_t	 segment;
	uint64_t	 body;		/* the last one that was read: whole? */
	bool		 whole;
};

static void
verify_damage(struct verify *v, const struct spool_place *place,
    const char *what)
{
	struct err	e;

	v->report->damaged++;
	(void)err_set(&e, "segment %016llx at %llu: %s",
	    (unsigned long long)place->segment,
	    (unsigned long long)place->offset, what);
	if (v->calls->damage != NULL)
		v->calls->damage(v->calls->arg, e.text);
}

static void
verify_on_damage(void *arg, const struct spool_place *place,
    const char *what)
{
	verify_damage(arg, place, what);
}

/* The file of a large body: its size and checksum are in the record. */
static bool
verify_file(struct verify *v, const struct reader_entry *entry,
    struct str payload)
{
	static char		 piece[VERIFY_PIECE];
	const unsigned char	*p = (const unsigned char *)payload.p;
	char			 name[DISK_NAME_MAX];
	struct disk_file	*f;
	uint64_t		 at = 0;
	uint32_t		 crc = 0;
	ssize_t			 n;

	if (payload.len < 12)
		return false;
	body_file_name(name, &entry->id);
	if (disk_open(v->disk, name, DISK_READ, &f) == -1)
		return false;
	while ((n = disk_read(f, piece, sizeof piece, at)) > 0) {
		crc = crc32c(crc, piece, (size_t)n);
		at += (uint64_t)n;
	}
	disk_close(&f);
	return n == 0 && at == bytes_get(p, 8) && crc == bytes_get(p + 8, 4);
}

/* Entries of one transaction share a body: it is read once. */
static int
verify_body(struct verify *v, const struct reader_entry *entry)
{
	struct spool_place	place = { v->segment, entry->body };
	struct buf		payload = BUF_INIT;
	char			id[SPOOL_ID_TEXT];
	struct record		r;
	struct err		e;
	int			rc;

	if (v->body == entry->body)
		return 0;
	rc = scan_record_at(v->file, &place, &r, &payload, &e);
	v->whole = rc == 0 && (r.type == RECORD_BODY ||
	    (r.type == RECORD_FILE && verify_file(v, entry,
	    buf_str(&payload))));
	buf_free(&payload);
	if (rc == -1)
		return -1;
	v->body = entry->body;
	v->report->bodies++;
	if (!v->whole) {
		spool_id_text(id, &entry->id);
		(void)err_set(&e, "a body that is damaged, of %s", id);
		verify_damage(v, &place, e.text);
	}
	return 0;
}

static int
verify_entry(void *arg, const struct reader_entry *entry)
{
	struct verify	*v = arg;

	v->report->entries++;
	if (verify_body(v, entry) == -1)
		return -1;
	if (!v->whole || v->calls->entry == NULL)
		return 0;
	return v->calls->entry(v->calls->arg, entry, v->file);
}

static int
verify_commit(void *arg, const struct spool_id *txn, uint32_t entries)
{
	struct verify	*v = arg;

	(void)txn;
	(void)entries;
	v->report->transactions++;
	return 0;
}

/* ---- Tables -------------------------------------------------------------- */

static int
verify_row(void *arg, const struct reader_entry *entry)
{
	struct verify	*v = arg;
	struct buf	 payload = BUF_INIT;
	struct record	 r;
	struct err	 e;
	bool		 same;

	same = scan_record_at(v->file, &entry->place, &r, &payload, &e) == 0 &&
	    r.type == RECORD_ENTRY && r.body == entry->body &&
	    r.edits == entry->edits &&
	    str_eq(buf_str(&payload), entry->bytes);
	buf_free(&payload);
	return same ? 0 : -1;
}

/* entries: that the segment was found to have. */
static void
verify_table(struct verify *v, uint64_t end, uint64_t entries)
{
	struct spool_place	place = { v->segment, 0 };
	struct table_reader	r;
	enum table_state	state = table_open(&r, v->disk, v->segment);

	if (state == TABLE_NONE)
		return;
	v->report->tables++;
	if (state == TABLE_OK && (r.end != end || r.entries != entries))
		state = TABLE_DAMAGED;
	while (state == TABLE_OK)
		state = table_next(&r, verify_row, v);
	table_close(&r);
	if (state != TABLE_OVER)
		verify_damage(v, &place, state == TABLE_UNREAD ?
		    "its table does not read" : "a table that is not its own");
}

/* ---- Segments ------------------------------------------------------------ */

static int
verify_segment(struct verify *v, const struct chain_link *link,
    struct err *e)
{
	struct reader_calls	calls = { .entry = verify_entry,
				    .commit = verify_commit,
				    .damage = verify_on_damage, .arg = v };
	struct reader_span	span = { NULL, link->id, 0, link->end, 0, 0 };
	char			name[SEGMENT_NAME];
	uint64_t		upto = 0, entries = v->report->entries;
	uint64_t		damaged = v->report->damaged;
	int			rc = 0;

	segment_name(name, link->id);
	if (disk_open(v->disk, name, DISK_READ, &v->file) == -1)
		return errno == ENOENT ? 0 : err_errno(e, "%s", name);
	span.file = v->file;
	v->segment = link->id;
	v->body = 0;
	if (link->end == UINT64_MAX)
		rc = recover_end(v->file, link->id, &span.end, e);
	if (rc == 0)
		rc = reader_run(&span, &calls, &upto, e);
	/* The table of a segment with damage has what that had once. */
	if (rc == 0 && v->report->damaged == damaged)
		verify_table(v, span.end, v->report->entries - entries);
	disk_close(&v->file);
	v->report->segments++;
	v->report->bytes += span.end;
	return rc == -1 ? err_wrap(e, "%s", name) : 0;
}

static int
verify_cold_name(void *arg, const char *name)
{
	struct chain	*c = arg;
	uint64_t	 id;

	if (segment_name_parse(&id, name) == -1 || (id & SEGMENT_COLD) == 0)
		return 0;
	c->link = xreallocarray(c->link, c->count + 1, sizeof *c->link);
	c->link[c->count++] = (struct chain_link){ .id = id,
	    .end = UINT64_MAX };
	return 0;
}

int
spool_verify(struct disk *disk, const struct verify_calls *calls,
    struct verify_report *report, struct err *e)
{
	struct verify	v = { .disk = disk, .calls = calls,
			    .report = report };
	struct chain	c;
	size_t		i;
	int		rc = 0;

	memset(report, 0, sizeof *report);
	if (formats_check(disk, e) == -1 ||
	    chain_read(disk, 0, &c, e) == -1)
		return -1;
	/* Compacted ones are in no chain. */
	if (disk_list(disk, SEGMENT_DIR, verify_cold_name, &c) == -1)
		rc = err_errno(e, "list %s", SEGMENT_DIR);
	for (i = 0; i < c.count && rc == 0; i++) {
		rc = verify_segment(&v, &c.link[i], e);
		if (calls->progress != NULL)
			calls->progress(calls->arg, i + 1, c.count);
	}
	chain_fini(&c);
	return rc;
}
