/*
 * dns - the asynchronous resolver of a worker, on libunbound
 *
 * It caches, asks the servers named (or the system's), and answers from
 * /etc/hosts and from a file of local records before it asks anyone.
 *
 * A call back never runs inside the call that asks; it comes once, at the
 * end of a turn of the loop, unless the question is cancelled.
 *
 * Ownership  dns_new() gives, dns_free() takes; questions still open then end
 *            without a call back.  An answer holds during its call back.
 * Failure    dns_new(): NULL with *e (file and line).  Questions: the status.
 * Process    create after fork and, in a jail, before chroot: the files are
 *            read here.
 */
#ifndef DNS_DNS_H
#define DNS_DNS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/net.h"
#include "base/str.h"
#include "dns/packet.h"

#define DNS_RECORD_MAX	256	/* of one answer; more are dropped */
#define DNS_ADDRESS_MAX	32	/* of one host */

enum dns_status {
	DNS_OK,			/* at least one record */
	DNS_NXDOMAIN,		/* no such name */
	DNS_NODATA,		/* the name is there, not such records */
	DNS_TEMPORARY,		/* no answer, SERVFAIL, bogus: try later */
	DNS_BAD_NAME		/* can't be asked for */
};

struct dns;
struct dns_query;
struct dns_lookup;
struct loop;

struct dns_answer {
	enum dns_status			 status;
	bool				 secure;	/* DNSSEC */
	bool				 bogus;
	const char			*why;		/* in words, not OK */
	const char			*name;		/* CNAMEs followed */
	const struct dns_record		*records;	/* of the type asked */
	size_t				 count;
	uint32_t			 ttl_s;		/* the least, CNAMEs
							 * counted */
};

struct dns_hosts {
	enum dns_status		 status;
	bool			 secure;	/* DNSSEC vouches for all of
						 * the list */
	const char		*why;
	const char		*name;		/* CNAMEs followed; OK only */
	const struct netaddr	*list;		/* IPv4 first; see host.c */
	size_t			 count;
};

typedef void	dns_answer_fn(void *arg, const struct dns_answer *a);
typedef void	dns_hosts_fn(void *arg, const struct dns_hosts *h);

/* Each may be empty or NULL. */
struct dns_config {
	const char	*servers;	/* "127.0.0.1@5353 192.0.2.1", else
					 * the system's */
	const char	*local_data;	/* file of records, else none */
	const char	*trust_anchor;	/* file of DS or DNSKEY records, else
					 * nothing is validated */
};

struct dns		*dns_new(struct loop *l, const struct dns_config *c,
			    struct err *e);
/* A resolver that asks the system's servers and gets ready with its first
 * question: for a tool, outside of any jail, that may never ask. */
struct dns		*dns_new_late(struct loop *l);
void			 dns_free(struct dns **d);
/* A resolver that asks these servers and nothing else; it belongs to d, and
 * may go once it is idle.  NULL with *e: too many are in use, or as above. */
struct dns		*dns_other(struct dns *d, const char *servers,
			    struct err *e);

/* What was learned is forgotten; questions that are open are answered by what
 * is known.  -1 with *e: all is as it was. */
int			 dns_flush(struct dns *d, struct err *e);

struct dns_query	*dns_query(struct dns *d, struct str name,
			    enum dns_type type, dns_answer_fn *fn, void *arg);
void			 dns_cancel(struct dns_query **q);

/* The addresses of a host name or a numeric address, with that port. */
struct dns_lookup	*dns_addresses(struct dns *d, struct str host,
			    uint16_t port, dns_hosts_fn *fn, void *arg);
void			 dns_addresses_cancel(struct dns_lookup **lk);

/* "no such name" */
const char		*dns_status_text(enum dns_status status);

#endif
