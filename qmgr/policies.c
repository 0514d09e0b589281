/*
 * policy.cf: compiled when it comes, matched when a virtual queue is made, and
 * again for each one when something has changed.
 *
 * A change (a reload, a dynamic policy, a window that opens) makes all virtual
 * queues stale; they are told what they have now in slices, those first whose
 * turn it is.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "schedule/policy_list.h"
#include "schedule/policy_way.h"
#include "schedule/schedule_renew.h"

#include "bucket.h"
#include "policies.h"
#include "route.h"
#include "told.h"

#define POLICIES_SLICE_MS	2
#define POLICIES_STEP		32	/* queues between looks at the clock */
#define POLICIES_LOOK_MS	3600000
#define POLICIES_ROW		1

static_assert((int)NEXTHOPS_MAX <= (int)SCHEDULE_CANDIDATES,
    "each hop is a candidate");

/* A delivery row, as workers know it. */
struct policies_row {
	struct hmap_entry	 hash;		/* by its text */
	struct buf		 text;
	uint64_t		 number;
};

static struct {
	struct worker		*worker;
	struct policies		*p;
	struct policy_live	*live;
	struct policy_matcher	*matcher;
	struct hmap		 rows;
	struct timer		 change;
	unsigned		 group_fields;
	bool			 long_rates;	/* there may be some */
	bool			 open;
	struct buf		 names, text;
	struct policy_ways	 ways;
} policies;

struct policy_live *
policies_live(void)
{
	return policies.live;
}

struct policies *
policies_all(void)
{
	return policies.p;
}

/* ---- What applies -------------------------------------------------------- */

static struct policy_hop
policies_hop(const struct hopset *h, unsigned hop)
{
	const struct hop_text	*t = &h->texts.of[hop];
	const struct nexthop	*to = &h->hops.hop[hop];

	return (struct policy_hop){ .name = t->name, .host = t->host,
	    .localip = t->localip, .remoteip = t->remoteip,
	    .remotemx = to->mx, .preference = to->preference,
	    .order = to->order, .weight = to->weight };
}

struct policy_values
policies_values(const struct schedule_subqueue *q, struct str grouping,
    const struct hopset *h, unsigned hop)
{
	struct policy_hop	to = policies_hop(h, hop);

	return policy_hop_values(q, grouping, &to);
}

/* The best hop's: a message has one. */
struct str
policies_grouping_of(const struct schedule_subqueue *q,
    const struct hopset *h)
{
	struct policy_values	v;

	if (policies.group_fields == 0 || h->hops.count == 0)
		return STR_NONE;
	v = policies_values(q, STR_NONE, h, 0);
	return policies_grouping(policies.p, &v);
}

void
policies_match(const struct schedule_subqueue *q, struct str grouping,
    const struct hopset *h, unsigned hop, struct policy_match *m)
{
	struct policy_values	v = policies_values(q, grouping, h, hop);

	policy_match(policies.matcher, &v, delivery_now(), m);
}

void
policies_match_values(const struct policy_values *v, struct policy_match *m)
{
	policy_match(policies.matcher, v, delivery_now(), m);
}

static void
policies_candidate(const struct schedule_subqueue *q, struct str grouping,
    const struct hopset *h, unsigned hop, const struct outlet *o)
{
	struct policy_hop	to = policies_hop(h, hop);
	struct policy_values	v = policy_hop_values(q, grouping, &to);

	policy_ways_add(&policies.ways, policies.matcher, &v, &to,
	    &o->limiter, delivery_now());
}

static const struct schedule_candidate *
policies_point(void)
{
	const struct schedule_candidate	*c = policy_ways_end(&policies.ways);
	const struct schedule_limiter_in *l;
	size_t				 n, i;

	for (n = 0; n < policies.ways.count; n++)
		for (i = 0; i < c[n].limiter_count; i++) {
			l = &c[n].limiters[i];
			policies.long_rates |= bucket_is_long(&l->limits);
			/* One that is there has the limits of before. */
			(void)schedule_limit(delivery_schedule(), l->name,
			    &l->limits, delivery_now());
		}
	return c;
}

bool
policies_suspend(const struct schedule_subqueue *q, struct policy_match *m)
{
	static const struct policy_hop	nowhere;
	struct policy_values		v = policy_hop_values(q, STR_NONE,
					    &nowhere);

	policy_match(policies.matcher, &v, delivery_now(), m);
	return m->suspension != NULL;
}

/* Without a hop an attempt says why there is none, and that may be for good:
 * not while all of this mail is suspended. */
static size_t
policies_nowhere(const struct schedule_subqueue *q, const struct outlet *o)
{
	static const struct policy_hop	nowhere = { .weight = 1 };
	struct policy_values		v = policy_hop_values(q, STR_NONE,
					    &nowhere);

	policy_ways_add(&policies.ways, policies.matcher, &v, &nowhere,
	    &o->limiter, delivery_now());
	if (!policies.ways.candidate[0].closed)
		policy_ways_begin(&policies.ways);
	return policies.ways.count;
}

