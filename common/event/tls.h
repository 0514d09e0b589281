/*
 * tls - OpenSSL contexts for both sides
 *
 * Ownership  reference counted inside OpenSSL: a stream that uses a context
 *            keeps it; tls_context_free() drops the caller's reference.  One
 *            with several certificates must outlive its handshakes.
 * Failure    NULL with *e, which names file and reason.
 */
#ifndef EVENT_TLS_H
#define EVENT_TLS_H

#include "base/err.h"

struct tls_context;

/* PEM files, the first with the chain; more in tls_server.h. */
struct tls_context	*tls_server(const char *cert_file,
			    const char *key_file, struct err *e);
void			 tls_context_free(struct tls_context **ctx);

#endif
