/*
 * Items are in a list by age, found by their id, and in a heap by the time
 * at which they go.  Policies are found by tuple (policy_live_tuple.c),
 * suspensions by hash (policy_suspend.h) or, with patterns, by rules that are
 * made anew at each change: there are few of those.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/uuid.h"

#include "policy_live_private.h"

struct policy_live *
policy_live_new(struct policies *p)
{
	struct policy_live	*l = xcalloc(1, sizeof *l);

	TAILQ_INIT(&l->items);
	hmap_init(&l->ids);
	hmap_init(&l->tuples);
	suspend_init(&l->exact);
	rules_init(&l->rules, LIVE_BASE);
	l->p = p;
	return l;
}

/* ---- Items -------------------------------------------------------------- */

static struct live_item *
live_find(const struct policy_live *l, int kind, struct str id)
{
	/* Finding may move buckets, but changes nothing that is seen. */
	struct hmap		*map = (struct hmap *)(uintptr_t)&l->ids;
	struct hmap_entry	*e = hmap_find(map, (uint32_t)kind, id);

	return e != NULL ? (struct live_item *)((char *)e -
	    offsetof(struct live_item, by_id)) : NULL;
}

static struct str
live_id(struct str given)
{
	char	uuid[UUID_TEXT];

	if (given.len > 0)
		return live_dup(given);
	uuid_v4(uuid);
	return live_dup(str_of(uuid));
}

/* It counts from now on. */
static void
live_link(struct policy_live *l, struct live_item *i, struct str id)
{
	i->by_id.key = id.p;
	i->by_id.len = (uint32_t)id.len;
	i->by_id.kind = (uint32_t)i->kind;
	hmap_insert(&l->ids, &i->by_id);
	TAILQ_INSERT_TAIL(&l->items, i, link);
	l->count[i->kind]++;
	live_weigh(l, i);
}

static void
live_remove(struct policy_live *l, struct live_item *i)
{
	TAILQ_REMOVE(&l->items, i, link);
	hmap_remove(&l->ids, &i->by_id);
	live_heap_drop(l, i);
	l->count[i->kind]--;
	l->bytes -= i->bytes;
	if (i->kind == LIVE_POLICY) {
		live_detach(l, i);
	} else if (i->exact) {
		suspend_drop(&l->exact, &i->s);
	} else {
		l->patterns--;
		l->stale = true;
	}
	live_item_free(i);
}

/* The time of one that is there, or of a new one. */
static void
live_until(struct policy_live *l, struct live_item *i, int64_t ttl_ms,
    int64_t now_ms)
{
	int64_t	at = INT64_MAX;

	if (ttl_ms > 0 && ttl_ms < INT64_MAX - now_ms)
		at = now_ms + ttl_ms;
	live_heap_set(l, i, at);
	i->dynamic.expires_ms = at;
	i->s.view.expires_ms = at;
}

static int
live_has_room(const struct policy_live *l, struct err *e)
{
	if (l->bytes < POLICY_LIVE_BYTES)
		return 0;
	return err_set(e, "there are %d bytes of them already",
	    POLICY_LIVE_BYTES);
}

static int
live_may_add(const struct policy_live *l, int kind, struct str id,
    struct err *e)
{
	if (id.len > POLICY_LIVE_ID)
		return err_set(e, "id: longer than %d bytes", POLICY_LIVE_ID);
	if (l->count[kind] == POLICY_LIVE_MAX)
		return err_set(e, "there are %d of them already",
		    POLICY_LIVE_MAX);
	return live_has_room(l, e);
}

static int
live_values_ok(const struct policy_values *on, unsigned within,
    struct err *e)
{
	int	f;

	for (f = 0; f < POLICY_FIELDS; f++) {
		if (on->of[f].len == 0)
			continue;
		if ((within & POLICY_BIT(f)) == 0)
			return err_set(e, "%s is not among the fields",
			    policy_field_name((enum policy_field)f));
		if (on->of[f].len > PATTERN_VALUE)
			return err_set(e, "%s: longer than %d bytes",
			    policy_field_name((enum policy_field)f),
			    PATTERN_VALUE);
	}
	return 0;
}

/* ---- Policies ----------------------------------------------------------- */

