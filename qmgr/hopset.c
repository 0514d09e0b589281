/*
 * A list is found by its bytes, without the time that it holds: that is the
 * domain's, not the list's.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/wire.h"
#include "schedule/slab.h"

#include "hopset.h"
#include "told.h"

#define HOPSET_KIND	1
#define HOPSETS_KEPT	1000
#define HOPSET_RECIPIENTS 2	/* bytes at the end of `all` */

static struct {
	struct hmap	by_bytes;
	struct slab	sets;		/* of pointers */
	struct buf	bytes;		/* to look up */
	TAILQ_HEAD(, hopset) kept;	/* the oldest first */
	size_t		kept_count;
	size_t		cost;		/* of all */
} hopsets;

void
hopsets_open(void)
{
	hmap_init(&hopsets.by_bytes);
	TAILQ_INIT(&hopsets.kept);
	hopsets.kept_count = 0;
	slab_init(&hopsets.sets, sizeof(struct hopset *));
}

static struct hopset **
hopset_place(uint32_t i)
{
	return slab_at(&hopsets.sets, i);
}

const struct hopset *
hopset_at(uint32_t i)
{
	return *hopset_place(i);
}

static void
hopset_free(struct hopset *h)
{
	hopsets.cost -= h->cost;
	hmap_remove(&hopsets.by_bytes, &h->hash);
	nexthops_free(&h->hops);
	free((char *)(uintptr_t)h->all.p);
	hop_texts_fini(&h->texts);
	free(h);
}

static void
hopset_free_entry(void *arg, struct hmap_entry *e)
{
	(void)arg;
	hopset_free((struct hopset *)e);
}

void
hopsets_close(void)
{
	hmap_walk(&hopsets.by_bytes, hopsets.by_bytes.size,
	    hopset_free_entry, NULL);
	hmap_fini(&hopsets.by_bytes);
	slab_fini(&hopsets.sets);
	buf_free(&hopsets.bytes);
}

/* ---- Making one ---------------------------------------------------------- */

/* The hops are the first so many bytes, the recipients the last ones. */
static uint32_t
hopset_new(struct str all, size_t hops, uint16_t recipients)
{
	struct hopset	*h = xcalloc(1, sizeof *h);
	size_t		 end = all.len - HOPSET_RECIPIENTS;

	h->all = (struct str){ xmemdup(all.p, all.len), all.len };
	h->bytes = (struct str){ h->all.p, hops };
	h->try = (struct str){ h->all.p + hops, end - hops };
	h->recipients = recipients;
	if (nexthops_get(&h->hops, h->bytes) == -1) {
		free((char *)(uintptr_t)h->all.p);
		free(h);
		return 0;
	}
	hop_texts_make(&h->texts, &h->hops);
	h->cost = sizeof *h + h->all.len + h->texts.bytes.len + h->hops.count *
	    (sizeof *h->hops.hop + sizeof *h->texts.of);
	hopsets.cost += h->cost;
	h->number = told_number();
	h->try_number = h->try.len > 0 ? told_number() : 0;
	h->hash.key = h->all.p;
	h->hash.len = (uint32_t)h->all.len;
	h->hash.kind = HOPSET_KIND;
	hmap_insert(&hopsets.by_bytes, &h->hash);
	h->self = slab_take(&hopsets.sets);
	*hopset_place(h->self) = h;
	/* Nobody's, until hopset_ref(). */
	TAILQ_INSERT_TAIL(&hopsets.kept, h, link);
	hopsets.kept_count++;
	return h->self;
}

/* One of these, made where there is none; 0: it can't be put into bytes. */
static uint32_t
hopset_of(const struct nexthops *n, struct str try, uint16_t recipients,
    bool make)
{
	struct hopset	*h;
	struct str	 key;
	size_t		 first;

	buf_clear(&hopsets.bytes);
	if (nexthops_put(&hopsets.bytes, n) == -1)
		return 0;
	first = hopsets.bytes.len;
	buf_add_str(&hopsets.bytes, try);
	wire_put_uint(&hopsets.bytes, recipients, HOPSET_RECIPIENTS);
	key = buf_str(&hopsets.bytes);
	h = (struct hopset *)hmap_find(&hopsets.by_bytes, HOPSET_KIND, key);
	if (h != NULL)
		return h->self;
	return make ? hopset_new(key, first, recipients) : 0;
}

/* Instead of one for which there is no memory. */
static const struct nexthops	hopset_none = { .error = NEXTHOPS_ERROR_DNS,
    .dns = NEXTHOPS_DNS_OTHER, .temporary = true,
    .why = STR("too many routes at a time") };

uint32_t
hopset_take(struct str hops, struct str try, uint16_t recipients,
    uint32_t *ttl_s)
{
	bool		full = hopsets.cost >= HOPSETS_MEMORY;
	struct nexthops	n;
	uint32_t	i;

	if (nexthops_get(&n, hops) == -1)
		return 0;
	*ttl_s = n.ttl_s;
	n.ttl_s = 0;
	i = hopset_of(&n, try, recipients, !full);
	nexthops_free(&n);
	if (i == 0 && full) {
		i = hopset_of(&hopset_none, STR_NONE, 0, true);
		*ttl_s = NEXTHOPS_TTL_MIN_S;
	}
	if (i != 0)
		hopset_ref(i);
	return i;
}

/* ---- Counting ------------------------------------------------------------ */

void
hopset_ref(uint32_t i)
{
	struct hopset	*h = *hopset_place(i);

	if (h->refs++ > 0)
		return;
	TAILQ_REMOVE(&hopsets.kept, h, link);
	hopsets.kept_count--;
}

static void
hopset_forget(struct hopset *h)
{
	TAILQ_REMOVE(&hopsets.kept, h, link);
	hopsets.kept_count--;
	told_drop(h->number);
	if (h->try_number != 0)
		told_drop(h->try_number);
	slab_give(&hopsets.sets, h->self);
	hopset_free(h);
}

static void
hopset_keep(struct hopset *h)
{
	TAILQ_INSERT_TAIL(&hopsets.kept, h, link);
	if (++hopsets.kept_count > HOPSETS_KEPT)
		hopset_forget(TAILQ_FIRST(&hopsets.kept));
}

void
hopset_drop(uint32_t i)
{
	struct hopset	*h = *hopset_place(i);

	if (--h->refs == 0)
		hopset_keep(h);
}
