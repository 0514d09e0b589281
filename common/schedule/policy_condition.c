/*
 * What a condition says becomes a predicate.  A text in an `if` that a roll-up
 * of its policy covers stands for the roll-up: the value that it names is
 * counted there, and limits are of what is counted.
 */
#include <stdlib.h>

#include "base/mem.h"

#include "policy_private.h"

static int
condition_list(const struct policies *p, enum policy_field f, struct str id,
    struct rule_condition *c, struct err *e)
{
	const struct policy_list	*l = policy_list_find(p, id);

	if (l == NULL)
		return err_set(e, "there is no list \"%.*s\" before this line",
		    (int)(id.len < 64 ? id.len : 64), id.p);
	if (l->field != f)
		return err_set(e, "list \"%.*s\" is of %s", (int)id.len, id.p,
		    policy_field_name(l->field));
	c->pred = l->pred;
	return 0;
}

static int
condition_rollup(const struct policy_scope *s, enum policy_field f,
    struct str id, struct rule_condition *c, struct err *e)
{
	const struct policy		*of = s->of;
	const struct policy_set		*set = (const struct policy_set *)
	    row_id_find(&s->p->ids, POLICY_ROW_ROLLUP, id);
	const struct policy_set *const	*r = of != NULL ? of->rollups[f] :
						    NULL;

	if (set == NULL)
		return err_set(e, "there is no rollup \"%.*s\" before this "
		    "line", (int)(id.len < 64 ? id.len : 64), id.p);
	if (set->field != f)
		return err_set(e, "rollup \"%.*s\" is of %s", (int)id.len,
		    id.p, policy_field_name(set->field));
	while (r != NULL && *r != NULL && *r != set)
		r++;
	if (of != NULL && (r == NULL || *r == NULL))
		return err_set(e, "policy \"%.*s\" does not roll up by "
		    "\"%.*s\"", (int)of->id.len, of->id.p, (int)id.len, id.p);
	c->pred = set->pred;
	c->rollup = of != NULL ? set : NULL;
	return 0;
}

static int
condition_grouping(const struct policies *p, enum policy_field f,
    struct str id, struct err *e)
{
	if (f != POLICY_FIELD_GROUPING)
		return err_set(e, "\"&\" is for the field grouping");
	if (row_id_find(&p->ids, POLICY_ROW_GROUPING, id) == NULL)
		return err_set(e, "there is no grouping \"%.*s\" before this "
		    "line", (int)(id.len < 64 ? id.len : 64), id.p);
	return 0;
}

int
policy_condition(const struct policy_scope *s, enum policy_field f,
    struct str pattern, struct rule_condition *c, struct err *e)
{
	struct str	id = { pattern.p + 1, pattern.len - 1 };

	*c = (struct rule_condition){ .pred = 0 };
	if (pattern.len == 0)
		return err_set(e, "there is nothing after \"=\"");
	if (pattern.p[0] == '@')
		return condition_list(s->p, f, id, c, e);
	if (pattern.p[0] == '#')
		return condition_rollup(s, f, id, c, e);
	if (pattern.p[0] == '&' && condition_grouping(s->p, f, id, e) == -1)
		return -1;
	c->pred = rules_pattern(s->own, f, pattern, e);
	if (pattern_is_exact(policy_field_type(f), pattern))
		c->exact = pattern;
	return c->pred != 0 ? 0 : -1;
}

/* ---- What they bring ---------------------------------------------------- */

const struct policy_set *
policy_rolled(const struct policy *of, enum policy_field f,
    const uint32_t *hits, size_t count)
{
	const struct policy_set *const	*r = of->rollups[f];

	for (; r != NULL && *r != NULL; r++)
		if (rules_hits_has(hits, count, (*r)->pred))
			return *r;
	return NULL;
}

void
policies_find_value(const struct policies *p, enum policy_field f,
    struct str value, struct rules_hits *h)
{
	const struct policy_list	*l;
	size_t				 i;

	h->count = 0;
	rules_find(&p->rules, f, value, h);
	for (i = 0; i < p->lists.count; i++) {
		l = p->lists.p[i];
		if (l->field == f && pattern_has(&l->index, value))
			rules_hit(h, l->pred);
	}
	rules_hits_settle(&p->rules, f, h);
}

