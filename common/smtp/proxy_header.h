/*
 * proxy_header - the PROXY protocol, versions 1 and 2
 *
 * It is what a load balancer says of its client, before the first byte that
 * the client sent.  Bytes in any cut give the same header, and no byte behind
 * it is used.
 *
 * Ownership  the caller's storage; proxy_header_init(), proxy_header_fini().
 * Failure    PROXY_BAD with *why a constant text.
 * Process    pure.
 */
#ifndef SMTP_PROXY_HEADER_H
#define SMTP_PROXY_HEADER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/net.h"

#define PROXY_HEADER_MAX	4096

enum proxy_read { PROXY_MORE, PROXY_DONE, PROXY_BAD };

struct proxy_header {
	struct buf	raw;
	/* After PROXY_DONE: the client's addresses, unless the load balancer
	 * speaks for itself. */
	bool		has_addresses;
	struct netaddr	from;
	struct netaddr	to;
	struct str	tlv;		/* version 2, in raw; may be empty */
};

void	proxy_header_init(struct proxy_header *h);
void	proxy_header_fini(struct proxy_header *h);
enum proxy_read proxy_header_feed(struct proxy_header *h, struct str data,
	    size_t *used, const char **why);

#endif
