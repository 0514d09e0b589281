/*
 * A key is there as long as it has a connection, idle or not.  Idle ones are
 * in two lists, their key's and that of all, each in order of use.
 *
 * I1  `grant->state` is GRANT_IDLE for just those in the two lists.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "event/loop.h"

#include "pool.h"

struct pool_key {
	struct hmap_entry	 entry;		/* first */
	struct pooled_list	 idle;		/* last used first */
	size_t			 idle_count;
	size_t			 connections;
	char			 bytes[];	/* with credentials */
};

void
pool_init(struct pool *pool, struct loop *l, const struct send_limits *limits)
{
	*pool = (struct pool){ .loop = l, .limits = *limits };
	TAILQ_INIT(&pool->all);
	TAILQ_INIT(&pool->idle);
	hmap_init(&pool->keys);
}

void
pool_fini(struct pool *pool)
{
	struct pooled	*p;

	while ((p = TAILQ_FIRST(&pool->all)) != NULL)
		pool_close(p);
	hmap_fini(&pool->keys);
	buf_free(&pool->key);
}

/* ---- Keys -------------------------------------------------------------- */

static struct pool_key *
pool_key_find(struct pool *pool, const struct send_backend *b)
{
	buf_clear(&pool->key);
	send_backend_key(b, &pool->key);
	return (struct pool_key *)hmap_find(&pool->keys, 0,
	    buf_str(&pool->key));
}

static void
pool_key_wipe(struct pool *pool, const struct send_backend *b)
{
	if (b->password.len != 0 || b->token.len != 0)
		explicit_bzero(pool->key.mem, pool->key.cap);
}

static struct pool_key *
pool_key_get(struct pool *pool, const struct send_backend *b)
{
	struct pool_key	*k = pool_key_find(pool, b);

	if (k == NULL) {
		k = xcalloc(1, sizeof *k + pool->key.len);
		memcpy(k->bytes, buf_data(&pool->key), pool->key.len);
		k->entry.key = k->bytes;
		k->entry.len = (uint32_t)pool->key.len;
		TAILQ_INIT(&k->idle);
		hmap_insert(&pool->keys, &k->entry);
	}
	pool_key_wipe(pool, b);
	k->connections++;
	return k;
}

static void
pool_key_put(struct pool *pool, struct pool_key *k)
{
	if (--k->connections != 0)
		return;
	hmap_remove(&pool->keys, &k->entry);
	explicit_bzero(k->bytes, k->entry.len);
	free(k);
}

/* ---- Idle ones --------------------------------------------------------- */

static void
pool_tell(struct pooled *p, enum grant_event ev, enum grant_state to)
{
	p->pool->granter.told(p->pool->granter.arg, p->grant, ev);
	p->grant->state = to;
}

static void
pool_unidle(struct pooled *p)
{
	if (p->grant->state != GRANT_IDLE)
		return;
	TAILQ_REMOVE(&p->key->idle, p, key_link);
	TAILQ_REMOVE(&p->pool->idle, p, idle_link);
	p->key->idle_count--;
	p->pool->idle_count--;
}

struct pooled *
pool_take(struct pool *pool, const struct send_request *req)
{
	struct pool_key	*k;
	struct pooled	*p;
	bool		 more = true;

	/* What XCLIENT said of one client is not true of the next. */
	if (pool->idle_count == 0 || req->backend.xclient)
		return NULL;
	k = pool_key_find(pool, &req->backend);
	pool_key_wipe(pool, &req->backend);
	while (more && k != NULL && (p = TAILQ_FIRST(&k->idle)) != NULL) {
		if (!client_suits(p->client, req))
			return NULL;
		if (client_usable(p->client)) {
			pool_unidle(p);
			p->grant->asker = req->arg;
			pool_tell(p, GRANT_USED, GRANT_OPEN);
			return p;
		}
		/* Its key may go with it. */
		more = k->connections > 1;
		pool_close(p);
	}
	return NULL;
}

