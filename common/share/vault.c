/*
 * One table of items.  An item of VAULT_RATE has a window, another has bytes
 * and perhaps a lease.
 * `used` is what the items cost, the allocator's share included: an estimate
 * on the safe side.
 */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "vault_private.h"

#define OVERHEAD	64	/* of the allocator, and of a bucket */
#define SWEEP_RATE	4	/* buckets at each new rate */
#define SWEEP_FULL	4096

struct vault *
vault_new(size_t limit_bytes, uint64_t version)
{
	struct vault	*s = xcalloc(1, sizeof *s);

	hmap_init(&s->items);
	leases_init(&s->leases);
	s->limit = limit_bytes;
	s->version = version;
	return s;
}

static size_t
item_cost(size_t key_len, size_t len)
{
	return sizeof(struct item) + key_len + len + OVERHEAD;
}

/* Sets when the item ends; 0 takes its lease away. */
static void
item_lease(struct vault *s, struct item *i, int64_t ends_ms)
{
	size_t	cost = item_cost(i->entry.len, i->len);

	if (i->lease.held)
		s->leased -= cost;
	lease_drop(&s->leases, &i->lease);
	if (ends_ms == 0)
		return;
	lease_take(&s->leases, &i->lease, ends_ms);
	s->leased += cost;
}

static struct item *
item_of(struct lease *l)
{
	return (struct item *)((char *)l - offsetof(struct item, lease));
}

void
vault_item_free(struct vault *s, struct item *i)
{
	item_lease(s, i, 0);
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
	vault_item_free(arg, (struct item *)e);
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

void
vault_tick(struct vault *s, int64_t now_ms)
{
	s->now_ms = now_ms;
}

/* Finds an item; one whose time to live has passed counts as absent. */
static struct item *
vault_find(struct vault *s, enum vault_space space, struct str key)
{
	struct item	*i = (struct item *)hmap_find(&s->items, space, key);

	if (i == NULL || !i->lease.held || i->lease.ends_ms > s->now_ms)
		return i;
	vault_item_free(s, i);
	return NULL;
}

static bool
vault_room(const struct vault *s, size_t more)
{
	return s->used <= s->limit && more <= s->limit - s->used;
}

/*
 * Room for more, by what has a time to live; `keep` is never given up.  If
 * all of it together is not enough, nothing goes but what is over.
 */
static bool
vault_make_room(struct vault *s, size_t more, const struct item *keep)
{
	struct lease	*l;
	size_t		 yields;

	while (!vault_room(s, more) &&
	    (l = lease_over(&s->leases, s->now_ms)) != NULL)
		vault_item_free(s, item_of(l));
	yields = s->leased;
	if (keep != NULL && keep->lease.held)
		yields -= item_cost(keep->entry.len, keep->len);
	if (more > s->limit || s->used - yields > s->limit - more)
		return false;
	while (!vault_room(s, more)) {
		l = lease_idle(&s->leases);
		if (item_of(l) == keep)
			lease_use(&s->leases, l);
		else
			vault_item_free(s, item_of(l));
	}
	return true;
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
vault_fetch(struct vault *s, enum vault_space space, struct str key,
    struct vault_value *v)
{
	struct item	*i = vault_find(s, space, key);

	*v = (struct vault_value){ .bytes = STR_NONE };
	if (i == NULL)
		return;
	lease_use(&s->leases, &i->lease);
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
    struct str bytes, const uint64_t *version, int64_t ttl_ms)
{
	struct item	*i = vault_find(s, space, key);
	size_t		 had = i != NULL ? item_cost(key.len, i->len) : 0;
	size_t		 need = item_cost(key.len, bytes.len);
	int64_t		 ends_ms;
	char		*copy;

	if (!vault_is(i, version))
		return VAULT_NO;
	if (need > had && !vault_make_room(s, need - had, i))
		return VAULT_FULL;
	copy = xmalloc(bytes.len + (bytes.len == 0));
	if (bytes.len > 0)
		memcpy(copy, bytes.p, bytes.len);
	if (i == NULL)
		i = item_new(s, space, key);
	ends_ms = ttl_ms > 0 ? s->now_ms + ttl_ms :
	    ttl_ms == VAULT_TTL_KEEP && i->lease.held ? i->lease.ends_ms : 0;
	item_lease(s, i, 0);		/* its cost changes */
	s->used += bytes.len - i->len;
	free(i->bytes);
	i->bytes = copy;
	i->len = bytes.len;
	i->version = ++s->version;
	item_lease(s, i, ends_ms);
	return VAULT_OK;
}

enum vault_rc
vault_delete(struct vault *s, enum vault_space space, struct str key,
    const uint64_t *version)
{
	struct item	*i = vault_find(s, space, key);

	if (i == NULL || !vault_is(i, version))
		return VAULT_NO;
	vault_item_free(s, i);
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
			vault_item_free(s, i);
		return VAULT_OK;
	}
	vault_number(*sum, bytes);
	rc = vault_put(s, VAULT_MEMORY, key,
	    (struct str){ bytes, sizeof bytes }, NULL, VAULT_TTL_KEEP);
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
		vault_item_free(s, i);
}

void
vault_sweep(struct vault *s, int64_t now_ms, size_t buckets)
{
	struct lease	*l;
	size_t		 n;

	s->now_ms = now_ms;
	for (n = 0; n < buckets &&
	    (l = lease_over(&s->leases, now_ms)) != NULL; n++)
		vault_item_free(s, item_of(l));
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
	return vault_make_room(s, more, NULL);
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
