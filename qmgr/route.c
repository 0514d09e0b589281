/*
 * Routes: a cache of what workers found out, bounded, the oldest first to go.
 *
 * Questions wait for a worker, a bounded number of them at a time; one that
 * has no answer for long is put to another.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/wire.h"
#include "ipc/channel.h"
#include "schedule/slab.h"

#include "hopset.h"
#include "route.h"
#include "told.h"

#define ROUTE_KIND		1
#define ROUTE_KNOWN_MAX		50000
#define ROUTE_KNOWN_BYTES	(256U << 20)	/* of their lists, too */
#define ROUTE_ASKED_MAX		1000
#define ROUTE_WAITERS_MAX	1000
#define ROUTE_ANSWER_MS		120000
#define ROUTE_LOOK_MS		5000

TAILQ_HEAD(route_list, route);

static struct {
	struct hmap		 by_key;
	struct hmap		 by_question;	/* struct route_question */
	struct slab		 places;	/* of pointers */
	struct route_list	 known;		/* oldest answers first */
	struct route_list	 asked;		/* oldest questions first */
	struct route_list	 to_ask;
	size_t			 known_count, known_bytes, asked_count;
	uint64_t		 questions;
	struct timer		 look;
	bool			 open;
	bool			 asking;
	struct buf		 key;
} routes;

struct route_question {
	struct hmap_entry	 hash;
	uint64_t		 number;
	struct route		*route;
};

static void	route_ask_more(void);

static struct route **
route_place(uint32_t i)
{
	return slab_at(&routes.places, i);
}

/* ---- The table ----------------------------------------------------------- */

/* One route for all domains, if it goes to one host. */
static void
route_key(struct buf *b, const struct outlet *o, struct str domain)
{
	buf_clear(b);
	wire_put_uint(b, o->number, 8);
	if (o->transport->mode == TRANSPORT_MX &&
	    o->transport->host.len == 0)
		buf_add_str(b, domain);
}

static struct route *
route_new(const struct outlet *o, struct str key)
{
	struct route	*r = xcalloc(1, sizeof *r);

	buf_add_str(&r->key, key);
	key = buf_str(&r->key);
	r->domain = (struct str){ key.p + 8, key.len - 8 };
	r->outlet = o->number;
	TAILQ_INIT(&r->waiting);
	r->hash.key = key.p;
	r->hash.len = (uint32_t)key.len;
	r->hash.kind = ROUTE_KIND;
	hmap_insert(&routes.by_key, &r->hash);
	r->self = slab_take(&routes.places);
	*route_place(r->self) = r;
	return r;
}

/* It is on no list, and nobody waits. */
static void
route_free(struct route *r)
{
	if (r->hopset != 0)
		hopset_drop(r->hopset);
	hmap_remove(&routes.by_key, &r->hash);
	slab_give(&routes.places, r->self);
	buf_free(&r->key);
	free(r);
}

static void
route_unknow(struct route *r)
{
	TAILQ_REMOVE(&routes.known, r, link);
	routes.known_count--;
	routes.known_bytes -= hopset_at(r->hopset)->cost;
}

static void
route_shrink(void)
{
	struct route	*r;

	while (routes.known_count > ROUTE_KNOWN_MAX ||
	    routes.known_bytes > ROUTE_KNOWN_BYTES) {
		r = TAILQ_FIRST(&routes.known);
		route_unknow(r);
		route_free(r);
	}
}

/* ---- Questions ----------------------------------------------------------- */

static struct route_question *
route_question(uint64_t number)
{
	return (struct route_question *)hmap_find(&routes.by_question,
	    ROUTE_KIND, (struct str){ (char *)&number, sizeof number });
}