bool
pool_has_line(const struct pool *pool, const struct send_backend *b)
{
	return pool->granter.has_line != NULL &&
	    pool->granter.has_line(pool->granter.arg, b);
}

static void
pool_make_room(struct pooled *p)
{
	const struct send_limits	*l = &p->pool->limits;

	if (l->idle_per_backend != 0 &&
	    p->key->idle_count > l->idle_per_backend)
		pool_quit(TAILQ_LAST(&p->key->idle, pooled_list));
	if (l->idle_total != 0 && p->pool->idle_count > l->idle_total)
		pool_quit(TAILQ_LAST(&p->pool->idle, pooled_list));
}

/* How long it may rest; -1: not at all. */
static int64_t
pool_keeps(const struct pooled *p)
{
	const struct send_limits	*l = &p->pool->limits;
	const struct send_keep		*k = &client_backend(p->client)->keep;
	size_t				 most = k->transactions;
	int64_t				 ms, age;

	ms = k->idle_ms != 0 ? k->idle_ms : l->idle_ms;
	if (!p->poolable || k->never || client_transactions(p->client) >=
	    (most != 0 ? most : l->transactions))
		return -1;
	if (ms == 0)
		return pool_has_line(p->pool, p->grant->backend) ? 0 : -1;
	if (k->lifetime_ms == 0)
		return ms;
	age = loop_now_ms(p->pool->loop) - p->since_ms;
	if (age >= k->lifetime_ms)
		return -1;
	return ms < k->lifetime_ms - age ? ms : k->lifetime_ms - age;
}

void
pool_rest(struct pooled *p)
{
	struct pool	*pool = p->pool;
	int64_t		 ms = pool_keeps(p);

	p->send = NULL;
	if (ms == -1) {
		pool_quit(p);
		return;
	}
	TAILQ_INSERT_HEAD(&p->key->idle, p, key_link);
	TAILQ_INSERT_HEAD(&pool->idle, p, idle_link);
	p->key->idle_count++;
	pool->idle_count++;
	client_rest(p->client, ms);
	pool_tell(p, GRANT_RESTS, GRANT_IDLE);
	pool_make_room(p);
}

/* ---- Life -------------------------------------------------------------- */

struct pooled *
pool_add(struct pool *pool, const struct send_request *req, struct client *c,
    struct grant *g)
{
	struct pooled	*p = xcalloc(1, sizeof *p);

	p->pool = pool;
	p->client = c;
	p->grant = g;
	p->since_ms = loop_now_ms(pool->loop);
	p->poolable = !req->backend.xclient;
	p->key = pool_key_get(pool, &req->backend);
	client_set_arg(c, p);
	TAILQ_INSERT_TAIL(&pool->all, p, link);
	g->pooled = p;
	g->backend = client_backend(c);
	g->send = NULL;
	pool_tell(p, GRANT_OPENED, GRANT_OPEN);
	return p;
}

static void
pool_free(struct pooled *p)
{
	TAILQ_REMOVE(&p->pool->all, p, link);
	client_free(&p->client);
	pool_key_put(p->pool, p->key);
	free(p);
}

void
pool_close(struct pooled *p)
{
	pool_unidle(p);
	p->pool->granter.told(p->pool->granter.arg, p->grant, GRANT_CLOSED);
	free(p->grant);
	pool_free(p);
}

struct grant *
pool_fail(struct pooled *p)
{
	struct grant	*g = p->grant;

	pool_tell(p, GRANT_BACK, GRANT_HELD);
	g->pooled = NULL;
	g->backend = NULL;
	pool_free(p);
	return g;
}

/* Its backend may be gone before it has ended; that is no matter. */
void
pool_quit(struct pooled *p)
{
	pool_unidle(p);
	client_quit(p->client);
	pool_tell(p, GRANT_LEAVES, GRANT_LEAVING);
}

void
grant_evict(struct grant *g)
{
	if (g->state == GRANT_IDLE)
		pool_quit(g->pooled);
}
