/*
 * dkim_key - a private key that DKIM signatures are made with
 *
 * RSA of at least 1024 bits (RFC 8301) or Ed25519 (RFC 8463), as PEM text.
 *
 * Ownership  dkim_key_new() gives, dkim_key_free() takes and clears.
 * Failure    NULL or -1 with *e, which never holds anything of the key.
 * Process    blocks for the time of one signature; OpenSSL's own state.
 */
#ifndef MIME_DKIM_KEY_H
#define MIME_DKIM_KEY_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define DKIM_DIGEST	32		/* SHA-256 */

enum dkim_algorithm { DKIM_BY_KEY, DKIM_RSA_SHA256, DKIM_ED25519_SHA256 };

struct dkim_key;

struct dkim_key	*dkim_key_new(struct str pem, struct err *e);
void		 dkim_key_free(struct dkim_key **k);
enum dkim_algorithm dkim_key_algorithm(const struct dkim_key *k);
const char	*dkim_algorithm_name(enum dkim_algorithm a);
/* Appends the signature over that digest, raw. */
int		 dkim_key_sign(const struct dkim_key *k,
		    const unsigned char digest[DKIM_DIGEST],
		    struct buf *signature, struct err *e);

#endif