static void
route_ask(struct route *r, struct agent *a, const struct outlet *o)
{
	struct route_question		*q = xcalloc(1, sizeof *q);
	struct ipc_DELIVER_ASK		 m = { .transport = o->number };

	q->number = r->question = ++routes.questions;
	q->route = r;
	q->hash.key = (const char *)&q->number;
	q->hash.len = sizeof q->number;
	q->hash.kind = ROUTE_KIND;
	hmap_insert(&routes.by_question, &q->hash);
	r->asked = a->slot;
	r->asked_ms = delivery_now();
	TAILQ_INSERT_TAIL(&routes.asked, r, link);
	routes.asked_count++;
	told_tell(a, TOLD_TRANSPORT, o->number, buf_str(&o->text));
	m.number = q->number;
	if (r->domain.len < sizeof m.domain)
		memcpy(m.domain, r->domain.p, r->domain.len);
	CHANNEL_PUT(a->channel, DELIVER_ASK, -1, &m);
}

/* The question is closed, whatever came of it. */
static void
route_close_question(struct route *r)
{
	struct route_question	*q = route_question(r->question);

	hmap_remove(&routes.by_question, &q->hash);
	free(q);
	r->question = 0;
	TAILQ_REMOVE(&routes.asked, r, link);
	routes.asked_count--;
}

static void
route_want(struct route *r)
{
	TAILQ_INSERT_TAIL(&routes.to_ask, r, link);
}

/* Those that wait are looked at again: their route is known. */
static void
route_release(struct route *r)
{
	struct active	*a;

	while ((a = TAILQ_FIRST(&r->waiting)) != NULL)
		active_anew(a);
	if (r->refused)
		pump_unfill_all();
	r->refused = false;
}

/* Its transport is not what it was: who waits finds the one that is now. */
static void
route_end(struct route *r)
{
	struct active_list	waiting = TAILQ_HEAD_INITIALIZER(waiting);
	struct active		*a;
	bool			 refused = r->refused;

	while ((a = TAILQ_FIRST(&r->waiting)) != NULL) {
		route_leave(a);
		TAILQ_INSERT_TAIL(&waiting, a, link);
	}
	route_free(r);
	while ((a = TAILQ_FIRST(&waiting)) != NULL) {
		TAILQ_REMOVE(&waiting, a, link);
		active_anew(a);
	}
	if (refused)
		pump_unfill_all();
}

/* What ends here wants another route, and so comes back: the loop that runs
 * finds it in turn.  Of calls within calls there might be as many as routes. */
static void
route_ask_more(void)
{
	const struct outlet	*o;
	struct route		*r;
	struct agent		*a;

	if (routes.asking)
		return;
	routes.asking = true;
	while (routes.asked_count < ROUTE_ASKED_MAX &&
	    (r = TAILQ_FIRST(&routes.to_ask)) != NULL &&
	    (a = agent_idle()) != NULL) {
		TAILQ_REMOVE(&routes.to_ask, r, link);
		o = outlets_numbered(r->outlet);
		if (o == NULL)
			route_end(r);
		else
			route_ask(r, a, o);
	}
	routes.asking = false;
	if (routes.asked_count > 0)
		timer_start(&routes.look, ROUTE_LOOK_MS);
}

/* Who does not answer for long is not waited for. */
static void
route_look(void *arg)
{
	struct route	*r;

	(void)arg;
	while ((r = TAILQ_FIRST(&routes.asked)) != NULL &&
	    delivery_now() - r->asked_ms > ROUTE_ANSWER_MS) {
		route_close_question(r);
		route_want(r);
	}
	route_ask_more();
}

void
route_agent_ready(void)
{
	if (routes.open)
		route_ask_more();
}

void
route_agent_away(const struct agent *a)
{
	struct route	*r, *next;

	if (!routes.open)
		return;
	TAILQ_FOREACH_SAFE(r, &routes.asked, link, next)
		if (r->asked == a->slot) {
			route_close_question(r);
			route_want(r);
		}
	route_ask_more();
}

/* ---- Answers ------------------------------------------------------------- */

