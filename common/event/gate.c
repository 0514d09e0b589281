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
	void		(*fn)(void *arg, int fd);
	void		*arg;
	int64_t		 renew_ms;
	int		 fd;
};

int
gate_take(int listen_fd, struct netaddr *peer)
{
	int	fd, tries = GATE_TRIES;

	do {
		if (peer != NULL)
			peer->len = sizeof peer->u;
		fd = accept4(listen_fd, peer != NULL ? &peer->u.sa : NULL,
		    peer != NULL ? &peer->len : NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd != -1 || errno == EAGAIN || errno == EWOULDBLOCK)
			return fd;
		if (errno != ECONNABORTED && errno != EINTR) {
			LOG(EV_SYSTEM_ERROR, NULL, LOG_STR("call", "accept"),
			    LOG_STR("reason", strerror(errno)));
			return -1;
		}
	} while (--tries > 0);
	errno = EAGAIN;
	return -1;
}

int64_t
gate_renew_ms(int64_t last_ms)
{
	if (last_ms == 0)
		return GATE_SHUT_MS;
	return last_ms * 2 < GATE_RENEW_MS ? last_ms * 2 : GATE_RENEW_MS;
}

static void
gate_open(void *arg)
{
	struct gate	*g = arg;

	watch_renew(g->watch);
	g->renew_ms = gate_renew_ms(g->renew_ms);
	timer_start(&g->shut, g->renew_ms);
}

static void
gate_ready(void *arg)
{
	struct gate	*g = arg;
	int		 fd = gate_take(g->fd, NULL);

	g->renew_ms = 0;
	timer_stop(&g->shut);
	if (fd != -1)
		g->fn(g->arg, fd);
	else if (errno != EAGAIN && errno != EWOULDBLOCK) {
		watch_pause(g->watch);
		timer_start(&g->shut, GATE_SHUT_MS);
	}
}

struct gate *
gate_new(struct loop *l, int fd, void (*fn)(void *arg, int fd), void *arg)
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
