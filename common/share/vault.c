/*
 * One table of items.  An item of VAULT_RATE has a window, another has bytes.
 * `used` is what the items cost, the allocator's share included: an estimate
 * on the safe side.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "vault.h"
#include "hmap.h"
#include "window.h"

#define OVERHEAD	64	/* of the allocator, and of a bucket */
#define SWEEP_RATE	4	/* buckets at each new rate */
#define SWEEP_FULL	4096

struct item {
	struct hmap_entry	 entry;		/* first */
	uint64_t		 version;
	char			*bytes;
	size_t			 len;
	struct window		 window;
	char			 key[];
};

struct vault {
	struct hmap		 items;
	size_t			 limit;
	size_t			 used;
	uint64_t		 version;
	int64_t			 now_ms;	/* of the sweep */
};

struct vault *
vault_new(size_t limit_bytes, uint64_t version)
{
	struct vault	*s = xcalloc(1, sizeof *s);

	hmap_init(&s->items);
	s->limit = limit_bytes;
	s->version = version;
	return s;
}

static size_t
item_cost(size_t key_len, size_t len)
{
	return sizeof(struct item) + key_len + len + OVERHEAD;
}

static void
item_free(struct vault *s, struct item *i)
{
	s->used -= item_cost(i->entry.len, i->len) +
	    window_bytes(&i->window);
	hmap_remove(&s->items, &i->entry);
	window_fini(&i->window);
	free(i->bytes);
	free(i);
}

static void
vault_free_item(void *arg, struct hmap_entry *e)
{
	item_free(arg, (struct item *)e);
}

void
vault_free(struct vault **sp)
{
	struct vault	*s = *sp;

	if (s == NULL)
		return;
	hmap_walk(&s->items, s->items.size, vault_free_item, s);
	hmap_fini(&s->items);
	free(s);
	*sp = NULL;
}

void
vault_set_limit(struct vault *s, size_t limit_bytes)
{
	s->limit = limit_bytes;
}

size_t
vault_bytes(const struct vault *s)
{
	return s->used;
}

size_t
vault_count(const struct vault *s)
{
	return s->items.count;
}

static struct item *
vault_find(const struct vault *s, enum vault_space space, struct str key)
{
	return (struct item *)hmap_find(&s->items, space, key);
}

static bool
vault_room(const struct vault *s, size_t more)
{
	return s->used <= s->limit && more <= s->limit - s->used;
}

static struct item *
item_new(struct vault *s, enum vault_space space, struct str key)
{
	struct item	*i = xcalloc(1, sizeof *i + key.len);

	if (key.len > 0)
		memcpy(i->key, key.p, key.len);
	i->entry.key = i->key;
	i->entry.len = (uint32_t)key.len;
	i->entry.kind = space;
	window_init(&i->window);
	hmap_insert(&s->items, &i->entry);
	s->used += item_cost(key.len, 0);
	return i;
}

/* ---- Values ------------------------------------------------------------ */

void
vault_fetch(const struct vault *s, enum vault_space space, struct str key,
    struct vault_value *v)
{
	const struct item	*i = vault_find(s, space, key);

	*v = (struct vault_value){ .bytes = STR_NONE };
	if (i == NULL)
		return;
	v->version = i->version;
	v->bytes = (struct str){ i->bytes, i->len };
}

static bool
vault_is(const struct item *i, const uint64_t *version)
{
	return version == NULL || *version == (i != NULL ? i->version : 0);
}

enum vault_rc
vault_put(struct vault *s, enum vault_space space, struct str key,
    struct str bytes, const uint64_t *version)
{
	struct item	*i = vault_find(s, space, key);
	size_t		 had = i != NULL ? item_cost(key.len, i->len) : 0;
	size_t		 need = item_cost(key.len, bytes.len);
	char		*copy;

