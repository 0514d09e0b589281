/*
 * heap - the memory of one execution, with a hard limit
 *
 * Small blocks come from size classes, large ones from malloc; everything is
 * given back at once by vheap_fini(), so that cycles cannot leak.
 *
 * Failure    a block over the limit is refused (NULL) if it is large; small
 *            ones are always given, `over` is set, and the execution ends at
 *            its next check.  Callers test large blocks only.
 */
#ifndef HSL_VALUES_HEAP_H
#define HSL_VALUES_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compat/asan.h"

#define VHEAP_UNIT	16
#define VHEAP_CLASSES	64
#define VHEAP_SMALL	(VHEAP_UNIT * VHEAP_CLASSES)

struct vheap_chunk;
struct vheap_large;

struct vheap {
	void			*free[VHEAP_CLASSES + 1];
	char			*bump;		/* unused part of a chunk */
	size_t			 left;
	size_t			 next_chunk;	/* size of the next one */
	struct vheap_chunk	*chunks;
	struct vheap_large	*large;
	size_t			 used;		/* bytes from the system */
	size_t			 limit;
	bool			 over;
	uint32_t		 fail_in;	/* for tests: the n-th block is
						 * one too many; 0: none is */
};

void	 vheap_init(struct vheap *h, size_t limit);
void	 vheap_fini(struct vheap *h);
/* What vheap_alloc() and vheap_free() do where no list has a block. */
void	*vheap_alloc_slow(struct vheap *h, size_t size)
	    __attribute__((warn_unused_result));
void	 vheap_free_large(struct vheap *h, void *p, size_t size);
/* NULL leaves the old block as it was. */
void	*vheap_resize(struct vheap *h, void *p, size_t size, size_t want)
	    __attribute__((warn_unused_result));

/* With ASan every block is a large one, so that an overrun is seen. */
#define VHEAP_SMALL_MAX	(COMPAT_ASAN ? 0 : VHEAP_SMALL)

static inline size_t
vheap_class(size_t size)
{
	return size == 0 ? 1 : (size + VHEAP_UNIT - 1) / VHEAP_UNIT;
}

/* The caller remembers the size; vheap_free() and _resize() need it. */
static inline __attribute__((warn_unused_result)) void *
vheap_alloc(struct vheap *h, size_t size)
{
	void	**list, *p;

	if (size > VHEAP_SMALL_MAX)
		return vheap_alloc_slow(h, size);
	list = &h->free[vheap_class(size)];
	if ((p = *list) == NULL)
		return vheap_alloc_slow(h, size);
	*list = *(void **)p;
	return p;
}

/* Bytes up to the limit. */
static inline size_t
vheap_left(const struct vheap *h)
{
	return h->used < h->limit ? h->limit - h->used : 0;
}

static inline void
vheap_free(struct vheap *h, void *p, size_t size)
{
	void	**list;

	if (p == NULL)
		return;
	if (size > VHEAP_SMALL_MAX) {
		vheap_free_large(h, p, size);
		return;
	}
	list = &h->free[vheap_class(size)];
	*(void **)p = *list;
	*list = p;
}

#endif
