/*
 * Fields one after the other, as both kinds have them:
 *
 *	blob id; values (policy_values_put()); uint 8 ttl_ms; uint 1 keep
 *	blob tag; uint 2 count, blob name, blob value of each property
 *
 * and before them, of a policy: blob type; uint 2 fields, given; uint 4
 * concurrency; uint 8 thousandths, per_ms; uint 1 algorithm; uint 4
 * connectinterval_ms; uint 1: 1 stop, 2 cluster.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/wire.h"

#include "policy_wire.h"

enum { WIRE_TEXT = 1024 };
enum { WIRE_STOP = 1, WIRE_CLUSTER = 2 };

/* What both have. */
struct wire_common {
	struct str		 id, tag;
	struct policy_values	 on;
	const struct policy_property *properties;
	size_t			 property_count;
	int64_t			 ttl_ms;
	bool			 keep;
};

/* Also once it has an id: it is kept with that. */
static bool
wire_fits(size_t len, struct str id)
{
	return len + (id.len < POLICY_LIVE_ID ? POLICY_LIVE_ID - id.len : 0) <=
	    POLICY_WIRE_MAX;
}

static int
wire_put_common(struct buf *out, const struct wire_common *c)
{
	size_t	i;

	if (wire_put_blob(out, c->id, WIRE_TEXT) == -1)
		return -1;
	if (policy_values_put(out, &c->on) == -1)
		return -1;
	wire_put_uint(out, (uint64_t)c->ttl_ms, 8);
	wire_put_uint(out, c->keep, 1);
	if (wire_put_blob(out, c->tag, WIRE_TEXT) == -1 ||
	    c->property_count > POLICY_PROPERTIES)
		return -1;
	wire_put_uint(out, c->property_count, 2);
	for (i = 0; i < c->property_count; i++)
		if (wire_put_blob(out, c->properties[i].name,
		    WIRE_TEXT) == -1 ||
		    wire_put_blob(out, c->properties[i].value,
		    WIRE_TEXT) == -1)
			return -1;
	return 0;
}

static int
wire_get_properties(struct rbuf *r, struct wire_common *c)
{
	struct policy_property	*p;
	uint64_t		 n, i;

	if (wire_get_uint(r, &n, 2) == -1 || n > POLICY_PROPERTIES)
		return -1;
	c->properties = p = xcalloc(n + 1, sizeof *p);
	for (i = 0; i < n; i++)
		if (wire_get_blob(r, &p[i].name, WIRE_TEXT) == -1 ||
		    wire_get_blob(r, &p[i].value, WIRE_TEXT) == -1)
			return -1;
	c->property_count = n;
	return r->len == 0 ? 0 : -1;
}

static int
wire_get_values(struct rbuf *r, struct policy_values *v)
{
	int	f;

	for (f = 0; f < POLICY_FIELDS; f++)
		if (wire_get_blob(r, &v->of[f], WIRE_TEXT) == -1)
			return -1;
	return 0;
}

/* size: of all of it, with what came before. */
static int
wire_get_common(struct rbuf *r, size_t size, struct wire_common *c)
{
	uint64_t	ttl_ms, keep;

	memset(c, 0, sizeof *c);
	if (wire_get_blob(r, &c->id, WIRE_TEXT) == -1 ||
	    !wire_fits(size, c->id) ||
	    wire_get_values(r, &c->on) == -1 ||
	    wire_get_uint(r, &ttl_ms, 8) == -1 || ttl_ms > INT64_MAX ||
	    wire_get_uint(r, &keep, 1) == -1 || keep > 1 ||
	    wire_get_blob(r, &c->tag, WIRE_TEXT) == -1)
		return -1;
	c->ttl_ms = (int64_t)ttl_ms;
	c->keep = keep != 0;
	if (wire_get_properties(r, c) == 0)
		return 0;
	policy_wire_free(&c->properties);
	return -1;
}

void
policy_wire_free(const struct policy_property **properties)
{
	free((void *)(uintptr_t)*properties);
	*properties = NULL;
}

/* ---- Policies ------------------------------------------------------------ */

