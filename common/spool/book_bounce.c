/*
 * Notifications and their parents.
 */
#include <string.h>

#include "book_bounce.h"
#include "book_private.h"

/* The child's part; it waits for its first attempt from now on. */
static int
take_child(struct book *b, const struct spool_id *id, struct err *e)
{
	struct entry_state	s;
	int			rc;

	if ((rc = book_state(b, id, &s, e)) != 0)
		return rc;
	if (s.taken)
		return 0;
	s.taken = 1;
	return book_change(b, id, &s, e);
}

/* If it is being tried meanwhile, that is not touched. */
int
book_untold(struct book *b, const struct spool_id *id, struct entry_state *s,
    struct err *e)
{
	/* Whom it was told by stays: the verdict may be said again. */
	s->order = STR_NONE;
	s->bounce_action = 0;
	s->order_tries = s->order_strikes = 0;
	if (s->state == STATE_BOUNCING) {
		s->state = STATE_DEFER;
		s->due_ms = s->after_ms;
	} else
		s->moved = 1;
	s->after_ms = 0;
	return book_change(b, id, s, e);
}

static bool
take_fits(const struct entry_state *parent, const struct spool_id *child)
{
	return parent->bounce_action != 0 && child->queue == 1 &&
	    parent->bounce_txn.len == sizeof child->txn &&
	    memcmp(parent->bounce_txn.p, child->txn, sizeof child->txn) == 0;
}

int
book_awaited(struct book *b, const struct spool_id *child,
    const struct spool_id *parent, struct err *e)
{
	struct entry_state	s;
	int			rc = book_state(b, parent, &s, e);

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	return take_fits(&s, child);
}

int
book_take(struct book *b, const struct spool_id *child,
    const struct spool_id *parent, struct err *e)
{
	struct entry_state	s;
	struct book_entry	entry;
	int			rc;

	if ((rc = book_find(b, child, &entry, e)) != 0 ||
	    (rc = book_state(b, parent, &s, e)) != 0)
		return rc;
	if (!take_fits(&s, child))
		return 1;
	if ((rc = take_child(b, child, e)) != 0 ||
	    (rc = book_state(b, parent, &s, e)) != 0)
		return rc;
	if (s.bounce_action == ENTRY_ACTION_DELAYED)
		return book_untold(b, parent, &s, e);
	return book_done(b, parent, s.bounce_action == ENTRY_ACTION_FAILED ?
	    SPOOL_END_BOUNCED : SPOOL_END_DELIVERED, e);
}
