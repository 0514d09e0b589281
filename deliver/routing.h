/*
 * routing - where mail for a domain goes: what qmgr asks, and DNS answers
 *
 * A question names a transport and a domain.  The answer has hops
 * (job/nexthop.h), or says why there are none; it comes once.  An entry that is
 * prepared asks the same, with what its script wants laid over the transport.
 *
 * Ownership  questions are the table's.  routing_start(): all that is asked
 *            with lives until done() was called, from the loop, or
 *            routing_cancel() took the question; an answer holds during done().
 * Failure    routing_ask(): -1, no honest qmgr asks so; routing_start(): NULL,
 *            there are too many.
 * Process    on the event loop; own_load() was called before.
 */
#ifndef DELIVER_ROUTING_H
#define DELIVER_ROUTING_H

#include <stddef.h>

#include <stdint.h>

struct ipc_DELIVER_ASK;
struct nexthops;
struct outlet;
struct question;
struct transport;
struct wish;

struct routing_want {
	struct outlet		*outlet;	/* its addresses are known */
	const struct transport	*transport;
	uint16_t		 port;
	const char		*domain;
	const struct wish	*wish;		/* or NULL */
};

typedef void	routing_done_fn(void *arg, const struct nexthops *n);

void	routing_init(void);
void	routing_fini(void);
int	routing_ask(const struct ipc_DELIVER_ASK *m);
struct question	*routing_start(const struct routing_want *want,
		    routing_done_fn *done, void *arg);
void	routing_cancel(struct question **q);
/* qmgr has gone: nobody waits for answers. */
void	routing_forget(void);
size_t	routing_open(void);

#endif
