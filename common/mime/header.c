/*
 * Two passes over the block: header_feed() copies lines until the blank one,
 * header_ready() cuts them into fields.  The index is an array with its room
 * at the front, so that fields added at the top cost no move.  Text of edits
 * lies in an arena: saved states share it, and copy only the index.
 *
 * A message whose first line begins with white space has a continuation of
 * nothing there.  What is put above it would be continued by it, and so say
 * what the sender likes; with the first insertion it gets a name of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"

#include "header.h"

#define HEADER_SAVES	64
#define HEADER_SAVED	4	/* times limits.lines: fields in all states */

struct header_state {
	struct field	*fields;
	size_t		 count;
	size_t		 size;
	size_t		 edits;
};

struct header {
	struct header_limits	 limits;
	struct buf		 block;
	size_t			 line;		/* where the last one began */
	size_t			 lines;
	struct field		*mem;
	size_t			 cap;
	size_t			 start;		/* of the fields in mem */
	size_t			 count;
	size_t			 size;
	size_t			 edits;
	struct field		*received;	/* a copy; NULL: not edited */
	size_t			 received_count;
	struct arena		 arena;
	size_t			 edit_bytes;	/* in the arena */
	struct header_state	 saved[HEADER_SAVES];
	int			 saves;
	size_t			 saved_fields;
};

const struct header_limits	header_limits_default = {
	.bytes = 1024 * 1024,
	.lines = 100000
};

struct header *
header_new(const struct header_limits *limits)
{
	struct header	*h = xcalloc(1, sizeof *h);

	h->limits = *limits;
	return h;
}

void
header_free(struct header **hp)
{
	struct header	*h = *hp;
	int		 i;

	if (h == NULL)
		return;
	for (i = 0; i < h->saves; i++)
		free(h->saved[i].fields);
	arena_free(&h->arena);
	buf_free(&h->block);
	free(h->mem);
	free(h->received);
	free(h);
	*hp = NULL;
}

/* ---- The block --------------------------------------------------------- */

/* Does what was copied so far end a line? */
static bool
header_at_crlf(const struct header *h)
{
	struct str	s = buf_str(&h->block);

	return s.len >= h->line + 2 && memcmp(s.p + s.len - 2, "\r\n", 2) == 0;
}

/* A line has ended: 1 if it was the blank one. */
static int
header_end_line(struct header *h, struct err *e)
{
	if (h->block.len == h->line + 2) {
		buf_truncate(&h->block, h->line);
		return 1;
	}
	h->line = h->block.len;
	if (++h->lines > h->limits.lines)
		return err_set(e, "the header of the message has more than "
		    "%zu lines", h->limits.lines);
	return 0;
}

int
header_feed(struct header *h, struct str bytes, struct err *e)
{
	const char	*lf;
	size_t		 n;
	int		 rc;

	while (bytes.len != 0) {
		lf = memchr(bytes.p, '\n', bytes.len);
		n = lf != NULL ? (size_t)(lf - bytes.p) + 1 : bytes.len;
		/* Two more: the blank line comes and goes. */
		if (n > h->limits.bytes + 2 - h->block.len)
			return err_set(e, "the header of the message is "
			    "larger than %zu bytes", h->limits.bytes);
		buf_add(&h->block, bytes.p, n);
		bytes.p += n;
		bytes.len -= n;
		if (lf == NULL || !header_at_crlf(h))
			continue;
		if ((rc = header_end_line(h, e)) != 0)
			return rc;
	}
	return 0;
}

/* The length of the line at the front of s, with its CRLF. */
static size_t
header_line(struct str s)
{
	const char	*p = s.p, *end = s.p + s.len, *lf;

	while (p < end) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL)
			break;
		if (lf > s.p && lf[-1] == '\r')
			return (size_t)(lf - s.p) + 1;
		p = lf + 1;
	}
	return s.len;
}

