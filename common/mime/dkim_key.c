/*
 * Keys by OpenSSL's EVP.  Ed25519 signs the digest as its message (RFC 8463
 * 3), RSA as PKCS #1 1.5.  A key under a password is refused: nobody is there
 * to be asked for it.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <limits.h>
#include <stdlib.h>

#include "base/mem.h"

#include "dkim_key.h"

#define DKIM_RSA_BITS_MIN	1024
#define DKIM_RSA_BITS_MAX	16384

struct dkim_key {
	EVP_PKEY		*key;
	enum dkim_algorithm	 algorithm;
};

const char *
dkim_algorithm_name(enum dkim_algorithm a)
{
	return a == DKIM_ED25519_SHA256 ? "ed25519-sha256" : "rsa-sha256";
}

enum dkim_algorithm
dkim_key_algorithm(const struct dkim_key *k)
{
	return k->algorithm;
}

static int
dkim_key_no_password(char *out, int size, int rwflag, void *arg)
{
	(void)out;
	(void)size;
	(void)rwflag;
	(void)arg;
	return -1;
}

static EVP_PKEY *
dkim_key_read(struct str pem)
{
	EVP_PKEY	*key = NULL;
	BIO		*bio;

	if (pem.len == 0 || pem.len > INT_MAX ||
	    (bio = BIO_new_mem_buf(pem.p, (int)pem.len)) == NULL)
		return NULL;
	key = PEM_read_bio_PrivateKey(bio, NULL, dkim_key_no_password, NULL);
	BIO_free(bio);
	return key;
}

static int
dkim_key_judge(struct dkim_key *k, struct err *e)
{
	int	bits = EVP_PKEY_get_bits(k->key);

	if (EVP_PKEY_is_a(k->key, "ED25519")) {
		k->algorithm = DKIM_ED25519_SHA256;
		return 0;
	}
	if (!EVP_PKEY_is_a(k->key, "RSA"))
		return err_set(e, "a key that is neither RSA nor Ed25519");
	if (bits < DKIM_RSA_BITS_MIN || bits > DKIM_RSA_BITS_MAX)
		return err_set(e, "an RSA key of %d bits, not %d to %d", bits,
		    DKIM_RSA_BITS_MIN, DKIM_RSA_BITS_MAX);
	k->algorithm = DKIM_RSA_SHA256;
	return 0;
}

struct dkim_key *
dkim_key_new(struct str pem, struct err *e)
{
	struct dkim_key	*k = xcalloc(1, sizeof *k);

	k->key = dkim_key_read(pem);
	if (k->key == NULL)
		(void)err_set(e, "no private key in PEM without a password");
	if (k->key == NULL || dkim_key_judge(k, e) == -1)
		dkim_key_free(&k);
	ERR_clear_error();
	return k;
}

void
dkim_key_free(struct dkim_key **k)
{
	if (*k == NULL)
		return;
	EVP_PKEY_free((*k)->key);
	free(*k);
	*k = NULL;
}

/* ---- Signing ------------------------------------------------------------- */

static size_t
dkim_key_sign_rsa(EVP_PKEY *key, const unsigned char *digest,
    unsigned char *out, size_t room)
{
	EVP_PKEY_CTX	*c = EVP_PKEY_CTX_new(key, NULL);
	size_t		 n = room;

	if (c == NULL || EVP_PKEY_sign_init(c) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) <= 0 ||
	    EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()) <= 0 ||
	    EVP_PKEY_sign(c, out, &n, digest, DKIM_DIGEST) <= 0)
		n = 0;
	EVP_PKEY_CTX_free(c);
	return n;
}

static size_t
dkim_key_sign_ed25519(EVP_PKEY *key, const unsigned char *digest,
    unsigned char *out, size_t room)
{
	EVP_MD_CTX	*c = EVP_MD_CTX_new();
	size_t		 n = room;

	if (c == NULL || EVP_DigestSignInit(c, NULL, NULL, NULL, key) <= 0 ||
	    EVP_DigestSign(c, out, &n, digest, DKIM_DIGEST) <= 0)
		n = 0;
	EVP_MD_CTX_free(c);
	return n;
}

int
dkim_key_sign(const struct dkim_key *k,
    const unsigned char digest[DKIM_DIGEST], struct buf *signature,
    struct err *e)
{
	int		 room = EVP_PKEY_get_size(k->key);
	unsigned char	*out;
	size_t		 n = 0;

	if (room > 0) {
		out = (unsigned char *)buf_reserve(signature, (size_t)room);
		n = k->algorithm == DKIM_ED25519_SHA256 ?
		    dkim_key_sign_ed25519(k->key, digest, out,
		    (size_t)room) :
		    dkim_key_sign_rsa(k->key, digest, out, (size_t)room);
	}
	ERR_clear_error();
	buf_added(signature, n);
	return n != 0 ? 0 : err_set(e, "the key does not sign");
}
