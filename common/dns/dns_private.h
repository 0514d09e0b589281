/* The inside of a resolver, for dns.c, local.c, query.c and host.c. */
#ifndef DNS_PRIVATE_H
#define DNS_PRIVATE_H

#include <sys/queue.h>

#include "event/loop.h"

#include "base/buf.h"

#include "dns.h"

struct ub_ctx;

TAILQ_HEAD(dns_queries, dns_query);
TAILQ_HEAD(dns_lookups, dns_lookup);
TAILQ_HEAD(dns_list, dns);

struct dns {
	struct loop		*loop;
	struct ub_ctx		*ctx;		/* NULL: not needed yet */
	struct dns_queries	 queries;
	struct dns_lookups	 lookups;
	struct dns_list		 others;	/* dns_other(), latest first */
	TAILQ_ENTRY(dns)	 link;		/* in others of its parent */
	char			*servers;
	struct buf		 anchors;	/* records, a NUL after each */
};

/* Whether there is a context, made now if d came from dns_new_late(). */
bool	dns_ready(struct dns *d);
/* Ends all questions without call backs; libunbound is gone. */
void	dns_queries_free(struct dns *d);
void	dns_lookups_free(struct dns *d);
/* Adds the records of a zone file to what is answered, or trusted. */
int	dns_local_load(struct dns *d, const char *path, struct err *e);
int	dns_anchors_load(struct dns *d, const char *path, struct err *e);
void	dns_anchors_copy(struct dns *d, const struct dns *from);

#endif
