#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

/* One listening socket. */
struct accept_from {
	struct acceptor	*acceptor;
	struct watch	*watch;
	int		 fd;
};

struct acceptor {
	struct server		*server;
	struct accept_from	*from;
	size_t			 count;
	struct timer		 pause;
	int64_t			 renew_ms;	/* see gate.h */
	bool			 paused;
};

static void
acceptor_resume(void *arg)
{
	struct acceptor	*a = arg;
	size_t		 i;

	a->paused = false;
	for (i = 0; i < a->count; i++)
		watch_renew(a->from[i].watch);
	a->renew_ms = gate_renew_ms(a->renew_ms);
	timer_start(&a->pause, a->renew_ms);
}

static void
acceptor_pause(struct acceptor *a)
{
	size_t	i;

	if (a->paused)
		return;
	a->paused = true;
	for (i = 0; i < a->count; i++)
		watch_pause(a->from[i].watch);
	timer_start(&a->pause, GATE_SHUT_MS);
}

/* More than its share: only siblings that accept count. */
static bool
acceptor_overfull(const struct acceptor *a)
{
	uint64_t		 own = a->server->session_count, all = own;
	const struct page	*p;
	uint64_t		 workers = 1;

	STAILQ_FOREACH(p, &a->server->worker->pages, link)
		if (p->board->accepting != 0) {
			all += board_get(p->board, COUNTER_sessions);
			workers++;
		}
	return own * workers > all + ACCEPT_SLACK * workers &&
	    own * workers * 10 > all * 11;
}

/* 0, or -1 when there is nothing more to accept now. */
static int
acceptor_one(struct acceptor *a, int listen_fd)
{
	struct netaddr	peer = { .len = 0 };
	int		fd = gate_take(listen_fd, &peer);

	if (fd == -1) {
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			acceptor_pause(a);
		return -1;
	}
	if (crowding_full(a->server))
		session_turn_away(fd, &peer, "421 4.3.2 Too many "
		    "connections\r\n");
	else if (!front_open(a->server, fd, &peer))
		session_open(a->server, fd, &peer, NULL);
	return 0;
}

static void
acceptor_ready(void *arg)
{
	struct accept_from	*from = arg;
	struct acceptor		*a = from->acceptor;
	int			 n;

	a->renew_ms = 0;
	if (!a->paused)
		timer_stop(&a->pause);
	for (n = 0; n < ACCEPT_BATCH && !a->paused; n++) {
		if (acceptor_overfull(a)) {
			acceptor_pause(a);
			return;
		}
		if (acceptor_one(a, from->fd) == -1)
			return;
	}
}

struct acceptor *
acceptor_new(struct server *srv)
{
	struct acceptor		*a = xcalloc(1, sizeof *a);
	struct accept_from	*from;
	struct listener		*l;

	a->server = srv;
	timer_init(&a->pause, srv->loop, acceptor_resume, a);
	STAILQ_FOREACH(l, &srv->worker->listeners, link)
		a->count++;
	a->from = xcalloc(a->count, sizeof *a->from);
	from = a->from;
	STAILQ_FOREACH(l, &srv->worker->listeners, link) {
		from->acceptor = a;
		from->fd = l->fd;
		from->watch = watch_readable(srv->loop, l->fd, acceptor_ready,
		    from);
		from++;
	}
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
		watch_free(&a->from[i].watch);
	STAILQ_FOREACH(l, &a->server->worker->listeners, link)
		(void)close(l->fd);
	timer_fini(&a->pause);
	free(a->from);
	free(a);
	*ap = NULL;
}