/* "#id" is a roll-up of the policy's; other patterns have no tuple. */
static int
dynamic_values_ok(struct policy_live *l, const struct policy_dynamic_in *in,
    const struct policy *of, struct err *e)
{
	struct policy_scope	scope = { l->p, NULL, of };
	struct rule_condition	c;
	struct str		v;
	int			f, rc = 0;

	if (live_values_ok(&in->on, in->fields, e) == -1)
		return -1;
	for (f = 0; f < POLICY_FIELDS; f++) {
		v = in->on.of[f];
		if (v.len == 0)
			continue;
		if (v.p[0] == '#')
			rc = policy_condition(&scope, (enum policy_field)f, v,
			    &c, e);
		else if (v.p[0] == '@' || !pattern_is_exact(
		    policy_field_type((enum policy_field)f), v))
			rc = err_set(e, "a value or a roll-up is expected, "
			    "not a pattern");
		if (rc == -1)
			return err_wrap(e, "%s",
			    policy_field_name((enum policy_field)f));
	}
	return 0;
}

static void
dynamic_set(struct policy_live *l, struct live_item *i,
    const struct policy_dynamic_in *in, int64_t now_ms)
{
	live_limits_undup(&i->dynamic.limits);
	live_limits_set(&i->dynamic.limits, &in->limits);
	live_undup(i->dynamic.type);
	i->dynamic.type = live_dup(in->type);
	i->dynamic.age = ++l->age;
	live_until(l, i, in->ttl_ms, now_ms);
}

/* By its id where it has one, else by fields and condition. */
static struct live_item *
dynamic_existing(struct policy_live *l, const struct policy_dynamic_in *in,
    struct live_item *fresh)
{
	if (in->id.len > 0)
		return live_find(l, LIVE_POLICY, in->id);
	return live_twin(l, fresh);
}

static bool
live_same_on(const struct live_item *a, const struct live_item *b)
{
	int	f;

	for (f = 0; f < POLICY_FIELDS; f++)
		if (!str_eq(a->on.of[f], b->on.of[f]))
			return false;
	return a->dynamic.fields == b->dynamic.fields;
}

static int
dynamic_update(struct policy_live *l, struct live_item *old,
    const struct live_item *fresh, const struct policy_dynamic_in *in,
    int64_t now_ms, struct err *e)
{
	if (in->id.len > 0 && !live_same_on(old, fresh))
		return err_set(e, "id: it is that of another condition");
	if (in->keep && old->expires_ms > now_ms)
		return 1;
	if (live_has_room(l, e) == -1)
		return -1;
	dynamic_set(l, old, in, now_ms);
	live_weigh(l, old);
	return 1;
}

int
policy_live_add(struct policy_live *l, const struct policy_dynamic_in *in,
    int64_t now_ms, struct str *id, struct err *e)
{
	const struct policy	*of = policies_with(l->p, in->fields);
	struct live_item	*i, *old;
	int			 rc = 1;

	if (of == NULL)
		return 0;
	if (dynamic_values_ok(l, in, of, e) == -1)
		return -1;
	if (in->type.len > POLICY_LIVE_TYPE)
		return err_set(e, "type: longer than %d bytes",
		    POLICY_LIVE_TYPE);
	i = live_item_new(LIVE_POLICY, &in->on);
	i->dynamic.fields = in->fields;
	old = dynamic_existing(l, in, i);
	if (old != NULL)
		rc = dynamic_update(l, old, i, in, now_ms, e);
	else
		rc = live_may_add(l, LIVE_POLICY, in->id, e) == -1 ? -1 : 1;
	if (old != NULL || rc == -1) {
		live_item_free(i);
	} else {
		i->dynamic.id = live_id(in->id);
		i->dynamic.on = i->on;
		dynamic_set(l, i, in, now_ms);
		live_link(l, i, i->dynamic.id);
		live_attach(l, i);
		old = i;
	}
	if (rc == 1)
		*id = old->dynamic.id;
	return rc;
}

bool
policy_live_delete(struct policy_live *l, struct str id)
{
	struct live_item	*i = live_find(l, LIVE_POLICY, id);

	if (i != NULL)
		live_remove(l, i);
	return i != NULL;
}

