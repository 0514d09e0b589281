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

/* One of libunbound's.  After dns_flush() it goes when it owes no answer. */
struct dns_context {
	TAILQ_ENTRY(dns_context) link;		/* in old */
	struct dns		*dns;
	struct ub_ctx		*ctx;
	size_t			 open;		/* answers that it owes */
	struct task		 bye;
};

TAILQ_HEAD(dns_contexts, dns_context);

struct dns {
	struct loop		*loop;
	struct ub_ctx		*ctx;		/* NULL: not needed yet */
	struct dns_context	*now;		/* of ctx */
	struct dns_contexts	 old;
	struct dns_queries	 queries;
	struct dns_lookups	 lookups;
	struct dns_list		 others;	/* dns_other(), latest first */
	TAILQ_ENTRY(dns)	 link;		/* in others of its parent */
	char			*servers;
	/* What it was made of, for another in a jail. */
	char			*forwards;	/* servers, or none */
	bool			 named;		/* they were named */
	struct buf		 anchors;	/* records, a NUL after each */
	struct buf		 records;	/* likewise: local answers */
};

/* Whether there is a context, made now if d came from dns_new_late(). */
bool	dns_ready(struct dns *d);
/* Ends all questions without call backs; libunbound is gone. */
void	dns_queries_free(struct dns *d);
void	dns_lookups_free(struct dns *d);
/* The servers of that text, and options: a context's first. */
int	dns_set_servers(struct ub_ctx *ctx, const char *servers,
	    struct err *e);
int	dns_set_options(struct ub_ctx *ctx, struct err *e);
/* Zones that libunbound answers itself, and shall not. */
void	dns_free_zones(struct ub_ctx *ctx);
void	dns_context_begin(struct dns *d);
/* It has answered, or won't. */
void	dns_context_done(struct dns_context *c);
void	dns_contexts_free(struct dns *d);
/* The servers that the system's file names. */
void	dns_system_servers(struct buf *out);
/* Adds what the system's hosts file says to what is answered. */
void	dns_hosts_load(struct dns *d);
/* Adds the records of a zone file to what is answered, or trusted. */
int	dns_local_load(struct dns *d, const char *path, struct err *e);
int	dns_anchors_load(struct dns *d, const char *path, struct err *e);
void	dns_anchors_copy(struct dns *d, const struct dns *from);

#endif
