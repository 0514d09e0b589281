/*
 * What a match is to the scheduler and to scripts.
 */
#include "policy_match.h"

size_t
policy_match_limiters(const struct policy_match *match,
    const struct schedule_limiter_in *transport,
    struct schedule_limiter_in in[SCHEDULE_LIMITERS], size_t *left)
{
	const struct policy_applied	*a;
	size_t				 i, n = 0;

	*left = 0;
	if (transport != NULL)
		in[n++] = *transport;
	for (i = 0; i < match->count; i++) {
		a = &match->applied[i];
		if (!policy_limits_bind(&a->limits))
			continue;
		if (n == SCHEDULE_LIMITERS)
			++*left;
		else
			in[n++] = (struct schedule_limiter_in){ a->name,
			    a->limits };
	}
	return n;
}

/* The newest value that the dynamic ones from `from` on have for a name. */
static const struct policy_property *
property_over(const struct policy_applied *a, size_t from, struct str name)
{
	const struct policy_property	*got = NULL;
	const struct policy_limits	*l;
	size_t				 d, i;

	for (d = from; d < a->dynamic_count; d++) {
		l = &a->dynamic[d]->limits;
		for (i = 0; i < l->property_count; i++)
			if (str_eq(l->properties[i].name, name))
				got = &l->properties[i];
	}
	return got;
}

/* Does the static one, or a dynamic one before `before`, have that name? */
static bool
property_before(const struct policy_applied *a, size_t before,
    struct str name)
{
	const struct policy_limits	*l;
	size_t				 d, i;

	for (d = 0; d <= before; d++) {
		l = d == 0 ? a->said : &a->dynamic[d - 1]->limits;
		for (i = 0; i < l->property_count; i++)
			if (str_eq(l->properties[i].name, name))
				return true;
	}
	return false;
}

/* Each name where it is met first, with the value that holds. */
bool
policy_applied_property(const struct policy_applied *a, size_t i,
    struct policy_property *out)
{
	const struct policy_limits	*l;
	const struct policy_property	*p, *over;
	size_t				 d, k;

	for (d = 0; d <= a->dynamic_count; d++) {
		l = d == 0 ? a->said : &a->dynamic[d - 1]->limits;
		for (k = 0; k < l->property_count; k++) {
			p = &l->properties[k];
			if ((d > 0 && property_before(a, d - 1, p->name)) ||
			    i-- > 0)
				continue;
			over = property_over(a, d, p->name);
			*out = over != NULL ? *over : *p;
			return true;
		}
	}
	return false;
}

struct str
policy_applied_tag(const struct policy_applied *a, size_t i)
{
	const struct policy_limits	*l;
	size_t				 d;

	for (d = 0; d <= a->dynamic_count; d++) {
		l = d == 0 ? a->said : &a->dynamic[d - 1]->limits;
		if (l->tag.len > 0 && i-- == 0)
			return l->tag;
	}
	return STR_NONE;
}
