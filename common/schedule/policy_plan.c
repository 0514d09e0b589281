/*
 * A plan is what applies to a combination of profiles, which are what values
 * are to the file.  Rules are looked for from the predicates that the values
 * have: each stands at one of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "policy_match_private.h"

/* What a plan is made of. */
struct planning {
	struct policy_matcher	*m;
	struct match_plan	*plan;
	uint32_t		 delivery;	/* order of the one so far */
	const struct policy_suspension **found;
	size_t			 found_count, found_cap;
};

static bool
plan_has(const struct policy_matcher *m, int f, uint32_t pred)
{
	const struct match_value	*v = m->v[f];

	return v != NULL && rules_hits_has(v->profile->id, v->profile->count,
	    pred);
}

static const struct policy_set *
plan_rolled(const struct policy_matcher *m, const struct policy *of, int f)
{
	const struct match_profile	*p = m->v[f]->profile;

	return policy_rolled(of, (enum policy_field)f, p->id, p->count);
}

/* What was rolled up is "#id" and nothing else: a limiter that is the same
 * for many values must not have the limits of one. */
static bool
plan_matches(const struct policy_matcher *m, const struct rule *r)
{
	int	f;

	if ((r->fields & ~m->have) != 0)
		return false;
	for (f = 0; f < POLICY_FIELDS; f++) {
		if ((r->fields & POLICY_BIT(f)) == 0)
			continue;
		if (!plan_has(m, f, r->on[f].pred))
			return false;
		if (r->policy != NULL && plan_rolled(m, r->policy, f) !=
		    r->on[f].rollup)
			return false;
	}
	return true;
}

static void
plan_suspension(struct planning *g, const struct policy_suspension *s)
{
	if (g->found_count == g->found_cap) {
		g->found_cap = g->found_cap == 0 ? 4 : g->found_cap * 2;
		g->found = xreallocarray(g->found, g->found_cap,
		    sizeof *g->found);
	}
	g->found[g->found_count++] = s;
}

static void
plan_rule(struct planning *g, const struct rule *r)
{
	const struct policy_if	**best;

	if (!plan_matches(g->m, r))
		return;
	switch (r->kind) {
	case RULE_IF:
		best = &g->m->best[r->policy->place];
		if (*best == NULL || r->order < (*best)->rule.order)
			*best = r->what;
		break;
	case RULE_DELIVERY:
		if (g->plan->delivery == NULL || r->order < g->delivery) {
			g->plan->delivery = r->what;
			g->delivery = r->order;
		}
		break;
	case RULE_SUSPEND:
		plan_suspension(g, r->what);
		break;
	}
}

static void
plan_rules(struct planning *g, const struct rules *rules)
{
	const struct policy_matcher	*m = g->m;
	const struct rules_pred		*p;
	const struct rule		*r;
	size_t				 i;
	int				 f;

	for (r = rules->always; r != NULL; r = r->next)
		plan_rule(g, r);
	for (f = 0; f < POLICY_FIELDS; f++)
		for (i = 0; m->v[f] != NULL && i < m->v[f]->profile->count;
		    i++) {
			p = rules_pred_at(rules, (enum policy_field)f,
			    m->v[f]->profile->id[i]);
			for (r = p != NULL ? p->first : NULL; r != NULL;
			    r = r->next)
				plan_rule(g, r);
		}
}

static void
plan_policy(struct planning *g, const struct policy *of)
{
	struct policy_matcher	*m = g->m;
	struct plan_policy	*to;
	int			 f;

	if ((of->fields & ~m->have) != 0)
		return;
	to = &g->plan->policies[g->plan->count++];
	to->policy = of;
	to->said = m->best[of->place] != NULL ?
	    &m->best[of->place]->limits : &of->limits;
	for (f = 0; f < POLICY_FIELDS; f++)
		if ((of->fields & POLICY_BIT(f)) != 0)
			to->rolled[f] = plan_rolled(m, of, f);
}

static void
plan_policies(struct planning *g)
{
	struct policy_matcher	*m = g->m;
	size_t			 i, n = 0;

	for (i = 0; i < policies_count(m->p); i++)
		n += (policies_at(m->p, i)->fields & ~m->have) == 0;
	g->plan->policies = arena_alloc(&m->arena,
	    n * sizeof *g->plan->policies);
	for (i = 0; i < policies_count(m->p); i++)
		plan_policy(g, policies_at(m->p, i));
}

static struct match_plan *
plan_make(struct policy_matcher *m)
{
	struct planning	g = { .m = m };
	size_t		n = policies_count(m->p);

	g.plan = arena_alloc(&m->arena, sizeof *g.plan);
	m->best = xreallocarray(m->best, n + 1, sizeof *m->best);
	memset(m->best, 0, n * sizeof *m->best);
	plan_rules(&g, &m->p->rules);
	if (m->live != NULL)
		plan_rules(&g, &m->live->rules);
	plan_policies(&g);
	g.plan->suspension_count = g.found_count;
	g.plan->suspensions = arena_alloc(&m->arena,
	    g.found_count * sizeof *g.found + 1);
	if (g.found_count > 0)
		memcpy(g.plan->suspensions, g.found,
		    g.found_count * sizeof *g.found);
	free(g.found);
	m->stats.plans++;
	return g.plan;
}

const struct match_plan *
match_plan(struct policy_matcher *m)
{
	uint32_t		 key[POLICY_FIELDS];
	struct match_plan	*plan;
	struct str		 k = { (const char *)key, sizeof key };
	int			 f;

	for (f = 0; f < POLICY_FIELDS; f++)
		key[f] = m->v[f] != NULL ? m->v[f]->profile->number : 0;
	plan = (struct match_plan *)hmap_find(&m->plans, 0, k);
	if (plan != NULL)
		return plan;
	plan = plan_make(m);
	plan->entry.key = arena_str(&m->arena, k).p;
	plan->entry.len = (uint32_t)k.len;
	hmap_insert(&m->plans, &plan->entry);
	return plan;
}
