/*
 * Size classes of 16 bytes up to 1 KiB, each a list of free blocks, filled
 * from chunks that double up to 256 KiB.  A large block carries a header that
 * chains it, so that vheap_fini() finds it.  With ASan every block is a large
 * one, so that an overrun is seen.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hsl/values/heap.h"

#define CHUNK_FIRST	4096
#define CHUNK_MAX	(256 * 1024)

struct vheap_chunk {
	struct vheap_chunk	*next;
	size_t			 size;
};

struct vheap_large {
	struct vheap_large	*next;
	struct vheap_large	*prev;
};

void
vheap_init(struct vheap *h, size_t limit)
{
	memset(h, 0, sizeof *h);
	h->limit = limit;
	h->next_chunk = CHUNK_FIRST;
}

void
vheap_fini(struct vheap *h)
{
	struct vheap_chunk	*c, *next;
	struct vheap_large	*l, *after;

	for (c = h->chunks; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	for (l = h->large; l != NULL; l = after) {
		after = l->next;
		free(l);
	}
	vheap_init(h, h->limit);
}

static void
vheap_link(struct vheap *h, struct vheap_large *l)
{
	l->prev = NULL;
	l->next = h->large;
	if (l->next != NULL)
		l->next->prev = l;
	h->large = l;
}

static void
vheap_unlink(struct vheap *h, struct vheap_large *l)
{
	if (l->next != NULL)
		l->next->prev = l->prev;
	if (l->prev != NULL)
		l->prev->next = l->next;
	else
		h->large = l->next;
}

static bool
vheap_fails(struct vheap *h)
{
	return h->fail_in > 0 && --h->fail_in == 0;
}

/* Counts `size` more bytes; false if the limit forbids a large block. */
static bool
vheap_count(struct vheap *h, size_t size)
{
	if (vheap_fails(h) || size > h->limit || h->used > h->limit - size) {
		h->over = true;
		if (size > VHEAP_SMALL && size > CHUNK_FIRST)
			return false;
	}
	h->used += size;
	return true;
}

static void *
vheap_alloc_large(struct vheap *h, size_t size)
{
	struct vheap_large	*l;

	if (!vheap_count(h, size))
		return NULL;
	l = xmalloc(sizeof *l + size);
	vheap_link(h, l);
	return l + 1;
}

/* Gets another chunk; what is left of this one goes to the free lists. */
static void
vheap_refill(struct vheap *h)
{
	struct vheap_chunk	*c;
	size_t			 size = h->next_chunk;
	void			**p;

	if (h->left >= VHEAP_UNIT) {
		p = (void **)(void *)h->bump;
		*p = h->free[h->left / VHEAP_UNIT];
		h->free[h->left / VHEAP_UNIT] = p;
	}
	if (vheap_fails(h))
		h->over = true;
	/* Near the limit small chunks use what there is. */
	if (h->used + size > h->limit) {
		size = CHUNK_FIRST;
		if (h->used + size > h->limit)
			h->over = true;
	} else if (h->next_chunk < CHUNK_MAX)
		h->next_chunk *= 2;
	c = xmalloc(sizeof *c + size);
	c->size = size;
	c->next = h->chunks;
	h->chunks = c;
	h->used += size;
	h->bump = (char *)(c + 1);
	h->left = size;
}

void *
vheap_alloc_slow(struct vheap *h, size_t size)
{
	size_t	 bytes = vheap_class(size) * VHEAP_UNIT;
	void	*p;

	if (size > VHEAP_SMALL_MAX)
		return vheap_alloc_large(h, size);
	if (h->left < bytes)
		vheap_refill(h);
	p = h->bump;
	h->bump += bytes;
	h->left -= bytes;
	return p;
}

void
vheap_free_large(struct vheap *h, void *p, size_t size)
{
	struct vheap_large	*l = (struct vheap_large *)p - 1;

	vheap_unlink(h, l);
	h->used -= size;
	free(l);
}

void *
vheap_resize(struct vheap *h, void *p, size_t size, size_t want)
{
	struct vheap_large	*l;
	void			*q;

	if (p != NULL && size > VHEAP_SMALL_MAX && want > VHEAP_SMALL_MAX) {
		if (want > size && !vheap_count(h, want - size))
			return NULL;
		if (want < size)
			h->used -= size - want;
		l = (struct vheap_large *)p - 1;
		vheap_unlink(h, l);
		l = xrealloc(l, sizeof *l + want);
		vheap_link(h, l);
		return l + 1;
	}
	if ((q = vheap_alloc(h, want)) == NULL)
		return NULL;
	if (p != NULL) {
		memcpy(q, p, size < want ? size : want);
		vheap_free(h, p, size);
	}
	return q;
}
