/*
 * Spaces and entries are both items of a table.  An item stands in the chain
 * of its bucket and in a list that begins with the item used most recently, so
 * that the one to drop is at its end.  A table's buckets double when there are
 * more items than buckets.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hsl/values/store.h"
#include "hsl/values/vstr.h"

struct item {
	struct item	*chain;		/* of the bucket */
	struct item	*next;		/* the one used before this */
	struct item	*prev;
	uint32_t	 hash;
	struct str	 key;		/* the bytes stand after the item */
};

struct table {
	struct item	**buckets;
	size_t		 nbuckets;	/* a power of two, or 0 */
	size_t		 count;
	struct item	*first;
	struct item	*last;
};

struct entry {
	struct item		 item;	/* first */
	struct store_entry	 kept;
	size_t			 bytes;
};

struct store_space {
	struct item		 item;	/* first */
	struct table		 entries;
	size_t			 size;
};

struct hsl_cache {
	struct table		 spaces;
	size_t			 bytes;
	size_t			 limit;
};

/* ---- Tables ------------------------------------------------------------ */

static struct item *
table_get(const struct table *t, struct str key)
{
	uint32_t	 hash = vstr_hash_bytes(key.p, key.len);
	struct item	*i;

	if (t->nbuckets == 0)
		return NULL;
	i = t->buckets[hash & (t->nbuckets - 1)];
	while (i != NULL && (i->hash != hash || !str_eq(i->key, key)))
		i = i->chain;
	return i;
}

static void
table_chain(struct table *t, struct item *i)
{
	struct item	**bucket = &t->buckets[i->hash & (t->nbuckets - 1)];

	i->chain = *bucket;
	*bucket = i;
}

static void
table_grow(struct table *t)
{
	struct item	*i;

	t->nbuckets = t->nbuckets > 0 ? t->nbuckets * 2 : 8;
	free(t->buckets);
	t->buckets = xcalloc(t->nbuckets, sizeof(struct item *));
	for (i = t->first; i != NULL; i = i->next)
		table_chain(t, i);
}

static void
table_link(struct table *t, struct item *i)
{
	i->prev = NULL;
	i->next = t->first;
	if (t->first != NULL)
		t->first->prev = i;
	else
		t->last = i;
	t->first = i;
}

static void
table_unlink(struct table *t, struct item *i)
{
	if (i->prev != NULL)
		i->prev->next = i->next;
	else
		t->first = i->next;
	if (i->next != NULL)
		i->next->prev = i->prev;
	else
		t->last = i->prev;
}

static void
table_use(struct table *t, struct item *i)
{
	table_unlink(t, i);
	table_link(t, i);
}

/* A new item of this size, its key after it. */
static void *
table_add(struct table *t, size_t size, struct str key)
{
	struct item	*i = xcalloc(1, size + key.len);
	char		*p = (char *)i + size;

	if (key.len > 0)
		memcpy(p, key.p, key.len);
	i->key = (struct str){ p, key.len };
	i->hash = vstr_hash_bytes(key.p, key.len);
	if (t->count == t->nbuckets)
		table_grow(t);
	table_chain(t, i);
	table_link(t, i);
	t->count++;
	return i;
}

static void
table_remove(struct table *t, struct item *i)
{
	struct item	**at = &t->buckets[i->hash & (t->nbuckets - 1)];

	while (*at != i)
		at = &(*at)->chain;
	*at = i->chain;
	table_unlink(t, i);
	t->count--;
	free(i);
}

/* ---- Entries and spaces ------------------------------------------------ */

static void
store_drop(struct hsl_cache *c, struct store_space *s, struct item *i)
{
	struct entry	*e = (struct entry *)i;

	c->bytes -= e->bytes;
	hsl_frozen_free(&e->kept.value);
	table_remove(&s->entries, i);
}

static void
store_trim(struct hsl_cache *c, struct store_space *s, size_t size)
{
	while (s->entries.count > size)
		store_drop(c, s, s->entries.last);
}

