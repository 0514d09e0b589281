/*
 * Connections that must begin with a PROXY header.
 *
 * The header is looked at in the kernel (MSG_PEEK) and only its own bytes are
 * taken: those behind it may be a TLS handshake, which is the session's.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "smtp/proxy_header.h"

#include "front.h"
#include "server.h"
#include "session.h"

struct front {
	TAILQ_ENTRY(front)	 link;
	struct server		*server;
	struct watch		*watch;
	struct timer		 timer;
	struct netaddr		 peer;
	struct proxy_header	 header;
	int			 fd;		/* -1: given to a session */
};

static void
front_free(struct front *f)
{
	struct server	*srv = f->server;

	TAILQ_REMOVE(&srv->fronts, f, link);
	srv->session_count--;
	watch_free(&f->watch);
	timer_fini(&f->timer);
	proxy_header_fini(&f->header);
	if (f->fd != -1)
		(void)close(f->fd);
	free(f);
	drain_session_gone(srv);
}

static void
front_refuse(struct front *f, const char *why)
{
	char	ip[NETADDR_TEXT];

	COUNT(sessions_refused);
	LOG(EV_REFUSE, NULL, LOG_STR("reason", why),
	    LOG_STR("client", netaddr_ip(&f->peer, ip, sizeof ip)));
	front_free(f);
}

/*
 * Gone before its first byte: a health check of the balancer's, many a
 * minute, and nobody's fault.
 */
static void
front_probed(struct front *f)
{
	char	ip[NETADDR_TEXT];

	COUNT(sessions_probed);
	LOG(EV_PROBE, NULL,
	    LOG_STR("client", netaddr_ip(&f->peer, ip, sizeof ip)));
	front_free(f);
}

/*
 * Takes from the socket what of its bytes is header; PROXY_MORE: wait.
 * PROXY_BAD without a reason: the peer has gone.
 */
static enum proxy_read
front_read(struct front *f, const char **why)
{
	char		bytes[1024];
	enum proxy_read	got;
	size_t		used;
	ssize_t		n;

	do {
		n = recv(f->fd, bytes, sizeof bytes, MSG_PEEK);
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK ||
		    errno == EINTR))
			return PROXY_MORE;
		*why = f->header.raw.len > 0 ? "no PROXY header" : NULL;
		if (n <= 0)
			return PROXY_BAD;
		got = proxy_header_feed(&f->header,
		    (struct str){ bytes, (size_t)n }, &used, why);
		*why = got != PROXY_BAD ? "no PROXY header" : *why;
		if (got != PROXY_BAD &&
		    recv(f->fd, bytes, used, 0) != (ssize_t)used)
			return PROXY_BAD;
	} while (got == PROXY_MORE);
	return got;
}

static void
front_ready(void *arg)
{
	struct front	*f = arg;
	const char	*why;
	int		 fd = f->fd;

	switch (front_read(f, &why)) {
	case PROXY_MORE:
		break;
	case PROXY_BAD:
		if (why != NULL)
			front_refuse(f, why);
		else
			front_probed(f);
		break;
	case PROXY_DONE:
		watch_free(&f->watch);
		f->fd = -1;
		session_open(f->server, fd, &f->peer, &f->header);
		front_free(f);
		break;
	}
}

static void
front_late(void *arg)
{
	front_refuse(arg, "no PROXY header in time");
}

bool
front_open(struct server *srv, int fd, const struct netaddr *peer)
{
	const struct params	*p = srv->params;
	struct front		*f;

	if (!netaddr_within(peer, p->proxy_protocol_hosts))
		return false;
	f = xcalloc(1, sizeof *f);
	f->server = srv;
	f->fd = fd;
	f->peer = *peer;
	proxy_header_init(&f->header);
	TAILQ_INSERT_TAIL(&srv->fronts, f, link);
	srv->session_count++;
	timer_init(&f->timer, srv->loop, front_late, f);
	timer_start(&f->timer, p->proxy_protocol_timeout);
	f->watch = watch_readable(srv->loop, fd, front_ready, f);
	return true;
}

void
front_close_all(struct server *srv)
{
	struct front	*f, *next;

	TAILQ_FOREACH_SAFE(f, &srv->fronts, link, next)
		front_free(f);
}
