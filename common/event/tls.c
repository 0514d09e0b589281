/*
 * What contexts of both sides have in common, and errors of OpenSSL in words
 * that name a file.
 */
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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

/* The first of the errors has the reason; what came after is how far it got. */
static bool
tls_pem_error(unsigned long why, int reason)
{
	return ERR_GET_LIB(why) == ERR_LIB_PEM &&
	    ERR_GET_REASON(why) == reason;
}

int
tls_file_error(struct err *e, const char *file, const char *wanted)
{
	unsigned long	why = ERR_peek_error();
	struct stat	st;
	int		fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd == -1 || fstat(fd, &st) == -1) {
		(void)err_errno(e, "%s", file);
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	(void)close(fd);
	if (S_ISDIR(st.st_mode))
		return err_set(e, "%s: is a directory, not a file", file);
	if (st.st_size == 0)
		return err_set(e, "%s: is empty", file);
	if (tls_pem_error(why, PEM_R_NO_START_LINE) ||
	    (ERR_GET_LIB(why) == ERR_LIB_X509 &&
	    ERR_GET_REASON(why) == X509_R_NO_CERTIFICATE_OR_CRL_FOUND) ||
	    ERR_GET_REASON(why) == ERR_R_UNSUPPORTED)
		return err_set(e, "%s: has no %s in PEM form", file, wanted);
	if (tls_pem_error(why, PEM_R_BAD_PASSWORD_READ))
		return err_set(e, "%s: has a password; store the %s without "
		    "one", file, wanted);
	return err_set(e, "%s: no usable %s: %s", file, wanted,
	    ERR_reason_error_string(why) != NULL ?
	    ERR_reason_error_string(why) : "OpenSSL gives no reason");
}

int64_t
tls_not_after(const X509 *cert)
{
	struct tm	tm;

	if (cert == NULL ||
	    ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) != 1)
		return 0;
	return (int64_t)timegm(&tm);
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
	/* A record is one call of the system, not one for its head and one for
	 * its body; what more comes stays in OpenSSL (stream_hidden()). */
	SSL_CTX_set_read_ahead(ctx->ssl, 1);
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
		free(c->file);
		free(c);
	}
}
