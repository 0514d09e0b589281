/*
 * A context for each certificate, made of the first one's settings.  The call
 * back of SNI picks one by the names in its certificate.
 */
#include <dirent.h>
#include <limits.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

#include "tls.h"
#include "tls_private.h"
#include "tls_version.h"
#include "tls_server.h"

/* ---- Certificates ------------------------------------------------------ */

static int
server_load_cert(struct tls_context *ctx, const char *cert, struct err *e)
{
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(ctx->ssl, cert) != 1)
		return tls_file_error(e, cert, "certificate");
	ctx->file = xstrdup(cert);
	return 0;
}

static int
server_load_key(struct tls_context *ctx, const char *key, struct err *e)
{
	ERR_clear_error();
	if (SSL_CTX_use_PrivateKey_file(ctx->ssl, key, SSL_FILETYPE_PEM) ==
	    1 && SSL_CTX_check_private_key(ctx->ssl) == 1)
		return 0;
	if (ERR_GET_REASON(ERR_peek_last_error()) ==
	    X509_R_KEY_VALUES_MISMATCH || ERR_GET_REASON(
	    ERR_peek_last_error()) == X509_R_KEY_TYPE_MISMATCH)
		return err_set(e, "%s: is not the key of the certificate in "
		    "%s", key, ctx->file);
	return tls_file_error(e, key, "private key");
}

static int
server_add_file(EVP_MD_CTX *md, const char *path)
{
	char	part[4096];
	FILE	*f = path[0] != '\0' ? fopen(path, "re") : NULL;
	size_t	n;
	int	ok = 1;

	while (f != NULL && ok == 1 && (n = fread(part, 1, sizeof part, f)) > 0)
		ok = EVP_DigestUpdate(md, part, n);
	if (f != NULL)
		(void)fclose(f);
	return ok;
}

/*
 * Tickets of one certificate are good for the others.  A ticket also says
 * that a client's certificate held: it is good for those only who would ask
 * the same authorities.
 */
static int
server_make_id(struct tls_context *ctx, const struct tls_server_options *o,
    struct err *e)
{
	const char	*base = o->ask_cert ? "halyard asks" : "halyard";
	EVP_MD_CTX	*md = EVP_MD_CTX_new();
	int		 ok;

	ok = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(md, base, strlen(base)) == 1 &&
	    (!o->ask_cert || server_add_file(md, o->ca_file) == 1) &&
	    EVP_DigestFinal_ex(md, ctx->id, NULL) == 1;
	EVP_MD_CTX_free(md);
	if (ok && SSL_CTX_set_session_id_context(ctx->ssl, ctx->id,
	    sizeof ctx->id) == 1)
		return 0;
	return tls_error(e, "tickets");
}

/* Whatever the name, a client's certificate is looked at in the same way. */
static int
server_share(const struct tls_context *from, struct tls_context *to,
    struct err *e)
{
	const STACK_OF(X509_NAME)	*names;

	names = SSL_CTX_get_client_CA_list(from->ssl);
	if (names != NULL)
		SSL_CTX_set_client_CA_list(to->ssl, SSL_dup_CA_list(names));
	SSL_CTX_set1_cert_store(to->ssl, SSL_CTX_get_cert_store(from->ssl));
	if (SSL_CTX_set_session_id_context(to->ssl, from->id,
	    sizeof from->id) == 1)
		return 0;
	return tls_error(e, "tickets");
}

static void
server_add(struct tls_context *ctx, struct tls_context *more)
{
	struct tls_context	**end = &ctx->more;

	while (*end != NULL)
		end = &(*end)->more;
	*end = more;
}

static int
server_load_named(struct tls_context *ctx, const char *dir, const char *name,
    struct err *e)
{
	struct tls_context	*more = tls_new(TLS_server_method(), e);
	char			 path[PATH_MAX];

	if (more == NULL)
		return -1;
	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	if (server_share(ctx, more, e) == -1 ||
	    server_load_cert(more, path, e) == -1 ||
	    server_load_key(more, path, e) == -1) {
		tls_context_free(&more);
		return -1;
	}
	server_add(ctx, more);
	return 0;
}

static int
server_is_pem(const struct dirent *d)
{
	size_t	n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 4 &&
	    strcmp(d->d_name + n - 4, ".pem") == 0;
}

static int
server_load_dir(struct tls_context *ctx, const char *dir, struct err *e)
{
	struct dirent	**list;
	int		  i, n = scandir(dir, &list, server_is_pem, alphasort);
	int		  rc = 0;

	if (n == -1)
		return err_errno(e, "%s", dir);
	if (n > TLS_CERTS_MAX)
		rc = err_set(e, "%s: more than %d certificates", dir,
		    TLS_CERTS_MAX);
	for (i = 0; i < n; i++) {
		if (rc == 0)
			rc = server_load_named(ctx, dir, list[i]->d_name, e);
		free(list[i]);
	}
	free(list);
	return rc;
}

/* Not found is no error: the default certificate is shown. */
static int
server_on_name(SSL *ssl, int *alert, void *arg)
{
	struct tls_context	*ctx = arg, *c;
	const char		*name;

	(void)alert;
	name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	if (name == NULL)
		return SSL_TLSEXT_ERR_OK;
	for (c = ctx; c != NULL; c = c->more)
		if (X509_check_host(SSL_CTX_get0_certificate(c->ssl), name, 0,
		    0, NULL) == 1)
			break;
	if (c != NULL && c != ctx)
		(void)SSL_set_SSL_CTX(ssl, c->ssl);
	return SSL_TLSEXT_ERR_OK;
}

/* ---- Protocols and ciphers --------------------------------------------- */

