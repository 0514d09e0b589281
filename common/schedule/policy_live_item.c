/*
 * Items own all their text; an empty one is no memory.
 */
#include <stdlib.h>

#include "base/mem.h"

#include "policy_live_private.h"

struct str
live_dup(struct str s)
{
	if (s.len == 0)
		return STR_NONE;
	return (struct str){ xmemdup(s.p, s.len), s.len };
}

void
live_undup(struct str s)
{
	free((void *)(uintptr_t)s.p);
}

const struct policy_property *
live_properties_dup(const struct policy_property *from, size_t count)
{
	struct policy_property	*to;
	size_t			 i;

	if (count == 0)
		return NULL;
	to = xcalloc(count, sizeof *to);
	for (i = 0; i < count; i++) {
		to[i].name = live_dup(from[i].name);
		to[i].value = live_dup(from[i].value);
	}
	return to;
}

static void
properties_undup(const struct policy_property *p, size_t count)
{
	size_t	i;

	for (i = 0; i < count; i++) {
		live_undup(p[i].name);
		live_undup(p[i].value);
	}
	free((void *)(uintptr_t)p);
}

void
live_limits_undup(struct policy_limits *m)
{
	live_undup(m->tag);
	properties_undup(m->properties, m->property_count);
	*m = (struct policy_limits){ .given = 0 };
}

void
live_limits_set(struct policy_limits *to, const struct policy_limits *from)
{
	*to = *from;
	to->line = 0;
	to->tag = live_dup(from->tag);
	to->properties = live_properties_dup(from->properties,
	    from->property_count);
}

struct live_item *
live_item_new(int kind, const struct policy_values *on)
{
	struct live_item	*i = xcalloc(1, sizeof *i);
	int			 f;

	i->kind = kind;
	for (f = 0; f < POLICY_FIELDS; f++) {
		i->on.of[f] = live_dup(on->of[f]);
		if (on->of[f].len > 0)
			i->mask |= POLICY_BIT(f);
	}
	return i;
}

static size_t
properties_bytes(const struct policy_property *p, size_t count)
{
	size_t	i, n = count * sizeof *p;

	for (i = 0; i < count; i++)
		n += p[i].name.len + p[i].value.len;
	return n;
}

void
live_weigh(struct policy_live *l, struct live_item *i)
{
	const struct policy_limits	*m = &i->dynamic.limits;
	const struct policy_suspension	*v = &i->s.view;
	int				 f;

	l->bytes -= i->bytes;
	i->bytes = i->dynamic.id.len + i->dynamic.type.len + m->tag.len +
	    properties_bytes(m->properties, m->property_count) + v->id.len +
	    v->tag.len + properties_bytes(v->properties, v->property_count);
	for (f = 0; f < POLICY_FIELDS; f++)
		i->bytes += i->on.of[f].len;
	l->bytes += i->bytes;
}

void
live_item_free(struct live_item *i)
{
	int	f;

	for (f = 0; f < POLICY_FIELDS; f++)
		live_undup(i->on.of[f]);
	live_undup(i->dynamic.id);
	live_undup(i->dynamic.type);
	live_limits_undup(&i->dynamic.limits);
	live_undup(i->s.view.id);
	live_undup(i->s.view.tag);
	properties_undup(i->s.view.properties, i->s.view.property_count);
	free((void *)(uintptr_t)i->s.entry.key);
	free((void *)(uintptr_t)i->by_tuple.key);
	free(i);
}
