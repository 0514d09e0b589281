/*
 * tls_dane - TLSA records (RFC 6698), as a client obeys them
 *
 * A list of records is bytes: tls_tlsa_add() makes them, tls_tlsa_next() reads
 * them.
 *
 * Ownership  what is read points into the bytes.
 * Failure    tls_tlsa_next(): false at the end, and at what is no record.
 * Process    pure.
 */
#ifndef EVENT_TLS_DANE_H
#define EVENT_TLS_DANE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "event/tls_version.h"

struct tls_context;

#define TLSA_DATA_MAX	65535

struct tls_tlsa {
	uint8_t		usage, selector, mtype;
	struct str	data;
};

/* The data is cut to what a record can have. */
void	tls_tlsa_add(struct buf *out, const struct tls_tlsa *r);
bool	tls_tlsa_next(struct str *rest, struct tls_tlsa *r);
/*
 * Can mail use it (RFC 7672 3.1)?  Usages 2 and 3 alone; it names a selector
 * and a matching type that are known, and its data is of that kind.
 */
bool	tls_tlsa_usable(const struct tls_tlsa *r);

/* A context whose streams must have a tls_demand with records. */
struct tls_context *tls_client_dane(struct err *e);

#endif
