/*
 * The journal's files, written and read.
 *
 * `tail` holds the records that are not durable yet, the first `given` bytes
 * of it handed to the kernel.  A file that is full is synced before the next
 * one begins, whose head, synced with the folder before any record of it
 * counts, gives its end.  So does the file after an error, which begins at
 * the last durable position: what was written beyond it in the old file does
 * not exist, and is in the new one before that has its head.
 *
 * At a start the last file is synced and read from the medium, as a segment
 * is (recover.c), and a new file begins behind its last whole record.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "journal.h"
#include "journal_file.h"
#include "journal_reader.h"
#include "spare.h"

#define JOURNAL_SPARES	"spare.journal"

struct journal {
	struct disk	 *disk;
	struct journal_files files;	/* the last one is written to */
	struct disk_file *file;		/* NULL: after an error */
	struct spares	  spares;
	uint64_t	  file_size;
	struct buf	  tail;
	size_t		  given;
	uint64_t	  durable;	/* where the tail begins */
	uint64_t	  end;
};

static struct journal_file *
journal_last(struct journal *j)
{
	return &j->files.at[j->files.count - 1];
}

/* ---- Reading ------------------------------------------------------------- */

/* File i from j->end on.  The last one is brought to the medium first; one
 * before it that ends too early is damaged, and is passed over. */
static int
journal_read_file(struct journal *j, size_t i,
    const struct journal_calls *calls, struct err *e)
{
	struct journal_reader	r = { NULL, j->files.at[i], BUF_INIT, j->end,
				    UINT64_MAX };
	bool			last = i + 1 == j->files.count;
	char			name[DISK_NAME_MAX];
	int			rc = -1;

	if (!last)
		r.limit = j->files.at[i + 1].start;
	journal_file_name(name, r.of.id);
	if (disk_open(j->disk, name, last ? DISK_WRITE : DISK_READ,
	    &r.file) == -1)
		return err_errno(e, "%s", name);
	if (last && (disk_sync(r.file) == -1 || disk_reread(r.file) == -1))
		err_errno(e, "sync %s", name);
	else if (journal_reader_all(&r, calls, e) == -1)
		err_wrap(e, "%s", name);
	else
		rc = 0;
	if (rc == 0 && !last && r.position != r.limit &&
	    calls->damage != NULL)
		calls->damage(calls->arg, r.position, r.limit);
	j->end = last ? r.position : r.limit;
	disk_close(&r.file);
	buf_free(&r.bytes);
	return rc;
}

static int
journal_replay(struct journal *j, uint64_t from,
    const struct journal_calls *calls, struct err *e)
{
	size_t	i;

	j->end = from == 0 && j->files.count > 0 ? j->files.at[0].start :
	    from;
	for (i = 0; i < j->files.count; i++) {
		if (i + 1 < j->files.count &&
		    j->files.at[i + 1].start <= from)
			continue;
		/* A file between is gone, or its head is damaged. */
		if (j->files.at[i].start > j->end) {
			if (calls->damage != NULL)
				calls->damage(calls->arg, j->end,
				    j->files.at[i].start);
			j->end = j->files.at[i].start;
		}
		if (journal_read_file(j, i, calls, e) == -1)
			return -1;
	}
	return 0;
}

/* A disk that confirmed what it did not write has lost the last records.
 * Who noted their positions is not to find others there. */
static void
journal_pass_lost(struct journal *j, uint64_t least,
    const struct journal_calls *calls)
{
	if (j->end < least) {
		if (calls->damage != NULL)
			calls->damage(calls->arg, j->end, least);
		j->end = least;
	}
	j->durable = j->end;
}

/* ---- Writing ------------------------------------------------------------- */

static int
journal_make(struct journal *j, const char *name, struct disk_file **file,
    struct err *e)
{
	int	rc = spares_take(&j->spares, name);

	if (rc == -1)
		return err_errno(e, "rename a spare to %s", name);
	if (disk_open(j->disk, name, rc == 0 ? DISK_WRITE : DISK_CREATE,
	    file) == -1)
		return err_errno(e, "%s", name);
	if (rc == 1 && disk_fill(*file, 0, JOURNAL_HEAD + j->file_size) == -1)
		return err_errno(e, "fill %s", name);
	return 0;
}

