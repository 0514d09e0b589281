/*
 * What the rows of policy.cf ask for, for whoever knows what there is: values,
 * and options of deliveries.
 */
#include "policy_private.h"

static void
policy_mention(const struct rule_condition *c, int line,
    policy_mention_fn *fn, void *arg)
{
	if (c->exact.len > 0)
		fn(arg, c->exact, line);
}

void
policies_mentions(const struct policies *p, enum policy_field f,
    policy_mention_fn *fn, void *arg)
{
	const struct policy_if			*i;
	const struct policy_delivery_row	*d;
	const struct policy_suspension_row	*s;
	size_t					 n;

	for (n = 0; n < p->ifs.count; n++) {
		i = p->ifs.p[n];
		policy_mention(&i->said[f], i->limits.line, fn, arg);
	}
	for (n = 0; n < p->deliveries.count; n++) {
		d = p->deliveries.p[n];
		policy_mention(&d->rule.on[f], d->delivery.line, fn, arg);
	}
	for (n = 0; n < p->suspensions.count; n++) {
		s = p->suspensions.p[n];
		policy_mention(&s->rule.on[f], s->s.view.line, fn, arg);
	}
}

void
policies_each_delivery(const struct policies *p,
    void (*fn)(void *arg, const struct policy_delivery *d), void *arg)
{
	const struct policy_delivery_row	*row;
	size_t					 n;

	for (n = 0; n < p->deliveries.count; n++) {
		row = p->deliveries.p[n];
		fn(arg, &row->delivery);
	}
}
