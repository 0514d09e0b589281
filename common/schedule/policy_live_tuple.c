/*
 * Dynamic policies by the tuple that they are for.  A condition may leave
 * fields of its policy open: which fields conditions have is kept for each
 * policy, and each such mask is one look-up.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "policy_live_private.h"

static uint32_t
tuple_kind(const struct policy *of, unsigned mask)
{
	return of->place * POLICY_MASKS + mask;
}

static struct live_masks *
tuple_masks(struct policy_live *l, const struct policy *of)
{
	size_t	n = policies_count(l->p);

	if (l->masks_count == 0) {
		l->masks = xcalloc(n, sizeof *l->masks);
		l->masks_count = n;
	}
	return &l->masks[of->place];
}

static void
masks_use(struct live_masks *m, unsigned mask)
{
	size_t	i;

	for (i = 0; i < m->count && m->mask[i] != mask; i++)
		;
	if (i == m->cap) {
		m->cap = m->cap == 0 ? 4 : m->cap * 2;
		m->mask = xreallocarray(m->mask, m->cap, sizeof *m->mask);
		m->uses = xreallocarray(m->uses, m->cap, sizeof *m->uses);
	}
	if (i == m->count) {
		m->mask[m->count] = (uint16_t)mask;
		m->uses[m->count++] = 0;
	}
	m->uses[i]++;
}

static void
masks_unuse(struct live_masks *m, unsigned mask)
{
	size_t	i;

	for (i = 0; m->mask[i] != mask; i++)
		;
	if (--m->uses[i] > 0)
		return;
	m->mask[i] = m->mask[--m->count];
	m->uses[i] = m->uses[m->count];
}

void
live_masks_free(struct policy_live *l)
{
	size_t	i;

	for (i = 0; i < l->masks_count; i++) {
		free(l->masks[i].mask);
		free(l->masks[i].uses);
	}
	free(l->masks);
	l->masks = NULL;
	l->masks_count = 0;
}

/* The condition as a tuple: rolled up, as it is compared. */
static void
tuple_key(struct policy_live *l, const struct live_item *i,
    const struct policy *of)
{
	char			room[POLICY_FIELDS][PATTERN_VALUE + 1];
	struct policy_values	v = i->on;
	struct str		mark;
	int			f;

	for (f = 0; f < POLICY_FIELDS; f++) {
		if (v.of[f].len == 0 || v.of[f].p[0] == '#')
			continue;
		mark = policies_rollup(l->p, of, (enum policy_field)f,
		    v.of[f]);
		v.of[f] = mark.len > 0 ? mark : pattern_value(
		    policy_field_type((enum policy_field)f), v.of[f],
		    room[f]);
	}
	suspend_key(&l->key, i->mask, &v);
}

struct live_item *
live_twin(struct policy_live *l, struct live_item *i)
{
	const struct policy	*of = policies_with(l->p, i->dynamic.fields);
	struct hmap_entry	*e;

	if (of == NULL)
		return NULL;
	tuple_key(l, i, of);
	e = hmap_find(&l->tuples, tuple_kind(of, i->mask), buf_str(&l->key));
	return e != NULL ? (struct live_item *)((char *)e -
	    offsetof(struct live_item, by_tuple)) : NULL;
}

void
live_attach(struct policy_live *l, struct live_item *i)
{
	const struct policy	*of = policies_with(l->p, i->dynamic.fields);
	struct live_item	*head;

	i->dynamic.policy = of;
	if (of == NULL)
		return;
	head = live_twin(l, i);		/* leaves the key */
	i->by_tuple.key = xmemdup(buf_str(&l->key).p, l->key.len);
	i->by_tuple.len = (uint32_t)l->key.len;
	i->by_tuple.kind = tuple_kind(of, i->mask);
	i->head = head != NULL ? head : i;
	i->same = NULL;
	if (head != NULL) {
		i->same = head->same;
		head->same = i;
	} else {
		hmap_insert(&l->tuples, &i->by_tuple);
	}
	masks_use(tuple_masks(l, of), i->mask);
}

/* The next of its tuple takes the place of a head. */
static void
live_behead(struct policy_live *l, struct live_item *i)
{
	struct live_item	*next = i->same, *one;

	hmap_remove(&l->tuples, &i->by_tuple);
	for (one = next; one != NULL; one = one->same)
		one->head = next;
	if (next != NULL)
		hmap_insert(&l->tuples, &next->by_tuple);
}

void
live_detach(struct policy_live *l, struct live_item *i)
{
	struct live_item	*before = i->head;

	if (i->dynamic.policy == NULL)
		return;
	if (before == i) {
		live_behead(l, i);
	} else {
		while (before->same != i)
			before = before->same;
		before->same = i->same;
	}
	masks_unuse(tuple_masks(l, i->dynamic.policy), i->mask);
	free((void *)(uintptr_t)i->by_tuple.key);
	i->by_tuple.key = NULL;
	i->head = i->same = NULL;
	i->dynamic.policy = NULL;
}

/* Into its place by age; where there are too many the oldest goes. */
static size_t
live_insert(const struct policy_dynamic *d, size_t n,
    const struct policy_dynamic *out[LIVE_MATCHES])
{
	size_t	at = n;

	if (n == LIVE_MATCHES) {
		if (d->age < out[0]->age)
			return n;
		memmove(out, out + 1, (n - 1) * sizeof *out);
		at = --n;
	}
	for (; at > 0 && out[at - 1]->age > d->age; at--)
		out[at] = out[at - 1];
	out[at] = d;
	return n + 1;
}

size_t
policy_live_match(struct policy_live *l, const struct policy *of,
    const struct policy_values *tuple, int64_t now_ms,
    const struct policy_dynamic *out[LIVE_MATCHES])
{
	const struct live_masks	*m;
	const struct live_item	*i;
	struct hmap_entry	*e;
	size_t			 k, n = 0;

	if (l->masks_count == 0)
		return 0;
	m = &l->masks[of->place];
	for (k = 0; k < m->count; k++) {
		suspend_key(&l->key, m->mask[k], tuple);
		e = hmap_find(&l->tuples, tuple_kind(of, m->mask[k]),
		    buf_str(&l->key));
		i = e == NULL ? NULL : (struct live_item *)((char *)e -
		    offsetof(struct live_item, by_tuple));
		for (; i != NULL; i = i->same)
			if (i->expires_ms > now_ms)
				n = live_insert(&i->dynamic, n, out);
	}
	return n;
}
