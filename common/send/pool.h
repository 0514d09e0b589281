/*
 * pool - connections of an engine, and which of them can be used again
 *
 * A connection is used again for the same backend (backend.h: where it is,
 * source, TLS, credentials ...), never after XCLIENT, only if the kernel has
 * nothing to read from it, and not for what can go by BDAT alone.  Of several
 * the one used last is taken.  What is idle stands in one hash by that key;
 * taking one, putting one back and closing the oldest of all or of one key
 * cost the same with ten thousand keys as with one.
 *
 * Ownership  the engine's.  A pooled connection belongs to a send while
 *            pooled->send is set.
 * Failure    none.
 */
#ifndef SEND_POOL_H
#define SEND_POOL_H

#include <sys/queue.h>

#include "base/hmap.h"
#include "send/client.h"
#include "send/grant.h"
#include "send/send.h"

struct pool_key;

struct pooled {
	TAILQ_ENTRY(pooled)	 link;		/* all of the pool */
	TAILQ_ENTRY(pooled)	 key_link;	/* idle ones of its key */
	TAILQ_ENTRY(pooled)	 idle_link;	/* all idle ones */
	struct pool		*pool;
	struct pool_key		*key;
	struct client		*client;
	struct grant		*grant;
	struct send		*send;		/* who uses it, or NULL */
	int64_t			 since_ms;
	bool			 poolable;
};

TAILQ_HEAD(pooled_list, pooled);

struct pool {
	struct loop		*loop;
	struct send_limits	 limits;
	struct granter		 granter;
	struct pooled_list	 all;
	struct pooled_list	 idle;		/* last used first */
	size_t			 idle_count;
	struct hmap		 keys;
	struct buf		 key;		/* the one looked for */
};

void		 pool_init(struct pool *pool, struct loop *l,
		    const struct send_limits *limits);
/* Closes all connections; there must be no sends. */
void		 pool_fini(struct pool *pool);

/* An idle connection that fits and is alive, else NULL. */
struct pooled	*pool_take(struct pool *pool, const struct send_request *req);
/* A connection just made to the request's backend, and the grant it goes
 * by, which it takes. */
struct pooled	*pool_add(struct pool *pool, const struct send_request *req,
		    struct client *c, struct grant *g);
/* Do others wait for a connection to it? */
bool		 pool_has_line(const struct pool *pool,
		    const struct send_backend *b);
/* Idle now: to rest, or to say QUIT. */
void		 pool_rest(struct pooled *p);
/* Closes it. */
void		 pool_close(struct pooled *p);
/* Closes it; its grant goes back to its send. */
struct grant	*pool_fail(struct pooled *p);
void		 pool_quit(struct pooled *p);

#endif
