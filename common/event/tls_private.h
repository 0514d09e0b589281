/* The inside of a context, shared by both sides. */
#ifndef EVENT_TLS_PRIVATE_H
#define EVENT_TLS_PRIVATE_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct stream;

struct tls_context {
	SSL_CTX			*ssl;
	struct tls_context	*more;	/* certificates for other names */
	char			*file;	/* of the certificate, on a server */
	unsigned char		 id[32]; /* whose tickets are good here */
};

struct tls_context *tls_new(const SSL_METHOD *method, struct err *e);
/* -1, with what OpenSSL has to say. */
int	tls_error(struct err *e, const char *what);
/* The same of a PEM file, as an operator would say it: it is not there, it is
 * empty, there is no `wanted` ("certificate") in it. */
int	tls_file_error(struct err *e, const char *file, const char *wanted);
/* Until when it is good, unix time; 0: it does not say. */
int64_t	tls_not_after(const X509 *cert);
/* For OpenSSL: there is none. */
int	tls_no_password(char *buf, int size, int writing, void *arg);
/* tls_ticket.c */
void	tls_tickets_use(SSL_CTX *ssl);
/* tls_dane.c: these records vouch for the certificate, which is for the base
 * domain, that is also asked for. */
int	tls_dane_demand(SSL *ssl, const char *base, struct str records,
	    struct err *e);
/* A session on the stream; neither side yet. */
int	stream_tls_start(struct stream *s, struct tls_context *ctx,
	    struct err *e);

#endif