/* The length of the field at the front of s. */
static size_t
header_field(struct str s)
{
	size_t	n = header_line(s);

	while (n < s.len && (s.p[n] == ' ' || s.p[n] == '\t'))
		n += header_line((struct str){ s.p + n, s.len - n });
	return n;
}

static void
header_split(struct header *h)
{
	struct str	s = buf_str(&h->block);
	size_t		n;

	h->start = h->count = 0;
	h->size = s.len;
	while (s.len != 0) {
		if (h->count == h->cap) {
			h->cap = h->cap * 2 + 16;
			h->mem = xreallocarray(h->mem, h->cap, sizeof *h->mem);
		}
		n = header_field(s);
		h->mem[h->count++] = field_of((struct str){ s.p, n });
		s.p += n;
		s.len -= n;
	}
}

void
header_ready(struct header *h)
{
	h->mem = xcalloc(1, sizeof *h->mem);
	h->cap = 1;
	header_split(h);
}

/* ---- Looking ----------------------------------------------------------- */

struct str
header_original(const struct header *h)
{
	return buf_str(&h->block);
}

size_t
header_original_size(const struct header *h)
{
	return h->block.len;
}

size_t
header_count(const struct header *h)
{
	return h->count;
}

struct field
header_at(const struct header *h, size_t i)
{
	return h->mem[h->start + i];
}

size_t
header_find(const struct header *h, struct str name, size_t from)
{
	while (from < h->count && !field_is(header_at(h, from), name))
		from++;
	return from < h->count ? from : h->count;
}

size_t
header_received_count(const struct header *h)
{
	return h->received != NULL ? h->received_count : h->count;
}

struct field
header_received_at(const struct header *h, size_t i)
{
	return h->received != NULL ? h->received[i] : header_at(h, i);
}

size_t
header_received_find(const struct header *h, struct str name, size_t from)
{
	size_t	count = header_received_count(h);

	while (from < count && !field_is(header_received_at(h, from), name))
		from++;
	return from < count ? from : count;
}

size_t
header_edits(const struct header *h)
{
	return h->edits;
}

size_t
header_size(const struct header *h)
{
	return h->size;
}

void
header_write(const struct header *h, struct buf *out)
{
	size_t	i;

	(void)buf_reserve(out, h->size);
	for (i = 0; i < h->count; i++)
		buf_add_str(out, header_at(h, i).raw);
}

/* ---- Edits ------------------------------------------------------------- */

/* Before the first edit. */
static void
header_touch(struct header *h)
{
	if (h->received != NULL)
		return;
	h->received = xcalloc(h->count + 1, sizeof *h->received);
	if (h->count != 0)
		memcpy(h->received, h->mem + h->start,
		    h->count * sizeof *h->received);
	h->received_count = h->count;
}

/* Keeps the text of an edit. */
static int
header_keep(struct header *h, struct str text, struct field *f,
    struct err *e)
{
	if (text.len > h->limits.bytes - h->edit_bytes)
		return err_set(e, "edits of the header are larger than %zu "
		    "bytes", h->limits.bytes);
	h->edit_bytes += text.len;
	*f = field_of(arena_str(&h->arena, text));
	return 0;
}

static int
header_build(struct header *h, struct str name, struct str value,
    struct field *f, struct err *e)
{
	struct buf	b = BUF_INIT;
	int		rc = -1;

	/* So that nothing is copied that header_keep() would refuse. */
	if (value.len > h->limits.bytes)
		return err_set(e, "the value of a header field is larger "
		    "than %zu bytes", h->limits.bytes);
	if (field_build(name, value, &b, e) == 0)
		rc = header_keep(h, buf_str(&b), f, e);
	buf_free(&b);
	return rc;
}

/* An array of at least `want` fields, those there are at its end. */
static void
header_room(struct header *h, size_t want)
{
	struct field	*mem;
	size_t		 cap = want * 2 + 16;

	mem = xreallocarray(NULL, cap, sizeof *mem);
	if (h->count != 0)
		memcpy(mem + cap - h->count, h->mem + h->start,
		    h->count * sizeof *mem);
	free(h->mem);
	h->mem = mem;
	h->cap = cap;
	h->start = cap - h->count;
}

