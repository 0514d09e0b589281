/*
 * A rule stands in the list of the predicate of one of its fields, an exact
 * one if it has one: a value has few of those.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "policy_rules.h"

struct rules_known {
	struct hmap_entry	entry;		/* kind: the field */
	uint32_t		pred;
};

void
rules_init(struct rules *r, uint32_t base)
{
	int	f;

	*r = (struct rules){ .base = base };
	hmap_init(&r->known);
	for (f = 0; f < POLICY_FIELDS; f++)
		pattern_index_init(&r->index[f],
		    policy_field_type((enum policy_field)f));
}

void
rules_fini(struct rules *r)
{
	int		f;
	uint32_t	i;

	for (f = 0; f < POLICY_FIELDS; f++) {
		pattern_index_fini(&r->index[f]);
		for (i = 0; i < r->count[f]; i++)
			free(r->pred[f][i].implied);
		free(r->pred[f]);
	}
	hmap_fini(&r->known);
	arena_free(&r->arena);
}

uint32_t
rules_pred_new(struct rules *r, enum policy_field f)
{
	if (r->count[f] == r->cap[f]) {
		r->cap[f] = r->cap[f] == 0 ? 16 : r->cap[f] * 2;
		r->pred[f] = xreallocarray(r->pred[f], r->cap[f],
		    sizeof **r->pred);
	}
	r->pred[f][r->count[f]] = (struct rules_pred){ .first = NULL };
	return r->base + r->count[f]++;
}

struct rules_pred *
rules_pred_at(const struct rules *r, enum policy_field f, uint32_t id)
{
	if (id < r->base || id - r->base >= r->count[f])
		return NULL;
	return &r->pred[f][id - r->base];
}

uint32_t
rules_pattern(struct rules *r, enum policy_field f, struct str pattern,
    struct err *e)
{
	struct rules_known	*k;
	char			 room[PATTERN_VALUE + 1];
	struct str		 key = pattern;

	if (pattern_is_exact(policy_field_type(f), pattern))
		key = pattern_value(policy_field_type(f), pattern, room);
	k = (struct rules_known *)hmap_find(&r->known, f, key);
	if (k != NULL)
		return k->pred;
	if (pattern_add(&r->index[f], pattern, r->base + r->count[f], e) ==
	    -1)
		return 0;
	k = arena_alloc(&r->arena, sizeof *k);
	k->entry.key = arena_str(&r->arena, key).p;
	k->entry.len = (uint32_t)key.len;
	k->entry.kind = f;
	k->pred = rules_pred_new(r, f);
	hmap_insert(&r->known, &k->entry);
	return k->pred;
}

void
rules_imply(struct rules *r, enum policy_field f, uint32_t from, uint32_t to)
{
	struct rules_pred	*p = rules_pred_at(r, f, from);

	if (p->count == p->cap) {
		p->cap = p->cap == 0 ? 4 : p->cap * 2;
		p->implied = xreallocarray(p->implied, p->cap,
		    sizeof *p->implied);
	}
	p->implied[p->count++] = to;
}

/* ---- Rules ------------------------------------------------------------- */

void
rules_register(struct rules *r, struct rule *rule)
{
	struct rules_pred	*key = NULL, *p;
	int			 f;

	for (f = 0; f < POLICY_FIELDS; f++) {
		if (rule->on[f].pred == 0)
			continue;
		p = rules_pred_at(r, (enum policy_field)f, rule->on[f].pred);
		if (p != NULL && (key == NULL || rule->on[f].exact.len > 0))
			key = p;
	}
	if (key != NULL) {
		rule->next = key->first;
		key->first = rule;
	} else {
		rule->next = r->always;
		r->always = rule;
	}
}

void
rules_unregister_all(struct rules *r)
{
	uint32_t	i;
	int		f;

	r->always = NULL;
	for (f = 0; f < POLICY_FIELDS; f++)
		for (i = 0; i < r->count[f]; i++)
			r->pred[f][i].first = NULL;
}

/* ---- Values ------------------------------------------------------------ */

void
rules_hit(void *hits, uint32_t id)
{
	struct rules_hits	*h = hits;

	if (h->count == h->cap) {
		h->cap = h->cap == 0 ? 16 : h->cap * 2;
		h->id = xreallocarray(h->id, h->cap, sizeof *h->id);
	}
	h->id[h->count++] = id;
}

void
rules_find(const struct rules *r, enum policy_field f, struct str value,
    struct rules_hits *h)
{
	pattern_find(&r->index[f], value, rules_hit, h);
}

static int
rules_order(const void *a, const void *b)
{
	uint32_t	x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

void
rules_hits_settle(const struct rules *r, enum policy_field f,
    struct rules_hits *h)
{
	const struct rules_pred	*p;
	size_t			 i, n = 0;
	uint32_t		 k;

	for (i = 0; i < h->count; i++) {
		p = rules_pred_at(r, f, h->id[i]);
		for (k = 0; p != NULL && k < p->count; k++)
			rules_hit(h, p->implied[k]);
	}
	if (h->count > 0)
		qsort(h->id, h->count, sizeof *h->id, rules_order);
	for (i = 0; i < h->count; i++)
		if (n == 0 || h->id[n - 1] != h->id[i])
			h->id[n++] = h->id[i];
	h->count = n;
}

bool
rules_hits_has(const uint32_t *id, size_t count, uint32_t wanted)
{
	return count > 0 && bsearch(&wanted, id, count, sizeof *id,
	    rules_order) != NULL;
}
