/*
 * nexthop - where mail for a domain may go by a transport
 *
 * deliver(8) finds it out (mail exchangers, addresses, our own addresses to
 * connect from), qmgr(8) chooses among it by its limits, and deliver connects
 * to what was chosen.  It is also how the answer passes between them.
 *
 * A hop is a host's address with one of ours.  Of those with the lowest
 * preference any may be taken; further ones only when these have failed.
 *
 * Ownership  nexthops_get() gives hops, nexthops_free() takes them; texts are
 *            the bytes' that were read.
 * Failure    nexthops_put(): -1, too long.  nexthops_get(): -1, no honest peer
 *            says so.
 * Process    pure.
 */
#ifndef JOB_NEXTHOP_H
#define JOB_NEXTHOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/net.h"
#include "base/wire.h"

enum {
	NEXTHOPS_MAX = 64,		/* of one answer */
	NEXTHOPS_BYTES_MAX = 65536,
	NEXTHOPS_TTL_MAX_S = 3600,
	NEXTHOPS_TTL_MIN_S = 5
};

/* How many errors of each kind an attempt knows, and those that qmgr gives
 * itself. */
enum {
	NEXTHOPS_ERRORS = 9,
	NEXTHOPS_ERROR_DNS = 2,
	NEXTHOPS_DNS_ERRORS = 7,
	NEXTHOPS_DNS_OTHER = 1
};

struct nexthop {
	uint16_t	preference;
	uint16_t	order;		/* of the source; those with a lower
					 * one first, equal ones in turn */
	uint16_t	weight;		/* among equals; at least 1 */
	struct str	mx;		/* its name, or its address as text;
					 * none: a socket */
	struct netaddr	address;	/* with the port; or a socket's path */
	bool		secure;		/* address is by DNSSEC */
	struct netaddr	source;		/* len 0: the system chooses */
	struct str	source_id;	/* its name in transport.cf, or none */
	struct str	helo;		/* none: the transport's */
};

struct nexthops {
	uint32_t		 ttl_s;
	bool			 secure;	/* so is the list of names */
	/* There is nowhere to go, and why, in the numbers of an attempt's
	 * errors (send/attempt.h); 0: there are hops. */
	uint8_t			 error, dns;
	bool			 temporary;
	struct str		 why;
	struct nexthop		*hop;
	size_t			 count;
};

int	nexthops_put(struct buf *out, const struct nexthops *n);
int	nexthops_get(struct nexthops *n, struct str bytes);
void	nexthops_free(struct nexthops *n);

#endif
