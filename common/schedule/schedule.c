/*
 * schedule - what of the queue goes next, and when
 *
 *	entry -> virtual queue -> class -> heap of classes that may go
 *	              |             |
 *	              v             v
 *	         own limiter   shared limiter -> wheel of timers
 *
 * An entry stands in its virtual queue (schedule_queue.c: what could go over
 * one connection), a queue in its class (schedule_class.c: what has the same
 * shared limiters), a class in the heap of those that may go or on the list
 * of what it waits for (schedule_limiter.c).  schedule_pickup.c takes the next,
 * schedule_conn.c keeps what it holds.  A queue, a class, a name are there
 * only as long as an entry needs them; all have 32-bit indices in slabs.
 *
 * Of several candidates schedule_choose.c says which is tried, for some hosts
 * may be barred (schedule_host.c).  Routes change: a queue whose route is of a
 * former generation does not go (schedule_renew.c).
 *
 * What waits costs nothing: it is looked at when a limiter of its own gets
 * room.  So the work of a pickup depends on how many limiters a candidate has
 * and not on how many queues there are.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "schedule_private.h"

static struct wheel_timer *
schedule_timer(const void *arg, uint32_t i)
{
	const struct schedule *s = arg;

	return &PART(s, limiter, i)->timer;
}

static void
schedule_slabs(struct schedule *s)
{
	slab_init(&s->entries, sizeof(struct entry));
	slab_init(&s->queues, sizeof(struct queue));
	slab_init(&s->limiters, sizeof(struct limiter));
	slab_init(&s->limits, sizeof(struct limits));
	slab_init(&s->waits, sizeof(struct wait));
	slab_init(&s->classes, sizeof(struct class));
	slab_init(&s->lanes, sizeof(struct lane));
	slab_init(&s->tenants, sizeof(struct tenant));
	slab_init(&s->subqueues, sizeof(struct subqueue));
	slab_init(&s->transports, sizeof(struct transport_limits));
	slab_init(&s->conns, sizeof(struct conn));
	slab_init(&s->holds, sizeof(struct hold));
	slab_init(&s->pools, sizeof(struct pool));
	slab_init(&s->hosts, sizeof(struct host));
	slab_init(&s->names, sizeof(struct schedule_name));
	slab_init(&s->routes, sizeof(struct route *));
}

struct schedule *
schedule_new(const struct schedule_options *o)
{
	struct schedule *s = xcalloc(1, sizeof(*s));
	struct hmap	 keyed;

	s->o = *o;
	if (s->o.active_limit == 0)
		s->o.active_limit = 100000;
	if (s->o.active_window == 0)
		s->o.active_window = 100;
	s->now = o->start_ms;
	hmap_init(&keyed);
	s->secret[0] = keyed.secret[0];
	s->secret[1] = keyed.secret[1];
	hmap_fini(&keyed);
	s->random = o->seed != 0 ? o->seed : s->secret[0] ^ s->secret[1];
	s->generation = 1;
	s->swept = 1;
	schedule_slabs(s);
	wheel_init(&s->wheel, s->now, schedule_timer, s);
	return s;
}

/* Names and routes are the only things outside of slabs. */
static void
schedule_free_texts(struct schedule *s)
{
	for (uint32_t at = 0; at < s->by_name.size; at++)
		sname_free(s, (uint32_t)s->by_name.slot[at]);
	for (uint32_t at = 0; at < s->by_route.size; at++)
		if (s->by_route.slot[at] != 0)
			free(*(void **)slab_at(&s->routes,
			    (uint32_t)s->by_route.slot[at]));
}

void
schedule_free(struct schedule **sp)
{
	struct schedule *s = *sp;

	if (s == NULL)
		return;
	schedule_free_texts(s);
	for (struct slab *b = &s->entries; b <= &s->routes; b++)
		slab_fini(b);
	for (struct slab_index *x = &s->by_queue; x <= &s->by_route; x++)
		slab_index_fini(x);
	free(s->actions);
	free(s->refs);
	free(s);
	*sp = NULL;
}

void
schedule_clock(struct schedule *s, int64_t now_ms)
{
	action_forget(s);
	if (now_ms > s->now)
		s->now = now_ms;
	limiter_timers(s);
	if (s->barred != 0)
		host_clock(s);
}

/* ---- Transports --------------------------------------------------------- */

static bool
transport_same(const void *arg, uint32_t i, const void *key)
{
	const struct schedule *s = arg;

	return PART(s, transport_limits, i)->name == *(const uint32_t *)key;
}

/* One that was not told of has no limits. */
uint32_t
transport_take(struct schedule *s, uint32_t name)
{
	uint32_t		 hash = slab_hash(&name, 1), i;
	struct transport_limits *t;

	i = slab_index_find(&s->by_transport, hash, transport_same, s, &name);
	if (i != 0)
		return i;
	i = slab_take(&s->transports);
	t = PART(s, transport_limits, i);
	t->name = sname_ref(s, name);
	t->recipients = 1;
	slab_index_add(&s->by_transport, hash, i);
	return i;
}

void
schedule_transport(struct schedule *s, struct str id,
    const struct schedule_limits *limits, uint32_t recipients)
{
	uint32_t		 name = sname_take(s, id);
	struct transport_limits *t = PART(s, transport_limits,
	    transport_take(s, name));
	char			 text[300];
	struct str		 label = { text, 0 };

	action_forget(s);
	sname_drop(s, name);
	t->recipients = recipients < 1 ? 1 : recipients;
	label.len = (size_t)snprintf(text, sizeof(text), "transport %.*s",
	    (int)(id.len < 255 ? id.len : 255), id.p);
	if (t->limiter == 0) {
		t->limiter = limiter_take(s, label, limits);
		PART(s, limiter, t->limiter)->users++;
	}
	limiter_set(s, t->limiter, limits);
}