/* A file is made at its full size: one that is left early gives back the rest.
 * Where each sync fails there are many of them before the next checkpoint. */
static void
journal_give_back(struct journal *j, const struct journal_file *left)
{
	uint64_t		 used = journal_last(j)->start - left->start;
	struct disk_file	*file = NULL;
	char			 name[DISK_NAME_MAX];

	journal_file_name(name, left->id);
	if (used < j->file_size / 2 &&
	    disk_open(j->disk, name, DISK_WRITE, &file) == 0)
		(void)disk_shrink(file, JOURNAL_HEAD + used);
	disk_close(&file);
}

/* What is in the tail is bound to the file it lies in: as it is in that one. */
static void
journal_rebind(struct journal *j, const struct journal_file *f,
    struct buf *again)
{
	struct str	rest = buf_str(&j->tail), payload;
	uint64_t	size, need, position = j->durable;
	int		type;

	while ((size = journal_record_get(journal_last(j), position, rest,
	    &type, &payload, &need)) > 0) {
		journal_record_put(again, f, position, type, payload);
		position += size;
		rest.p += size;
		rest.len -= size;
	}
}

/* The head comes last: once it is there, what the old file has of the tail is
 * no more, and some of that was told SAFE. */
static int
journal_fill_in(struct journal *j, const struct journal_file *f,
    struct disk_file *file)
{
	struct buf	tail = BUF_INIT;
	unsigned char	block[JOURNAL_HEAD];
	int		rc = 0;

	if (j->tail.len > 0)
		journal_rebind(j, f, &tail);
	journal_file_put(block, f);
	if ((tail.len > 0 && disk_write_bytes(file, buf_data(&tail), tail.len,
	    JOURNAL_HEAD) == -1) ||
	    disk_write_bytes(file, block, sizeof block, 0) == -1 ||
	    disk_sync(file) == -1 ||
	    disk_sync_dir(j->disk, JOURNAL_SPARES) == -1 ||
	    disk_sync_dir(j->disk, JOURNAL_DIR) == -1)
		rc = -1;
	buf_free(&tail);
	return rc;
}

/* A new file that begins at what is durable, and has the tail, which then is,
 * too.  If it can't be made, the old one stays; if that failed later, its head
 * may be there again after a power cut and end the old one, which nothing is
 * written to any more. */
static int
journal_begin(struct journal *j, struct err *e)
{
	struct journal_file	f = { j->files.greatest + 1, j->durable };
	struct disk_file	*file = NULL;
	char			name[DISK_NAME_MAX];
	int			rc;

	journal_file_name(name, f.id);
	j->files.greatest = f.id;
	rc = journal_make(j, name, &file, e);
	if (rc == 0 && journal_fill_in(j, &f, file) == -1) {
		rc = err_errno(e, "begin %s", name);
		disk_close(&j->file);
	}
	if (rc == -1) {
		disk_close(&file);
		(void)disk_unlink(j->disk, name);
		return -1;
	}
	disk_close(&j->file);
	j->file = file;
	j->files.at = xreallocarray(j->files.at, j->files.count + 1,
	    sizeof *j->files.at);
	j->files.at[j->files.count++] = f;
	if (j->files.count > 1)
		journal_give_back(j, journal_last(j) - 1);
	j->durable = j->end;
	buf_clear(&j->tail);
	j->given = 0;
	return 0;
}

static int
journal_start(struct journal *j, const struct journal_options *o,
    const struct journal_calls *calls, struct err *e)
{
	if (disk_make_dir(j->disk, JOURNAL_DIR) == -1)
		return err_errno(e, "%s", JOURNAL_DIR);
	if (spares_open(&j->spares, j->disk, JOURNAL_SPARES, JOURNAL_HEAD +
	    j->file_size) == -1)
		return err_errno(e, "%s", JOURNAL_SPARES);
	if (journal_files_read(&j->files, j->disk, e) == -1 ||
	    journal_replay(j, o->from, calls, e) == -1)
		return -1;
	journal_pass_lost(j, o->least, calls);
	return journal_begin(j, e);
}

int
journal_open(struct journal **out, struct disk *disk,
    const struct journal_options *options, const struct journal_calls *calls,
    struct err *e)
{
	struct journal	*j = xcalloc(1, sizeof *j);

