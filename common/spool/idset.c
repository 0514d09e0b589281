/*
 * Open addressing.  The ids are chosen by peers, one of which may have been
 * taken over; the hash is keyed, so that it can't choose them to collide and
 * slow down the writer of all.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hmap.h"
#include "base/mem.h"
#include "idset.h"

#define IDSET_LEAST	1024

static const unsigned char	idset_free[SPOOL_TXN_SIZE];

/* The place of the id, or the free one where it would be. */
static size_t
idset_find(const struct idset_half *h, const unsigned char *txn)
{
	struct str	key = { (const char *)txn, SPOOL_TXN_SIZE };
	size_t		i = hmap_hash(h->secret, 0, key) & (h->size - 1);

	while (memcmp(h->ids[i], idset_free, SPOOL_TXN_SIZE) != 0 &&
	    memcmp(h->ids[i], txn, SPOOL_TXN_SIZE) != 0)
		i = (i + 1) & (h->size - 1);
	return i;
}

static void
idset_grow(struct idset_half *h)
{
	struct idset_half	bigger = { .count = h->count };
	size_t			i;

	bigger.size = h->size == 0 ? IDSET_LEAST : h->size * 2;
	arc4random_buf(bigger.secret, sizeof bigger.secret);
	bigger.ids = xcalloc(bigger.size, SPOOL_TXN_SIZE);
	for (i = 0; i < h->size; i++) {
		if (memcmp(h->ids[i], idset_free, SPOOL_TXN_SIZE) != 0)
			memcpy(bigger.ids[idset_find(&bigger, h->ids[i])],
			    h->ids[i], SPOOL_TXN_SIZE);
	}
	free(h->ids);
	*h = bigger;
}

void
idset_add(struct idset *s, const unsigned char txn[SPOOL_TXN_SIZE])
{
	struct idset_half	*h = &s->half[0];
	size_t			 i;

	if (h->count >= h->size / 2)
		idset_grow(h);
	i = idset_find(h, txn);
	if (memcmp(h->ids[i], idset_free, SPOOL_TXN_SIZE) == 0)
		h->count++;
	memcpy(h->ids[i], txn, SPOOL_TXN_SIZE);
}

bool
idset_has(const struct idset *s, const unsigned char txn[SPOOL_TXN_SIZE])
{
	const struct idset_half	*h;
	int			 i;

	for (i = 0; i < 2; i++) {
		h = &s->half[i];
		if (h->size > 0 && memcmp(h->ids[idset_find(h, txn)], txn,
		    SPOOL_TXN_SIZE) == 0)
			return true;
	}
	return false;
}

void
idset_turn(struct idset *s)
{
	free(s->half[1].ids);
	s->half[1] = s->half[0];
	memset(&s->half[0], 0, sizeof s->half[0]);
}

void
idset_fini(struct idset *s)
{
	free(s->half[0].ids);
	free(s->half[1].ids);
	memset(s, 0, sizeof *s);
}
