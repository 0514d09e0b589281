/*
 * tls_floor - what OpenSSL itself costs a server, for bench
 *
 *     tls_floor [--starttls] ADDRESS:PORT CERT KEY
 *
 * An SMTP server of one process that takes every message and throws it away,
 * with TLS from the first byte, or behind STARTTLS.  It knows commands by their
 * first letter and relies on clients that wait for each answer, as load's do;
 * it keeps nothing of a session but OpenSSL's own objects and a few words.  No
 * server on this library can be much smaller or much quicker.
 */
#include <stdio.h>

#include "base/mem.h"
#include "bench_tls_io.h"

#define SCRATCH	65536
#define DOT	"\r\n.\r\n"
#define DOT_LEN	5

struct server {
	struct event_base	*base;
	SSL_CTX			*ctx;
	bool			 starttls;
};

struct client {
	struct peer	 peer;
	struct server	*server;
	char		 tail[DOT_LEN];	/* of the message so far */
	bool		 body;
	bool		 quit;
	bool		 tls_next;
};

static void
client_say(struct client *c, const char *text)
{
	c->peer.out = text;
	c->peer.out_len = strlen(text);
}

static void
client_command(struct client *c, char first)
{
	switch (first) {
	case 'E':
		client_say(c, c->server->starttls && c->peer.ssl == NULL ?
		    "250-floor\r\n250 STARTTLS\r\n" : "250 floor\r\n");
		break;
	case 'D':
		client_say(c, "354 go on\r\n");
		c->body = true;
		memcpy(c->tail, "\0\0\0\r\n", DOT_LEN);
		break;
	case 'S':
		client_say(c, "220 go on\r\n");
		c->tls_next = true;
		break;
	case 'Q':
		client_say(c, "221 bye\r\n");
		c->quit = true;
		break;
	default:
		client_say(c, "250 ok\r\n");
	}
}

static void
client_body(struct client *c, const char *at, size_t n)
{
	size_t	kept = n < DOT_LEN ? DOT_LEN - n : 0;

	memmove(c->tail, c->tail + DOT_LEN - kept, kept);
	memcpy(c->tail + kept, at + n - (DOT_LEN - kept), DOT_LEN - kept);
	if (memcmp(c->tail, DOT, DOT_LEN) == 0) {
		c->body = false;
		client_say(c, "250 taken\r\n");
	}
}

static enum peer_io
client_read(struct client *c)
{
	static char	at[SCRATCH];
	enum peer_io	io;
	size_t		n;

	while ((io = peer_flush(&c->peer)) == PEER_DONE && !c->quit) {
		if (c->tls_next) {
			c->tls_next = false;
			peer_tls(&c->peer, c->server->ctx, true);
			return PEER_WAIT;
		}
		io = peer_read(&c->peer, at, sizeof at, &n);
		if (io != PEER_DONE)
			return io;
		if (c->body)
			client_body(c, at, n);
		else
			client_command(c, at[0]);
	}
	return c->quit && io == PEER_DONE ? PEER_END : io;
}

static void
client_ready(evutil_socket_t fd, short what, void *arg)
{
	struct client	*c = arg;
	enum peer_io	 io = PEER_DONE;

	(void)fd;
	(void)what;
	if (c->peer.shaking) {
		io = peer_shake(&c->peer);
		if (io == PEER_DONE && !c->server->starttls)
			client_say(c, "220 floor\r\n");
	}
	if (io == PEER_DONE)
		io = client_read(c);
	if (io == PEER_END) {
		if (c->quit && c->peer.ssl != NULL)
			(void)SSL_shutdown(c->peer.ssl);
		peer_close(&c->peer);
		free(c);
	}
}

static void
server_accept(evutil_socket_t listener, short what, void *arg)
{
	struct server	*s = arg;
	struct client	*c;
	int		 fd;

	(void)what;
	while ((fd = accept(listener, NULL, NULL)) != -1) {
		c = xcalloc(1, sizeof *c);
		c->server = s;
		(void)evutil_make_socket_nonblocking(fd);
		peer_init(&c->peer, s->base, fd, client_ready, c);
		if (!s->starttls) {
			peer_tls(&c->peer, s->ctx, true);
			continue;
		}
		client_say(c, "220 floor\r\n");
		(void)peer_flush(&c->peer);
	}
}

static int
server_listen(const struct netaddr *a)
{
	int	on = 1, fd = socket(a->u.sa.sa_family, SOCK_STREAM, 0);

	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on,
	    sizeof on) == -1 || bind(fd, &a->u.sa, a->len) == -1 ||
	    listen(fd, 1024) == -1)
		fatal("listen: %s", strerror(errno));
	(void)evutil_make_socket_nonblocking(fd);
	return fd;
}

int
main(int argc, char **argv)
{
	struct server	 s = { .base = event_base_new() };
	struct event	*listener;
	struct netaddr	 a;

	s.starttls = argc > 1 && strcmp(argv[1], "--starttls") == 0;
	argv += s.starttls;
	argc -= s.starttls;
	if (argc != 4 || peer_address(&a, argv[1]) == -1) {
		fputs("usage: tls_floor [--starttls] ADDRESS:PORT CERT KEY\n",
		    stderr);
		return 2;
	}
	peer_raise_files();
	s.ctx = peer_context(TLS_server_method());
	(void)SSL_CTX_set_session_cache_mode(s.ctx, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_use_certificate_chain_file(s.ctx, argv[2]) != 1 ||
	    SSL_CTX_use_PrivateKey_file(s.ctx, argv[3], SSL_FILETYPE_PEM) != 1)
		fatal("%s, %s: no certificate and its key", argv[2], argv[3]);
	listener = event_new(s.base, server_listen(&a), EV_READ | EV_PERSIST,
	    server_accept, &s);
	if (listener == NULL || event_add(listener, NULL) == -1)
		fatal("no memory for an event");
	(void)event_base_dispatch(s.base);
	return 0;
}
