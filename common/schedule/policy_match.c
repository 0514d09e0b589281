/*
 * What is known of values stands in one arena, and goes as a whole: when the
 * file, a list or a suspension with patterns changes, or when there is much of
 * it.  It is found out anew then, as values are met.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "policy_match_private.h"

/* Values and plans that are kept; some MiB.  What comes again comes soon; of
 * a million destinations none does. */
enum { VALUES_MAX = 32768, PLANS_MAX = 16384 };

static void
matcher_init(struct policy_matcher *m)
{
	m->arena = (struct arena)ARENA_INIT;
	hmap_init(&m->values);
	hmap_init(&m->profiles);
	hmap_init(&m->plans);
	m->profile_count = 0;
}

static void
matcher_fini(struct policy_matcher *m)
{
	hmap_fini(&m->values);
	hmap_fini(&m->profiles);
	hmap_fini(&m->plans);
	arena_free(&m->arena);
}

static void
matcher_forget(struct policy_matcher *m)
{
	matcher_fini(m);
	matcher_init(m);
}

struct policy_matcher *
policy_matcher_new(struct policies *p, struct policy_live *live)
{
	struct policy_matcher	*m = xcalloc(1, sizeof *m);

	m->p = p;
	m->live = live;
	matcher_init(m);
	return m;
}

void
policy_matcher_free(struct policy_matcher **mp)
{
	struct policy_matcher	*m = *mp;

	if (m == NULL)
		return;
	*mp = NULL;
	matcher_fini(m);
	free(m->hits.id);
	free(m->applied);
	free(m->name_at);
	free(m->dynamic);
	free(m->best);
	buf_free(&m->names);
	free(m);
}

void
policy_matcher_reload(struct policy_matcher *m, struct policies *p)
{
	m->p = p;
	matcher_forget(m);
}

void
policy_matcher_stats(const struct policy_matcher *m,
    struct policy_matcher_stats *s)
{
	*s = m->stats;
}

/* Whether what is known still holds. */
static void
matcher_check(struct policy_matcher *m)
{
	uint64_t	now[2] = { m->p->generation, 0 };

	if (m->live != NULL && m->live->stale)
		live_rules(m->live);
	if (m->live != NULL)
		now[1] = m->live->generation;
	if (memcmp(now, m->seen, sizeof now) != 0 ||
	    m->values.count > VALUES_MAX || m->plans.count > PLANS_MAX)
		matcher_forget(m);
	memcpy(m->seen, now, sizeof now);
}

/* ---- Values ------------------------------------------------------------ */

static const struct match_profile *
match_profile(struct policy_matcher *m, enum policy_field f)
{
	struct str		 key = { (const char *)m->hits.id,
				    m->hits.count * sizeof *m->hits.id };
	struct match_profile	*p;

	if (key.len == 0)
		key.p = "";
	p = (struct match_profile *)hmap_find(&m->profiles, f, key);
	if (p != NULL)
		return p;
	p = arena_alloc(&m->arena, sizeof *p);
	p->entry.key = arena_str(&m->arena, key).p;
	p->entry.len = (uint32_t)key.len;
	p->entry.kind = f;
	p->number = ++m->profile_count;
	p->id = (const uint32_t *)(const void *)p->entry.key;
	p->count = m->hits.count;
	hmap_insert(&m->profiles, &p->entry);
	return p;
}

/* "#" begins what was rolled up, and a value must not pass for that.  The text
 * itself, which stays, if that is it. */
static struct str
match_shown(struct policy_matcher *m, enum policy_field f, struct str text)
{
	char		room[PATTERN_VALUE + 1];
	struct str	v = pattern_value(policy_field_type(f), text, room);
	char		*shown;
	size_t		 n = 0;

	if (v.p[0] != '#' && str_eq(v, text))
		return text;
	shown = arena_alloc(&m->arena, v.len + 2);
	if (v.p[0] == '#')
		shown[n++] = '\\';
	memcpy(shown + n, v.p, v.len);
	return (struct str){ shown, v.len + n };
}

static const struct match_value *
match_value(struct policy_matcher *m, enum policy_field f, struct str text)
{
	struct match_value	*v;

	v = (struct match_value *)hmap_find(&m->values, f, text);
	if (v != NULL)
		return v;
	m->stats.values++;
	policies_find_value(m->p, f, text, &m->hits);
	if (m->live != NULL) {
		rules_find(&m->live->rules, f, text, &m->hits);
		rules_hits_settle(&m->live->rules, f, &m->hits);
	}
	v = arena_alloc(&m->arena, sizeof *v);
	v->profile = match_profile(m, f);
	text = arena_str(&m->arena, text);
	v->shown = match_shown(m, f, text);
	v->entry.key = text.p;
	v->entry.len = (uint32_t)text.len;
	v->entry.kind = f;
	hmap_insert(&m->values, &v->entry);
	return v;
}

/* ---- Limiters ----------------------------------------------------------- */

/* Blanks divide what a name is made of: no value has one that shows. */
void
policy_name_value(struct buf *out, struct str s)
{
	size_t		i;
	unsigned char	c;

	for (i = 0; i < s.len; i++) {
		c = (unsigned char)s.p[i];
		if (c <= ' ' || c == 0x7f || c == '\\')
			buf_printf(out, "\\x%02x", c);
		else
			buf_add_byte(out, (char)c);
	}
}

static void
match_name(struct policy_matcher *m, const struct policy *of,
    const struct policy_values *tuple)
{
	int	f;

	buf_add_str(&m->names, of->id);
	if (of->fields == 0)
		buf_add_text(&m->names, " -");
	for (f = 0; f < POLICY_FIELDS; f++) {
		if ((of->fields & POLICY_BIT(f)) == 0)
			continue;
		buf_add_byte(&m->names, ' ');
		buf_add_text(&m->names,
		    policy_field_name((enum policy_field)f));
		buf_add_byte(&m->names, '=');
		policy_name_value(&m->names, tuple->of[f]);
	}
}

