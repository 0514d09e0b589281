/*
 * slab - things of one size, by 32-bit index, and how they are found
 *
 * Memory grows by blocks and things never move: a pointer is good until its
 * thing is given back.  Index 0 is nothing.  What a heap or a list needs
 * stands in the things themselves.
 *
 * Process    pure.
 */
#ifndef SCHEDULE_SLAB_H
#define SCHEDULE_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SLAB_SHIFT = 10, SLAB_BLOCK = 1 << SLAB_SHIFT };

struct slab {
	char		**block;
	uint32_t	  blocks, size, top, spare, count;
};

void		 slab_init(struct slab *s, size_t size);
void		 slab_fini(struct slab *s);
uint32_t	 slab_take(struct slab *s);		/* zeroed */
void		 slab_give(struct slab *s, uint32_t i);
uint64_t	 slab_bytes(const struct slab *s);

static inline void *
slab_at(const struct slab *s, uint32_t i)
{
	return s->block[i >> SLAB_SHIFT] +
	    (size_t)(i & (SLAB_BLOCK - 1)) * s->size;
}

/* Indices by hash; whether one is it, the caller says. */
struct slab_index {
	uint64_t	*slot;		/* hash, index; 0: none */
	uint32_t	 size, count;
};

typedef bool	slab_same_fn(const void *arg, uint32_t i, const void *key);

void		 slab_index_fini(struct slab_index *x);
uint32_t	 slab_index_find(const struct slab_index *x, uint32_t hash,
		    slab_same_fn *same, const void *arg, const void *key);
void		 slab_index_add(struct slab_index *x, uint32_t hash,
		    uint32_t i);
void		 slab_index_drop(struct slab_index *x, uint32_t hash,
		    uint32_t i);
/* A hash of words that nobody outside chooses. */
uint32_t	 slab_hash(const uint32_t *word, size_t count);

/* Rings: things of one slab, each with a slab_ring at the same offset.  The
 * first one is what the caller keeps; 0: the ring is empty. */
struct slab_ring {
	uint32_t	next, prev;
};

/* As the last one. */
void		 slab_ring_add(const struct slab *s, size_t offset,
		    uint32_t *first, uint32_t i);
/* Was it the first, then its next one is. */
void		 slab_ring_drop(const struct slab *s, size_t offset,
		    uint32_t *first, uint32_t i);

/* All of `more` behind those of `first`; `more` is empty then. */
void		 slab_ring_join(const struct slab *s, size_t offset,
		    uint32_t *first, uint32_t *more);

/* A pairing heap: the least is at its root. */
struct slab_link {
	uint32_t	child, next, prev;
};

struct slab_heap_ops {
	struct slab_link *(*link)(const void *arg, uint32_t i);
	bool		(*less)(const void *arg, uint32_t a, uint32_t b);
};

void	slab_heap_add(const struct slab_heap_ops *o, const void *arg,
	    uint32_t *root, uint32_t i);
void	slab_heap_drop(const struct slab_heap_ops *o, const void *arg,
	    uint32_t *root, uint32_t i);
/* All of `more` into the heap; `more` is empty then. */
void	slab_heap_join(const struct slab_heap_ops *o, const void *arg,
	    uint32_t *root, uint32_t *more);

#endif
