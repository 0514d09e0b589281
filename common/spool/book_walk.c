/*
 * Looking at entries: one by its id, or all of them in the order in which
 * they lie.
 */
#include <string.h>

#include "book_envelope.h"
#include "book_private.h"
#include "chain.h"
#include "reader.h"

/* ---- One ----------------------------------------------------------------- */

int
book_get(struct book *b, const struct spool_id *id, struct book_entry *entry,
    struct err *e)
{
	return book_find(b, id, entry, e);
}

int
book_state(struct book *b, const struct spool_id *id,
    struct entry_state *state, struct err *e)
{
	struct book_entry	entry;
	struct spool_id		whose;
	int			rc, type;

	if ((rc = book_find(b, id, &entry, e)) != 0)
		return rc;
	memset(state, 0, sizeof *state);
	if (entry.journal > 0) {
		if (journal_at(b->journal, entry.journal - 1, &b->scratch,
		    &type, e) != 0 ||
		    state_get(&whose, state, buf_str(&b->scratch), e) == -1)
			return -1;
		if (!spool_id_same(&whose, id))
			return err_set(e, "the journal has another entry's "
			    "state there");
		state->moved = 0;
		state->before_quotas = STR_NONE;
		state->size = 0;
	}
	state->segment = entry.place.segment;
	state->offset = entry.place.offset;
	state->state = entry.state;
	state->due_ms = (uint64_t)entry.due_ms;
	state->retry = entry.retry;
	state->accepted_ms = (uint64_t)entry.accepted_ms;
	return 0;
}

int
book_file(struct book *b, uint64_t segment, struct disk_file **f,
    struct err *e)
{
	char	name[SEGMENT_NAME];

	if (b->file == NULL || b->file_segment != segment) {
		disk_close(&b->file);
		segment_name(name, segment);
		if (disk_open(b->disk, name, DISK_READ, &b->file) == -1)
			return err_errno(e, "%s", name);
		b->file_segment = segment;
	}
	*f = b->file;
	return 0;
}

int
book_envelope(struct book *b, const struct spool_id *id,
    struct book_envelope *envelope, struct err *e)
{
	return book_envelope_in(b, id, envelope, &b->scratch, e);
}

int
book_envelope_in(struct book *b, const struct spool_id *id,
    struct book_envelope *envelope, struct buf *bytes, struct err *e)
{
	struct book_entry	entry;
	struct disk_file	*f;
	struct record		r;
	int			rc;

	if ((rc = book_find(b, id, &entry, e)) != 0)
		return rc;
	if (book_file(b, entry.place.segment, &f, e) == -1)
		return -1;
	rc = scan_record_at(f, &entry.place, &r, bytes, e);
	if (rc == 1 || (rc == 0 && r.type != RECORD_ENTRY))
		return book_corrupt_entry(b, id, &entry.place, e);
	if (rc == -1 || spool_entry_get(&envelope->entry, buf_str(bytes),
	    e) == -1)
		return -1;
	envelope->segment = entry.place.segment;
	envelope->body = r.body;
	envelope->edits = r.edits;
	return 0;
}

int
book_own_file(struct book *b, const struct book_envelope *envelope,
    bool *own, struct err *e)
{
	struct spool_place	at = { envelope->segment, envelope->body };
	unsigned char		head[RECORD_HEAD];
	struct disk_file	*f;
	struct record		r;
	ssize_t			n;

	if (book_file(b, at.segment, &f, e) == -1)
		return -1;
	if ((n = disk_read(f, head, sizeof head, at.offset)) == -1)
		return err_errno(e, "read a segment");
	if (n < RECORD_HEAD || record_get(&r, head, &at) == -1)
		return err_set(e, "the body is damaged on the disk");
	*own = r.type == RECORD_FILE;
	return 0;
}

/* ---- All ----------------------------------------------------------------- */

struct book_walker {
	struct book	*b;
	size_t		 looked;
	book_walk_fn	*fn;
	void		*arg;
};

/* An entry that was moved lies in two segments for a while: it is shown where
 * the book says that it is. */
static int
book_walk_entry(void *arg, const struct reader_entry *r)
{
	struct book_walker	*w = arg;
	struct book_entry	 entry;
	struct err		 e;
	int			 rc;

	w->looked++;
	if ((rc = book_find(w->b, &r->id, &entry, &e)) != 0)
		return rc == -1 ? -1 : 0;
	if (entry.place.segment != r->place.segment ||
	    entry.place.offset != r->place.offset)
		return 0;
	return w->fn(w->arg, &r->id, &entry, &r->entry);
}

/* The segment at the cursor or after it in which something lives. */
static struct book_segment *
book_walk_segment(struct book *b, struct book_cursor *cursor)
{
	size_t	i;

	for (i = 0; i < b->segment_count; i++) {
		if (b->segment[i].id < cursor->segment ||
		    b->segment[i].live <= 0)
			continue;
		if (b->segment[i].id > cursor->segment)
			*cursor = (struct book_cursor){ b->segment[i].id, 0 };
		if (cursor->offset < b->segment[i].read)
			return &b->segment[i];
	}
	return NULL;
}

int
book_walk(struct book *b, struct book_cursor *cursor, size_t most,
    book_walk_fn *fn, void *arg, struct err *e)
{
	struct book_walker	w = { b, 0, fn, arg };
	struct reader_calls	calls = { .entry = book_walk_entry, .arg = &w };
	struct reader_span	span = { .batches = 1 };
	struct book_segment	*s;

	while (w.looked < most) {
		if ((s = book_walk_segment(b, cursor)) == NULL)
			return 1;
		span.segment = s->id;
		span.from = cursor->offset;
		span.end = s->read;
		cursor->offset = s->read;
		if (book_file(b, s->id, &span.file, e) == -1 ||
		    reader_run(&span, &calls, &cursor->offset, e) == -1)
			return -1;
	}
	return 0;
}
