/*
 * One function for each kind of object; times are Unix time with milliseconds.
 */
#include "schedule/schedule_view.h"

#include "policy_rows.h"

struct rows {
	struct buf	*out;
	uint64_t	 left;
	bool		 more;
};

/* ---- Parts --------------------------------------------------------------- */

static void
rows_text(struct buf *out, const char *name, struct str value)
{
	if (value.len == 0)
		return;
	buf_printf(out, ",\"%s\":", name);
	buf_add_json(out, value);
}

/* Of the scheduler's clock. */
static void
rows_time(struct buf *out, const char *name, int64_t ms)
{
	int64_t	wall_ms = keeper_wall_ms() + ms - delivery_now();

	if (ms == INT64_MAX || ms <= 0)
		return;
	buf_printf(out, ",\"%s\":%lld.%03lld", name,
	    (long long)wall_ms / 1000, (long long)wall_ms % 1000);
}

static void
rows_fields(struct buf *out, unsigned fields)
{
	const char	*between = "";
	int		 f;

	buf_add_text(out, ",\"fields\":[");
	for (f = 0; f < POLICY_FIELDS; f++)
		if ((fields & POLICY_BIT(f)) != 0) {
			buf_printf(out, "%s\"%s\"", between,
			    policy_field_name((enum policy_field)f));
			between = ",";
		}
	buf_add_byte(out, ']');
}

static void
rows_values(struct buf *out, const char *name, const struct str *on)
{
	const char	*between = "";
	int		 f;

	buf_printf(out, ",\"%s\":{", name);
	for (f = 0; f < POLICY_FIELDS; f++)
		if (on[f].len > 0) {
			buf_printf(out, "%s\"%s\":", between,
			    policy_field_name((enum policy_field)f));
			buf_add_json(out, on[f]);
			between = ",";
		}
	buf_add_byte(out, '}');
}

static void
rows_properties(struct buf *out, const struct policy_property *p,
    size_t count)
{
	size_t	i;

	if (count == 0)
		return;
	buf_add_text(out, ",\"properties\":{");
	for (i = 0; i < count; i++) {
		buf_add_text(out, i > 0 ? "," : "");
		buf_add_json(out, p[i].name);
		buf_add_byte(out, ':');
		buf_add_json(out, p[i].value);
	}
	buf_add_byte(out, '}');
}

static void
rows_rate(struct buf *out, const struct schedule_limits *l)
{
	static const char	*const names[] = {
		[SCHEDULE_SPREAD] = "spread",
		[SCHEDULE_TOKENBUCKET] = "tokenbucket",
		[SCHEDULE_FIXEDWINDOW] = "fixedwindow",
	};

	if (l->rate.thousandths == 0)
		return;
	buf_printf(out, ",\"rate\":[%g,%g],\"rate_algorithm\":\"%s\"",
	    (double)l->rate.thousandths / 1000,
	    (double)l->rate.per_ms / 1000, names[l->algorithm]);
}

static void
rows_limits(struct buf *out, const struct schedule_limits *l)
{
	if (l->concurrency > 0)
		buf_printf(out, ",\"concurrency\":%u", l->concurrency);
	rows_rate(out, l);
	if (l->connectinterval_ms > 0)
		buf_printf(out, ",\"connectinterval\":%g",
		    (double)l->connectinterval_ms / 1000);
}

/* What is counted against it now. */
static void
rows_limiter(struct buf *out, const struct schedule_limiter_view *v)
{
	buf_printf(out, ",\"connections\":%u,\"idle\":%u,\"waiting\":%u",
	    v->busy, v->idle, v->waiting);
	if (v->limits.rate.thousandths > 0)
		buf_printf(out, ",\"tokens\":%u", v->tokens);
	if (v->room_ms > delivery_now())
		rows_time(out, "room", v->room_ms);
}

/* ---- Dynamic ones -------------------------------------------------------- */

static bool
rows_begin(struct rows *r)
{
	r->more = r->left == 0;
	r->left -= r->left > 0;
	return !r->more;
}

static void
rows_dynamic(void *arg, const struct policy_dynamic *d)
{
	struct rows		*r = arg;
	struct buf		*out = r->out;

	if (!rows_begin(r))
		return;
	buf_add_text(out, "{\"id\":");
	buf_add_json(out, d->id);
	rows_text(out, "type", d->type);
	rows_fields(out, d->fields);
	rows_values(out, "on", d->on.of);
	rows_limits(out, &d->limits.limits);
	if (d->limits.stop)
		buf_add_text(out, ",\"stop\":true");
	rows_text(out, "tag", d->limits.tag);
	rows_properties(out, d->limits.properties,
	    d->limits.property_count);
	rows_time(out, "expires", d->expires_ms);
	if (d->policy != NULL)
		rows_text(out, "policy", d->policy->id);
	else
		buf_add_text(out, ",\"detached\":true");
	buf_add_text(out, "}\n");
}