const struct policy_dynamic *
policy_live_find(const struct policy_live *l, struct str id)
{
	const struct live_item	*i = live_find(l, LIVE_POLICY, id);

	return i != NULL ? &i->dynamic : NULL;
}

/* ---- Suspensions -------------------------------------------------------- */

static bool
suspension_is_exact(const struct policy_values *on)
{
	struct str	v;
	int		f;

	for (f = 0; f < POLICY_FIELDS; f++) {
		v = on->of[f];
		if (v.len > 0 && (v.p[0] == '@' || v.p[0] == '#' ||
		    !pattern_is_exact(policy_field_type(
		    (enum policy_field)f), v)))
			return false;
	}
	return true;
}

static void
suspension_key(struct policy_live *l, struct live_item *i)
{
	char			room[POLICY_FIELDS][PATTERN_VALUE + 1];
	struct policy_values	v = i->on;
	int			f;

	for (f = 0; f < POLICY_FIELDS; f++)
		if (v.of[f].len > 0)
			v.of[f] = pattern_value(policy_field_type(
			    (enum policy_field)f), v.of[f], room[f]);
	suspend_key(&l->key, i->mask, &v);
	i->s.entry.len = (uint32_t)l->key.len;
	i->s.entry.key = xmemdup(l->key.len > 0 ? buf_str(&l->key).p : "",
	    l->key.len + (l->key.len == 0));
}

int
live_conditions(struct policy_live *l, struct live_item *i,
    struct rules *into, struct err *e)
{
	struct policy_scope	 scope = { l->p, into, NULL };
	struct rule		*r = &i->rule;
	int			 f;

	*r = (struct rule){ .kind = RULE_SUSPEND, .fields = i->mask,
	    .what = &i->s.view };
	for (f = 0; f < POLICY_FIELDS; f++)
		if (i->on.of[f].len > 0 && policy_condition(&scope,
		    (enum policy_field)f, i->on.of[f], &r->on[f], e) == -1)
			return err_wrap(e, "%s",
			    policy_field_name((enum policy_field)f));
	return 0;
}

void
live_rules(struct policy_live *l)
{
	struct live_item	*i;

	rules_fini(&l->rules);
	rules_init(&l->rules, LIVE_BASE);
	TAILQ_FOREACH(i, &l->items, link) {
		if (i->kind != LIVE_SUSPENSION || i->exact)
			continue;
		i->s.view.detached = live_conditions(l, i, &l->rules,
		    NULL) == -1;
		if (!i->s.view.detached)
			rules_register(&l->rules, &i->rule);
	}
	l->stale = false;
	l->generation++;
}

/* By its id where it has one, else by what it is about, as written. */
static struct live_item *
suspension_existing(const struct policy_live *l,
    const struct policy_suspend_in *in, const struct live_item *fresh)
{
	const struct suspended	*s;
	struct live_item	*i;

	if (in->id.len > 0)
		return live_find(l, LIVE_SUSPENSION, in->id);
	if (fresh->exact) {
		s = (const struct suspended *)hmap_find(
		    (struct hmap *)(uintptr_t)&l->exact.map, fresh->mask,
		    (struct str){ fresh->s.entry.key, fresh->s.entry.len });
		return s == NULL ? NULL : (struct live_item *)(uintptr_t)
		    ((const char *)s - offsetof(struct live_item, s));
	}
	TAILQ_FOREACH(i, &l->items, link)
		if (i->kind == LIVE_SUSPENSION && !i->exact &&
		    live_same_on(i, fresh))
			return i;
	return NULL;
}

static void
suspension_view(struct live_item *i, const struct policy_suspend_in *in)
{
	struct policy_suspension	*v = &i->s.view;

	v->id = live_id(in->id);
	v->tag = live_dup(in->tag);
	v->properties = live_properties_dup(in->properties, in->property_count);
	v->property_count = in->property_count;
	memcpy(v->on, i->on.of, sizeof v->on);
	v->fields = i->mask;
	v->open = true;
}

