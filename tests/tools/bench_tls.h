/*
 * bench_tls - a socket with or without TLS, as little as can be on libevent.
 * Included by load.c and tls_floor.c: neither goes through common/event, which
 * is what they measure.
 */
#ifndef TESTS_TOOLS_BENCH_TLS_H
#define TESTS_TOOLS_BENCH_TLS_H

#include <sys/resource.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/net.h"
#include "base/str.h"

struct peer {
	int		 fd;
	SSL		*ssl;		/* NULL: in clear */
	bool		 shaking;	/* the handshake is under way */
	struct event	 readable;
	struct event	 writable;
	const char	*out;		/* what is still to be written */
	size_t		 out_len;
};

/* "ADDRESS:PORT" */
static int
peer_address(struct netaddr *a, const char *text)
{
	const char	*colon = strrchr(text, ':');
	uint64_t	 port;

	if (colon == NULL || str_uint(str_of(colon + 1), 65535, &port) == -1)
		return -1;
	return netaddr_parse_ip(a, (struct str){ text,
	    (size_t)(colon - text) }, (uint16_t)port);
}

static void
peer_raise_files(void)
{
	struct rlimit	r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

/* Both sides alike: idle sessions hold no buffers, a record is one read. */
static SSL_CTX *
peer_context(const SSL_METHOD *method)
{
	SSL_CTX	*ctx = SSL_CTX_new(method);

	if (ctx == NULL)
		fatal("no TLS context");
	(void)SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	(void)SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_read_ahead(ctx, 1);
	return ctx;
}

static void
peer_init(struct peer *p, struct event_base *base, int fd,
    event_callback_fn ready, void *arg)
{
	int	on = 1;

	p->fd = fd;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (event_assign(&p->readable, base, fd, EV_READ | EV_PERSIST, ready,
	    arg) == -1 || event_assign(&p->writable, base, fd, EV_WRITE, ready,
	    arg) == -1 || event_add(&p->readable, NULL) == -1)
		fatal("no memory for an event");
}

static void
peer_close(struct peer *p)
{
	(void)event_del(&p->readable);
	(void)event_del(&p->writable);
	SSL_free(p->ssl);
	(void)close(p->fd);
}

static void
peer_tls(struct peer *p, SSL_CTX *ctx, bool accept)
{
	p->ssl = SSL_new(ctx);
	if (p->ssl == NULL || SSL_set_fd(p->ssl, p->fd) != 1)
		fatal("no memory for a TLS session");
	if (accept)
		SSL_set_accept_state(p->ssl);
	else
		SSL_set_connect_state(p->ssl);
	p->shaking = true;
}

#endif
