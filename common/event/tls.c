#include <stdlib.h>

#include "base/mem.h"

#include "tls.h"
#include "tls_private.h"

int
tls_error(struct err *e, const char *what)
{
	const char	*reason;

	reason = ERR_reason_error_string(ERR_peek_last_error());
	return err_set(e, "%s: %s", what, reason != NULL ? reason :
	    "OpenSSL error");
}

/* A key with a password would wait at a terminal for someone to type it. */
int
tls_no_password(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

struct tls_context *
tls_new(const SSL_METHOD *method, struct err *e)
{
	struct tls_context	*ctx = xcalloc(1, sizeof *ctx);

	ERR_clear_error();
	ctx->ssl = SSL_CTX_new(method);
	if (ctx->ssl == NULL) {
		(void)tls_error(e, "TLS");
		tls_context_free(&ctx);
		return NULL;
	}
	SSL_CTX_set_default_passwd_cb(ctx->ssl, tls_no_password);
	/* A peer that closes without close_notify just closes: a message
	 * is complete by its own end, never by the connection's. */
	SSL_CTX_set_options(ctx->ssl, SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ctx->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	return ctx;
}

void
tls_context_free(struct tls_context **cp)
{
	struct tls_context	*c = *cp, *more;

	*cp = NULL;
	for (; c != NULL; c = more) {
		more = c->more;
		SSL_CTX_free(c->ssl);
		free(c);
	}
}
