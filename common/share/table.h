/*
 * table - a hash table of what has a kind and a key
 *
 * Entries are part of the caller's own structs.  The table grows a few
 * buckets at each use, so that no single use is slow, and its hash is keyed:
 * keys come from mail, and colliding ones must not be predictable.
 *
 * Ownership  entries and their keys are the caller's; they stay where they
 *            are for as long as they are in a table.
 * Process    no I/O, no global state.
 */
#ifndef SHARE_TABLE_H
#define SHARE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct table_entry {
	struct table_entry	*next;
	uint64_t		 hash;
	const char		*key;
	uint32_t		 len;
	uint32_t		 kind;
};

struct table {
	struct table_entry	**now;
	struct table_entry	**old;		/* while growing, else NULL */
	size_t			 size;		/* of now; a power of two */
	size_t			 old_size;
	size_t			 moved;		/* buckets of old */
	size_t			 count;
	size_t			 cursor;	/* of table_walk() */
	uint64_t		 secret[2];
};

void	table_init(struct table *t);
void	table_fini(struct table *t);		/* entries are left alone */
struct table_entry *table_find(const struct table *t, uint32_t kind,
	    struct str key);
/* e->key, len and kind are set, and there is none like it. */
void	table_insert(struct table *t, struct table_entry *e);
void	table_remove(struct table *t, struct table_entry *e);
/* Shows the entries of the next n buckets; fn() may remove and free the one
 * that it is shown.  Enough calls show every entry. */
void	table_walk(struct table *t, size_t n,
	    void (*fn)(void *arg, struct table_entry *e), void *arg);

#endif
