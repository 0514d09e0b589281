/*
 * One table of items.  An item of STORE_RATE has a window, another has bytes.
 * `used` is what the items cost, the allocator's share included: an estimate
 * on the safe side.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "store.h"
#include "table.h"
#include "window.h"

#define OVERHEAD	64	/* of the allocator, and of a bucket */
#define SWEEP_RATE	4	/* buckets at each new rate */
#define SWEEP_FULL	4096

struct item {
	struct table_entry	 entry;		/* first */
	uint64_t		 version;
	char			*bytes;
	size_t			 len;
	struct window		 window;
	char			 key[];
};

struct store {
	struct table		 items;
	size_t			 limit;
	size_t			 used;
	uint64_t		 version;
	int64_t			 now_ms;	/* of the sweep */
};

struct store *
store_new(size_t limit_bytes, uint64_t version)
{
	struct store	*s = xcalloc(1, sizeof *s);

	table_init(&s->items);
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
item_free(struct store *s, struct item *i)
{
	s->used -= item_cost(i->entry.len, i->len) +
	    window_bytes(&i->window);
	table_remove(&s->items, &i->entry);
	window_fini(&i->window);
	free(i->bytes);
	free(i);
}

static void
store_free_item(void *arg, struct table_entry *e)
{
	item_free(arg, (struct item *)e);
}

void
store_free(struct store **sp)
{
	struct store	*s = *sp;

	if (s == NULL)
		return;
	table_walk(&s->items, s->items.size, store_free_item, s);
	table_fini(&s->items);
	free(s);
	*sp = NULL;
}

void
store_set_limit(struct store *s, size_t limit_bytes)
{
	s->limit = limit_bytes;
}

size_t
store_bytes(const struct store *s)
{
	return s->used;
}

size_t
store_count(const struct store *s)
{
	return s->items.count;
}

static struct item *
store_find(const struct store *s, enum store_space space, struct str key)
{
	return (struct item *)table_find(&s->items, space, key);
}

static bool
store_room(const struct store *s, size_t more)
{
	return s->used <= s->limit && more <= s->limit - s->used;
}

static struct item *
item_new(struct store *s, enum store_space space, struct str key)
{
	struct item	*i = xcalloc(1, sizeof *i + key.len);

	if (key.len > 0)
		memcpy(i->key, key.p, key.len);
	i->entry.key = i->key;
	i->entry.len = (uint32_t)key.len;
	i->entry.kind = space;
	window_init(&i->window);
	table_insert(&s->items, &i->entry);
	s->used += item_cost(key.len, 0);
	return i;
}

/* ---- Values ------------------------------------------------------------ */

void
store_fetch(const struct store *s, enum store_space space, struct str key,
    struct store_value *v)
{
	const struct item	*i = store_find(s, space, key);

	*v = (struct store_value){ .bytes = STR_NONE };
	if (i == NULL)
		return;
	v->version = i->version;
	v->bytes = (struct str){ i->bytes, i->len };
}

static bool
store_is(const struct item *i, const uint64_t *version)
{
	return version == NULL || *version == (i != NULL ? i->version : 0);
}

enum store_rc
store_put(struct store *s, enum store_space space, struct str key,
    struct str bytes, const uint64_t *version)
{
	struct item	*i = store_find(s, space, key);
	size_t		 had = i != NULL ? item_cost(key.len, i->len) : 0;
	size_t		 need = item_cost(key.len, bytes.len);
	char		*copy;

	if (!store_is(i, version))
		return STORE_NO;
	if (need > had && !store_room(s, need - had))
		return STORE_FULL;
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
	return STORE_OK;
}

enum store_rc
store_delete(struct store *s, enum store_space space, struct str key,
    const uint64_t *version)
{
	struct item	*i = store_find(s, space, key);

	if (i == NULL || !store_is(i, version))
		return STORE_NO;
	item_free(s, i);
	return STORE_OK;
}

/* ---- Numbers ----------------------------------------------------------- */

void
store_number(double n, char bytes[STORE_NUMBER_BYTES])
{
	bytes[0] = 'd';
	memcpy(bytes + 1, &n, sizeof n);
}

static bool
item_number(const struct item *i, double *n)
{
	if (i->len != STORE_NUMBER_BYTES || i->bytes[0] != 'd')
		return false;
	memcpy(n, i->bytes + 1, sizeof *n);
	return true;
}

enum store_rc
store_add(struct store *s, struct str key, double n, bool drop_zero,
    double *sum)
{
	struct item	*i = store_find(s, STORE_MEMORY, key);
	char		 bytes[STORE_NUMBER_BYTES];
	enum store_rc	 rc;

	*sum = 0;
	if (i != NULL && !item_number(i, sum))
		return STORE_NO;
	*sum += n;
	if (drop_zero && fpclassify(*sum) == FP_ZERO) {
		if (i != NULL)
			item_free(s, i);
		return STORE_OK;
	}
	store_number(*sum, bytes);
	rc = store_put(s, STORE_MEMORY, key,
	    (struct str){ bytes, sizeof bytes }, NULL);
	return rc;
}

/* ---- Rates ------------------------------------------------------------- */

static void
store_sweep_item(void *arg, struct table_entry *e)
{
	struct store	*s = arg;
	struct item	*i = (struct item *)e;

	if (e->kind == STORE_RATE &&
	    window_count(&i->window, s->now_ms, i->window.interval_ms) == 0)
		item_free(s, i);
}

void
store_sweep(struct store *s, int64_t now_ms, size_t buckets)
{
	s->now_ms = now_ms;
	table_walk(&s->items, buckets < s->items.size ? buckets :
	    s->items.size, store_sweep_item, s);
}

/* What is needed for one more hit; rates that are over may make room. */
static bool
store_rate_room(struct store *s, size_t more, int64_t now_ms)
{
	if (store_room(s, more))
		return true;
	store_sweep(s, now_ms, SWEEP_FULL);
	return store_room(s, more);
}

enum store_rc
store_rate(struct store *s, struct str key, struct store_rate *r)
{
	struct item	*i = store_find(s, STORE_RATE, key);
	struct window	 none;
	size_t		 more;

	window_init(&none);
	r->n = i == NULL ? 0 : window_count(&i->window, r->now_ms,
	    r->interval_ms);
	if (r->n >= r->count)
		return STORE_NO;
	if (i == NULL)
		store_sweep(s, r->now_ms, SWEEP_RATE);
	more = i != NULL ? window_growth(&i->window) :
	    item_cost(key.len, 0) + window_growth(&none);
	if (more > 0 && !store_rate_room(s, more, r->now_ms))
		return STORE_FULL;
	/* Making room may have taken this one, if its window was empty. */
	i = store_find(s, STORE_RATE, key);
	if (i == NULL)
		i = item_new(s, STORE_RATE, key);
	(void)window_count(&i->window, r->now_ms, r->interval_ms);
	s->used -= window_bytes(&i->window);
	window_add(&i->window, r->now_ms);
	s->used += window_bytes(&i->window);
	r->n++;
	return STORE_OK;
}
