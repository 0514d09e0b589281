/*
 * A walk over body and edits, by pieces of PIECE bytes.
 */
#include <errno.h>
#include <string.h>

#include "body_file.h"
#include "bytes.h"
#include "content.h"
#include "scan.h"

#define CONTENT_PIECE	(64 * 1024)

static int
content_edits(struct content *c, struct disk_file *segment,
    const struct content_place *place, struct err *e)
{
	struct spool_place	at = { place->segment, place->edits };
	struct record		r;
	int			rc;

	if (place->edits == 0)
		return 0;
	rc = scan_record_at(segment, &at, &r, &c->edits, e);
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
	body_file_name(name, &place->id);
	if (disk_open(disk, name, DISK_READ, &c->own) == -1)
		return err_errno(e, "%s", name);
	c->file = c->own;
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

	rc = scan_record_at(segment, &at, &r, &c->piece, e);
	if (rc == -1)
		return -1;
	if (rc == 0 && r.type == RECORD_FILE)
		return content_file(c, disk, place, buf_str(&c->piece), e);
	if (rc == 1 || r.type != RECORD_BODY)
		return err_set(e, "the body is damaged on the disk");
	c->file = segment;
	c->at = place->body + RECORD_HEAD;
	c->size = r.len;
	return 0;
}

int
content_open(struct content *c, struct disk *disk, struct disk_file *segment,
    const struct content_place *place, struct err *e)
{
	memset(c, 0, sizeof *c);
	if (content_body(c, disk, segment, place, e) == -1 ||
	    content_edits(c, segment, place, e) == -1) {
		content_close(c);
		return -1;
	}
	edits_begin(&c->walk, buf_str(&c->edits), c->size);
	return 0;
}

void
content_close(struct content *c)
{
	disk_close(&c->own);
	buf_free(&c->edits);
	buf_free(&c->piece);
	memset(c, 0, sizeof *c);
}

uint64_t
content_size(const struct content *c)
{
	return edits_size(buf_str(&c->edits), c->size);
}

int
content_next(struct content *c, struct str *piece, struct err *e)
{
	size_t	n;
	ssize_t	got;

	if (c->run.count == 0) {
		if (edits_next(&c->walk, &c->run) == -1)
			return 1;
		if (c->run.data.len > 0) {
			*piece = c->run.data;
			c->run.count = 0;
			return 0;
		}
	}
	n = c->run.count < CONTENT_PIECE ? c->run.count : CONTENT_PIECE;
	buf_clear(&c->piece);
	got = disk_read(c->file, buf_reserve(&c->piece, n), n, c->at +
	    c->run.start);
	if (got == -1)
		return err_errno(e, "read a body");
	if ((size_t)got < n)
		return err_set(e, "the body is shorter than it was");
	buf_added(&c->piece, n);
	c->run.start += n;
	c->run.count -= n;
	*piece = buf_str(&c->piece);
	return 0;
}
