/*
 * Looking at entries: one by its id, or all of them in the order in which
 * they lie.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "book_envelope.h"
#include "book_private.h"
#include "book_walk.h"
#include "chain.h"
#include "reader.h"

/* ---- One ----------------------------------------------------------------- */

int
book_get(struct book *b, const struct spool_id *id, struct book_entry *entry,
    struct err *e)
{
	return book_find(b, id, entry, e);
}

/* 1: the record is lost, and the index has what is needed to go on; but not
 * whom to tell of an entry's end. */
static int
book_state_noted(struct book *b, const struct spool_id *id,
    const struct book_entry *entry, struct entry_state *state, struct err *e)
{
	char		text[SPOOL_ID_TEXT];
	struct spool_id	whose;
	struct err	lost;
	int		rc, type;

	rc = journal_at(b->journal, entry->journal - 1, &b->scratch, &type, e);
	if (rc == 1 && entry->state != STATE_BOUNCING) {
		spool_id_text(text, id);
		(void)err_set(&lost, "journal: what was noted of the entry %s "
		    "is lost", text);
		book_tell_damage(b, lost.text);
		return 1;
	}
	if (rc != 0 ||
	    state_get(&whose, state, buf_str(&b->scratch), e) == -1)
		return -1;
	if (!spool_id_same(&whose, id))
		return err_set(e, "the journal has another entry's state "
		    "there");
	return 0;
}

int
book_state(struct book *b, const struct spool_id *id,
    struct entry_state *state, struct err *e)
{
	struct book_entry	entry;
	int			rc;

	if ((rc = book_find(b, id, &entry, e)) != 0)
		return rc;
	memset(state, 0, sizeof *state);
	if (entry.journal > 0 &&
	    book_state_noted(b, id, &entry, state, e) == -1)
		return -1;
	state->moved = 0;
	state->before_quotas = STR_NONE;
	state->size = 0;
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

/* A batch in whose middle book_walk() stopped. */
struct book_walk {
	struct reader	*reader;	/* or NULL */
	struct disk_file *file;
	struct book_cursor at;		/* who comes from here goes on */
	uint64_t	passed;		/* entries of it that were met */
	/* Of the call that is under way. */
	struct book	*book;
	size_t		 looked;
	bool		 enough;
	book_walk_fn	*fn;
	void		*arg;
};

/* An entry that was moved lies in two segments for a while: it is shown where
 * the book says that it is. */
static int
book_walk_entry(void *arg, const struct reader_entry *r)
{
	struct book_walk	*w = arg;
	struct book_entry	 entry;
	struct err		 e;
	int			 rc;

	if (w->passed++ < w->at.shown)
		return 0;
	w->at.shown++;
	w->looked++;
	if ((rc = book_find(w->book, &r->id, &entry, &e)) != 0)
		return rc == -1 ? -1 : 0;
	if (entry.place.segment != r->place.segment ||
	    entry.place.offset != r->place.offset)
		return 0;
	if ((rc = w->fn(w->arg, &r->id, &entry, &r->entry)) == 1)
		w->enough = true;
	return rc == -1 ? -1 : 0;
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
			*cursor = (struct book_cursor){ b->segment[i].id, 0,
			    0 };
		if (cursor->offset < b->segment[i].read)
			return &b->segment[i];
	}
	return NULL;
}

static void
book_walk_close(struct book_walk *w)
{
	reader_free(&w->reader);
	disk_close(&w->file);
}

void
book_walk_end(struct book *b)
{
	if (b->walk == NULL)
		return;
	book_walk_close(b->walk);
	free(b->walk);
	b->walk = NULL;
}

/* The batch at the cursor, or the next one.  1: there is none. */
static int
book_walk_batch(struct book_walk *w, struct err *e)
{
	struct reader_calls	 calls = { .entry = book_walk_entry,
				    .arg = w };
	struct reader_span	 span = { .batches = 1 };
	struct book_segment	*s = book_walk_segment(w->book, &w->at);
	char			 name[SEGMENT_NAME];

	if (s == NULL)
		return 1;
	segment_name(name, s->id);
	if (disk_open(w->book->disk, name, DISK_READ, &w->file) == -1)
		return err_errno(e, "%s", name);
	span.file = w->file;
	span.segment = s->id;
	span.from = w->at.offset;
	span.end = s->read;
	w->passed = 0;
	w->reader = reader_new(&span, &calls);
	return 0;
}

/* A record, or a batch. */
static int
book_walk_step(struct book_walk *w, struct err *e)
{
	int	rc;

	if (w->reader == NULL && (rc = book_walk_batch(w, e)) != 0)
		return rc;
	if ((rc = reader_step(w->reader, e)) == 1)
		return 0;
	if (rc == 0) {
		w->at.offset = reader_at(w->reader);
		w->at.shown = 0;
	}
	book_walk_close(w);
	return rc;
}

/* Where the last one stopped, if this one goes on there. */
static struct book_walk *
book_walk_begin(struct book *b, const struct book_cursor *cursor)
{
	if (b->walk != NULL && memcmp(&b->walk->at, cursor,
	    sizeof *cursor) != 0)
		book_walk_end(b);
	if (b->walk == NULL)
		b->walk = xcalloc(1, sizeof *b->walk);
	b->walk->book = b;
	b->walk->at = *cursor;
	b->walk->looked = 0;
	b->walk->enough = false;
	return b->walk;
}

int
book_walk(struct book *b, struct book_cursor *cursor, size_t most,
    book_walk_fn *fn, void *arg, struct err *e)
{
	struct book_walk	*w = book_walk_begin(b, cursor);
	int			 rc = 0;

	w->fn = fn;
	w->arg = arg;
	while (rc == 0 && w->looked < most && !w->enough)
		rc = book_walk_step(w, e);
	*cursor = w->at;
	return rc;
}
