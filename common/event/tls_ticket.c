/*
 * Session tickets (RFC 5077, RFC 8446 4.6.1): AES-256-CBC and HMAC-SHA-256
 * with the keys of tls_tickets_set().  A ticket of an older key is opened and
 * a new one sent.
 */
#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <string.h>

#include "tls_private.h"
#include "tls_server.h"

#define NAME	16
#define SECRET	32

static unsigned char	tickets[TLS_TICKET_KEYS][TLS_TICKET_KEY];
static size_t		ticket_count;

void
tls_tickets_set(const void *keys, size_t bytes)
{
	explicit_bzero(tickets, sizeof tickets);
	ticket_count = bytes / TLS_TICKET_KEY;
	if (ticket_count > TLS_TICKET_KEYS)
		ticket_count = TLS_TICKET_KEYS;
	memcpy(tickets, keys, ticket_count * TLS_TICKET_KEY);
}

static int
ticket_init(const unsigned char *key, unsigned char *iv, EVP_CIPHER_CTX *cipher,
    EVP_MAC_CTX *mac, int seal)
{
	char		digest[] = "SHA256";
	unsigned char	secret[SECRET];
	OSSL_PARAM	params[3];
	int		ok;

	memcpy(secret, key + NAME + SECRET, sizeof secret);
	params[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY,
	    secret, sizeof secret);
	params[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
	    digest, 0);
	params[2] = OSSL_PARAM_construct_end();
	ok = EVP_MAC_CTX_set_params(mac, params) == 1 &&
	    EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key + NAME, iv,
	    seal) == 1;
	explicit_bzero(secret, sizeof secret);
	return ok;
}

/* As OpenSSL wants it: -1 error, 0 no ticket, 1 well, 2 and a new one. */
static int
ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seal)
{
	size_t	i = 0;

	(void)ssl;
	if (ticket_count == 0)
		return 0;
	if (seal) {
		if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(
		    EVP_aes_256_cbc())) != 1)
			return -1;
		memcpy(name, tickets[0], NAME);
	} else {
		while (i < ticket_count && memcmp(name, tickets[i], NAME) != 0)
			i++;
		if (i == ticket_count)
			return 0;
	}
	if (!ticket_init(tickets[i], iv, cipher, mac, seal))
		return -1;
	return !seal && i > 0 ? 2 : 1;
}

void
tls_tickets_use(SSL_CTX *ssl)
{
	(void)SSL_CTX_set_tlsext_ticket_key_evp_cb(ssl, ticket_key);
}
