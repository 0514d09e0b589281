/*
 * route - where mail for a domain goes by a transport, as a worker found out
 *
 *	unknown -> ASKED -> known, until its time is over -> ASKED ...
 *
 * A transport that delivers to one host has one route for all domains.  An
 * entry whose route is not known waits here, in memory, and is looked at again
 * when it is.
 *
 * Ownership  routes are the table's, and hold until the next call.
 * Failure    none: a worker that does not answer is asked again, or another.
 */
#ifndef QMGR_ROUTE_H
#define QMGR_ROUTE_H

#include "delivery.h"

struct route {
	struct hmap_entry	 hash;		/* outlet's number, domain */
	TAILQ_ENTRY(route)	 link;		/* asked, to ask, or known */
	struct buf		 key;
	uint32_t		 self;		/* its place in the table */
	uint64_t		 outlet;	/* its number */
	struct str		 domain;
	uint64_t		 question;	/* 0: none is open */
	uint16_t		 asked;		/* slot of the worker */
	int64_t			 asked_ms;
	uint32_t		 hopset;	/* 0: not known */
	int64_t			 until_ms;	/* scheduler's clock */
	struct active_list	 waiting;
	uint32_t		 waiters;
	bool			 refused;	/* more wanted to wait */
};

void	route_prepare(struct worker *w);
void	route_open(void);
void	route_close(void);
/* What is known now: the list of hops (hopset.h), or 0: it is asked for, and
 * *r is where to wait. */
uint32_t route_hops(const struct outlet *o, struct str domain,
	    struct route **r);
/* false: enough wait for it. */
bool	route_wait(struct route *r, struct active *a);
/* It waits no more. */
void	route_leave(struct active *a);
/* All routes are looked up again when they are needed: DNS may be others.
 * How many there were. */
uint64_t route_forget(void);
/* HOPS of a worker: 0, or -1. */
int	route_on_hops(struct agent *a, struct rbuf *r);
/* There is one that may be asked; it is gone, and what it was asked. */
void	route_agent_ready(void);
void	route_agent_away(const struct agent *a);

#endif