void
policy_rows_suspension(struct buf *out, const struct policy_suspension *s)
{
	buf_add_text(out, "{\"id\":");
	buf_add_json(out, s->id);
	rows_values(out, "on", s->on);
	rows_text(out, "tag", s->tag);
	rows_properties(out, s->properties, s->property_count);
	rows_text(out, "window", s->window);
	rows_time(out, "expires", s->expires_ms);
	if (s->line > 0)
		buf_printf(out, ",\"file\":\"policy.cf\",\"line\":%d",
		    s->line);
	if (s->detached)
		buf_add_text(out, ",\"detached\":true");
	buf_printf(out, ",\"suspends\":%s}", s->open && !s->detached ?
	    "true" : "false");
}

static void
rows_suspension(void *arg, const struct policy_suspension *s)
{
	struct rows	*r = arg;

	if (!rows_begin(r))
		return;
	policy_rows_suspension(r->out, s);
	buf_add_byte(r->out, '\n');
}

bool
policy_rows_live(struct buf *out, enum live_kind kind, uint64_t limit)
{
	struct rows	 r = { .out = out, .left = limit };
	struct policies	*p = policies_all();
	size_t		 i;

	if (kind == LIVE_KIND_POLICY)
		policy_live_show(policies_live(), rows_dynamic, NULL, &r);
	else {
		for (i = 0; i < policies_suspension_count(p); i++)
			rows_suspension(&r, policies_suspension(p, i));
		policy_live_show(policies_live(), NULL, rows_suspension,
		    &r);
	}
	return r.more;
}

/* ---- Limiters ------------------------------------------------------------ */

/* "mx remotemx=... localip=..." is of the policy "mx". */
static bool
rows_is_of(struct str name, struct str policy)
{
	return policy.len == 0 || (name.len > policy.len &&
	    name.p[policy.len] == ' ' &&
	    str_eq((struct str){ name.p, policy.len }, policy));
}

bool
policy_rows_limiters(struct buf *out, struct str policy, uint64_t limit)
{
	struct schedule_limiter_view	v;
	uint32_t			at = 0;

	while (schedule_limiter_next(delivery_schedule(), &at,
	    delivery_now(), &v)) {
		if (!rows_is_of(v.name, policy))
			continue;
		if (limit-- == 0)
			return true;
		buf_add_text(out, "{\"limiter\":");
		buf_add_json(out, v.name);
		rows_limits(out, &v.limits);
		rows_limiter(out, &v);
		buf_add_text(out, "}\n");
	}
	return false;
}

/* ---- What applies -------------------------------------------------------- */

static void
rows_tags(struct buf *out, const struct policy_applied *a)
{
	struct str	tag;
	size_t		i;

	for (i = 0; (tag = policy_applied_tag(a, i)).len > 0; i++) {
		buf_add_text(out, i == 0 ? ",\"tags\":[" : ",");
		buf_add_json(out, tag);
	}
	if (i > 0)
		buf_add_byte(out, ']');
}

static void
rows_applied_properties(struct buf *out, const struct policy_applied *a)
{
	struct policy_property	p;
	size_t			i;

	for (i = 0; policy_applied_property(a, i, &p); i++) {
		buf_add_text(out, i == 0 ? ",\"properties\":{" : ",");
		buf_add_json(out, p.name);
		buf_add_byte(out, ':');
		buf_add_json(out, p.value);
	}
	if (i > 0)
		buf_add_byte(out, '}');
}

static void
rows_applied_dynamic(struct buf *out, const struct policy_applied *a)
{
	size_t	i;

	for (i = 0; i < a->dynamic_count; i++) {
		buf_add_text(out, i == 0 ? ",\"dynamic\":[" : ",");
		buf_add_json(out, a->dynamic[i]->id);
	}
	if (i > 0)
		buf_add_byte(out, ']');
}

static void
rows_applied(struct buf *out, const struct policy_applied *a)
{
	struct schedule_limiter_view	v;

	buf_add_text(out, "{\"policy\":");
	buf_add_json(out, a->policy->id);
	buf_printf(out, ",\"file\":\"policy.cf\",\"line\":%d",
	    a->said->line);
	rows_text(out, "limiter", a->name);
	rows_limits(out, &a->limits);
	rows_tags(out, a);
	rows_applied_properties(out, a);
	rows_applied_dynamic(out, a);
	if (a->stop)
		buf_add_text(out, ",\"stop\":true");
	if (schedule_limiter_find(delivery_schedule(), a->name,
	    delivery_now(), &v))
		rows_limiter(out, &v);
	buf_add_byte(out, '}');
}

