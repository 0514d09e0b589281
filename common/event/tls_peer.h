/*
 * tls_peer - what the other side of a handshake showed of itself
 *
 * Ownership  the caller's storage; tls_peer_take() fills it, tls_peer_fini()
 *            gives the certificates back.
 * Failure    none: what was not shown is not there.
 */
#ifndef EVENT_TLS_PEER_H
#define EVENT_TLS_PEER_H

#include <stddef.h>

struct stream;
struct x509_st;

#define TLS_CHAIN_MAX	16	/* certificates beside its own that are kept */

struct tls_peer {
	struct x509_st	*cert;		/* its own; NULL: none, or unknown */
	struct x509_st	**chain;	/* what it sent beside */
	size_t		 count;
	long		 error;		/* SSL_get_verify_result() */
};

/* After the handshake, whether it succeeded or failed. */
void		 tls_peer_take(struct tls_peer *p, const struct stream *s);
void		 tls_peer_fini(struct tls_peer *p);
/* The result type that RFC 8460 (4.3) has for a handshake that failed. */
const char	*tls_peer_fault(const struct tls_peer *p);

#endif
