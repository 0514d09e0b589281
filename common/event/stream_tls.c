/*
 * The handshake, and what was agreed.
 */
#include <errno.h>
#include <openssl/err.h>

#include "base/fatal.h"

#include "stream_private.h"
#include "tls_private.h"

/* A certificate that does not hold says more than "verify failed". */
static const char *
stream_tls_why(const struct stream *s)
{
	long	result = SSL_get_verify_result(s->ssl);

	if (result == X509_V_OK ||
	    SSL_get_verify_mode(s->ssl) == SSL_VERIFY_NONE)
		return stream_why(s);
	return X509_verify_cert_error_string(result);
}

void
stream_handshake(struct stream *s)
{
	int	rc;

	errno = 0;
	ERR_clear_error();
	rc = SSL_do_handshake(s->ssl);
	if (rc == 1) {
		s->phase = STREAM_OPEN;
		stream_watch(s, true, false);
		if (s->ops->on_tls != NULL)
			s->ops->on_tls(s->arg);
		if (!s->dead && stream_hidden(s))
			loop_defer(s->loop, &s->turn);
		return;
	}
	switch (SSL_get_error(s->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		stream_watch(s, true, false);
		break;
	case SSL_ERROR_WANT_WRITE:
		stream_watch(s, true, true);
		break;
	default:
		stream_ended(s, STREAM_TLS, stream_tls_why(s));
	}
}

int
stream_tls_start(struct stream *s, struct tls_context *ctx, struct err *e)
{
	if (s->ssl != NULL || s->in.len > 0 || s->out.len > 0)
		return err_set(e, "TLS can't start in the middle of data");
	s->ssl = SSL_new(ctx->ssl);
	if (s->ssl == NULL || SSL_set_fd(s->ssl, s->fd) != 1)
		return err_set(e, "no memory for a TLS session");
	s->phase = STREAM_HANDSHAKE;
	return 0;
}

int
stream_tls_accept(struct stream *s, struct tls_context *ctx, struct err *e)
{
	if (stream_tls_start(s, ctx, e) == -1)
		return -1;
	SSL_set_accept_state(s->ssl);
	stream_watch(s, true, false);
	return 0;
}

const char *
stream_tls_protocol(const struct stream *s)
{
	return SSL_get_version(s->ssl);
}

const char *
stream_tls_cipher(const struct stream *s)
{
	return SSL_get_cipher_name(s->ssl);
}

int
stream_tls_keysize(const struct stream *s)
{
	return SSL_get_cipher_bits(s->ssl, NULL);
}

long
stream_tls_verify_result(const struct stream *s)
{
	return SSL_get_verify_result(s->ssl);
}

const char *
stream_tls_sni(const struct stream *s)
{
	return SSL_get_servername(s->ssl, TLSEXT_NAMETYPE_host_name);
}

struct x509_st *
stream_tls_peer_cert(const struct stream *s)
{
	return SSL_get1_peer_certificate(s->ssl);
}

/* A server has the chain without the peer's own, a client with it. */
struct x509_st *
stream_tls_peer_chain(const struct stream *s, int n)
{
	const STACK_OF(X509)	*chain = SSL_get_peer_cert_chain(s->ssl);

	return sk_X509_value(chain, SSL_is_server(s->ssl) ? n : n + 1);
}

bool
stream_tls_resumed(const struct stream *s)
{
	return SSL_session_reused(s->ssl) == 1;
}
