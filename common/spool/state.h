/*
 * state - what becomes of an entry: the mutable half of it
 *
 * Ownership  texts point into the bytes a state was read from, or are the
 *            caller's.
 * Failure    0, or -1 with *e.
 * Process    pure.
 */
#ifndef SPOOL_STATE_H
#define SPOOL_STATE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "entry.h"
#include "spool_id.h"

/* These are stored: none is given another number. */
enum spool_state {
	STATE_READY = 0,	/* due */
	STATE_DEFER = 1,	/* due later */
	STATE_HOLD = 2,		/* until somebody releases it */
	STATE_BOUNCING = 3,	/* its sender is being told */
	STATE_MAX
};

/* What comes of it without an attempt. */
enum spool_fate {
	FATE_BOUNCE = 1,
	FATE_DELETE = 2
};

enum state_change {
	STATE_CHANGED_PRIORITY	= 1 << 0,
	STATE_CHANGED_TRANSPORT	= 1 << 1,
	STATE_CHANGED_TENANT	= 1 << 2,
	STATE_CHANGED_JOB	= 1 << 3,
	STATE_CHANGED_METADATA	= 1 << 4,
	STATE_CHANGED_QUOTAS	= 1 << 5
};

/* How an entry ends. */
enum spool_end {
	SPOOL_END_DELIVERED = 1,
	SPOOL_END_BOUNCED = 2,
	SPOOL_END_DELETED = 3,
	SPOOL_END_EXPORTED = 4,
	SPOOL_END_DAMAGED = 5	/* it does not read any more */
};

struct entry_state {
#define STATE_FIELD(tag, kind, name, max, what) ENTRY_TYPE_##kind name;
#include "state.def"
#undef STATE_FIELD
};

/* Of a journal's STATE or DONE record: the id, then the fields.  Those that
 * are named "before" are the book's, so that counts can be replayed. */
int	state_put(struct buf *out, const struct spool_id *id,
	    const struct entry_state *state, struct err *e);
int	state_get(struct spool_id *id, struct entry_state *state,
	    struct str payload, struct err *e);
/* What was changed lies over the entry as it was accepted. */
void	state_over(struct spool_entry *entry,
	    const struct entry_state *state);
/* "defer", "hold", "ready": for people and for filters. */
const char *state_name(uint64_t state);

#endif
