/*
 * names - the names of an address, and whether they lead back to it
 *
 * PTR records first, then the addresses of each name, all at once.  A name is
 * worth something only if it leads back: whoever runs the reverse zone may
 * write there what he likes.
 *
 * Ownership  the result holds during the call back.
 * Failure    none: what can't be found is left out.
 */
#ifndef DNS_NAMES_H
#define DNS_NAMES_H

#include "base/net.h"
#include "dns/packet.h"

#define DNS_NAMES_MAX	4	/* of one address; more are not looked at */

struct dns;
struct dns_naming;

struct dns_names {
	size_t			 count;
	char			 name[DNS_NAMES_MAX][DNS_NAME_TEXT];
	int			 confirmed;	/* the first that is, or -1 */
	/* All addresses of these names, by name. */
	const struct netaddr	*address;
	size_t			 address_count;
};

typedef void	dns_names_fn(void *arg, const struct dns_names *n);

/* fn comes once, from the loop, unless cancelled. */
struct dns_naming *dns_names(struct dns *d, const struct netaddr *a,
		    dns_names_fn *fn, void *arg);
void		 dns_names_cancel(struct dns_naming **n);
/* "1.2.0.192.in-addr.arpa", or -1: no IP address. */
int		 dns_reverse(const struct netaddr *a, struct buf *out);

#endif
