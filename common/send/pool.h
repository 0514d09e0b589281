/*
 * pool - the connections of an engine and the lines that wait for them
 *
 * A lane leads to one host and port as the request names them; it has a number
 * of places.  A place is taken from the first look-up to the end of the
 * connection.  A connection is used again only for the same server (server.h:
 * TLS, credentials, source ...), never after XCLIENT, only if the kernel has
 * nothing to read from it, and not for what can go by BDAT alone.  Sends that
 * find no place wait in order of arrival; their deadlines bound the line.
 *
 * Ownership  the engine's.  A pooled connection belongs to a send while
 *            pooled->send is set.
 * Failure    none.
 */
#ifndef SEND_POOL_H
#define SEND_POOL_H

#include <sys/queue.h>

#include "send/client.h"
#include "send/send.h"

#define POOL_CHAINS	64

struct lane;

struct pooled {
	TAILQ_ENTRY(pooled)	 link;		/* all of the pool */
	TAILQ_ENTRY(pooled)	 idle_link;
	struct pool		*pool;
	struct lane		*lane;	/* NULL: it says QUIT */
	struct client		*client;
	struct send		*send;		/* who uses it, or NULL */
	bool			 idle;
};

TAILQ_HEAD(pooled_list, pooled);
TAILQ_HEAD(send_list, send);	/* by wait_link, or the engine's link */

struct lane {
	LIST_ENTRY(lane)	 link;
	struct pool		*pool;
	struct task		 task;		/* serves the line */
	size_t			 places;	/* taken */
	struct pooled_list	 idle;		/* last used first */
	struct send_list	 waiting;
	uint16_t		 port;
	size_t			 host_len;
	char			 host[];
};

LIST_HEAD(lane_list, lane);

struct pool {
	struct loop		*loop;
	struct send_limits	 limits;
	/* The next in line gets this connection, or a place (p NULL). */
	void			(*serve)(struct send *s, struct pooled *p);
	const struct send_request *(*request_of)(const struct send *s);
	struct pooled_list	 all;
	struct lane_list	 chains[POOL_CHAINS];
};

void		 pool_init(struct pool *pool, struct loop *l,
		    const struct send_limits *limits);
/* Closes all connections; there must be no sends. */
void		 pool_fini(struct pool *pool);

struct lane	*pool_lane(struct pool *pool,
		    const struct send_backend *backend);
/* An idle connection that fits and is alive, else NULL. */
struct pooled	*pool_take(struct lane *b,
		    const struct send_request *req);
/* A place for a new connection, if need be that of an idle one. */
bool		 pool_take_place(struct lane *b);
void		 pool_give_place(struct lane *b);
bool		 pool_has_line(const struct lane *b);
void		 pool_wait(struct lane *b, struct send *s);
void		 pool_unwait(struct lane *b, struct send *s);

/* A connection in a place that was taken. */
struct pooled	*pool_add(struct lane *b, struct client *c);
/* Idle now: for the line, or to rest. */
void		 pool_rest(struct pooled *p);
/* Closes it; its place stays taken, or is given back. */
void		 pool_close(struct pooled *p, bool keep_place);
/* Idle for too long: QUIT, its place is free. */
void		 pool_quit(struct pooled *p);

#endif