int
policy_dynamic_put(struct buf *out, const struct policy_dynamic_in *in)
{
	const size_t			 before = out->len;
	const struct policy_limits	*m = &in->limits;
	const struct wire_common	 c = { .id = in->id, .tag = m->tag,
					    .on = in->on,
					    .properties = m->properties,
					    .property_count =
					    m->property_count,
					    .ttl_ms = in->ttl_ms,
					    .keep = in->keep };

	if (wire_put_blob(out, in->type, WIRE_TEXT) == -1)
		return -1;
	wire_put_uint(out, in->fields, 2);
	wire_put_uint(out, m->given, 2);
	wire_put_uint(out, m->limits.concurrency, 4);
	wire_put_uint(out, m->limits.rate.thousandths, 8);
	wire_put_uint(out, (uint64_t)m->limits.rate.per_ms, 8);
	wire_put_uint(out, (uint64_t)m->limits.algorithm, 1);
	wire_put_uint(out, m->limits.connectinterval_ms, 4);
	wire_put_uint(out, (m->stop ? WIRE_STOP : 0) |
	    (m->cluster ? WIRE_CLUSTER : 0), 1);
	if (wire_put_common(out, &c) == -1)
		return -1;
	return wire_fits(out->len - before, in->id) ? 0 : -1;
}

/* Bounds are those of policy.cf's options. */
static int
wire_get_limits(struct rbuf *r, struct policy_limits *m)
{
	uint64_t	given, concurrency, thousandths, per_ms, algorithm;
	uint64_t	interval, flags;

	if (wire_get_uint(r, &given, 2) == -1 ||
	    wire_get_uint(r, &concurrency, 4) == -1 ||
	    concurrency > 1000000 ||
	    wire_get_uint(r, &thousandths, 8) == -1 ||
	    thousandths > UINT32_MAX * 1000ULL ||
	    wire_get_uint(r, &per_ms, 8) == -1 ||
	    per_ms > 366ULL * 86400000 ||
	    (thousandths > 0) != (per_ms > 0) ||
	    wire_get_uint(r, &algorithm, 1) == -1 ||
	    algorithm > SCHEDULE_FIXEDWINDOW ||
	    wire_get_uint(r, &interval, 4) == -1 || interval > 86400000 ||
	    wire_get_uint(r, &flags, 1) == -1 || flags > 3)
		return -1;
	m->given = (unsigned)given;
	m->limits.concurrency = (uint32_t)concurrency;
	m->limits.rate.thousandths = thousandths;
	m->limits.rate.per_ms = (int64_t)per_ms;
	m->limits.algorithm = (enum schedule_algorithm)algorithm;
	m->limits.connectinterval_ms = (uint32_t)interval;
	m->stop = (flags & WIRE_STOP) != 0;
	m->cluster = (flags & WIRE_CLUSTER) != 0;
	return 0;
}

int
policy_dynamic_get(struct policy_dynamic_in *in, struct str bytes)
{
	struct rbuf		r = { (const unsigned char *)bytes.p,
				    bytes.len };
	struct wire_common	c;
	uint64_t		fields;

	memset(in, 0, sizeof *in);
	if (wire_get_blob(&r, &in->type, WIRE_TEXT) == -1 ||
	    wire_get_uint(&r, &fields, 2) == -1 || fields >= POLICY_MASKS ||
	    wire_get_limits(&r, &in->limits) == -1 ||
	    wire_get_common(&r, bytes.len, &c) == -1)
		return -1;
	in->fields = (unsigned)fields;
	in->id = c.id;
	in->on = c.on;
	in->ttl_ms = c.ttl_ms;
	in->keep = c.keep;
	in->limits.tag = c.tag;
	in->limits.properties = c.properties;
	in->limits.property_count = c.property_count;
	return 0;
}

/* ---- Suspensions --------------------------------------------------------- */

int
policy_suspend_put(struct buf *out, const struct policy_suspend_in *in)
{
	const size_t			before = out->len;
	const struct wire_common	c = { .id = in->id, .tag = in->tag,
					    .on = in->on,
					    .properties = in->properties,
					    .property_count =
					    in->property_count,
					    .ttl_ms = in->ttl_ms,
					    .keep = in->keep };

	if (wire_put_common(out, &c) == -1)
		return -1;
	return wire_fits(out->len - before, in->id) ? 0 : -1;
}

int
policy_suspend_get(struct policy_suspend_in *in, struct str bytes)
{
	struct rbuf		r = { (const unsigned char *)bytes.p,
				    bytes.len };
	struct wire_common	c;

	memset(in, 0, sizeof *in);
	if (wire_get_common(&r, bytes.len, &c) == -1)
		return -1;
	*in = (struct policy_suspend_in){ .id = c.id, .on = c.on,
	    .tag = c.tag, .properties = c.properties,
	    .property_count = c.property_count, .ttl_ms = c.ttl_ms,
	    .keep = c.keep };
	return 0;
}
