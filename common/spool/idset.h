/*
 * idset - a set of transactions' ids, in two generations
 *
 * The writer asks it what is durable already.  idset_turn() forgets the older
 * generation, so that its size stays that of two segments.
 *
 * Ownership  the caller's storage, all zeros to start, idset_fini() to end.
 * Process    pure.
 */
#ifndef SPOOL_IDSET_H
#define SPOOL_IDSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spool_id.h"

struct idset_half {
	unsigned char	(*ids)[SPOOL_TXN_SIZE];	/* all zeros: a free place */
	size_t		 size;			/* a power of two, or 0 */
	size_t		 count;
	uint64_t	 secret[2];
};

struct idset {
	struct idset_half	half[2];	/* the newer one first */
};

void	idset_fini(struct idset *s);
void	idset_add(struct idset *s, const unsigned char txn[SPOOL_TXN_SIZE]);
bool	idset_has(const struct idset *s,
	    const unsigned char txn[SPOOL_TXN_SIZE]);
void	idset_turn(struct idset *s);

#endif
