/*
 * routing_private - the inside of a question: routing.c asks, routing_judge.c
 * decides
 */
#ifndef DELIVER_ROUTING_PRIVATE_H
#define DELIVER_ROUTING_PRIVATE_H

#include <sys/queue.h>

#include "base/arena.h"
#include "dns/dns.h"
#include "job/hops.h"
#include "outbound/wish.h"
#include "send/attempt.h"

#include "outlet.h"
#include "routing.h"

enum { ROUTING_V6, ROUTING_V4, ROUTING_FAMILIES };
enum {
	ROUTING_HOSTS_MAX = 32,		/* exchangers that are looked up */
	ROUTING_ADDRESSES_MAX = 32,	/* of a host, of each family */
	ROUTING_FAULT_S = 60		/* so long a fault is kept */
};

struct question;

struct routing_host {
	struct question		*question;
	uint16_t		 preference;
	struct str		 name;
	bool			 numeric;	/* it is its own address */
	struct dns_query	*query[ROUTING_FAMILIES];
	enum dns_status		 status[ROUTING_FAMILIES];
};

struct question {
	TAILQ_ENTRY(question)	 link;
	uint64_t		 number;
	struct outlet		*outlet;	/* or NULL: it is the wants' */
	struct routing_want	 want;
	routing_done_fn		*done;
	void			*arg;
	bool			 excluded;	/* a wish left something out */
	char			 domain[256];
	struct str		 name;		/* that is asked about */
	bool			 begun;
	bool			 ours;		/* name is the operator's */
	bool			 exchangers;	/* mode mx */
	bool			 loops;		/* we are among them */
	uint16_t		 loops_at;	/* by that preference */
	uint16_t		 port;
	struct arena		 arena;		/* names of hosts */
	struct dns_query	*query;		/* for exchangers */
	bool			 secure;	/* so are the names of hosts */
	uint32_t		 ttl_s;
	struct routing_host	 host[ROUTING_HOSTS_MAX];
	size_t			 host_count;
	bool			 usable[ROUTING_FAMILIES];
	bool			 asked[ROUTING_FAMILIES];
	size_t			 outstanding;	/* questions for addresses */
	struct hop_address	*address;
	size_t			 address_count, address_cap;
	struct hop_source	*source;	/* in arena */
	size_t			 source_count;
};

TAILQ_HEAD(question_list, question);

/* why: of DNS it is told with the name, else it is a format for one. */
struct routing_fault {
	enum attempt_error	 error;
	enum attempt_dns	 dns;
	bool			 temporary;
	const char		*why;
};

#define ROUTING_DNS(kind, temporary, why)				\
	{ ATTEMPT_ERROR_DNS, ATTEMPT_DNS_##kind, temporary, why }

/* ---- routing.c: each of these two ends the question --------------------- */

void	question_fail(struct question *q, const struct routing_fault *f);
void	question_answer(struct question *q, struct nexthop *hops,
	    size_t count);
/* NULL: it is known already, or there is no room. */
struct routing_host *question_host(struct question *q, uint16_t preference,
	    struct str name);
void	question_address(struct question *q, const struct routing_host *h,
	    const struct netaddr *a, bool secure);

/* ---- routing_judge.c ----------------------------------------------------- */

/* The transport's sources, and which families can be used. */
void	question_sources(struct question *q);
/* Its exchangers; false: there are none, and the question has ended. */
bool	question_exchangers(struct question *q, const struct dns_answer *a);
/* Does a wish let it through? */
bool		 question_takes(struct question *q, struct str name);
extern const struct routing_fault routing_excluded;
/* Is there an address that can be used?  And else, could there be one? */
bool	question_found(const struct question *q);
bool	question_doubtful(const struct question *q);
/* All is known; ends the question. */
void	question_judge(struct question *q);

#endif
