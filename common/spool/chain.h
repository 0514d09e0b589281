/*
 * chain - the segments that there are, in order, and where each ends
 *
 * Each names the one before it and that one's end.  The newest is named by
 * none: whoever writes to it says how far it is durable.  Where the one that
 * named it has been removed, its own seal has its end.  A segment that is
 * older than the newest, has no seal and is named by none was begun and given
 * up: it is empty, whatever is in its file.
 *
 * Ownership  chain_fini() gives back what chain_read() found.
 * Failure    -1 with *e: the disk, or a format that is not known.
 * Process    reads only.
 */
#ifndef SPOOL_CHAIN_H
#define SPOOL_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "disk.h"
#include "segment.h"

struct chain_link {
	uint64_t	id;
	uint64_t	before;
	uint64_t	before_end;
	uint64_t	sealed_end;	/* 0: it has no seal */
	uint64_t	size;		/* of the file */
	uint64_t	end;		/* UINT64_MAX: the newest */
	bool		given_up;
	bool		headless;	/* damaged: who was before it is not
					 * known */
};

struct chain {
	uint64_t	   from;
	struct chain_link *link;	/* by id */
	size_t		   count;
};

/* Those whose id is at least `from`. */
int	chain_read(struct disk *disk, uint64_t from, struct chain *c,
	    struct err *e);
void	chain_fini(struct chain *c);

#endif
