/*
 * A walk over body and edits.  A body of at most CONTENT_HELD bytes is in
 * memory, since its checksum was looked at; of a longer one pieces of
 * CONTENT_PIECE bytes are read as they are wanted.
 */
#include <errno.h>
#include <string.h>

#include "compat/crc32c.h"

#include "body_file.h"
#include "bytes.h"
#include "content.h"
#include "scan.h"

#define CONTENT_PIECE	(64 * 1024)
#define CONTENT_HELD	(128 * 1024)
#define EDITS_GUESS	1024

/* Of which not all is held anyway is not read at a guess. */
static size_t
content_guess(uint64_t size)
{
	return size <= CONTENT_HELD ? (size_t)size : 0;
}

/* As scan_record_at(), in one read where the payload is no longer than it was
 * guessed to be. */
static int
content_record(struct disk_file *f, const struct spool_place *place,
    size_t guess, struct record *r, struct buf *payload, struct err *e)
{
	size_t	want = RECORD_HEAD + guess;
	ssize_t	got;

	buf_clear(payload);
	got = disk_read(f, buf_reserve(payload, want), want, place->offset);
	if (got == -1)
		return err_errno(e, "read at %llu",
		    (unsigned long long)place->offset);
	buf_added(payload, (size_t)got);
	if ((size_t)got < RECORD_HEAD || record_get(r,
	    (const unsigned char *)buf_data(payload), place) == -1)
		return 1;
	if (r->len > payload->len - RECORD_HEAD)
		return scan_record_at(f, place, r, payload, e);
	buf_consume(payload, RECORD_HEAD);
	buf_truncate(payload, r->len);
	return crc32c(0, buf_data(payload), r->len) == r->crc ? 0 : 1;
}

static int
content_edits(struct content *c, struct disk_file *segment,
    const struct content_place *place, struct err *e)
{
	struct spool_place	at = { place->segment, place->edits };
	struct record		r;
	int			rc;

	if (place->edits == 0)
		return 0;
	rc = content_record(segment, &at, EDITS_GUESS, &r, &c->edits, e);
	if (rc == 1 || (rc == 0 && r.type != RECORD_EDITS))
		return err_set(e, "the edits are damaged on the disk");
	return rc == -1 ? -1 : edits_check(buf_str(&c->edits), c->size, e);
}

static int
content_file(struct content *c, struct disk *disk,
    const struct content_place *place, struct str payload, struct err *e)
{
	char	name[DISK_NAME_MAX];

	if (payload.len < 12)
		return err_set(e, "the body is damaged on the disk");
	if (disk != NULL) {
		body_file_name(name, &place->id);
		if (disk_open(disk, name, DISK_READ, &c->own) == -1)
			return err_errno(e, "%s", name);
		c->file = c->own;
	} else if (c->file == NULL)
		return err_set(e, "the file of the body is missing");
	c->at = 0;
	c->size = bytes_get((const unsigned char *)payload.p, 8);
	return 0;
}

/* The record is read whole once, so that its checksum is seen. */
static int
content_body(struct content *c, struct disk *disk,
    struct disk_file *segment, const struct content_place *place,
    struct err *e)
{
	struct spool_place	at = { place->segment, place->body };
	struct record		r;
	int			rc;

	rc = content_record(segment, &at, content_guess(place->size), &r,
	    &c->piece, e);
	if (rc == -1)
		return -1;
	if (rc == 0 && r.type == RECORD_FILE)
		return content_file(c, disk, place, buf_str(&c->piece), e);
	if (rc == 1 || r.type != RECORD_BODY)
		return err_set(e, "the body is damaged on the disk");
	c->file = segment;
	c->at = place->body + RECORD_HEAD;
	c->size = r.len;
	c->held = r.len <= CONTENT_HELD;
	if (!c->held)
		buf_free(&c->piece);
	return 0;
}

static int
content_begin(struct content *c, struct disk *disk,
    struct disk_file *segment, const struct content_place *place,
    struct err *e)
{
	if (content_body(c, disk, segment, place, e) == -1 ||
	    content_edits(c, segment, place, e) == -1) {
		content_close(c);
		return -1;
	}
	content_rewind(c);
	return 0;
}

int
content_open(struct content *c, struct disk *disk, struct disk_file *segment,
    const struct content_place *place, struct err *e)
{
	memset(c, 0, sizeof *c);
	return content_begin(c, disk, segment, place, e);
}

int
content_open_files(struct content *c, struct disk_file *segment,
    struct disk_file *body, const struct content_place *place, struct err *e)
{
	memset(c, 0, sizeof *c);
	c->file = body;
	return content_begin(c, NULL, segment, place, e);
}

void
content_close(struct content *c)
{
	disk_close(&c->own);
	buf_free(&c->edits);
	buf_free(&c->piece);
	memset(c, 0, sizeof *c);
}

void
content_rewind(struct content *c)
{
	edits_begin(&c->walk, buf_str(&c->edits), c->size);
	c->run = (struct edits_piece){ .count = 0 };
	c->shown = STR_NONE;
}

uint64_t
content_size(const struct content *c)
{
	return edits_size(buf_str(&c->edits), c->size);
}

