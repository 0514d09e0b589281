/*
 * slab - things of one size, by 32-bit index
 *
 * A spare thing holds in its first four bytes the next spare one.  The index
 * is open addressing: a slot has the hash above and the index below, a removal
 * moves back what follows.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "slab.h"

void
slab_init(struct slab *s, size_t size)
{
	memset(s, 0, sizeof(*s));
	s->size = (uint32_t)size;
	s->top = 1;
}

void
slab_fini(struct slab *s)
{
	for (uint32_t i = 0; i < s->blocks; i++)
		free(s->block[i]);
	free(s->block);
	slab_init(s, s->size);
	s->block = NULL;
}

uint32_t
slab_take(struct slab *s)
{
	uint32_t i = s->spare;

	if (i != 0) {
		memcpy(&s->spare, slab_at(s, i), sizeof(s->spare));
	} else {
		i = s->top++;
		if ((i >> SLAB_SHIFT) >= s->blocks) {
			s->block = xreallocarray(s->block, s->blocks + 1,
			    sizeof(*s->block));
			s->block[s->blocks++] = xcalloc(SLAB_BLOCK, s->size);
		}
	}
	memset(slab_at(s, i), 0, s->size);
	s->count++;
	return i;
}

void
slab_give(struct slab *s, uint32_t i)
{
	memset(slab_at(s, i), 0, s->size);
	memcpy(slab_at(s, i), &s->spare, sizeof(s->spare));
	s->spare = i;
	s->count--;
}

uint64_t
slab_bytes(const struct slab *s)
{
	return (uint64_t)s->blocks * (SLAB_BLOCK * (uint64_t)s->size +
	    sizeof(*s->block));
}

/* ---- Index -------------------------------------------------------------- */

void
slab_index_fini(struct slab_index *x)
{
	free(x->slot);
	memset(x, 0, sizeof(*x));
}

uint32_t
slab_index_find(const struct slab_index *x, uint32_t hash, slab_same_fn *same,
    const void *arg, const void *key)
{
	if (x->size == 0)
		return 0;
	for (uint32_t at = hash & (x->size - 1); x->slot[at] != 0;
	    at = (at + 1) & (x->size - 1))
		if ((uint32_t)(x->slot[at] >> 32) == hash &&
		    same(arg, (uint32_t)x->slot[at], key))
			return (uint32_t)x->slot[at];
	return 0;
}

static void
slab_index_put(struct slab_index *x, uint64_t slot)
{
	uint32_t at = (uint32_t)(slot >> 32) & (x->size - 1);

	while (x->slot[at] != 0)
		at = (at + 1) & (x->size - 1);
	x->slot[at] = slot;
}

void
slab_index_add(struct slab_index *x, uint32_t hash, uint32_t i)
{
	/* So that a hundred thousand of them fit into 1 MiB. */
	if (x->count >= x->size / 8 * 7) {
		struct slab_index	larger = { .count = x->count };

		larger.size = x->size == 0 ? 64 : x->size * 2;
		larger.slot = xcalloc(larger.size, sizeof(*larger.slot));
		for (uint32_t at = 0; at < x->size; at++)
			if (x->slot[at] != 0)
				slab_index_put(&larger, x->slot[at]);
		free(x->slot);
		*x = larger;
	}
	slab_index_put(x, (uint64_t)hash << 32 | i);
	x->count++;
}

void
slab_index_drop(struct slab_index *x, uint32_t hash, uint32_t i)
{
	uint32_t mask = x->size - 1, at = hash & mask, from;

	while (x->slot[at] != ((uint64_t)hash << 32 | i))
		at = (at + 1) & mask;
	x->slot[at] = 0;
	x->count--;
	for (from = (at + 1) & mask; x->slot[from] != 0;
	    from = (from + 1) & mask) {
		uint32_t home = (uint32_t)(x->slot[from] >> 32) & mask;

		if (((from - home) & mask) < ((from - at) & mask))
			continue;	/* it stands between its home and at */
		x->slot[at] = x->slot[from];
		x->slot[from] = 0;
		at = from;
	}
}

uint32_t
slab_hash(const uint32_t *word, size_t count)
{
	uint64_t h = 0x9e3779b97f4a7c15u ^ count;

	for (size_t i = 0; i < count; i++) {
		h = (h ^ word[i]) * 0xbf58476d1ce4e5b9u;
		h ^= h >> 29;
	}
	h *= 0x94d049bb133111ebu;
	return (uint32_t)(h >> 32);
}

