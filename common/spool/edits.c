/*
 * Layout: for each edit its start and count, eight bytes each, and its data
 * as a blob of base/wire.h.
 */
#include "base/wire.h"
#include "edits.h"

void
edits_add(struct buf *out, const struct spool_edit *edit)
{
	wire_put_uint(out, edit->start, 8);
	wire_put_uint(out, edit->count, 8);
	(void)wire_put_blob(out, edit->data, SIZE_MAX);
}

static int
edits_get(struct str *s, struct spool_edit *edit)
{
	struct rbuf	r = { (const unsigned char *)s->p, s->len };

	if (wire_get_uint(&r, &edit->start, 8) == -1 ||
	    wire_get_uint(&r, &edit->count, 8) == -1 ||
	    wire_get_blob(&r, &edit->data, UINT32_MAX) == -1)
		return -1;
	s->p = (const char *)r.p;
	s->len = r.len;
	return 0;
}

int
edits_check(struct str edits, uint64_t body_size, struct err *e)
{
	struct spool_edit	edit;
	uint64_t		at = 0;

	while (edits.len > 0) {
		if (edits_get(&edits, &edit) == -1)
			return err_set(e, "edits: not sound");
		if (edit.start < at || edit.start > body_size ||
		    edit.count > body_size - edit.start)
			return err_set(e, "edits: not in order, or beyond the "
			    "body");
		at = edit.start + edit.count;
	}
	return 0;
}

uint64_t
edits_size(struct str edits, uint64_t body_size)
{
	struct spool_edit	edit;
	uint64_t		size = body_size;

	while (edits.len > 0 && edits_get(&edits, &edit) == 0)
		size = size - edit.count + edit.data.len;
	return size;
}

static void
edits_advance(struct edits_walk *w)
{
	w->has_next = w->rest.len > 0 && edits_get(&w->rest, &w->next) == 0;
}

void
edits_begin(struct edits_walk *w, struct str edits, uint64_t body_size)
{
	w->rest = edits;
	w->at = 0;
	w->size = body_size;
	edits_advance(w);
}

int
edits_next(struct edits_walk *w, struct edits_piece *piece)
{
	uint64_t	upto;

	for (;;) {
		upto = w->has_next ? w->next.start : w->size;
		piece->data = STR_NONE;
		piece->start = w->at;
		piece->count = upto - w->at;
		w->at = upto;
		if (piece->count > 0)
			return 0;
		if (!w->has_next)
			return -1;
		piece->data = w->next.data;
		w->at += w->next.count;
		edits_advance(w);
		if (piece->data.len > 0)
			return 0;
	}
}
