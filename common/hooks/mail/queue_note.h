/*
 * queue_note - what queue() noted of a message, until its hook accepts it
 *
 * Entries are kept as they will be stored, one behind the other; lists of
 * edits once, however many entries look the same.
 *
 * Ownership  the caller's storage, all zeros to start, queue_notes_fini() to
 *            end.
 * Failure    -1 with *e: what the entry or the edits have is over a limit.
 * Process    no I/O.
 */
#ifndef HOOKS_QUEUE_NOTE_H
#define HOOKS_QUEUE_NOTE_H

#include "base/buf.h"
#include "base/err.h"
#include "spool/entry.h"

struct queue_notes {
	struct buf	 entries;	/* bytes of all */
	size_t		*ends;		/* of each, in them */
	uint32_t	 count, cap;
	struct str	*edits;		/* each allocated */
	uint32_t	 edit_count;
	struct buf	 list;		/* of fields, while they are read */
};

void		queue_notes_fini(struct queue_notes *n);
/* The number of a list of edits with these bytes; 0 for none at all. */
int64_t		queue_notes_edits(struct queue_notes *n, struct str edits,
		    struct err *e);
/* The entry gets the next number, which is returned. */
int64_t		queue_notes_add(struct queue_notes *n,
		    struct spool_entry *entry, struct err *e);
/* The bytes of the entry of that number, from 1. */
struct str	queue_notes_entry(const struct queue_notes *n,
		    uint32_t number);

#endif