struct str
policies_rollup(const struct policies *p, const struct policy *of,
    enum policy_field f, struct str value)
{
	struct rules_hits		 h = { .count = 0 };
	const struct policy_set		*set;

	if (of->rollups[f] == NULL)
		return STR_NONE;
	policies_find_value(p, f, value, &h);
	set = policy_rolled(of, f, h.id, h.count);
	free(h.id);
	return set != NULL ? set->mark : STR_NONE;
}

static void
policy_if_settle(const struct policies *p, struct policy_if *i,
    struct rules_hits *h)
{
	const struct policy_set	*set;
	int			 f;

	for (f = 0; f < POLICY_FIELDS; f++) {
		i->rule.on[f] = i->said[f];
		if (i->said[f].exact.len == 0 ||
		    i->rule.policy->rollups[f] == NULL)
			continue;
		policies_find_value(p, (enum policy_field)f, i->said[f].exact,
		    h);
		set = policy_rolled(i->rule.policy, (enum policy_field)f,
		    h->id, h->count);
		if (set != NULL)
			i->rule.on[f] = (struct rule_condition){
			    .pred = set->pred, .rollup = set };
	}
}

void
policies_settle(struct policies *p)
{
	struct policy_suspension_row	*s;
	struct rules_hits		 h = { .count = 0 };
	size_t				 i;

	rules_unregister_all(&p->rules);
	for (i = 0; i < p->ifs.count; i++) {
		policy_if_settle(p, p->ifs.p[i], &h);
		rules_register(&p->rules,
		    &((struct policy_if *)p->ifs.p[i])->rule);
	}
	for (i = 0; i < p->deliveries.count; i++)
		rules_register(&p->rules,
		    &((struct policy_delivery_row *)p->deliveries.p[i])->rule);
	for (i = 0; i < p->suspensions.count; i++) {
		s = p->suspensions.p[i];
		if (s->s.head == NULL)
			rules_register(&p->rules, &s->rule);
	}
	free(h.id);
	p->generation++;
}

/* ---- Groupings ---------------------------------------------------------- */

static struct str
grouping_default(const struct policies *p, const struct policy_values *v)
{
	switch (p->grouping_default) {
	case POLICY_GROUPING_REMOTEMX:
		return v->of[POLICY_FIELD_REMOTEMX];
	case POLICY_GROUPING_RECIPIENTDOMAIN:
		return v->of[POLICY_FIELD_RECIPIENTDOMAIN];
	case POLICY_GROUPING_NONE:
		break;
	}
	return STR_NONE;
}

unsigned
policies_group_fields(const struct policies *p)
{
	const struct policy_set	*g;
	unsigned		 fields = 0;
	size_t			 i;

	for (i = 0; i < p->groupings.count; i++) {
		g = p->groupings.p[i];
		fields |= POLICY_BIT(g->field);
	}
	if (p->grouping_default == POLICY_GROUPING_REMOTEMX)
		fields |= POLICY_BIT(POLICY_FIELD_REMOTEMX);
	if (p->grouping_default == POLICY_GROUPING_RECIPIENTDOMAIN)
		fields |= POLICY_BIT(POLICY_FIELD_RECIPIENTDOMAIN);
	return fields;
}

bool
policies_deliver(const struct policies *p)
{
	return p->deliveries.count > 0;
}

struct str
policies_grouping(const struct policies *p, const struct policy_values *v)
{
	struct rules_hits		 h[POLICY_FIELDS] = { { NULL, 0, 0 } };
	const struct policy_set		*g;
	struct str			 got = STR_NONE;
	size_t				 i;
	int				 f;

	for (i = 0; i < p->groupings.count && got.len == 0; i++) {
		g = p->groupings.p[i];
		if (v->of[g->field].len == 0)
			continue;
		if (h[g->field].id == NULL)
			policies_find_value(p, g->field, v->of[g->field],
			    &h[g->field]);
		if (rules_hits_has(h[g->field].id, h[g->field].count,
		    g->pred))
			got = g->mark;
	}
	for (f = 0; f < POLICY_FIELDS; f++)
		free(h[f].id);
	return got.len > 0 ? got : grouping_default(p, v);
}
