/*
 * A set of numbers; most often it is empty, which costs a look at a count.
 */
#include <stdlib.h>

#include "base/mem.h"

#include "filled.h"

#define FILLED_KIND	1

struct filled {
	struct hmap_entry	hash;
	uint64_t		number;
};

static struct hmap_entry *
filled_find(struct hmap *filled, uint64_t number)
{
	if (filled->count == 0)
		return NULL;
	return hmap_find(filled, FILLED_KIND, (struct str){ (char *)&number,
	    sizeof number });
}

bool
filled_has(struct hmap *filled, uint64_t number)
{
	return filled_find(filled, number) != NULL;
}

void
filled_add(struct hmap *filled, uint64_t number)
{
	struct filled	*f;

	if (filled_has(filled, number))
		return;
	f = xcalloc(1, sizeof *f);
	f->number = number;
	f->hash.key = (const char *)&f->number;
	f->hash.len = sizeof f->number;
	f->hash.kind = FILLED_KIND;
	hmap_insert(filled, &f->hash);
}

static void
filled_free(void *arg, struct hmap_entry *e)
{
	hmap_remove(arg, e);
	free(e);
}

void
filled_remove(struct hmap *filled, uint64_t number)
{
	struct hmap_entry	*e = filled_find(filled, number);

	if (e != NULL)
		filled_free(filled, e);
}

void
filled_clear(struct hmap *filled)
{
	hmap_walk(filled, filled->size, filled_free, filled);
}