static void
match_lay(struct policy_applied *a, const struct policy_dynamic *d)
{
	const struct policy_limits	*over = &d->limits;
	unsigned			 given = over->given;

	if ((given >> POLICY_concurrency & 1) != 0)
		a->limits.concurrency = over->limits.concurrency;
	if ((given >> POLICY_rate & 1) != 0)
		a->limits.rate = over->limits.rate;
	if ((given >> POLICY_rate_algorithm & 1) != 0)
		a->limits.algorithm = over->limits.algorithm;
	if ((given >> POLICY_connectinterval & 1) != 0)
		a->limits.connectinterval_ms =
		    over->limits.connectinterval_ms;
	if ((given >> POLICY_stop & 1) != 0)
		a->stop = over->stop;
}

static void
match_dynamic(struct policy_matcher *m, struct policy_applied *a,
    const struct policy_values *tuple, int64_t now_ms)
{
	const struct policy_dynamic	*found[LIVE_MATCHES];
	size_t				 i, n;

	a->dynamic_count = 0;
	if (m->live == NULL)
		return;
	n = policy_live_match(m->live, a->policy, tuple, now_ms, found);
	if (m->dynamic_count + n > m->dynamic_cap) {
		m->dynamic_cap = (m->dynamic_count + n) * 2;
		m->dynamic = xreallocarray(m->dynamic, m->dynamic_cap,
		    sizeof *m->dynamic);
	}
	for (i = 0; i < n; i++) {
		m->dynamic[m->dynamic_count++] = found[i];
		match_lay(a, found[i]);
	}
	a->dynamic_count = n;
}

static void
match_policy(struct policy_matcher *m, const struct plan_policy *pp,
    struct policy_applied *a, int64_t now_ms)
{
	struct policy_values	tuple = { .of = { STR_NONE } };
	int			f;

	for (f = 0; f < POLICY_FIELDS; f++)
		if ((pp->policy->fields & POLICY_BIT(f)) != 0)
			tuple.of[f] = pp->rolled[f] != NULL ?
			    pp->rolled[f]->mark : m->v[f]->shown;
	*a = (struct policy_applied){ .policy = pp->policy,
	    .said = pp->said, .limits = pp->said->limits,
	    .stop = pp->said->stop };
	match_name(m, pp->policy, &tuple);
	match_dynamic(m, a, &tuple, now_ms);
}

/* Buffers do not move any more. */
static void
match_point(struct policy_matcher *m, size_t count)
{
	struct policy_applied	*a;
	size_t			 i, dynamic = 0, end;
	struct str		 all = buf_str(&m->names);

	for (i = 0; i < count; i++) {
		a = &m->applied[i];
		end = i + 1 < count ? m->name_at[i + 1] : all.len;
		a->name = (struct str){ all.p + m->name_at[i],
		    end - m->name_at[i] };
		a->dynamic = a->dynamic_count > 0 ? m->dynamic + dynamic :
		    NULL;
		dynamic += a->dynamic_count;
	}
}

static void
match_room(struct policy_matcher *m, size_t count)
{
	if (count <= m->applied_cap)
		return;
	m->applied_cap = count * 2;
	m->applied = xreallocarray(m->applied, m->applied_cap,
	    sizeof *m->applied);
	m->name_at = xreallocarray(m->name_at, m->applied_cap,
	    sizeof *m->name_at);
}

static const struct policy_suspension *
match_suspension(struct policy_matcher *m, const struct match_plan *plan,
    int64_t now_ms)
{
	const struct policy_suspension	*s = NULL;
	struct policy_values		 v = { .of = { STR_NONE } };
	size_t				 i;
	int				 f;

	for (f = 0; f < POLICY_FIELDS; f++)
		if (m->v[f] != NULL)
			v.of[f] = m->v[f]->shown;
	s = suspend_find(&m->p->exact, &v, now_ms);
	if (s == NULL && m->live != NULL)
		s = suspend_find(&m->live->exact, &v, now_ms);
	for (i = 0; s == NULL && i < plan->suspension_count; i++)
		if (plan->suspensions[i]->open &&
		    plan->suspensions[i]->expires_ms > now_ms)
			s = plan->suspensions[i];
	return s;
}

void
policy_match(struct policy_matcher *m, const struct policy_values *v,
    int64_t now_ms, struct policy_match *out)
{
	const struct match_plan	*plan;
	bool			 stop = false;
	size_t			 i;
	int			 f;

	*out = (struct policy_match){ .count = 0 };
	m->stats.matches++;
	if (m->p == NULL)
		return;
	matcher_check(m);
	m->have = 0;
	for (f = 0; f < POLICY_FIELDS; f++) {
		m->v[f] = v->of[f].len == 0 ? NULL :
		    match_value(m, (enum policy_field)f, v->of[f]);
		m->have |= m->v[f] != NULL ? POLICY_BIT(f) : 0;
	}
	plan = match_plan(m);
	match_room(m, plan->count);
	buf_clear(&m->names);
	m->dynamic_count = 0;
	for (i = 0; i < plan->count && !stop; i++) {
		m->name_at[i] = m->names.len;
		match_policy(m, &plan->policies[i], &m->applied[i], now_ms);
		stop = m->applied[i].stop;
	}
	match_point(m, i);
	out->applied = m->applied;
	out->count = i;
	out->delivery = plan->delivery;
	out->suspension = match_suspension(m, plan, now_ms);
}
