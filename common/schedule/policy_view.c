/*
 * What was compiled: found, freed, and laid over a transport's options.
 */
#include <stdlib.h>
#include <string.h>

#include "policy_private.h"

void
policies_free(struct policies **pp)
{
	struct policies	*p = *pp;
	size_t		 i;

	if (p == NULL)
		return;
	*pp = NULL;
	for (i = 0; i < p->lists.count; i++)
		pattern_index_fini(&((struct policy_list *)
		    p->lists.p[i])->index);
	free(p->lists.p);
	free(p->groupings.p);
	free(p->policies.p);
	free(p->ifs.p);
	free(p->deliveries.p);
	free(p->suspensions.p);
	suspend_fini(&p->exact);
	rules_fini(&p->rules);
	hmap_fini(&p->ids);
	arena_free(&p->arena);
	free(p);
}

size_t
policies_count(const struct policies *p)
{
	return p != NULL ? p->policies.count : 0;
}

const struct policy *
policies_at(const struct policies *p, size_t i)
{
	return p->policies.p[i];
}

const struct policy *
policies_find(const struct policies *p, struct str id)
{
	const struct policy_row	*r = NULL;

	if (p != NULL)
		r = (const struct policy_row *)row_id_find(&p->ids,
		    POLICY_ROW_POLICY, id);
	return r != NULL ? &r->policy : NULL;
}

const struct policy *
policies_with(const struct policies *p, unsigned fields)
{
	size_t	i;

	for (i = 0; i < policies_count(p); i++)
		if (policies_at(p, i)->fields == fields)
			return policies_at(p, i);
	return NULL;
}

size_t
policies_suspension_count(const struct policies *p)
{
	return p != NULL ? p->suspensions.count : 0;
}

const struct policy_suspension *
policies_suspension(const struct policies *p, size_t i)
{
	return &((const struct policy_suspension_row *)
	    p->suspensions.p[i])->s.view;
}

int64_t
policies_windows(struct policies *p, int64_t local_s)
{
	struct policy_suspension_row	*s;
	int64_t				 next = INT64_MAX, change;
	size_t				 i;

	for (i = 0; i < p->suspensions.count; i++) {
		s = p->suspensions.p[i];
		if (s->when == NULL)
			continue;
		s->s.view.open = policy_window_open(s->when, local_s,
		    &change);
		if (change < next)
			next = change;
	}
	return next;
}

/* ---- Delivery rows ------------------------------------------------------ */

/* What a mode of TLS promises; one that promises more is stricter. */
enum {
	TLS_TRIED = 1,		/* it is spoken where it is offered */
	TLS_NEVER_CLEAR = 2,
	TLS_CHECKED = 4,	/* where it is spoken, whom with is known */
	TLS_KNOWN = 8,		/* whom with is known, always */
	TLS_TLSA = 16,		/* TLSA records are obeyed */
	TLS_TLSA_ALONE = 32,	/* nothing else will do */
};

static const unsigned	tls_promises[] = {
	[TRANSPORT_TLS_DISABLED] = 0,
	[TRANSPORT_TLS_OPTIONAL] = TLS_TRIED,
	[TRANSPORT_TLS_OPTIONAL_VERIFY] = TLS_TRIED | TLS_CHECKED,
	[TRANSPORT_TLS_DANE] = TLS_TRIED | TLS_TLSA,
	[TRANSPORT_TLS_REQUIRE] = TLS_TRIED | TLS_NEVER_CLEAR,
	[TRANSPORT_TLS_REQUIRE_VERIFY] = TLS_TRIED | TLS_NEVER_CLEAR |
	    TLS_CHECKED | TLS_KNOWN,
	[TRANSPORT_TLS_DANE_FALLBACK_REQUIRE_VERIFY] = TLS_TRIED |
	    TLS_NEVER_CLEAR | TLS_CHECKED | TLS_KNOWN | TLS_TLSA,
	[TRANSPORT_TLS_DANE_REQUIRE] = TLS_TRIED | TLS_NEVER_CLEAR |
	    TLS_CHECKED | TLS_KNOWN | TLS_TLSA | TLS_TLSA_ALONE,
};

static bool
delivery_stricter(int than, int mode)
{
	return (tls_promises[than] & ~tls_promises[mode]) == 0;
}

void
policy_delivery_lay(const struct policy_delivery *d,
    struct transport_options *over)
{
	const struct transport_options	*o = &d->options;
	int				 tls = over->tls;

#define OPTION(type, name, def, near, min, max, kinds, help)		\
	if (d->set[TRANSPORT_##name])					\
		over->name = o->name;
#include "schedule/transport.def"
#undef OPTION
	if (d->set[TRANSPORT_tls] && !delivery_stricter(tls, o->tls))
		over->tls = tls;
}

/* No value has a "$" or a brace. */
void
policy_delivery_put(const struct policy_delivery *d, struct buf *out)
{
	int	o;

	buf_printf(out, "delivery %.*s -", (int)d->id.len, d->id.p);
	for (o = 0; o < TRANSPORT_OPTIONS; o++)
		if (d->set[o])
			buf_printf(out, " -o { %s = %.*s }",
			    transport_option_name((enum transport_option)o),
			    (int)d->text[o].len, d->text[o].p);
	buf_add_byte(out, '\n');
}

const struct policy_delivery *
policies_delivery(const struct policies *p)
{
	return p->deliveries.count == 1 ?
	    &((const struct policy_delivery_row *)
	    p->deliveries.p[0])->delivery : NULL;
}
