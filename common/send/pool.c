/*
 * The line is served by a task at the end of the turn in which a place or a
 * connection became free: who frees one is in the middle of something, and a
 * send that arrives meanwhile goes behind those who wait.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "pool.h"
#include "send_private.h"

void
pool_init(struct pool *pool, struct loop *l, const struct send_limits *limits)
{
	size_t	i;

	*pool = (struct pool){ .loop = l, .limits = *limits };
	TAILQ_INIT(&pool->all);
	for (i = 0; i < POOL_CHAINS; i++)
		LIST_INIT(&pool->chains[i]);
}

static void
lane_free(struct lane *b)
{
	LIST_REMOVE(b, link);
	loop_cancel(b->pool->loop, &b->task);
	free(b);
}

void
pool_fini(struct pool *pool)
{
	struct lane	*b;
	struct pooled	*p;
	size_t		 i;

	while ((p = TAILQ_FIRST(&pool->all)) != NULL)
		pool_close(p, false);
	for (i = 0; i < POOL_CHAINS; i++)
		while ((b = LIST_FIRST(&pool->chains[i])) != NULL)
			lane_free(b);
}

/* ---- Backends ---------------------------------------------------------- */

static size_t
lane_chain(const struct send_backend *backend)
{
	uint32_t	h = 2166136261u ^ backend->port;
	size_t		i;

	for (i = 0; i < backend->host.len; i++)
		h = (h ^ (uint32_t)ascii_lower(
		    (unsigned char)backend->host.p[i])) * 16777619u;
	return h % POOL_CHAINS;
}

static void
lane_serve(void *arg)
{
	struct lane	*b = arg;
	struct pooled	*p;
	struct send	*s;

	while ((s = TAILQ_FIRST(&b->waiting)) != NULL) {
		p = pool_take(b, b->pool->request_of(s));
		if (p == NULL && !pool_take_place(b))
			return;
		pool_unwait(b, s);
		b->pool->serve(s, p);
	}
	if (b->places == 0 && TAILQ_EMPTY(&b->waiting))
		lane_free(b);
}

struct lane *
pool_lane(struct pool *pool, const struct send_backend *backend)
{
	struct lane_list	*chain = &pool->chains[lane_chain(backend)];
	struct lane		*b;

	LIST_FOREACH(b, chain, link)
		if (b->port == backend->port && str_caseeq(backend->host,
		    (struct str){ b->host, b->host_len }))
			return b;
	b = xcalloc(1, sizeof *b + backend->host.len);
	b->pool = pool;
	b->port = backend->port;
	b->host_len = backend->host.len;
	memcpy(b->host, backend->host.p, backend->host.len);
	TAILQ_INIT(&b->idle);
	TAILQ_INIT(&b->waiting);
	task_init(&b->task, lane_serve, b);
	LIST_INSERT_HEAD(chain, b, link);
	return b;
}

static void
lane_wake(struct lane *b)
{
	loop_defer(b->pool->loop, &b->task);
}

/* ---- Places and the line ----------------------------------------------- */

bool
pool_take_place(struct lane *b)
{
	struct pooled	*coldest;

	if (b->places >= b->pool->limits.connections) {
		coldest = TAILQ_LAST(&b->idle, pooled_list);
		if (coldest == NULL)
			return false;
		pool_quit(coldest);
	}
	b->places++;
	return true;
}

void
pool_give_place(struct lane *b)
{
	b->places--;
	lane_wake(b);
}

bool
pool_has_line(const struct lane *b)
{
	return !TAILQ_EMPTY(&b->waiting);
}

void
pool_wait(struct lane *b, struct send *s)
{
	TAILQ_INSERT_TAIL(&b->waiting, s, wait_link);
}

void
pool_unwait(struct lane *b, struct send *s)
{
	TAILQ_REMOVE(&b->waiting, s, wait_link);
	/* The last one may leave a backend that nobody needs. */
	if (TAILQ_EMPTY(&b->waiting))
		lane_wake(b);
}

/* ---- Connections ------------------------------------------------------- */

struct pooled *
pool_add(struct lane *b, struct client *c)
{
	struct pooled	*p = xcalloc(1, sizeof *p);

	p->pool = b->pool;
	p->lane = b;
	p->client = c;
	c->arg = p;
	TAILQ_INSERT_TAIL(&b->pool->all, p, link);
	return p;
}

static void
pool_unidle(struct pooled *p)
{
	if (!p->idle)
		return;
	p->idle = false;
	TAILQ_REMOVE(&p->lane->idle, p, idle_link);
}

/* What one client's XCLIENT said of itself is not true of the next. */
static bool
pool_fits(const struct pooled *p, const struct send_request *req)
{
	const struct client	*c = p->client;

	/* The end of BDAT has no 354 before it: see txn.c. */
	if (c->info.transactions != 0 && txn_needs_bdat(req) &&
	    (c->caps.exts & SMTP_EXT_CHUNKING) != 0)
		return false;
	return !req->backend.xclient &&
	    send_backend_same(c->backend, &req->backend);
}

struct pooled *
pool_take(struct lane *b, const struct send_request *req)
{
	struct pooled	*p, *next;

	TAILQ_FOREACH_SAFE(p, &b->idle, idle_link, next) {
		if (!pool_fits(p, req))
			continue;
		if (client_usable(p->client)) {
			pool_unidle(p);
			return p;
		}
		pool_close(p, false);
	}
	return NULL;
}

void
pool_rest(struct pooled *p)
{
	const struct send_limits	*limits = &p->pool->limits;

	p->send = NULL;
	p->idle = true;
	TAILQ_INSERT_HEAD(&p->lane->idle, p, idle_link);
	if (p->client->backend->xclient ||
	    p->client->info.transactions >= limits->transactions ||
	    (limits->idle_ms == 0 && !pool_has_line(p->lane))) {
		pool_quit(p);
		return;
	}
	client_rest(p->client, limits->idle_ms);
	if (pool_has_line(p->lane))
		lane_wake(p->lane);
}

static void
pool_free(struct pooled *p)
{
	pool_unidle(p);
	TAILQ_REMOVE(&p->pool->all, p, link);
	client_free(&p->client);
	free(p);
}

void
pool_close(struct pooled *p, bool keep_place)
{
	struct lane	*b = p->lane;

	pool_free(p);
	if (!keep_place && b != NULL)
		pool_give_place(b);
}

/* Saying good-bye takes no place; the backend may be gone before it ends. */
void
pool_quit(struct pooled *p)
{
	pool_unidle(p);
	client_quit(p->client);
	pool_give_place(p->lane);
	p->lane = NULL;
}
