/*
 * arena - memory of one owner, given back at once
 *
 * An SMTP transaction owns one; all its strings come from it and go with it.
 *
 * Ownership  the caller's storage, ARENA_INIT to start, arena_free() to end.
 * Failure    none (see mem.h).
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "str.h"

struct arena_block;

struct arena {
	struct arena_block	*blocks;
	size_t			 left;	/* free bytes in the first block */
};

#define ARENA_INIT	{ NULL, 0 }

void		*arena_alloc(struct arena *a, size_t size);	/* zeroed */
char		*arena_strdup(struct arena *a, struct str s);	/* with NUL */
struct str	 arena_str(struct arena *a, struct str s);
void		 arena_free(struct arena *a);

#endif