/* ---- A piece at a time --------------------------------------------------- */

/* A run is bytes of its own, or `count` of the body; none when both are
 * empty.  -1: there is none left. */
static int
content_run(struct edits_walk *w, struct edits_piece *run)
{
	if (run->count > 0 || run->data.len > 0)
		return 0;
	if (edits_next(w, run) == -1) {
		*run = (struct edits_piece){ .count = 0 };
		return -1;
	}
	if (run->data.len > 0)
		run->count = 0;
	return 0;
}

/* The whole run, which is in memory. */
static struct str
content_held(const struct content *c, const struct edits_piece *run)
{
	if (run->data.len > 0)
		return run->data;
	return (struct str){ buf_str(&c->piece).p + run->start,
	    (size_t)run->count };
}

static int
content_read(const struct content *c, void *p, size_t n, uint64_t start,
    struct err *e)
{
	ssize_t	got = disk_read(c->file, p, n, c->at + start);

	if (got == -1)
		return err_errno(e, "read a body");
	return (size_t)got == n ? 0 :
	    err_set(e, "the body is shorter than it was");
}

int
content_next(struct content *c, struct str *piece, struct err *e)
{
	size_t	n;

	if (content_run(&c->walk, &c->run) == -1)
		return 1;
	if (c->held || c->run.data.len > 0) {
		*piece = content_held(c, &c->run);
		c->run = (struct edits_piece){ .count = 0 };
		return 0;
	}
	n = c->run.count < CONTENT_PIECE ? c->run.count : CONTENT_PIECE;
	buf_clear(&c->piece);
	if (content_read(c, buf_reserve(&c->piece, n), n, c->run.start,
	    e) == -1)
		return -1;
	buf_added(&c->piece, n);
	c->run.start += n;
	c->run.count -= n;
	*piece = buf_str(&c->piece);
	return 0;
}

/* ---- Shown until it is passed over --------------------------------------- */

/* sendmsg() reads only; iov_base has no const. */
static void
content_show(struct iovec *iov, struct str s)
{
	iov->iov_base = (void *)(uintptr_t)s.p;
	iov->iov_len = s.len;
}

int
content_peek(struct content *c, struct iovec *iov, int max, struct err *e)
{
	struct edits_walk	w = c->walk;
	struct edits_piece	run = c->run;
	int			n, rc;

	if (!c->held) {
		if (c->shown.len == 0 &&
		    (rc = content_next(c, &c->shown, e)) != 0)
			return rc == 1 ? 0 : -1;
		content_show(iov, c->shown);
		return 1;
	}
	for (n = 0; n < max && content_run(&w, &run) == 0; n++) {
		content_show(&iov[n], content_held(c, &run));
		run = (struct edits_piece){ .count = 0 };
	}
	return n;
}

void
content_advance(struct content *c, size_t n)
{
	struct edits_piece	*run = &c->run;
	size_t			 part;

	if (!c->held) {
		c->shown.p += n;
		c->shown.len -= n;
		return;
	}
	for (; n > 0 && content_run(&c->walk, run) == 0; n -= part)
		if (run->data.len > 0) {
			part = n < run->data.len ? n : run->data.len;
			run->data.p += part;
			run->data.len -= part;
		} else {
			part = n < run->count ? n : (size_t)run->count;
			run->start += part;
			run->count -= part;
		}
}

/* ---- What it is like ----------------------------------------------------- */

/* The last n bytes of a run, which has as many. */
static int
content_last(const struct content *c, const struct edits_piece *run,
    char *out, size_t n, struct err *e)
{
	struct str	s;

	if (!c->held && run->data.len == 0)
		return content_read(c, out, n, run->start + run->count - n,
		    e);
	s = content_held(c, run);
	memcpy(out, s.p + s.len - n, n);
	return 0;
}

int
content_ends_crlf(const struct content *c, bool *yes, struct err *e)
{
	struct edits_walk	w;
	struct edits_piece	run = { .count = 0 }, last = run, before = run;
	char			end[2] = { 0, 0 };
	bool			one;

	*yes = true;
	edits_begin(&w, buf_str(&c->edits), c->size);
	while (content_run(&w, &run) == 0) {
		before = last;
		last = run;
		run = (struct edits_piece){ .count = 0 };
	}
	if (last.count == 0 && last.data.len == 0)
		return 0;
	one = last.data.len == 1 || last.count == 1;
	if (content_last(c, &last, end + one, one ? 1 : 2, e) == -1)
		return -1;
	if (one && (before.count > 0 || before.data.len > 0) &&
	    content_last(c, &before, end, 1, e) == -1)
		return -1;
	*yes = memcmp(end, "\r\n", 2) == 0;
	return 0;
}

bool
content_edits_ascii(const struct content *c)
{
	struct edits_walk	w;
	struct edits_piece	run = { .count = 0 };
	bool			ascii = true;

	edits_begin(&w, buf_str(&c->edits), c->size);
	while (ascii && content_run(&w, &run) == 0) {
		ascii = str_is_ascii(run.data);
		run = (struct edits_piece){ .count = 0 };
	}
	return ascii;
}
