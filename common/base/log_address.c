/*
 * A domain is what stands behind the last @; a byte that no domain has makes
 * it no domain, so that nothing of a local part can show there.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "log_address.h"

#define HASH_BYTES	8

static enum log_addresses	mode = LOG_ADDRESSES_FULL;

void
log_set_addresses(enum log_addresses how)
{
	mode = how;
}

bool
log_addresses_full(void)
{
	return mode == LOG_ADDRESSES_FULL;
}

/* From its @ on, or "?". */
static struct str
address_domain(struct str a)
{
	size_t	at = a.len, i;

	while (at > 0 && a.p[at - 1] != '@')
		at--;
	for (i = at; i < a.len; i++) {
		unsigned char	c = (unsigned char)a.p[i];

		if (!ascii_isalnum(c) && c < 0x80 &&
		    memchr(".-_[]:", c, 6) == NULL)
			return STR("?");
	}
	if (at == 0 || at == a.len)
		return STR("?");
	return (struct str){ a.p + at - 1, a.len - at + 1 };
}

static void
address_hash(struct buf *out, struct str a)
{
	unsigned char	digest[EVP_MAX_MD_SIZE];
	struct buf	lower = BUF_INIT;
	size_t		i;

	for (i = 0; i < a.len; i++)
		buf_add_byte(&lower,
		    (char)ascii_lower((unsigned char)a.p[i]));
	if (EVP_Digest(buf_data(&lower), lower.len, digest, NULL,
	    EVP_sha256(), NULL) != 1)
		buf_add_byte(out, '?');
	else
		buf_add_hex(out, digest, HASH_BYTES);
	buf_free(&lower);
}

void
log_address(struct buf *out, struct str address)
{
	if (address.len == 0 || mode == LOG_ADDRESSES_FULL)
		buf_add_str(out, address);
	else if (mode == LOG_ADDRESSES_DOMAIN)
		buf_add_str(out, address_domain(address));
	else
		address_hash(out, address);
}

void
log_address_hide(struct buf *out, size_t start)
{
	struct buf	had = BUF_INIT;

	if (mode == LOG_ADDRESSES_FULL)
		return;
	buf_add(&had, buf_data(out) + start, out->len - start);
	buf_truncate(out, start);
	log_address(out, buf_str(&had));
	buf_free(&had);
}
