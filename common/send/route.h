/*
 * route - the hosts that a request may go to, in order
 *
 * They are the request's candidates; or the mail exchangers of its backend's
 * host, by preference and shuffled where that is equal; or that host alone.
 * A domain that has no MX record is its own mail exchanger (RFC 5321 5.1), one
 * whose MX is "." takes no mail (RFC 7505).
 *
 * Ownership  the caller's storage; route_init(), route_fini().  Names that
 *            route_next() gives hold until route_fini().
 * Failure    route_fn's fault: no host is known.
 */
#ifndef SEND_ROUTE_H
#define SEND_ROUTE_H

#include "base/buf.h"
#include "send/attempt.h"
#include "send/request.h"

struct dns;
struct dns_query;

#define ROUTE_HOSTS_MAX	64	/* mail exchangers of a domain that are tried */

struct route_fault {
	enum attempt_dns	 dns;
	bool			 temporary;
	const char		*why;
};

typedef void	route_fn(void *arg, const struct route_fault *f);

struct route_host {
	uint16_t	preference;
	size_t		at, len;	/* its name */
};

struct route {
	const struct send_request	*req;
	struct send_backend		*saved;	/* as the request has it */
	struct dns_query		*query;
	route_fn			*fn;
	void				*arg;
	struct buf			 names;
	struct route_host		*hosts;
	size_t				 count;
	size_t				 next;
	bool				 implicit;	/* it has no MX */
	bool				 secure;	/* DNSSEC vouches for
							 * the names */
	size_t				 alias_len;	/* where CNAMEs of the
							 * domain lead: the
							 * first of names */
};

void	route_init(struct route *r);
void	route_fini(struct route *r);
/* True: the hosts are known.  False: fn comes, with a fault or NULL. */
bool	route_begin(struct route *r, struct dns *d,
	    const struct send_request *req, route_fn *fn, void *arg);
/* Makes b the backend that the next host is; false: there is none left. */
bool	route_next(struct route *r, struct send_backend *b);
/* Are the hosts what the domain says they are, or our own configuration?  Or
 * is at least no name of them made up? */
bool	route_is_secure(const struct route *r);
bool	route_names_secure(const struct route *r);
/* Adds, with a blank before each, the names of the domain whose host was
 * next. */
void	route_add_names(struct route *r, struct buf *out);
/* The host that route_next() gave last, of candidates: does it ask first?
 * Lays it over b, which is in place of the request's backend from now on. */
bool	route_asks(const struct route *r);
void	route_change(struct route *r, struct send_backend *b);

#endif
