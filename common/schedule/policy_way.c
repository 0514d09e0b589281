/*
 * Limiters' names are made one after the other in one buffer, which may move;
 * they are pointed at when all are there.
 */
#include "policy_way.h"

struct policy_values
policy_hop_values(const struct schedule_subqueue *q, struct str grouping,
    const struct policy_hop *h)
{
	return (struct policy_values){ .of = {
	    [POLICY_FIELD_TRANSPORTID] = q->transportid,
	    [POLICY_FIELD_LOCALIP] = h->localip,
	    [POLICY_FIELD_REMOTEIP] = h->remoteip,
	    [POLICY_FIELD_REMOTEMX] = h->remotemx,
	    [POLICY_FIELD_RECIPIENTDOMAIN] = q->recipientdomain,
	    [POLICY_FIELD_TENANTID] = q->tenantid,
	    [POLICY_FIELD_JOBID] = q->jobid,
	    [POLICY_FIELD_GROUPING] = grouping } };
}

void
policy_ways_begin(struct policy_ways *w)
{
	buf_clear(&w->names);
	w->count = 0;
}

void
policy_ways_add(struct policy_ways *w, struct policy_matcher *matcher,
    const struct policy_values *v, const struct policy_hop *h,
    const struct schedule_limiter_in *transport, int64_t now_ms)
{
	struct schedule_limiter_in	*limiter = w->limiter[w->count];
	struct schedule_candidate	*c = &w->candidate[w->count];
	struct policy_match		 m;
	size_t				 i, left;

	policy_match(matcher, v, now_ms, &m);
	*c = (struct schedule_candidate){ .name = h->name, .host = h->host,
	    .preference = h->preference, .order = h->order,
	    .weight = h->weight, .closed = m.suspension != NULL,
	    .limiters = limiter };
	c->limiter_count = policy_match_limiters(&m, transport, limiter,
	    &left);
	for (i = 0; i < c->limiter_count; i++) {
		w->name_at[w->count][i] = w->names.len;
		buf_add_str(&w->names, limiter[i].name);
	}
	w->count++;
}

const struct schedule_candidate *
policy_ways_end(struct policy_ways *w)
{
	const char	*all = buf_data(&w->names);
	size_t		 n, i;

	for (n = 0; n < w->count; n++)
		for (i = 0; i < w->candidate[n].limiter_count; i++)
			w->limiter[n][i].name.p = all + w->name_at[n][i];
	return w->candidate;
}

void
policy_ways_fini(struct policy_ways *w)
{
	buf_free(&w->names);
}

struct schedule_limiter_in
policy_way_transport(const struct transport *t, struct buf *label)
{
	const struct transport_options	*o = &t->options;

	buf_clear(label);
	buf_add_text(label, "transport ");
	buf_add_str(label, t->id);
	return (struct schedule_limiter_in){ .name = buf_str(label),
	    .limits = { .concurrency = (uint32_t)o->concurrency,
	    .rate = o->rate } };
}
