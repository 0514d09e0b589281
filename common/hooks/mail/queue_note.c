/*
 * Notes of entries, as bytes behind each other.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "queue_note.h"
#include "spool/draft.h"

void
queue_notes_fini(struct queue_notes *n)
{
	while (n->edit_count > 0)
		free((char *)(size_t)n->edits[--n->edit_count].p);
	free(n->edits);
	free(n->ends);
	buf_free(&n->entries);
	buf_free(&n->list);
	memset(n, 0, sizeof *n);
}

/* Scripts nearly always queue many recipients with the same edits: the last
 * list is looked at first. */
int64_t
queue_notes_edits(struct queue_notes *n, struct str edits, struct err *e)
{
	uint32_t	i;

	if (edits.len == 0)
		return 0;
	for (i = n->edit_count; i > 0; i--) {
		if (str_eq(n->edits[i - 1], edits))
			return i;
	}
	if (n->edit_count == DRAFT_EDITS_MAX || edits.len > DRAFT_EDITS_SIZE)
		return err_set(e, "more than %d different edits of one "
		    "message, or more than %d bytes of one", DRAFT_EDITS_MAX,
		    DRAFT_EDITS_SIZE);
	n->edits = xreallocarray(n->edits, n->edit_count + 1,
	    sizeof *n->edits);
	n->edits[n->edit_count].p = xmemdup(edits.p, edits.len);
	n->edits[n->edit_count].len = edits.len;
	return ++n->edit_count;
}

int64_t
queue_notes_add(struct queue_notes *n, struct spool_entry *entry,
    struct err *e)
{
	size_t	before = n->entries.len;

	entry->queue = n->count + 1;
	if (spool_entry_put(&n->entries, entry, e) == -1) {
		buf_truncate(&n->entries, before);
		return -1;
	}
	if (n->count == n->cap) {
		n->cap = n->cap == 0 ? 8 : n->cap * 2;
		n->ends = xreallocarray(n->ends, n->cap, sizeof *n->ends);
	}
	n->ends[n->count++] = n->entries.len;
	return n->count;
}

struct str
queue_notes_entry(const struct queue_notes *n, uint32_t number)
{
	size_t	begin = number > 1 ? n->ends[number - 2] : 0;

	return (struct str){ buf_str(&n->entries).p + begin,
	    n->ends[number - 1] - begin };
}
