/*
 * routing - where mail for a domain goes: what qmgr asks, and DNS answers
 *
 * A question names a transport and a domain.  The answer has hops
 * (job/nexthop.h), or says why there are none; it comes once.
 *
 * Ownership  questions are the table's.
 * Failure    routing_ask(): -1, no honest qmgr asks so.
 * Process    on the event loop; own_load() was called before.
 */
#ifndef DELIVER_ROUTING_H
#define DELIVER_ROUTING_H

#include <stddef.h>

struct ipc_DELIVER_ASK;

void	routing_init(void);
void	routing_fini(void);
int	routing_ask(const struct ipc_DELIVER_ASK *m);
/* qmgr has gone: nobody waits for answers. */
void	routing_forget(void);
size_t	routing_open(void);

#endif