/* The old ones are only to be had at OpenSSL's security level 0. */
static int
server_set_protocols(SSL_CTX *ssl, const char *list, struct err *e)
{
	unsigned	without;

	if (tls_versions_parse(str_of(list), &without) == -1)
		return err_set(e, "%s: TLSv1, TLSv1.1, TLSv1.2, TLSv1.3 "
		    "expected", list);
	if (str_trim(str_of(list)).len == 0)
		without = TLS_1_0 | TLS_1_1;
	if ((without & (TLS_1_0 | TLS_1_1)) != (TLS_1_0 | TLS_1_1))
		SSL_CTX_set_security_level(ssl, 0);
	(void)SSL_CTX_set_min_proto_version(ssl, TLS1_VERSION);
	(void)SSL_CTX_set_options(ssl, tls_versions_options(without));
	return 0;
}

/* Names of TLS 1.3 begin with "TLS_"; OpenSSL wants them apart. */
static int
server_set_ciphers(SSL_CTX *ssl, const char *list, struct err *e)
{
	struct str	rest = str_trim(str_of(list)), word;
	struct buf	suites = BUF_INIT, others = BUF_INIT, *to;
	int		ok = 1;

	for (; rest.len != 0; rest = str_trim(rest)) {
		word = str_split(rest, ' ', &rest);
		to = str_prefix(word, STR("TLS_")) ? &suites : &others;
		if (to->len != 0)
			buf_add_byte(to, ':');
		buf_add_str(to, word);
	}
	if (suites.len != 0)
		ok = SSL_CTX_set_ciphersuites(ssl, buf_cstr(&suites));
	if (ok == 1 && others.len != 0)
		ok = SSL_CTX_set_cipher_list(ssl, buf_cstr(&others));
	buf_free(&suites);
	buf_free(&others);
	return ok == 1 ? 0 : err_set(e, "%s: no such ciphers", list);
}

/* ---- Certificates of clients ------------------------------------------- */

static int
server_on_verify(int ok, X509_STORE_CTX *store)
{
	(void)ok;
	(void)store;
	return 1;
}

static int
server_ask_cert(SSL_CTX *ssl, const char *ca_file, struct err *e)
{
	STACK_OF(X509_NAME)	*names;

	SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE,
	    server_on_verify);
	if (ca_file[0] == '\0')
		return 0;
	ERR_clear_error();
	names = SSL_load_client_CA_file(ca_file);
	if (names == NULL ||
	    SSL_CTX_load_verify_file(ssl, ca_file) != 1) {
		sk_X509_NAME_pop_free(names, X509_NAME_free);
		return tls_file_error(e, ca_file, "certificate");
	}
	SSL_CTX_set_client_CA_list(ssl, names);
	return 0;
}

/* ---- All of it --------------------------------------------------------- */

/* Each step, and the option that it is about. */
static int
server_set(struct tls_context *ctx, const struct tls_server_options *o,
    enum tls_fault *fault, struct err *e)
{
	*fault = TLS_FAULT_CERT;
	if (server_load_cert(ctx, o->cert_file, e) == -1)
		return -1;
	*fault = TLS_FAULT_KEY;
	if (server_load_key(ctx, o->key_file, e) == -1)
		return -1;
	*fault = TLS_FAULT_PROTOCOLS;
	if (server_set_protocols(ctx->ssl, o->protocols, e) == -1)
		return -1;
	*fault = TLS_FAULT_CIPHERS;
	if (server_set_ciphers(ctx->ssl, o->ciphers, e) == -1)
		return -1;
	*fault = TLS_FAULT_CA;
	if (o->ask_cert && server_ask_cert(ctx->ssl, o->ca_file, e) == -1)
		return -1;
	*fault = TLS_FAULT_DIR;
	if (server_make_id(ctx, o, e) == -1)
		return -1;
	return o->cert_dir[0] == '\0' ? 0 :
	    server_load_dir(ctx, o->cert_dir, e);
}

static void
server_finish(struct tls_context *ctx, const struct tls_server_options *o)
{
	SSL_CTX	*ssl = ctx->ssl;

	(void)SSL_CTX_set_options(ssl, SSL_OP_CIPHER_SERVER_PREFERENCE);
	(void)SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_timeout(ssl, o->session_s);
	/* OpenSSL would send two, each a twentieth of a handshake's work; who
	 * sends mail keeps one session of a server. */
	(void)SSL_CTX_set_num_tickets(ssl, 1);
	if (ctx->more != NULL) {
		(void)SSL_CTX_set_tlsext_servername_callback(ssl,
		    server_on_name);
		(void)SSL_CTX_set_tlsext_servername_arg(ssl, ctx);
	}
	tls_tickets_use(ssl);
}

struct tls_context *
tls_server_new(const struct tls_server_options *o, enum tls_fault *fault,
    struct err *e)
{
	struct tls_context	*ctx = tls_new(TLS_server_method(), e);

	*fault = TLS_FAULT_CERT;
	if (ctx == NULL)
		return NULL;
	if (server_set(ctx, o, fault, e) == -1)
		tls_context_free(&ctx);
	else
		server_finish(ctx, o);
	return ctx;
}

void
tls_server_certificates(const struct tls_context *c,
    void (*fn)(void *arg, const char *file, int64_t not_after), void *arg)
{
	for (; c != NULL; c = c->more)
		fn(arg, c->file,
		    tls_not_after(SSL_CTX_get0_certificate(c->ssl)));
}

struct tls_context *
tls_server(const char *cert_file, const char *key_file, struct err *e)
{
	const struct tls_server_options	o = { .cert_file = cert_file,
	    .key_file = key_file, .cert_dir = "", .protocols = "",
	    .ciphers = "", .ca_file = "" };
	enum tls_fault			fault;

	return tls_server_new(&o, &fault, e);
}
