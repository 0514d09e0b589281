/*
 * The certificates of a peer, counted, and what was wrong with them.
 *
 * A handshake that our own check ended keeps no certificate in its session:
 * then the error alone is known.
 */
#include <openssl/x509_vfy.h>
#include <stdlib.h>

#include "base/mem.h"

#include "stream.h"
#include "tls_peer.h"

void
tls_peer_take(struct tls_peer *p, const struct stream *s)
{
	struct x509_st	*cert;
	size_t		 n;

	tls_peer_fini(p);
	p->error = stream_tls_verify_result(s);
	p->cert = stream_tls_peer_cert(s);
	if (p->cert == NULL || stream_tls_peer_chain(s, 0) == NULL)
		return;
	p->chain = xcalloc(TLS_CHAIN_MAX, sizeof *p->chain);
	for (n = 0; n < TLS_CHAIN_MAX; n++) {
		cert = stream_tls_peer_chain(s, (int)n);
		if (cert == NULL)
			break;
		(void)X509_up_ref(cert);
		p->chain[n] = cert;
	}
	p->count = n;
}

void
tls_peer_fini(struct tls_peer *p)
{
	size_t	i;

	for (i = 0; i < p->count; i++)
		X509_free(p->chain[i]);
	free(p->chain);
	X509_free(p->cert);
	*p = (struct tls_peer){ .cert = NULL };
}

const char *
tls_peer_fault(const struct tls_peer *p)
{
	switch (p->error) {
	case X509_V_OK:
		return "validation-failure";
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return "certificate-host-mismatch";
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return "certificate-expired";
	case X509_V_ERR_DANE_NO_MATCH:
		return "validation-failure";
	default:
		return "certificate-not-trusted";
	}
}