/* A first line that begins with white space would continue the field that is
 * put above it: it becomes a field of its own, HEADER_ORPHAN. */
static int
header_adopt(struct header *h, struct err *e)
{
	struct field	*top = h->mem + h->start, f;
	struct buf	 b = BUF_INIT;
	int		 rc;

	if (h->count == 0 ||
	    (top->raw.p[0] != ' ' && top->raw.p[0] != '\t'))
		return 0;
	buf_add_text(&b, HEADER_ORPHAN);
	buf_add_str(&b, top->raw);
	rc = header_keep(h, buf_str(&b), &f, e);
	buf_free(&b);
	if (rc == -1)
		return -1;
	h->size += f.raw.len - top->raw.len;
	*top = f;
	return 0;
}

int
header_insert(struct header *h, struct str name, struct str value,
    struct err *e)
{
	struct field	f;

	if (h->count >= h->limits.lines)
		return err_set(e, "the header of the message has more than "
		    "%zu fields", h->limits.lines);
	header_touch(h);
	if (header_build(h, name, value, &f, e) == -1 ||
	    header_adopt(h, e) == -1)
		return -1;
	if (h->start == 0)
		header_room(h, h->count + 1);
	h->mem[--h->start] = f;
	h->count++;
	h->size += f.raw.len;
	h->edits++;
	return 0;
}

int
header_replace(struct header *h, size_t i, struct str name,
    struct str value, struct err *e)
{
	struct field	*old = h->mem + h->start + i, f;

	header_touch(h);
	if (header_build(h, name, value, &f, e) == -1)
		return -1;
	h->size += f.raw.len;
	h->size -= old->raw.len;
	*old = f;
	h->edits++;
	return 0;
}

void
header_delete(struct header *h, size_t i)
{
	struct field	*f = h->mem + h->start;

	header_touch(h);
	h->size -= f[i].raw.len;
	memmove(f + i, f + i + 1, (h->count - i - 1) * sizeof *f);
	h->count--;
	h->edits++;
}

size_t
header_delete_all(struct header *h, struct str name, size_t from)
{
	struct field	*f = h->mem + h->start;
	size_t		 i, kept = from, deleted;

	header_touch(h);
	for (i = from; i < h->count; i++) {
		if (field_is(f[i], name))
			h->size -= f[i].raw.len;
		else
			f[kept++] = f[i];
	}
	if (from >= h->count)
		return 0;
	deleted = h->count - kept;
	h->count = kept;
	h->edits += deleted;
	return deleted;
}

/* ---- States ------------------------------------------------------------ */

int
header_save(struct header *h, struct err *e)
{
	struct header_state	*s = &h->saved[h->saves];

	if (h->saves == HEADER_SAVES || h->count >
	    HEADER_SAVED * h->limits.lines - h->saved_fields)
		return err_set(e, "too many snapshots of a message");
	*s = (struct header_state){ .count = h->count, .size = h->size,
	    .edits = h->edits };
	if (h->count != 0)
		s->fields = xmemdup(h->mem + h->start,
		    h->count * sizeof *s->fields);
	h->saved_fields += h->count;
	return h->saves++;
}

bool
header_restore(struct header *h, int id)
{
	const struct header_state	*s;

	if (id < 0 || id >= h->saves)
		return false;
	s = &h->saved[id];
	h->count = 0;
	if (s->count > h->cap)
		header_room(h, s->count);
	h->start = h->cap - s->count;
	if (s->count != 0)
		memcpy(h->mem + h->start, s->fields,
		    s->count * sizeof *s->fields);
	h->count = s->count;
	h->size = s->size;
	h->edits = s->edits;
	return true;
}

void
header_reset(struct header *h)
{
	header_split(h);
	h->edits = 0;
}
