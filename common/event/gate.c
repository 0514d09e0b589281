/*
 * A watch on the listening socket, and one timer: while the gate is shut it
 * opens it again, and while nobody comes it renews the watch, ever more
 * seldom.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/net.h"

#include "gate.h"
#include "loop.h"

#define GATE_TRIES	64	/* clients that left in the backlog, a turn */

struct gate {
	struct watch	*watch;
	struct timer	 shut;
	void		(*fn)(void *arg, struct gate *g);
	void		*arg;
	int64_t		 renew_ms;	/* 0: somebody came since it opened */
	int		 fd;
};

static void
gate_close(struct gate *g, int64_t ms)
{
	watch_pause(g->watch);
	timer_start(&g->shut, ms);
}

void
gate_shut(struct gate *g)
{
	gate_close(g, GATE_SHUT_MS);
}

void
gate_leave(struct gate *g)
{
	gate_close(g, GATE_LEAVE_MS);
}

int
gate_take(struct gate *g, struct netaddr *peer)
{
	int	fd, tries = GATE_TRIES;

	do {
		if (peer != NULL)
			peer->len = sizeof peer->u;
		fd = accept4(g->fd, peer != NULL ? &peer->u.sa : NULL,
		    peer != NULL ? &peer->len : NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd != -1 || errno == EAGAIN || errno == EWOULDBLOCK)
			return fd;
		if (errno != ECONNABORTED && errno != EINTR) {
			LOG(EV_SYSTEM_ERROR, NULL, LOG_STR("call", "accept"),
			    LOG_STR("reason", strerror(errno)));
			gate_shut(g);
			return -1;
		}
	} while (--tries > 0);
	return -1;
}

static int64_t
gate_next_renew(const struct gate *g)
{
	if (g->renew_ms == 0)
		return GATE_SHUT_MS;
	return g->renew_ms * 2 < GATE_RENEW_MS ? g->renew_ms * 2 :
	    GATE_RENEW_MS;
}

static void
gate_open(void *arg)
{
	struct gate	*g = arg;

	watch_renew(g->watch);
	g->renew_ms = gate_next_renew(g);
	timer_start(&g->shut, g->renew_ms);
}

static void
gate_ready(void *arg)
{
	struct gate	*g = arg;

	g->renew_ms = 0;
	timer_stop(&g->shut);
	g->fn(g->arg, g);
}

struct gate *
gate_new(struct loop *l, int fd, void (*fn)(void *arg, struct gate *g),
    void *arg)
{
	struct gate	*g = xcalloc(1, sizeof *g);

	g->fn = fn;
	g->arg = arg;
	g->fd = fd;
	timer_init(&g->shut, l, gate_open, g);
	g->watch = watch_readable(l, fd, gate_ready, g);
	return g;
}

void
gate_free(struct gate **gp)
{
	struct gate	*g = *gp;

	if (g == NULL)
		return;
	*gp = NULL;
	watch_free(&g->watch);
	timer_fini(&g->shut);
	free(g);
}