static void
store_drop_space(struct hsl_cache *c, struct item *i)
{
	struct store_space	*s = (struct store_space *)i;

	store_trim(c, s, 0);
	free(s->entries.buckets);
	table_remove(&c->spaces, i);
}

/* Drops entries until the bytes fit: those of the space that was not used for
 * longest, and of these the ones not used for longest. */
static void
store_shrink(struct hsl_cache *c)
{
	struct store_space	*s;

	while (c->bytes > c->limit && c->spaces.count > 0) {
		s = (struct store_space *)c->spaces.last;
		if (s->entries.count > 0)
			store_drop(c, s, s->entries.last);
		else if (&s->item != c->spaces.first)
			store_drop_space(c, &s->item);
		else
			break;
	}
}

struct hsl_cache *
hsl_cache_new(size_t limit_bytes)
{
	struct hsl_cache	*c = xcalloc(1, sizeof *c);

	c->limit = limit_bytes;
	return c;
}

void
hsl_cache_free(struct hsl_cache **cp)
{
	struct hsl_cache	*c = *cp;

	*cp = NULL;
	if (c == NULL)
		return;
	while (c->spaces.last != NULL)
		store_drop_space(c, c->spaces.last);
	free(c->spaces.buckets);
	free(c);
}

/* A space's name is a namespace, NUL, the name of a function. */
size_t
hsl_cache_clear(struct hsl_cache *c, struct str function)
{
	struct item	*i = c->spaces.first, *next;
	struct str	 name;
	size_t		 count = 0;

	for (; i != NULL; i = next) {
		next = i->next;
		(void)str_split(i->key, '\0', &name);
		if (function.len > 0 && !str_eq(name, function))
			continue;
		count += ((const struct store_space *)i)->entries.count;
		store_drop_space(c, i);
	}
	return count;
}

void
hsl_cache_list(const struct hsl_cache *c, void (*fn)(void *arg,
    struct str space, struct str function, size_t entries), void *arg)
{
	const struct item	*i;
	struct str		 space, name;

	for (i = c->spaces.first; i != NULL; i = i->next) {
		space = str_split(i->key, '\0', &name);
		fn(arg, space, name,
		    ((const struct store_space *)i)->entries.count);
	}
}

struct store_space *
store_space(struct hsl_cache *c, struct str name, size_t size)
{
	struct store_space	*s;

	s = (struct store_space *)table_get(&c->spaces, name);
	if (s != NULL)
		table_use(&c->spaces, &s->item);
	else {
		if (c->spaces.count >= STORE_SPACES)
			store_drop_space(c, c->spaces.last);
		s = table_add(&c->spaces, sizeof *s, name);
		s->size = STORE_SIZE_MAX;
	}
	if (size < s->size)
		s->size = size;
	store_trim(c, s, s->size);
	return s;
}

struct store_entry *
store_find(struct store_space *s, struct str key)
{
	struct item	*i = table_get(&s->entries, key);

	return i == NULL ? NULL : &((struct entry *)i)->kept;
}

void
store_use(struct store_space *s, struct store_entry *kept)
{
	struct entry	*e = (struct entry *)((char *)kept -
			    offsetof(struct entry, kept));

	table_use(&s->entries, &e->item);
}

void
store_put(struct hsl_cache *c, struct store_space *s, struct str key,
    struct store_entry v)
{
	struct item	*old = table_get(&s->entries, key);
	struct entry	*e;

	if (old != NULL)
		store_drop(c, s, old);
	e = table_add(&s->entries, sizeof *e, key);
	e->kept = v;
	e->bytes = sizeof *e + key.len + hsl_frozen_size(v.value);
	c->bytes += e->bytes;
	store_trim(c, s, s->size);
	store_shrink(c);
}

size_t
store_bytes(const struct hsl_cache *c)
{
	return c->bytes;
}
