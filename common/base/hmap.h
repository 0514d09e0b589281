/*
 * hmap - a hash table of what has a kind and a key
 *
 * Entries are part of the caller's own structs.  The table grows a few
 * buckets at each use, so that no single use is slow, and its hash is keyed:
 * keys come from mail, and colliding ones must not be predictable.  It is the
 * one hash table of the house.
 *
 * Ownership  entries and their keys are the caller's; they stay where they
 *            are for as long as they are in a table.
 * Process    no I/O, no global state.
 */
#ifndef BASE_HMAP_H
#define BASE_HMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "str.h"

struct hmap_entry {
	struct hmap_entry	*next;
	uint64_t		 hash;
	const char		*key;
	uint32_t		 len;
	uint32_t		 kind;
};

struct hmap {
	struct hmap_entry	**now;
	struct hmap_entry	**old;		/* while growing, else NULL */
	size_t			 size;		/* of now; a power of two */
	size_t			 old_size;
	size_t			 moved;		/* empty ones of old */
	size_t			 count;
	size_t			 cursor;	/* of hmap_walk() */
	uint64_t		 secret[2];
	uint64_t		 steps;		/* of all finds */
};

void	hmap_init(struct hmap *t);
void	hmap_fini(struct hmap *t);		/* entries are left alone */
/* What tables of another kind hash by, keyed as well. */
uint64_t hmap_hash(const uint64_t secret[2], uint32_t kind, struct str key);
struct hmap_entry *hmap_find(struct hmap *t, uint32_t kind, struct str key);
/* e->key, len and kind are set, and there is none like it. */
void	hmap_insert(struct hmap *t, struct hmap_entry *e);
void	hmap_remove(struct hmap *t, struct hmap_entry *e);
/* Shows the entries of the next n buckets; fn() may remove and free the one
 * that it is shown.  Enough calls show every entry. */
void	hmap_walk(struct hmap *t, size_t n,
	    void (*fn)(void *arg, struct hmap_entry *e), void *arg);

#endif
