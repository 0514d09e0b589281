/*
 * Demands on a server's certificate become settings of the connection before
 * its handshake: OpenSSL checks them, and a handshake that fails says why.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/net.h"

#include "stream_private.h"
#include "tls.h"
#include "tls_client.h"
#include "tls_private.h"

struct tls_identity {
	EVP_PKEY		*key;
	STACK_OF(X509)		*chain;		/* the first is its own */
};

/* ---- Contexts ---------------------------------------------------------- */

/* Old versions and weak keys are taken. */
struct tls_context *
tls_client_unverified(struct err *e)
{
	struct tls_context	*ctx = tls_new(TLS_client_method(), e);

	if (ctx == NULL)
		return NULL;
	SSL_CTX_set_verify(ctx->ssl, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_security_level(ctx->ssl, 0);
	(void)SSL_CTX_set_min_proto_version(ctx->ssl, TLS1_VERSION);
	return ctx;
}

static int
tls_trust(struct tls_context *ctx, const char *file, struct err *e)
{
	if (file == NULL || SSL_CTX_load_verify_file(ctx->ssl, file) == 1)
		return 0;
	return tls_file_error(e, file, "certificate");
}

struct tls_context *
tls_client_verified(const char *system_file, const char *own_file,
    struct err *e)
{
	struct tls_context	*ctx = tls_new(TLS_client_method(), e);

	if (ctx == NULL)
		return NULL;
	SSL_CTX_set_verify(ctx->ssl, SSL_VERIFY_PEER, NULL);
	if (SSL_CTX_set_min_proto_version(ctx->ssl, TLS1_2_VERSION) != 1)
		(void)tls_error(e, "TLS");
	else if (tls_trust(ctx, system_file, e) == 0 &&
	    tls_trust(ctx, own_file, e) == 0)
		return ctx;
	tls_context_free(&ctx);
	return NULL;
}

/* ---- Identities -------------------------------------------------------- */

static int
identity_read(struct tls_identity *i, FILE *f, const char *file,
    struct err *e)
{
	X509	*cert;

	i->key = PEM_read_PrivateKey(f, NULL, tls_no_password, NULL);
	if (i->key == NULL)
		return tls_file_error(e, file, "private key");
	rewind(f);
	while ((cert = PEM_read_X509(f, NULL, NULL, NULL)) != NULL)
		(void)sk_X509_push(i->chain, cert);
	ERR_clear_error();
	if (sk_X509_num(i->chain) == 0)
		return err_set(e, "%s: has no certificate in PEM form", file);
	if (X509_check_private_key(sk_X509_value(i->chain, 0), i->key) == 1)
		return 0;
	return err_set(e, "%s: the key is not that of the certificate", file);
}

struct tls_identity *
tls_identity_load(const char *file, struct err *e)
{
	struct tls_identity	*i = xcalloc(1, sizeof *i);
	FILE			*f = fopen(file, "re");
	int			 rc = -1;

	i->chain = sk_X509_new_null();
	if (f == NULL || i->chain == NULL)
		(void)err_errno(e, "%s", file);
	else
		rc = identity_read(i, f, file, e);
	if (f != NULL)
		(void)fclose(f);
	if (rc == -1)
		tls_identity_free(&i);
	return i;
}

int64_t
tls_identity_not_after(const struct tls_identity *i)
{
	return tls_not_after(sk_X509_value(i->chain, 0));
}

void
tls_identity_free(struct tls_identity **ip)
{
	if (*ip == NULL)
		return;
	EVP_PKEY_free((*ip)->key);
	sk_X509_pop_free((*ip)->chain, X509_free);
	free(*ip);
	*ip = NULL;
}

/* The chain without its first. */
static bool
identity_use(const struct tls_identity *i, SSL *ssl)
{
	int	n;

	if (SSL_use_certificate(ssl, sk_X509_value(i->chain, 0)) != 1 ||
	    SSL_use_PrivateKey(ssl, i->key) != 1)
		return false;
	for (n = 1; n < sk_X509_num(i->chain); n++)
		if (SSL_add1_chain_cert(ssl, sk_X509_value(i->chain, n)) != 1)
			return false;
	return true;
}

/* ---- A connection ------------------------------------------------------ */

/* A certificate names hosts and addresses; any of ours is enough. */
static bool
demand_name(SSL *ssl, struct str name)
{
	struct netaddr	ip;
	char		text[256];

	if (netaddr_parse_ip(&ip, name, 0) == 0)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl),
		    netaddr_ip(&ip, text, sizeof text)) == 1;
	if (name.len >= sizeof text)
		return false;
	memcpy(text, name.p, name.len);
	text[name.len] = '\0';
	return SSL_add1_host(ssl, text) == 1;
}

static bool
demand_names(SSL *ssl, struct str names)
{
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	while ((names = str_trim(names)).len > 0)
		if (!demand_name(ssl, str_split(names, ' ', &names)))
			return false;
	return true;
}

static int
demand_apply(SSL *ssl, const struct tls_demand *d, struct err *e)
{
	SSL_set_options(ssl, tls_versions_options(d->without));
	if (d->ciphers != NULL && d->ciphers[0] != '\0' &&
	    SSL_set_cipher_list(ssl, d->ciphers) != 1)
		return err_set(e, "%s: no such ciphers", d->ciphers);
	if (d->dane_base != NULL && tls_dane_demand(ssl, d->dane_base,
	    d->dane_records, e) == -1)
		return -1;
	if (d->sni != NULL && SSL_set_tlsext_host_name(ssl, d->sni) != 1)
		return err_set(e, "%s: not a name for SNI", d->sni);
	if (d->name != NULL && !demand_names(ssl, str_of(d->name)))
		return err_set(e, "%s: not a name for a certificate",
		    d->name);
	if (d->identity != NULL && !identity_use(d->identity, ssl))
		return tls_error(e, "client certificate");
	return 0;
}

int
stream_tls_connect(struct stream *s, struct tls_context *ctx,
    const struct tls_demand *d, struct err *e)
{
	if (stream_tls_start(s, ctx, e) == -1)
		return -1;
	SSL_set_connect_state(s->ssl);
	if (demand_apply(s->ssl, d, e) == -1)
		return -1;
	stream_watch(s, true, true);
	return 0;
}