/* ---- Ring --------------------------------------------------------------- */

static struct slab_ring *
slab_ring_at(const struct slab *s, size_t offset, uint32_t i)
{
	return (struct slab_ring *)((char *)slab_at(s, i) + offset);
}

void
slab_ring_add(const struct slab *s, size_t offset, uint32_t *first,
    uint32_t i)
{
	struct slab_ring *r = slab_ring_at(s, offset, i), *head;

	if (*first == 0) {
		r->next = r->prev = *first = i;
		return;
	}
	head = slab_ring_at(s, offset, *first);
	r->next = *first;
	r->prev = head->prev;
	slab_ring_at(s, offset, r->prev)->next = i;
	head->prev = i;
}

void
slab_ring_drop(const struct slab *s, size_t offset, uint32_t *first,
    uint32_t i)
{
	struct slab_ring *r = slab_ring_at(s, offset, i);

	slab_ring_at(s, offset, r->next)->prev = r->prev;
	slab_ring_at(s, offset, r->prev)->next = r->next;
	if (*first == i)
		*first = r->next == i ? 0 : r->next;
	*r = (struct slab_ring){ 0 };
}

void
slab_ring_join(const struct slab *s, size_t offset, uint32_t *first,
    uint32_t *more)
{
	struct slab_ring *a, *b;
	uint32_t	  last;

	if (*more != 0 && *first != 0) {
		a = slab_ring_at(s, offset, *first);
		b = slab_ring_at(s, offset, *more);
		last = b->prev;
		slab_ring_at(s, offset, a->prev)->next = *more;
		slab_ring_at(s, offset, last)->next = *first;
		b->prev = a->prev;
		a->prev = last;
	} else if (*more != 0) {
		*first = *more;
	}
	*more = 0;
}

/* ---- Heap --------------------------------------------------------------- */

/* Both are roots; the answer is the root of both. */
static uint32_t
slab_heap_meld(const struct slab_heap_ops *o, const void *arg, uint32_t a,
    uint32_t b)
{
	struct slab_link *parent, *child;
	uint32_t	  other;

	if (a == 0 || b == 0)
		return a == 0 ? b : a;
	if (o->less(arg, b, a)) {
		other = a;
		a = b;
		b = other;
	}
	parent = o->link(arg, a);
	child = o->link(arg, b);
	child->next = parent->child;
	child->prev = a;
	if (parent->child != 0)
		o->link(arg, parent->child)->prev = b;
	parent->child = b;
	return a;
}

/* Melds the children of one in pairs, then the pairs from the last on. */
static uint32_t
slab_heap_pairs(const struct slab_heap_ops *o, const void *arg, uint32_t i)
{
	uint32_t done = 0, a, b, next;

	while (i != 0) {
		a = i;
		b = o->link(arg, a)->next;
		next = b == 0 ? 0 : o->link(arg, b)->next;
		o->link(arg, a)->next = o->link(arg, a)->prev = 0;
		if (b != 0)
			o->link(arg, b)->next = o->link(arg, b)->prev = 0;
		a = slab_heap_meld(o, arg, a, b);
		o->link(arg, a)->prev = done;	/* of a list of pairs */
		done = a;
		i = next;
	}
	for (i = 0; done != 0; done = next) {
		next = o->link(arg, done)->prev;
		o->link(arg, done)->prev = 0;
		i = slab_heap_meld(o, arg, i, done);
	}
	return i;
}

void
slab_heap_add(const struct slab_heap_ops *o, const void *arg, uint32_t *root,
    uint32_t i)
{
	*o->link(arg, i) = (struct slab_link){ 0 };
	*root = slab_heap_meld(o, arg, *root, i);
}

void
slab_heap_join(const struct slab_heap_ops *o, const void *arg,
    uint32_t *root, uint32_t *more)
{
	*root = slab_heap_meld(o, arg, *root, *more);
	*more = 0;
}

void
slab_heap_drop(const struct slab_heap_ops *o, const void *arg, uint32_t *root,
    uint32_t i)
{
	struct slab_link *link = o->link(arg, i), *prev;
	uint32_t	  below = slab_heap_pairs(o, arg, link->child);

	if (*root == i) {
		*root = below;
	} else {
		prev = o->link(arg, link->prev);
		if (prev->child == i)
			prev->child = link->next;
		else
			prev->next = link->next;
		if (link->next != 0)
			o->link(arg, link->next)->prev = link->prev;
		*root = slab_heap_meld(o, arg, *root, below);
	}
	*link = (struct slab_link){ 0 };
}