const struct schedule_candidate *
policies_candidates(const struct schedule_subqueue *q, struct str grouping,
    const struct hopset *h, size_t *count)
{
	const struct outlet	*o = outlets_find(q->transportid);
	unsigned		 hop;

	policy_ways_begin(&policies.ways);
	for (hop = 0; hop < h->hops.count; hop++)
		policies_candidate(q, grouping, h, hop, o);
	*count = h->hops.count > 0 ? h->hops.count : policies_nowhere(q, o);
	return policies_point();
}

const struct schedule_candidate *
policies_candidate_at(const struct schedule_subqueue *q, struct str grouping,
    const struct hopset *h, unsigned hop)
{
	policy_ways_begin(&policies.ways);
	policies_candidate(q, grouping, h, hop,
	    outlets_find(q->transportid));
	return policies_point();
}

void
policies_paid(const struct schedule_subqueue *q, struct str grouping,
    const struct hopset *h, unsigned hop)
{
	struct policy_match	m;

	if (!policies.long_rates)
		return;
	policies_match(q, grouping, h, hop, &m);
	bucket_note(&m);
}

int
policies_started(struct schedule_entry_in *in, struct str transportid,
    struct str fields)
{
	static struct schedule_limiter_in	limiter[SCHEDULE_LIMITERS];
	static struct schedule_candidate	c;
	struct policy_values			v;
	struct policy_match			m;
	size_t					left;

	memset(in, 0, sizeof *in);
	in->subqueue.transportid = transportid;
	if (fields.len == 0)
		return 0;
	if (policy_values_get(&v, fields) == -1)
		return -1;
	v.of[POLICY_FIELD_TRANSPORTID] = transportid;
	policy_match(policies.matcher, &v, delivery_now(), &m);
	c = (struct schedule_candidate){ .name = v.of[POLICY_FIELD_REMOTEIP],
	    .limiters = limiter };
	c.limiter_count = policy_match_limiters(&m,
	    &outlets_find(transportid)->limiter, limiter, &left);
	in->candidates = &c;
	in->candidate_count = 1;
	return 0;
}

/* ---- Delivery rows ------------------------------------------------------- */

static void
policies_row_free(void *arg, struct hmap_entry *e)
{
	struct policies_row	*r = (struct policies_row *)e;

	(void)arg;
	told_drop(r->number);
	hmap_remove(&policies.rows, e);
	buf_free(&r->text);
	free(r);
}

static struct policies_row *
policies_row_of(const struct policy_delivery *d)
{
	struct policies_row	*r;
	struct str		 key;

	buf_clear(&policies.text);
	policy_delivery_put(d, &policies.text);
	key = buf_str(&policies.text);
	r = (struct policies_row *)hmap_find(&policies.rows, POLICIES_ROW,
	    key);
	if (r != NULL)
		return r;
	r = xcalloc(1, sizeof *r);
	buf_add_str(&r->text, key);
	r->number = told_number();
	r->hash.key = buf_data(&r->text);
	r->hash.len = (uint32_t)r->text.len;
	r->hash.kind = POLICIES_ROW;
	hmap_insert(&policies.rows, &r->hash);
	return r;
}

uint64_t
policies_row(const struct schedule_subqueue *q, struct str grouping,
    const struct hopset *h, unsigned hop, struct str *text)
{
	const struct policies_row	*r;
	struct policy_match		 m;

	if (!policies_deliver(policies.p) || hop >= h->hops.count)
		return 0;
	policies_match(q, grouping, h, hop, &m);
	if (m.delivery == NULL)
		return 0;
	r = policies_row_of(m.delivery);
	*text = buf_str(&r->text);
	return r->number;
}

/* ---- What changes -------------------------------------------------------- */

void
policies_changed(void)
{
	int64_t	next, wall_s, windows_s;
	time_t	t = time(NULL);
	struct tm tm;

	if (!policies.open)
		return;
	(void)localtime_r(&t, &tm);
	wall_s = (int64_t)t + tm.tm_gmtoff;
	windows_s = policies_windows(policies.p, wall_s);
	next = policy_live_expire(policies.live, delivery_now());
	next = next == INT64_MAX ? POLICIES_LOOK_MS : next - delivery_now();
	if (windows_s < INT64_MAX && (windows_s - wall_s) * 1000 < next)
		next = (windows_s - wall_s) * 1000;
	if (next > POLICIES_LOOK_MS)
		next = POLICIES_LOOK_MS;
	timer_start(&policies.change, next > 0 ? next : 1);
	schedule_renew(delivery_schedule());
	dispatch_kick();
}

static void
policies_on_change(void *arg)
{
	(void)arg;
	policies_changed();
}

/* Has the name, " field=value" of each of its fields, all of these? */
static bool
policies_named(struct str name, struct str policy,
    const struct policy_values *v)
{
	int	f;

	if (name.len <= policy.len || name.p[policy.len] != ' ' ||
	    memcmp(name.p, policy.p, policy.len) != 0)
		return false;
	for (f = 0; f < POLICY_FIELDS; f++) {
		if (v->of[f].len == 0)
			continue;
		buf_clear(&policies.text);
		buf_printf(&policies.text, " %s=",
		    policy_field_name((enum policy_field)f));
		policy_name_value(&policies.text, v->of[f]);
		buf_add_byte(&policies.text, ' ');
		buf_clear(&policies.names);
		buf_add_str(&policies.names, name);
		buf_add_byte(&policies.names, ' ');
		if (memmem(buf_data(&policies.names), policies.names.len,
		    buf_data(&policies.text), policies.text.len) == NULL)
			return false;
	}
	return true;
}