	if (!vault_is(i, version))
		return VAULT_NO;
	if (need > had && !vault_room(s, need - had))
		return VAULT_FULL;
	copy = xmalloc(bytes.len + (bytes.len == 0));
	if (bytes.len > 0)
		memcpy(copy, bytes.p, bytes.len);
	if (i == NULL)
		i = item_new(s, space, key);
	s->used += bytes.len - i->len;
	free(i->bytes);
	i->bytes = copy;
	i->len = bytes.len;
	i->version = ++s->version;
	return VAULT_OK;
}

enum vault_rc
vault_delete(struct vault *s, enum vault_space space, struct str key,
    const uint64_t *version)
{
	struct item	*i = vault_find(s, space, key);

	if (i == NULL || !vault_is(i, version))
		return VAULT_NO;
	item_free(s, i);
	return VAULT_OK;
}

/* ---- Numbers ----------------------------------------------------------- */

void
vault_number(double n, char bytes[VAULT_NUMBER_BYTES])
{
	bytes[0] = 'd';
	memcpy(bytes + 1, &n, sizeof n);
}

static bool
item_number(const struct item *i, double *n)
{
	if (i->len != VAULT_NUMBER_BYTES || i->bytes[0] != 'd')
		return false;
	memcpy(n, i->bytes + 1, sizeof *n);
	return true;
}

enum vault_rc
vault_add(struct vault *s, struct str key, double n, bool drop_zero,
    double *sum)
{
	struct item	*i = vault_find(s, VAULT_MEMORY, key);
	char		 bytes[VAULT_NUMBER_BYTES];
	enum vault_rc	 rc;

	*sum = 0;
	if (i != NULL && !item_number(i, sum))
		return VAULT_NO;
	*sum += n;
	if (drop_zero && fpclassify(*sum) == FP_ZERO) {
		if (i != NULL)
			item_free(s, i);
		return VAULT_OK;
	}
	vault_number(*sum, bytes);
	rc = vault_put(s, VAULT_MEMORY, key,
	    (struct str){ bytes, sizeof bytes }, NULL);
	return rc;
}

/* ---- Rates ------------------------------------------------------------- */

static void
vault_sweep_item(void *arg, struct hmap_entry *e)
{
	struct vault	*s = arg;
	struct item	*i = (struct item *)e;

	if (e->kind == VAULT_RATE &&
	    window_count(&i->window, s->now_ms, i->window.interval_ms) == 0)
		item_free(s, i);
}

void
vault_sweep(struct vault *s, int64_t now_ms, size_t buckets)
{
	s->now_ms = now_ms;
	hmap_walk(&s->items, buckets < s->items.size ? buckets :
	    s->items.size, vault_sweep_item, s);
}

/* What is needed for one more hit; rates that are over may make room. */
static bool
vault_rate_room(struct vault *s, size_t more, int64_t now_ms)
{
	if (vault_room(s, more))
		return true;
	vault_sweep(s, now_ms, SWEEP_FULL);
	return vault_room(s, more);
}

enum vault_rc
vault_rate(struct vault *s, struct str key, struct vault_rate *r)
{
	struct item	*i = vault_find(s, VAULT_RATE, key);
	struct window	 none;
	size_t		 more;

	window_init(&none);
	r->n = i == NULL ? 0 : window_count(&i->window, r->now_ms,
	    r->interval_ms);
	if (r->n >= r->count)
		return VAULT_NO;
	if (i == NULL)
		vault_sweep(s, r->now_ms, SWEEP_RATE);
	more = i != NULL ? window_growth(&i->window) :
	    item_cost(key.len, 0) + window_growth(&none);
	if (more > 0 && !vault_rate_room(s, more, r->now_ms))
		return VAULT_FULL;
	/* Making room may have taken this one, if its window was empty. */
	i = vault_find(s, VAULT_RATE, key);
	if (i == NULL)
		i = item_new(s, VAULT_RATE, key);
	(void)window_count(&i->window, r->now_ms, r->interval_ms);
	s->used -= window_bytes(&i->window);
	window_add(&i->window, r->now_ms);
	s->used += window_bytes(&i->window);
	r->n++;
	return VAULT_OK;
}
