/*
 * bench_tls_io - what moves the bytes of bench_tls.h.  Included by load.c and
 * tls_floor.c.
 */
#ifndef TESTS_TOOLS_BENCH_TLS_IO_H
#define TESTS_TOOLS_BENCH_TLS_IO_H

#include <errno.h>
#include <openssl/err.h>

#include "bench_tls.h"

/* Of an operation that may have to wait; closed and failed are one. */
enum peer_io { PEER_DONE, PEER_WAIT, PEER_END };

static enum peer_io
peer_wait_writable(struct peer *p)
{
	if (event_add(&p->writable, NULL) == -1)
		fatal("no memory for an event");
	return PEER_WAIT;
}

static enum peer_io
peer_ssl_result(struct peer *p, int rc)
{
	switch (SSL_get_error(p->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return PEER_WAIT;
	case SSL_ERROR_WANT_WRITE:
		return peer_wait_writable(p);
	default:
		return PEER_END;
	}
}

static enum peer_io
peer_shake(struct peer *p)
{
	int	rc;

	ERR_clear_error();
	rc = SSL_do_handshake(p->ssl);
	if (rc != 1)
		return peer_ssl_result(p, rc);
	p->shaking = false;
	return PEER_DONE;
}

static enum peer_io
peer_read(struct peer *p, char *at, size_t room, size_t *n)
{
	ssize_t	got;
	int	rc;

	if (p->ssl != NULL) {
		ERR_clear_error();
		rc = SSL_read_ex(p->ssl, at, room, n);
		return rc == 1 ? PEER_DONE : peer_ssl_result(p, rc);
	}
	got = recv(p->fd, at, room, 0);
	if (got == -1 && (errno == EAGAIN || errno == EINTR))
		return PEER_WAIT;
	*n = got > 0 ? (size_t)got : 0;
	return got > 0 ? PEER_DONE : PEER_END;
}

static enum peer_io
peer_write_some(struct peer *p, size_t *n)
{
	ssize_t	done;
	int	rc;

	if (p->ssl != NULL) {
		ERR_clear_error();
		rc = SSL_write_ex(p->ssl, p->out, p->out_len, n);
		return rc == 1 ? PEER_DONE : peer_ssl_result(p, rc);
	}
	done = send(p->fd, p->out, p->out_len, MSG_NOSIGNAL);
	if (done == -1 && (errno == EAGAIN || errno == EINTR))
		return peer_wait_writable(p);
	*n = done > 0 ? (size_t)done : 0;
	return done > 0 ? PEER_DONE : PEER_END;
}

/* Whether all of p->out has gone. */
static enum peer_io
peer_flush(struct peer *p)
{
	enum peer_io	io = PEER_DONE;
	size_t		n;

	while (p->out_len > 0 && (io = peer_write_some(p, &n)) == PEER_DONE) {
		p->out += n;
		p->out_len -= n;
	}
	return io;
}

#endif