int
route_on_hops(struct agent *a, struct rbuf *rb)
{
	struct ipc_DELIVER_HOPS	 m;
	struct route_question	*q;
	struct route		*r;
	uint32_t		 hopset, ttl_s = 0;

	if (ipc_get_DELIVER_HOPS(rb, &m) == -1)
		return -1;
	/* It was put to another one meanwhile. */
	if ((q = route_question(m.number)) == NULL ||
	    q->route->asked != a->slot)
		return 0;
	if ((hopset = hopset_take(m.hops, STR_NONE, 0, &ttl_s)) == 0)
		return -1;
	r = q->route;
	route_close_question(r);
	if (r->hopset != 0)
		hopset_drop(r->hopset);
	r->hopset = hopset;
	if (ttl_s < NEXTHOPS_TTL_MIN_S)
		ttl_s = NEXTHOPS_TTL_MIN_S;
	r->until_ms = delivery_now() + (int64_t)ttl_s * 1000;
	TAILQ_INSERT_TAIL(&routes.known, r, link);
	routes.known_count++;
	routes.known_bytes += hopset_at(r->hopset)->cost;
	route_release(r);
	route_shrink();
	route_ask_more();
	return 0;
}

uint32_t
route_hops(const struct outlet *o, struct str domain, struct route **rp)
{
	struct route	*r;

	route_key(&routes.key, o, domain);
	r = (struct route *)hmap_find(&routes.by_key, ROUTE_KIND,
	    buf_str(&routes.key));
	if (r != NULL && r->hopset != 0 && r->until_ms > delivery_now())
		return r->hopset;
	*rp = r;
	if (r == NULL)
		*rp = r = route_new(o, buf_str(&routes.key));
	else if (r->hopset != 0) {
		route_unknow(r);
		hopset_drop(r->hopset);
		r->hopset = 0;
	} else
		return 0;		/* it is being asked for */
	route_want(r);
	route_ask_more();
	return 0;
}

/* ---- Who waits ----------------------------------------------------------- */

bool
route_wait(struct route *r, struct active *a)
{
	if (r->waiters >= ROUTE_WAITERS_MAX) {
		r->refused = true;
		return false;
	}
	a->routing = true;
	a->place = r->self;
	r->waiters++;
	TAILQ_INSERT_TAIL(&r->waiting, a, link);
	return true;
}

void
route_leave(struct active *a)
{
	struct route	*r = *route_place(a->place);

	TAILQ_REMOVE(&r->waiting, a, link);
	r->waiters--;
	a->routing = false;
	a->place = 0;
}

/* ---- All of them --------------------------------------------------------- */

uint64_t
route_forget(void)
{
	struct route	*r;
	uint64_t	 count = 0;

	while ((r = TAILQ_FIRST(&routes.known)) != NULL) {
		route_unknow(r);
		route_free(r);
		count++;
	}
	return count;
}

void
route_prepare(struct worker *w)
{
	timer_init(&routes.look, w->loop, route_look, NULL);
}

void
route_open(void)
{
	hmap_init(&routes.by_key);
	hmap_init(&routes.by_question);
	slab_init(&routes.places, sizeof(struct route *));
	TAILQ_INIT(&routes.known);
	TAILQ_INIT(&routes.asked);
	TAILQ_INIT(&routes.to_ask);
	routes.open = true;
}

static void
route_free_entry(void *arg, struct hmap_entry *e)
{
	(void)arg;
	route_free((struct route *)e);
}

void
route_close(void)
{
	struct route	*r;

	while ((r = TAILQ_FIRST(&routes.asked)) != NULL)
		route_close_question(r);
	hmap_walk(&routes.by_key, routes.by_key.size, route_free_entry, NULL);
	hmap_fini(&routes.by_key);
	hmap_fini(&routes.by_question);
	slab_fini(&routes.places);
	buf_free(&routes.key);
	timer_stop(&routes.look);
	routes.known_count = routes.known_bytes = routes.asked_count = 0;
	routes.open = false;
}
