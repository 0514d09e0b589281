/*
 * A list of TLSA records is, for each, usage, selector and matching type, a
 * byte each, and the data with its length in front (wire.h).
 *
 * OpenSSL checks the certificate.  Which records it may see is decided here:
 * it would take usages 0 and 1, which mail does not know, and it says of a
 * record with bad data only that it failed.
 */
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "base/wire.h"

#include "tls.h"
#include "tls_dane.h"
#include "tls_private.h"

/* ---- Lists ------------------------------------------------------------- */

void
tls_tlsa_add(struct buf *out, const struct tls_tlsa *r)
{
	struct str	data = r->data;

	if (data.len > TLSA_DATA_MAX)
		data.len = TLSA_DATA_MAX;
	wire_put_uint(out, r->usage, 1);
	wire_put_uint(out, r->selector, 1);
	wire_put_uint(out, r->mtype, 1);
	(void)wire_put_blob(out, data, TLSA_DATA_MAX);
}

bool
tls_tlsa_next(struct str *rest, struct tls_tlsa *r)
{
	struct rbuf	b = { (const unsigned char *)rest->p, rest->len };
	uint64_t	usage, selector, mtype;

	if (rest->len == 0 || wire_get_uint(&b, &usage, 1) == -1 ||
	    wire_get_uint(&b, &selector, 1) == -1 ||
	    wire_get_uint(&b, &mtype, 1) == -1 ||
	    wire_get_blob(&b, &r->data, TLSA_DATA_MAX) == -1)
		return false;
	r->usage = (uint8_t)usage;
	r->selector = (uint8_t)selector;
	r->mtype = (uint8_t)mtype;
	*rest = (struct str){ (const char *)b.p, b.len };
	return true;
}

/* ---- Records ----------------------------------------------------------- */

enum { USAGE_TA = 2, USAGE_EE = 3 };
enum { SELECTOR_CERT = 0, SELECTOR_KEY = 1 };
enum { MATCH_FULL = 0, MATCH_SHA256 = 1, MATCH_SHA512 = 2 };

/* A whole certificate, or a whole key, and nothing behind it. */
static bool
tlsa_full_ok(const struct tls_tlsa *r)
{
	const unsigned char	*p = (const unsigned char *)r->data.p;
	const unsigned char	*end = p + r->data.len;
	X509			*cert = NULL;
	EVP_PKEY		*key = NULL;
	bool			 ok;

	if (r->selector == SELECTOR_CERT) {
		cert = d2i_X509(NULL, &p, (long)r->data.len);
		ok = cert != NULL && X509_get0_pubkey(cert) != NULL;
	} else {
		key = d2i_PUBKEY(NULL, &p, (long)r->data.len);
		ok = key != NULL;
	}
	X509_free(cert);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok && p == end;
}

bool
tls_tlsa_usable(const struct tls_tlsa *r)
{
	if ((r->usage != USAGE_TA && r->usage != USAGE_EE) ||
	    (r->selector != SELECTOR_CERT && r->selector != SELECTOR_KEY))
		return false;
	switch (r->mtype) {
	case MATCH_FULL:
		return r->data.len != 0 && tlsa_full_ok(r);
	case MATCH_SHA256:
		return r->data.len == SHA256_DIGEST_LENGTH;
	case MATCH_SHA512:
		return r->data.len == SHA512_DIGEST_LENGTH;
	default:
		return false;
	}
}

/* ---- Connections ------------------------------------------------------- */

struct tls_context *
tls_client_dane(struct err *e)
{
	struct tls_context	*ctx = tls_new(TLS_client_method(), e);

	if (ctx == NULL)
		return NULL;
	SSL_CTX_set_verify(ctx->ssl, SSL_VERIFY_PEER, NULL);
	if (SSL_CTX_set_min_proto_version(ctx->ssl, TLS1_2_VERSION) == 1 &&
	    SSL_CTX_dane_enable(ctx->ssl) == 1)
		return ctx;
	(void)tls_error(e, "DANE");
	tls_context_free(&ctx);
	return NULL;
}

/*
 * Of a record with usage 3 neither the certificate's names count nor its dates
 * (RFC 7672 3.1.1): the latter OpenSSL knows, the former it must be told.
 */
int
tls_dane_demand(SSL *ssl, const char *base, struct str records, struct err *e)
{
	struct tls_tlsa	r;
	int		used = 0;

	if (SSL_dane_enable(ssl, base) != 1)
		return tls_error(e, "DANE");
	(void)SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	while (tls_tlsa_next(&records, &r))
		if (tls_tlsa_usable(&r) && SSL_dane_tlsa_add(ssl, r.usage,
		    r.selector, r.mtype, (const unsigned char *)r.data.p,
		    r.data.len) == 1)
			used++;
	ERR_clear_error();
	return used != 0 ? 0 : err_set(e, "no TLSA record can be used");
}
