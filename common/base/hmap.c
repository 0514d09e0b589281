/*
 * Chains in an array of buckets, whose size is a power of two.
 *
 * While the table grows there are two arrays.  An entry is in `old` at
 * bucket b as long as b >= moved, in `now` otherwise.  Each insertion moves
 * MOVE buckets: the old array is empty long before the new one is full.
 */
#include <stdlib.h>
#include <string.h>

#include "mem.h"

#include "hmap.h"

#define HMAP_FIRST	64
#define MOVE		4

static uint64_t
hmap_mix(uint64_t h, uint64_t w, uint64_t secret)
{
	h = (h ^ w) * 0x9e3779b97f4a7c15U;
	h ^= h >> 29;
	h = (h + secret) * 0xbf58476d1ce4e5b9U;
	return h ^ h >> 32;
}

uint64_t
hmap_hash(const uint64_t secret[2], uint32_t kind, struct str key)
{
	uint64_t	h = secret[0] ^ key.len, w;

	h = hmap_mix(h, kind, secret[1]);
	for (; key.len >= 8; key.p += 8, key.len -= 8) {
		memcpy(&w, key.p, 8);
		h = hmap_mix(h, w, secret[1]);
	}
	w = 0;
	if (key.len > 0)
		memcpy(&w, key.p, key.len);
	return hmap_mix(h, w, secret[1]);
}

void
hmap_init(struct hmap *t)
{
	*t = (struct hmap){ .size = HMAP_FIRST };
	t->now = xcalloc(t->size, sizeof *t->now);
	arc4random_buf(t->secret, sizeof t->secret);
}

void
hmap_fini(struct hmap *t)
{
	free(t->now);
	free(t->old);
	*t = (struct hmap){ .size = 0 };
}

static struct hmap_entry **
hmap_bucket(const struct hmap *t, uint64_t hash)
{
	if (t->old != NULL && (hash & (t->old_size - 1)) >= t->moved)
		return &t->old[hash & (t->old_size - 1)];
	return &t->now[hash & (t->size - 1)];
}

struct hmap_entry *
hmap_find(struct hmap *t, uint32_t kind, struct str key)
{
	uint64_t		 hash = hmap_hash(t->secret, kind, key);
	struct hmap_entry	*e;

	for (e = *hmap_bucket(t, hash); e != NULL; e = e->next, t->steps++)
		if (e->hash == hash && e->kind == kind &&
		    str_eq((struct str){ e->key, e->len }, key))
			return e;
	return NULL;
}

static void
hmap_move_bucket(struct hmap *t)
{
	struct hmap_entry	*e = t->old[t->moved], *next, **at;

	t->old[t->moved++] = NULL;
	for (; e != NULL; e = next) {
		next = e->next;
		at = &t->now[e->hash & (t->size - 1)];
		e->next = *at;
		*at = e;
	}
}

static void
hmap_grow(struct hmap *t)
{
	int	i;

	if (t->old == NULL && t->count >= t->size) {
		t->old = t->now;
		t->old_size = t->size;
		t->moved = 0;
		t->size *= 2;
		t->now = xcalloc(t->size, sizeof *t->now);
	}
	for (i = 0; i < MOVE && t->old != NULL; i++) {
		hmap_move_bucket(t);
		if (t->moved < t->old_size)
			continue;
		free(t->old);
		t->old = NULL;
	}
}

void
hmap_insert(struct hmap *t, struct hmap_entry *e)
{
	struct hmap_entry	**at;

	hmap_grow(t);
	e->hash = hmap_hash(t->secret, e->kind, (struct str){ e->key, e->len });
	at = hmap_bucket(t, e->hash);
	e->next = *at;
	*at = e;
	t->count++;
}

void
hmap_remove(struct hmap *t, struct hmap_entry *e)
{
	struct hmap_entry	**at = hmap_bucket(t, e->hash);

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	t->count--;
}

static void
hmap_show(struct hmap_entry *e, void (*fn)(void *arg,
    struct hmap_entry *e), void *arg)
{
	struct hmap_entry	*next;

	for (; e != NULL; e = next) {
		next = e->next;
		fn(arg, e);
	}
}

void
hmap_walk(struct hmap *t, size_t n,
    void (*fn)(void *arg, struct hmap_entry *e), void *arg)
{
	for (; n > 0; n--) {
		t->cursor &= t->size - 1;
		hmap_show(t->now[t->cursor], fn, arg);
		if (t->old != NULL && t->cursor < t->old_size)
			hmap_show(t->old[t->cursor], fn, arg);
		t->cursor++;
	}
}
