/*
 * tls_client - what a client demands of a TLS server, and shows of itself
 *
 * Files are read when a context or an identity is made, all of them: later,
 * in a jail, they are not there any more.
 *
 * Ownership  as tls.h; an identity belongs to who loaded it and outlives the
 *            streams that it was given to.
 * Failure    NULL or -1 with *e, which names file and reason.
 */
#ifndef EVENT_TLS_CLIENT_H
#define EVENT_TLS_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "event/tls_version.h"

struct stream;
struct tls_context;
struct tls_identity;

/* Encrypts and verifies nothing: any TLS is better than none. */
struct tls_context	*tls_client_unverified(struct err *e);
/* Trusts the certificates in these PEM files, either of them NULL. */
struct tls_context	*tls_client_verified(const char *system_file,
			    const char *own_file, struct err *e);
/* The file where this system keeps the authorities it trusts, or NULL. */
const char		*tls_system_authorities(void);

/* A key and its certificate chain in one PEM file. */
struct tls_identity	*tls_identity_load(const char *file, struct err *e);
/* Until when it is good, unix time. */
int64_t			 tls_identity_not_after(const struct tls_identity *i);
void			 tls_identity_free(struct tls_identity **i);

struct tls_demand {
	const char			*sni;		/* or NULL */
	const char			*name;		/* of these, separated
							 * by blanks, one; or
							 * NULL: any */
	unsigned			 without;
	const char			*ciphers;	/* or NULL, "" */
	const struct tls_identity	*identity;	/* or NULL */
	/* With a context of tls_dane.h: whose TLSA records these are.  That is
	 * the name that is asked for; `name` has further ones that the
	 * certificate may be for. */
	const char			*dane_base;
	struct str			 dane_records;
};

/* As stream_tls_connect() says; whether the certificate must hold is the
 * context's matter. */
int	stream_tls_connect(struct stream *s, struct tls_context *ctx,
	    const struct tls_demand *d, struct err *e);

#endif