	j->disk = disk;
	j->file_size = options->file_size != 0 ? options->file_size :
	    JOURNAL_SIZE;
	if (journal_start(j, options, calls, e) == -1) {
		journal_close(&j);
		return -1;
	}
	*out = j;
	return 0;
}

static int
journal_look_at(struct disk *disk, const struct journal_file *of,
    const struct journal_calls *calls, struct err *e)
{
	struct journal_reader	r = { NULL, *of, BUF_INIT, of->start,
				    UINT64_MAX };
	char			name[DISK_NAME_MAX];
	int			rc;

	journal_file_name(name, of->id);
	if (disk_open(disk, name, DISK_READ, &r.file) == -1)
		return err_errno(e, "%s", name);
	rc = journal_reader_all(&r, calls, e);
	disk_close(&r.file);
	buf_free(&r.bytes);
	return rc;
}

int
journal_look(struct disk *disk, size_t before,
    const struct journal_calls *calls, struct err *e)
{
	struct journal_files	files = { NULL, 0, 0 };
	int			rc = 1;

	if (disk_make_dir(disk, JOURNAL_DIR) == -1)
		return err_errno(e, "%s", JOURNAL_DIR);
	if (journal_files_read(&files, disk, e) == -1)
		return -1;
	if (before < files.count)
		rc = journal_look_at(disk, &files.at[files.count - 1 -
		    before], calls, e);
	journal_files_fini(&files);
	return rc;
}

void
journal_close(struct journal **j)
{
	if (*j == NULL)
		return;
	spares_close(&(*j)->spares);
	disk_close(&(*j)->file);
	journal_files_fini(&(*j)->files);
	buf_free(&(*j)->tail);
	free(*j);
	*j = NULL;
}

uint64_t
journal_add(struct journal *j, int type, struct str payload)
{
	uint64_t	position = j->end;

	journal_record_put(&j->tail, journal_last(j), position, type,
	    payload);
	j->end = j->durable + j->tail.len;
	return position;
}

static int
journal_give(struct journal *j, struct err *e)
{
	uint64_t	at = JOURNAL_HEAD + (j->durable -
			    journal_last(j)->start) + j->given;

	if (j->given == j->tail.len)
		return 0;
	if (disk_write_bytes(j->file, buf_data(&j->tail) + j->given,
	    j->tail.len - j->given, at) == -1)
		return err_errno(e, "write the journal");
	j->given = j->tail.len;
	return 0;
}

static int
journal_settle(struct journal *j, struct err *e)
{
	if (j->tail.len == 0)
		return 0;		/* a new file has it */
	if (journal_give(j, e) == -1)
		return -1;
	if (disk_sync(j->file) == -1)
		return err_errno(e, "sync the journal");
	j->durable = j->end;
	buf_clear(&j->tail);
	j->given = 0;
	return 0;
}

/* By fn() in the file that there is, or in a new one. */
static int
journal_try(struct journal *j, int (*fn)(struct journal *, struct err *),
    struct err *e)
{
	if (j->file != NULL && fn(j, e) == 0)
		return 0;
	disk_close(&j->file);
	if (journal_begin(j, e) == -1)
		return -1;
	if (fn(j, e) == 0)
		return 0;
	disk_close(&j->file);
	return -1;
}

int
journal_write(struct journal *j, struct err *e)
{
	return journal_try(j, journal_give, e);
}

/* Where there is no room for a next file, the one that is full grows. */
int
journal_sync(struct journal *j, struct err *e)
{
	struct err	full;

	if (j->tail.len == 0 && j->file != NULL)
		return 0;
	if (journal_try(j, journal_settle, e) == -1)
		return -1;
	if (j->end - journal_last(j)->start >= j->file_size)
		(void)journal_begin(j, &full);
	return 0;
}

int
journal_prepare(struct journal *j)
{
	return spares_prepare(&j->spares, 1);
}

uint64_t
journal_end(const struct journal *j)
{
	return j->end;
}

uint64_t
journal_durable(const struct journal *j)
{
	return j->durable;
}

uint64_t
journal_first(const struct journal *j)
{
	return j->files.count > 0 ? j->files.at[0].start : j->end;
}

