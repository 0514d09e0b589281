/*
 * Tables of the book's segments.
 *
 * A table has all entries of its segment, ended or not, so that it depends on
 * nothing but the segment: what the index had lost is found again by it, as by
 * the segment itself.  Only segments in which most still lives get one: the
 * others are about to be removed or compacted.  A segment with damage gets
 * none, so that its damage is met again.
 *
 * At a start an entry may be met twice: by a table up to where that is
 * damaged, and again by its segment.  That is no harm, since an index that is
 * made anew counts all again at its end.
 */
#include <errno.h>
#include <string.h>

#include "book_private.h"
#include "book_table.h"

/* After an error, such as a disk that is full. */
#define TABLES_AGAIN_MS	60000

/* ---- Writing ------------------------------------------------------------- */

/* Sealed, read, at rest for a while, and it will be there for a while. */
static bool
tables_wants(const struct book *b, struct book_segment *s, int64_t settled_ms)
{
	if (s->table != BOOK_TABLE_NONE || s->end == 0 || s->read < s->end ||
	    s->live <= 0 || book_segment_mostly_dead(s))
		return false;
	if (s->settled_ms == 0)
		s->settled_ms = b->clock.mono_ms + 1;
	return b->clock.mono_ms + 1 - s->settled_ms >= settled_ms;
}

static void
tables_stop(struct book *b)
{
	table_drop(&b->tables.writer);
	disk_close(&b->tables.file);
}

static int
tables_begin(struct book *b, const struct book_segment *s, struct err *e)
{
	char	name[SEGMENT_NAME];

	segment_name(name, s->id);
	if (disk_open(b->disk, name, DISK_READ, &b->tables.file) == -1)
		return err_errno(e, "%s", name);
	b->tables.at = 0;
	b->tables.damaged = false;
	if (table_begin(&b->tables.writer, b->disk, s->id, e) == 0)
		return 0;
	tables_stop(b);
	return -1;
}

static int
tables_entry(void *arg, const struct reader_entry *r)
{
	struct book	*b = arg;
	struct err	 e;

	return table_add(&b->tables.writer, r, &e);
}

static void
tables_damage(void *arg, const struct spool_place *place, const char *what)
{
	struct book	*b = arg;

	(void)place;
	(void)what;
	b->tables.damaged = true;
}

/* 1: the segment was read to its end. */
static int
tables_slice(struct book *b, uint64_t end, struct err *e)
{
	struct book_tables	*t = &b->tables;
	struct reader_calls	calls = { .entry = tables_entry,
				    .damage = tables_damage, .arg = b };
	struct reader_span	span = { t->file, t->writer.segment, t->at,
				    end, 1, 0 };
	uint64_t		upto = t->at;

	if (reader_run(&span, &calls, &upto, e) == -1)
		return -1;
	if (upto == t->at)
		upto = end;
	t->at = upto;
	return upto >= end || t->damaged;
}

static int
tables_finish(struct book *b, struct book_segment *s, struct err *e)
{
	int	rc = 0;

	if (b->tables.damaged)
		s->table = BOOK_TABLE_NEVER;
	else if ((rc = table_end(&b->tables.writer, s->end, e)) == 0)
		s->table = BOOK_TABLE_THERE;
	return rc;
}

int
book_tables(struct book *b, int64_t settled_ms, struct err *e)
{
	struct book_segment	*s;
	size_t			 i = 0;
	int			 rc = 0;

	if (!b->hinted)
		return 0;
	if (b->tables.file == NULL) {
		while (i < b->segment_count &&
		    !tables_wants(b, &b->segment[i], settled_ms))
			i++;
		if (i == b->segment_count)
			return 0;
		s = &b->segment[i];
		if (tables_begin(b, s, e) == 0)
			return 1;
		s->settled_ms = b->clock.mono_ms + TABLES_AGAIN_MS;
		return -1;
	}
	s = book_segment_find(b, b->tables.writer.segment);
	if (s != NULL && (rc = tables_slice(b, s->end, e)) == 0)
		return 1;
	if (rc == 1)
		rc = tables_finish(b, s, e);
	tables_stop(b);
	if (rc == -1)
		s->settled_ms = b->clock.mono_ms + TABLES_AGAIN_MS;
	return rc == -1 ? -1 : 1;
}

/* ---- Using --------------------------------------------------------------- */

static int
tables_name(void *arg, const char *name)
{
	struct book		*b = arg;
	struct book_segment	*s;
	char			 path[TABLE_NAME];
	uint64_t		 id;

	if (segment_name_parse(&id, name) == -1)
		return 0;
	if ((s = book_segment_find(b, id)) != NULL)
		s->table = BOOK_TABLE_THERE;
	else {
		table_name(path, id);
		(void)disk_unlink(b->disk, path);
	}
	return 0;
}

int
book_tables_list(struct book *b, struct err *e)
{
	if (disk_list(b->disk, TABLE_DIR, tables_name, b) == -1 &&
	    errno != ENOENT)
		return err_errno(e, "list %s", TABLE_DIR);
	return 0;
}

/* It is of no use, and is written anew some day. */
static void
table_give_up(struct book *b, struct book_segment *s, enum table_state state)
{
	struct err	e;

	table_close(&b->tables.reader);
	book_table_drop(b, s);
	s->table = BOOK_TABLE_NONE;
	if (state != TABLE_DAMAGED)
		return;
	(void)err_set(&e, "the table of segment %016llx is not what was "
	    "written", (unsigned long long)s->id);
	book_tell_damage(b, e.text);
}

static int
table_meet(void *arg, const struct reader_entry *r)
{
	return book_meet(arg, r);
}

int
book_table_read(struct book *b, struct book_segment *s, struct err *e)
{
	struct table_reader	*r = &b->tables.reader;
	uint64_t		 id = s->id;
	enum table_state	 rc = TABLE_OK;

	if (s->table != BOOK_TABLE_THERE || s->read > 0)
		return 0;
	if (r->file == NULL)
		rc = table_open(r, b->disk, id);
	if (rc == TABLE_OK && r->end != s->end)
		rc = TABLE_NONE;
	if (rc == TABLE_OK)
		rc = table_next(r, table_meet, b);
	if (rc == TABLE_STOPPED)
		return err_set(e, "the index does not work");
	if (rc == TABLE_OK)
		return 1;
	s = book_segment_find(b, id);
	if (rc != TABLE_OVER) {
		table_give_up(b, s, rc);
		return 0;
	}
	b->start.done += s->end;
	s->read = s->end;
	b->counts.tables++;
	table_close(r);
	return 1;
}

bool
book_table_end_of(struct book *b, struct book_segment *s)
{
	struct table_reader	r;

	if (table_open(&r, b->disk, s->id) != TABLE_OK)
		return false;
	s->end = r.end;
	table_close(&r);
	return true;
}

void
book_table_drop(struct book *b, const struct book_segment *s)
{
	char	name[TABLE_NAME];

	table_name(name, s->id);
	(void)disk_unlink(b->disk, name);
}

void
book_tables_fini(struct book *b)
{
	tables_stop(b);
	table_close(&b->tables.reader);
}
