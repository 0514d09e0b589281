/*
 * said_dns - what dns.h says, from a text that a test wrote
 *
 * Rows are separated by "; ":
 *
 *	TYPE NAME STATE [VALUE]		the states are of a DNSSEC validator
 *	MX d.lab secure mx.lab
 *	MX d.lab secure >e.lab mx.lab	by an alias, whose target that is
 *	A mx.lab secure			the test's server
 *	A mx.lab secure >real.lab
 *	CNAME mx.lab secure
 *	TLSA mx.lab secure 3.1.1.good	usage, selector, matching type, and
 *					whether it is the server's certificate
 *
 * "bogus" and "servfail" are no answer; a row that is not there is a name
 * without such records.
 *
 * A test that defines the functions of dns.h, and calls these from them, needs
 * no resolver.
 */
#ifndef TESTS_SAID_DNS_H
#define TESTS_SAID_DNS_H

#include "base/buf.h"
#include "dns/dns.h"

struct x509_st;

struct said_dns {
	const char	*text;
	struct buf	 asked;		/* "TYPE NAME; " */
	uint16_t	 port;		/* that TLSA is asked for */
	struct x509_st	*cert;		/* the server's */
};

extern struct said_dns	said;

struct dns	*said_new(struct loop *l);
void		 said_free(struct dns **d);
struct dns_query *said_query(struct dns *d, struct str name,
		    enum dns_type type, dns_answer_fn *fn, void *arg);
void		 said_cancel(struct dns_query **q);
struct dns_lookup *said_addresses(struct dns *d, struct str host,
		    dns_hosts_fn *fn, void *arg);
void		 said_addresses_cancel(struct dns_lookup **lk);

#endif