int
journal_drop(struct journal *j, uint64_t before, struct err *e)
{
	char	name[DISK_NAME_MAX];
	size_t	n = 0, i;

	while (n + 1 < j->files.count && j->files.at[n + 1].start <= before)
		n++;
	for (i = 0; i < n; i++) {
		journal_file_name(name, j->files.at[i].id);
		if (disk_unlink(j->disk, name) == -1 && errno != ENOENT)
			break;
	}
	j->files.count -= i;
	memmove(j->files.at, j->files.at + i, j->files.count *
	    sizeof *j->files.at);
	return i < n ? err_errno(e, "unlink %s", name) : 0;
}

/* ---- One record again ---------------------------------------------------- */

static int
journal_at_none(uint64_t position, struct err *e)
{
	(void)err_set(e, "no record at %llu of the journal",
	    (unsigned long long)position);
	return 1;
}

static int
journal_at_tail(struct journal *j, uint64_t position, struct buf *out,
    int *type, struct err *e)
{
	struct str	bytes = buf_str(&j->tail), payload;
	uint64_t	need;

	bytes.p += position - j->durable;
	bytes.len -= position - j->durable;
	if (journal_record_get(journal_last(j), position, bytes, type,
	    &payload, &need) == 0)
		return journal_at_none(position, e);
	buf_add_str(out, payload);
	return 0;
}

/* The file that has that position, and where it ends. */
static const struct journal_file *
journal_file_of(const struct journal *j, uint64_t position, uint64_t *end)
{
	size_t	i = 0;

	while (i + 1 < j->files.count && j->files.at[i + 1].start <= position)
		i++;
	*end = i + 1 < j->files.count ? j->files.at[i + 1].start :
	    j->durable;
	return &j->files.at[i];
}

int
journal_at(struct journal *j, uint64_t position, struct buf *out, int *type,
    struct err *e)
{
	struct journal_reader	 r = { NULL, { 0, 0 }, BUF_INIT, position,
				    UINT64_MAX };
	struct journal_record	 record;
	char			 name[DISK_NAME_MAX];
	uint64_t		 end;
	int			 rc;

	buf_clear(out);
	if (position >= j->durable && position < j->end)
		return journal_at_tail(j, position, out, type, e);
	r.of = *journal_file_of(j, position, &end);
	if (position >= j->end || position < r.of.start)
		return journal_at_none(position, e);
	journal_file_name(name, r.of.id);
	if (disk_open(j->disk, name, DISK_READ, &r.file) == -1)
		return err_errno(e, "%s", name);
	if ((rc = journal_reader_next(&r, &record, e)) == 0) {
		*type = record.type;
		buf_add_str(out, record.payload);
	} else if (rc == 1) {
		(void)journal_at_none(position, e);
	}
	disk_close(&r.file);
	buf_free(&r.bytes);
	return rc;
}

/* ---- A part of it again -------------------------------------------------- */

static int
journal_read_some(struct journal_reader *r, const struct journal_span *span,
    const struct journal_calls *calls, struct err *e)
{
	struct journal_record	record;
	uint64_t		end = r->limit < span->end ? r->limit :
				    span->end;
	uint32_t		left = span->most;
	int			rc;

	while (left-- > 0 && r->position < end) {
		if ((rc = journal_reader_next(r, &record, e)) != 0)
			return rc;
		if (calls->record(calls->arg, &record) == -1) {
			r->position = record.position;
			return err_set(e, "stopped by its caller");
		}
	}
	return 0;
}

int
journal_read(struct journal *j, struct journal_span *span,
    const struct journal_calls *calls, struct err *e)
{
	struct journal_reader	r = { NULL, { 0, 0 }, BUF_INIT, span->from,
				    0 };
	char			name[DISK_NAME_MAX];
	int			rc;

	if (r.position < journal_first(j))
		r.position = journal_first(j);
	r.of = *journal_file_of(j, r.position, &r.limit);
	journal_file_name(name, r.of.id);
	if (disk_open(j->disk, name, DISK_READ, &r.file) == -1)
		return err_errno(e, "%s", name);
	rc = journal_read_some(&r, span, calls, e);
	span->from = r.position;
	disk_close(&r.file);
	buf_free(&r.bytes);
	return rc;
}
