/*
 * carried - what an entry has from before its attempt: PREPARED's context
 *
 * qmgr keeps it and gives it back with the attempt, unread: $context as the
 * pre-delivery hook left it, and the metadata that it set, which the verdict
 * writes down.
 *
 * Ownership  texts are borrowed.
 * Failure    -1: no honest worker wrote it, or there is too much of it.
 * Process    pure.
 */
#ifndef DELIVER_CARRIED_H
#define DELIVER_CARRIED_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

struct carried {
	bool		prepared;	/* the hook has run for it */
	struct str	context;	/* frozen (hsl_frozen_bytes()); none: it
					 * had no value */
	bool		has_metadata;
	struct str	metadata;	/* as in struct entry_state */
};

int	carried_put(struct buf *out, const struct carried *c);
/* No bytes: it was not prepared. */
int	carried_get(struct carried *c, struct str bytes);

#endif
