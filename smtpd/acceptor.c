/*
 * Accepts what the kernel has queued, some connections at a time, and gives
 * each to a session, to front.c, or its 421.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/net.h"
#include "event/gate.h"

#include "acceptor.h"
#include "crowding.h"
#include "front.h"
#include "server.h"
#include "session.h"

#define ACCEPT_BATCH	64
#define ACCEPT_SLACK	32

struct acceptor {
	struct server	 *server;
	bool		  left;		/* the next one was left to siblings */
	struct gate	**gates;	/* one a listening socket */
	size_t		  count;
};

/* So many more than its share: only siblings that accept count. */
static bool
acceptor_exceeds(const struct acceptor *a, uint64_t slack)
{
	uint64_t		 own = a->server->session_count, all = own;
	const struct page	*p;
	uint64_t		 workers = 1;

	STAILQ_FOREACH(p, &a->server->worker->pages, link)
		if (p->board->accepting != 0 &&
		    crowding_sibling(a->server, p)) {
			all += board_get(p->board, COUNTER_sessions);
			workers++;
		}
	return own * workers > all + slack * workers &&
	    own * workers * 10 > all * 11;
}

/* 0, or -1 when there is nothing more to accept now. */
static int
acceptor_one(struct acceptor *a, struct gate *g)
{
	struct netaddr	peer = { .len = 0 };
	int		fd = gate_take(g, &peer);

	if (fd == -1)
		return -1;
	if (crowding_full(a->server))
		session_turn_away(fd, &peer, "too many connections",
		    "421 4.3.2 Too many connections\r\n");
	else if (!front_open(a->server, fd, &peer))
		session_open(a->server, fd, &peer, NULL);
	return 0;
}

static void
acceptor_ready(void *arg, struct gate *g)
{
	struct acceptor	*a = arg;
	int		 n;

	for (n = 0; n < ACCEPT_BATCH; n++) {
		if (acceptor_exceeds(a, ACCEPT_SLACK)) {
			gate_shut(g);
			return;
		}
		if (!a->left && acceptor_exceeds(a, 1)) {
			a->left = true;
			gate_leave(g);
			return;
		}
		a->left = false;
		if (acceptor_one(a, g) == -1)
			return;
	}
}

struct acceptor *
acceptor_new(struct server *srv)
{
	struct acceptor	 *a = xcalloc(1, sizeof *a);
	struct gate	**gate;
	struct listener	 *l;

	a->server = srv;
	STAILQ_FOREACH(l, &srv->worker->listeners, link)
		a->count++;
	a->gates = xcalloc(a->count, sizeof(struct gate *));
	gate = a->gates;
	STAILQ_FOREACH(l, &srv->worker->listeners, link)
		*gate++ = gate_new(srv->loop, l->fd, acceptor_ready, a);
	board_self()->accepting = 1;
	return a;
}

void
acceptor_free(struct acceptor **ap)
{
	struct acceptor	*a = *ap;
	struct listener	*l;
	size_t		 i;

	if (a == NULL)
		return;
	board_self()->accepting = 0;
	for (i = 0; i < a->count; i++)
		gate_free(&a->gates[i]);
	STAILQ_FOREACH(l, &a->server->worker->listeners, link)
		(void)close(l->fd);
	free(a->gates);
	free(a);
	*ap = NULL;
}