/* Could it be added? */
static int
suspension_ok(struct policy_live *l, struct live_item *i,
    const struct policy_suspend_in *in, struct err *e)
{
	struct rules	scratch;
	int		rc;

	if (live_may_add(l, LIVE_SUSPENSION, in->id, e) == -1)
		return -1;
	if (i->exact)
		return 0;
	if (l->patterns == POLICY_LIVE_PATTERNS)
		return err_set(e, "there are %d with patterns already",
		    POLICY_LIVE_PATTERNS);
	rules_init(&scratch, LIVE_BASE);
	rc = live_conditions(l, i, &scratch, e);
	rules_fini(&scratch);
	return rc;
}

static void
suspension_link(struct policy_live *l, struct live_item *i)
{
	live_link(l, i, i->s.view.id);
	if (i->exact) {
		suspend_add(&l->exact, &i->s);
	} else {
		l->patterns++;
		l->stale = true;
	}
}

int
policy_live_suspend(struct policy_live *l,
    const struct policy_suspend_in *in, int64_t now_ms, struct str *id,
    struct err *e)
{
	struct live_item	*i, *old;
	int			 rc = 1;

	if (live_values_ok(&in->on, POLICY_MASKS - 1, e) == -1)
		return -1;
	i = live_item_new(LIVE_SUSPENSION, &in->on);
	i->exact = suspension_is_exact(&in->on);
	if (i->exact)
		suspension_key(l, i);
	old = suspension_existing(l, in, i);
	if (old != NULL && in->id.len > 0 && !live_same_on(old, i))
		rc = err_set(e, "id: it is that of another suspension");
	else if (old == NULL)
		rc = suspension_ok(l, i, in, e) == -1 ? -1 : 1;
	if (old != NULL || rc == -1) {
		live_item_free(i);
	} else {
		suspension_view(i, in);
		suspension_link(l, i);
	}
	if (rc == -1)
		return -1;
	if (old == NULL || !in->keep || old->expires_ms <= now_ms)
		live_until(l, old != NULL ? old : i, in->ttl_ms, now_ms);
	*id = (old != NULL ? old : i)->s.view.id;
	return 1;
}

bool
policy_live_resume(struct policy_live *l, struct str id)
{
	struct live_item	*i = live_find(l, LIVE_SUSPENSION, id);

	if (i != NULL)
		live_remove(l, i);
	return i != NULL;
}

/* ---- All of them --------------------------------------------------------- */

void
policy_live_reload(struct policy_live *l, struct policies *p)
{
	struct live_item	*i;

	TAILQ_FOREACH(i, &l->items, link)
		if (i->kind == LIVE_POLICY)
			live_detach(l, i);
	live_masks_free(l);
	l->p = p;
	TAILQ_FOREACH(i, &l->items, link)
		if (i->kind == LIVE_POLICY)
			live_attach(l, i);
	live_rules(l);
}

int64_t
policy_live_expire(struct policy_live *l, int64_t now_ms)
{
	while (l->heap_count > 0 && l->heap[0]->expires_ms <= now_ms)
		live_remove(l, l->heap[0]);
	return l->heap_count > 0 ? l->heap[0]->expires_ms : INT64_MAX;
}

void
policy_live_show(const struct policy_live *l,
    void (*policy)(void *arg, const struct policy_dynamic *d),
    void (*suspension)(void *arg, const struct policy_suspension *s),
    void *arg)
{
	const struct live_item	*i;

	TAILQ_FOREACH(i, &l->items, link) {
		if (i->kind == LIVE_POLICY && policy != NULL)
			policy(arg, &i->dynamic);
		else if (i->kind == LIVE_SUSPENSION && suspension != NULL)
			suspension(arg, &i->s.view);
	}
}

void
policy_live_free(struct policy_live **lp)
{
	struct policy_live	*l = *lp;
	struct live_item	*i;

	if (l == NULL)
		return;
	*lp = NULL;
	while ((i = TAILQ_FIRST(&l->items)) != NULL) {
		TAILQ_REMOVE(&l->items, i, link);
		live_item_free(i);
	}
	live_masks_free(l);
	hmap_fini(&l->ids);
	hmap_fini(&l->tuples);
	suspend_fini(&l->exact);
	rules_fini(&l->rules);
	free(l->heap);
	buf_free(&l->key);
	free(l);
}
