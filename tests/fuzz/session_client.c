/* The client's end of session_client.h. */
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session_client.h"

static long
client_end_recv(struct client_end *c, char *p, size_t n)
{
	ssize_t	got;
	int	rc;

	if (c->ssl != NULL) {
		ERR_clear_error();
		rc = SSL_read(c->ssl, p, (int)n);
		if (rc <= 0)
			c->closed = SSL_get_error(c->ssl, rc) !=
			    SSL_ERROR_WANT_READ;
		return rc;
	}
	got = recv(c->fd, p, n, 0);
	if (got <= 0)
		c->closed = got == 0 || (errno != EAGAIN &&
		    errno != EWOULDBLOCK);
	return got;
}

bool
client_end_read(struct client_end *c, struct buf *got)
{
	char	bytes[4096];
	bool	any = false;
	long	n;

	if (c->fd == -1 || c->shaking || c->closed)
		return false;
	while ((n = client_end_recv(c, bytes, sizeof bytes)) > 0) {
		buf_add(got, bytes, (size_t)n);
		any = true;
	}
	return any || c->closed;
}

long
client_end_send(struct client_end *c, const char *p, size_t n)
{
	if (c->fd == -1)
		return -1;
	if (c->ssl == NULL)
		return send(c->fd, p, n, MSG_NOSIGNAL);
	ERR_clear_error();
	return SSL_write(c->ssl, p, (int)n);
}

void
client_end_tls(struct client_end *c)
{
	static SSL_CTX	*ctx;

	if (ctx == NULL) {
		ctx = SSL_CTX_new(TLS_client_method());
		(void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
		    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	}
	c->ssl = SSL_new(ctx);
	if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1)
		abort();
	SSL_set_connect_state(c->ssl);
	c->shaking = true;
}

int
client_end_step(struct client_end *c)
{
	int	rc;

	ERR_clear_error();
	rc = SSL_do_handshake(c->ssl);
	if (rc != 1 && SSL_get_error(c->ssl, rc) == SSL_ERROR_WANT_READ)
		return 0;
	c->shaking = false;
	return rc == 1 ? 1 : -1;
}

void
client_end_finish(struct client_end *c)
{
	if (c->fd == -1)
		return;
	if (c->ssl != NULL && !c->shaking)
		(void)SSL_shutdown(c->ssl);
	(void)shutdown(c->fd, SHUT_WR);
}

void
client_end_close(struct client_end *c)
{
	SSL_free(c->ssl);
	c->ssl = NULL;
	if (c->fd != -1)
		(void)close(c->fd);
	c->fd = -1;
}
