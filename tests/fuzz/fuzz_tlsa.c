/*
 * TLSA records: the first bytes are one, as it comes from DNS; then all of it
 * is a list.  What is read lies inside, what is read is written the same, and
 * what mail can use OpenSSL takes.
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "event/tls_dane.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_usable(const struct tls_tlsa *r)
{
	static SSL_CTX	*ctx;
	SSL		*ssl;

	if (ctx == NULL) {
		ctx = SSL_CTX_new(TLS_client_method());
		if (ctx == NULL || SSL_CTX_dane_enable(ctx) != 1)
			abort();
	}
	if (!tls_tlsa_usable(r))
		return;
	ssl = SSL_new(ctx);
	if (ssl == NULL || SSL_dane_enable(ssl, "mx.example") != 1 ||
	    SSL_dane_tlsa_add(ssl, r->usage, r->selector, r->mtype,
	    (const unsigned char *)r->data.p, r->data.len) != 1)
		abort();
	SSL_free(ssl);
}

static void
check_list(struct str list)
{
	struct str	rest = list;
	struct tls_tlsa	r;
	struct buf	again = BUF_INIT;

	while (tls_tlsa_next(&rest, &r)) {
		if (r.data.p < list.p || r.data.p + r.data.len > list.p +
		    list.len)
			abort();
		check_usable(&r);
		tls_tlsa_add(&again, &r);
	}
	if (again.len > list.len || (again.len != 0 &&
	    memcmp(buf_data(&again), list.p, again.len) != 0))
		abort();
	buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tls_tlsa	r;

	if (size >= 3) {
		r = (struct tls_tlsa){ data[0], data[1], data[2],
		    { (const char *)data + 3, size - 3 } };
		check_usable(&r);
	}
	check_list((struct str){ (const char *)data, size });
	ERR_clear_error();
	return 0;
}
