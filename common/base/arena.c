/*
 * A list of blocks, filled from the end of the first.  With ASan every object
 * is a block of its own, so that an overrun is seen.
 */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "compat/asan.h"
#include "mem.h"

#define ARENA_BLOCK	1024

struct arena_block {
	struct arena_block	*next;
	size_t			 size;
	alignas(max_align_t) char bytes[];
};

static int
arena_block_size(size_t size)
{
	return !COMPAT_ASAN && size <= ARENA_BLOCK / 2;
}

static void
arena_push(struct arena *a, size_t size)
{
	struct arena_block	*blk = xmalloc(sizeof *blk + size);

	blk->size = size;
	blk->next = a->blocks;
	a->blocks = blk;
	a->left = size;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	const size_t	 unit = alignof(max_align_t);
	void		*p;

	size = (size + unit - 1) / unit * unit;
	if (a->blocks == NULL || a->left < size)
		arena_push(a, arena_block_size(size) ? ARENA_BLOCK : size);
	p = a->blocks->bytes + (a->blocks->size - a->left);
	a->left -= size;
	return memset(p, 0, size);
}

char *
arena_strdup(struct arena *a, struct str s)
{
	char	*copy = arena_alloc(a, s.len + 1);

	if (s.len != 0)
		memcpy(copy, s.p, s.len);
	return copy;
}

struct str
arena_str(struct arena *a, struct str s)
{
	return (struct str){ arena_strdup(a, s), s.len };
}

void
arena_free(struct arena *a)
{
	struct arena_block	*blk, *next;

	for (blk = a->blocks; blk != NULL; blk = next) {
		next = blk->next;
		free(blk);
	}
	*a = (struct arena)ARENA_INIT;
}
