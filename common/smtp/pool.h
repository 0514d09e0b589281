/*
 * pool - the connections of an engine and the lines that wait for them
 *
 * A backend is a host and port as the request names them; it has a number of
 * places.  A place is taken from the first look-up to the end of the
 * connection.  A connection is used again only for the same server (server.h:
 * TLS, credentials, source ...), never after XCLIENT, only if the kernel has
 * nothing to read from it, and not for what can go by BDAT alone.  Sends that
 * find no place wait in order of arrival; their deadlines bound the line.
 *
 * Ownership  the engine's.  A pooled connection belongs to a send while
 *            pooled->send is set.
 * Failure    none.
 */
#ifndef SMTP_POOL_H
#define SMTP_POOL_H

#include <sys/queue.h>

#include "smtp/client.h"
#include "smtp/send.h"

#define POOL_CHAINS	64

struct backend;

struct pooled {
	TAILQ_ENTRY(pooled)	 link;		/* all of the pool */
	TAILQ_ENTRY(pooled)	 idle_link;
	struct pool		*pool;
	struct backend		*backend;	/* NULL: it says QUIT */
	struct client		*client;
	struct send		*send;		/* who uses it, or NULL */
	bool			 idle;
};

TAILQ_HEAD(pooled_list, pooled);
TAILQ_HEAD(send_list, send);	/* by wait_link, or the engine's link */

struct backend {
	LIST_ENTRY(backend)	 link;
	struct pool		*pool;
	struct task		 task;		/* serves the line */
	size_t			 places;	/* taken */
	struct pooled_list	 idle;		/* last used first */
	struct send_list	 waiting;
	uint16_t		 port;
	size_t			 host_len;
	char			 host[];
};

LIST_HEAD(backend_list, backend);

struct pool {
	struct loop		*loop;
	struct send_limits	 limits;
	/* The next in line gets this connection, or a place (p NULL). */
	void			(*serve)(struct send *s, struct pooled *p);
	const struct send_request *(*request_of)(const struct send *s);
	struct pooled_list	 all;
	struct backend_list	 chains[POOL_CHAINS];
};

void		 pool_init(struct pool *pool, struct loop *l,
		    const struct send_limits *limits);
/* Closes all connections; there must be no sends. */
void		 pool_fini(struct pool *pool);

struct backend	*pool_backend(struct pool *pool,
		    const struct send_server *server);
/* An idle connection that fits and is alive, else NULL. */
struct pooled	*pool_take(struct backend *b,
		    const struct send_request *req);
/* A place for a new connection, if need be that of an idle one. */
bool		 pool_take_place(struct backend *b);
void		 pool_give_place(struct backend *b);
bool		 pool_has_line(const struct backend *b);
void		 pool_wait(struct backend *b, struct send *s);
void		 pool_unwait(struct backend *b, struct send *s);

/* A connection in a place that was taken. */
struct pooled	*pool_add(struct backend *b, struct client *c);
/* Idle now: for the line, or to rest. */
void		 pool_rest(struct pooled *p);
/* Closes it; its place stays taken, or is given back. */
void		 pool_close(struct pooled *p, bool keep_place);
/* Idle for too long: QUIT, its place is free. */
void		 pool_quit(struct pooled *p);

#endif
