/*
 * forecast_route - where mail goes, as the log knows it
 *
 * Included by forecast_private.h alone.
 */
#ifndef FORECAST_FORECAST_ROUTE_H
#define FORECAST_FORECAST_ROUTE_H

#include "base/hmap.h"
#include "job/hop_text.h"
#include "job/hops.h"
#include "schedule/policy_way.h"

struct forecast;

enum { ROUTE_TURNS = 16 };

/* Where mail goes by a transport, or to a domain by it. */
struct froute {
	struct hmap_entry	 hash;
	uint32_t		 key[2];	/* names: transport, domain */
	const struct transport	*transport;
	struct hop_address	*host;		/* allocated */
	size_t			 hosts, host_cap;
	uint64_t		 open_ms, opens;	/* of all of them */
	uint32_t		 turn[ROUTE_TURNS];	/* see flog_turn() */
	/* Made for the run. */
	bool			 made;
	const struct flist	*list;		/* NULL: nowhere */
};

/* A list of hops, which many routes may have. */
struct flist {
	struct hmap_entry	 hash;		/* by its bytes */
	uint64_t		 digest;
	struct nexthops		 hops;		/* in these */
	struct hop_texts	 texts;
};

/* NULL: transport.cf has no such transport. */
struct froute	*froute_take(struct forecast *f, uint32_t transport,
		    uint32_t domain);
void		 froute_host(struct forecast *f, struct froute *r,
		    const struct hop_address *a);
void		 froute_make(struct forecast *f, struct froute *r);
void		 froutes_fini(struct forecast *f);
struct policy_hop flist_hop(const struct flist *l, size_t n);

#endif