void
policy_rows_match(struct buf *out, const struct policy_match *m)
{
	size_t	i;

	buf_add_byte(out, '[');
	for (i = 0; i < m->count; i++) {
		buf_add_text(out, i > 0 ? "," : "");
		rows_applied(out, &m->applied[i]);
	}
	buf_add_byte(out, ']');
}

void
policy_rows_shape(struct buf *out, const struct policy_values *given)
{
	struct policy_values	v = *given;
	struct policy_match	m;

	if (v.of[POLICY_FIELD_GROUPING].len == 0)
		v.of[POLICY_FIELD_GROUPING] = policies_grouping(
		    policies_all(), &v);
	policies_match_values(&v, &m);
	buf_add_text(out, "{\"grouping\":");
	buf_add_json(out, v.of[POLICY_FIELD_GROUPING]);
	buf_add_text(out, ",\"policies\":");
	policy_rows_match(out, &m);
	if (m.delivery != NULL) {
		buf_add_text(out, ",\"delivery\":{\"id\":");
		buf_add_json(out, m.delivery->id);
		buf_printf(out, ",\"file\":\"policy.cf\",\"line\":%d}",
		    m.delivery->line);
	}
	if (m.suspension != NULL) {
		buf_add_text(out, ",\"suspension\":");
		policy_rows_suspension(out, m.suspension);
	}
	buf_add_text(out, "}\n");
}

/* ---- The post-delivery document's words ---------------------------------- */

/* The values that the policy rolls up. */
static void
rows_rollups(struct buf *out, const struct policy *p,
    const struct policy_values *v)
{
	const char	*before = ",\"grouping\":{";
	struct str	 id;
	int		 f;

	for (f = 0; f < POLICY_FIELDS; f++) {
		if ((p->fields & POLICY_BIT(f)) == 0)
			continue;
		id = policies_rollup(policies_all(), p, (enum policy_field)f,
		    v->of[f]);
		if (id.len == 0)
			continue;
		buf_printf(out, "%s\"%s\":", before,
		    policy_field_name((enum policy_field)f));
		buf_add_json(out, id);
		before = ",";
	}
	if (before[1] == '\0')
		buf_add_byte(out, '}');
}

static void
rows_pickup_dynamic(struct buf *out, const struct policy_applied *a)
{
	const struct policy_dynamic	*d;
	size_t				 i;

	for (i = 0; i < a->dynamic_count; i++) {
		d = a->dynamic[i];
		buf_add_text(out, i == 0 ? ",\"dynamic\":[" : ",");
		buf_add_text(out, "{\"id\":");
		buf_add_json(out, d->id);
		rows_text(out, "type", d->type);
		rows_text(out, "tag", d->limits.tag);
		rows_properties(out, d->limits.properties,
		    d->limits.property_count);
		buf_add_byte(out, '}');
	}
	if (i > 0)
		buf_add_byte(out, ']');
}

static void
rows_pickup(struct buf *out, const struct policy_applied *a,
    const struct policy_values *v)
{
	const struct schedule_limits	*l = &a->limits;

	buf_add_text(out, "{\"stop\":");
	buf_add_text(out, a->stop ? "true" : "false");
	rows_fields(out, a->policy->fields);
	rows_rollups(out, a->policy, v);
	rows_pickup_dynamic(out, a);
	rows_tags(out, a);
	if (l->concurrency > 0)
		buf_printf(out, ",\"concurrency\":%u", l->concurrency);
	if (l->rate.thousandths > 0)
		buf_printf(out, ",\"rate\":[%g,%g]",
		    (double)l->rate.thousandths / 1000,
		    (double)l->rate.per_ms / 1000);
	rows_applied_properties(out, a);
	buf_add_byte(out, '}');
}

void
policy_rows_pickup(struct buf *out, const struct schedule_subqueue *q,
    struct str grouping, const struct hopset *h, unsigned hop)
{
	struct policy_values	v = policies_values(q, grouping, h, hop);
	struct policy_match	m;
	struct str		tag;
	const char		*between = "";
	size_t			i, n;

	policies_match_values(&v, &m);
	buf_add_text(out, "{\"tags\":[");
	for (i = 0; i < m.count; i++)
		for (n = 0; (tag = policy_applied_tag(&m.applied[i],
		    n)).len > 0; n++) {
			buf_add_text(out, between);
			buf_add_json(out, tag);
			between = ",";
		}
	buf_add_text(out, "],\"policies\":[");
	for (i = 0; i < m.count; i++) {
		buf_add_text(out, i > 0 ? "," : "");
		rows_pickup(out, &m.applied[i], &v);
	}
	buf_add_text(out, "]}");
}