uint64_t
policies_refill(struct str policy, const struct policy_values *v)
{
	struct schedule_limiter_view	view;
	uint64_t			count = 0;
	uint32_t			at = 0;

	while (schedule_limiter_next(delivery_schedule(), &at,
	    delivery_now(), &view))
		if (policies_named(view.name, policy, v))
			count += schedule_refill(delivery_schedule(),
			    view.name, delivery_now());
	dispatch_kick();
	return count;
}

/* It is in another virtual queue now: it is added anew. */
static void
policies_readd(struct active *a)
{
	struct spool_id	id;

	spool_id_get(&id, a->key);
	if (active_remove(a))
		pump_one(&id);
}

static void
policies_renew(const struct schedule_stale *st)
{
	struct active	*a = (struct active *)(uintptr_t)schedule_user(
			    delivery_schedule(), st->ref);
	const struct schedule_candidate *c = NULL;
	const struct hopset *h;
	size_t		 count = 0;

	/* Without hops: it has its transport's alone. */
	if (a->place == 0) {
		schedule_reroute(delivery_schedule(), st->queue, NULL, 0);
		return;
	}
	h = hopset_at(a->place);
	if (outlets_find(st->subqueue.transportid) == NULL ||
	    !str_eq(policies_grouping_of(&st->subqueue, h), st->grouping)) {
		policies_readd(a);
		return;
	}
	c = policies_candidates(&st->subqueue, st->grouping, h, &count);
	/* It was suspended, and had no hop: there may be some now. */
	if (count == 0) {
		policies_readd(a);
		return;
	}
	schedule_reroute(delivery_schedule(), st->queue, c, count);
}

bool
policies_sweep(void)
{
	int64_t			end = clock_mono_ms() + POLICIES_SLICE_MS;
	struct schedule_stale	st;
	int			n;

	do
		for (n = 0; n < POLICIES_STEP; n++) {
			if (!schedule_stale(delivery_schedule(), &st))
				return false;
			policies_renew(&st);
		}
	while (clock_mono_ms() < end);
	return true;
}

/* ---- Loading ------------------------------------------------------------- */

static void
policies_fault(void *arg, const char *file, int line, int column,
    const char *text)
{
	(void)arg;
	LOG(EV_CONFIG_ERROR, NULL, LOG_STR("file", file),
	    LOG_NUM("line", line), LOG_NUM("column", column),
	    LOG_STR("reason", text));
}

/* Without a policy.cf, those of an empty text. */
void
policies_load(void)
{
	struct conf_files	*files = &policies.worker->conf_files;
	struct policy_source	 src = { .file = "policy.cf",
				    .text = conf_files_text(files,
				    "policy.cf"),
				    .read = conf_files_list, .arg = files };
	struct policies		*p, *before = policies.p;

	if (policies_compile(&p, &src, policies_fault, NULL) == -1) {
		if (before != NULL)
			return;
		src.text = STR_NONE;
		if (policies_compile(&p, &src, policies_fault, NULL) == -1)
			return;
	}
	if (policies.live == NULL)
		policies.live = policy_live_new(p);
	else
		policy_live_reload(policies.live, p);
	if (policies.matcher == NULL)
		policies.matcher = policy_matcher_new(p, policies.live);
	else
		policy_matcher_reload(policies.matcher, p);
	policies.p = p;
	policies.group_fields = policies_group_fields(p);
	policies_free(&before);
	hmap_walk(&policies.rows, policies.rows.size, policies_row_free,
	    NULL);
	policies_changed();
}

void
policies_relist(const char *name)
{
	struct str	id;

	(void)str_split(str_of(name), '/', &id);
	if (policies.p == NULL)
		return;
	if (policies_list_file(policies.p, id, conf_files_text(
	    &policies.worker->conf_files, name), policies_fault, NULL) == -1)
		return;
	LOG(EV_QUEUE_POLICY, NULL, LOG_STR("by", "file"),
	    LOG_STR("action", "list-file"), LOG_BYTES("id", id));
	policies_changed();
}

void
policies_prepare(struct worker *w)
{
	policies.worker = w;
	timer_init(&policies.change, w->loop, policies_on_change, NULL);
}

void
policies_open(void)
{
	hmap_init(&policies.rows);
	policies.open = true;
	policies_load();
}

void
policies_close(void)
{
	timer_stop(&policies.change);
	policy_matcher_free(&policies.matcher);
	policy_live_free(&policies.live);
	policies_free(&policies.p);
	hmap_walk(&policies.rows, policies.rows.size, policies_row_free,
	    NULL);
	hmap_fini(&policies.rows);
	policy_ways_fini(&policies.ways);
	buf_free(&policies.names);
	buf_free(&policies.text);
	policies.open = false;
}
