/*
 * grant - leave to open a connection, asked of whoever keeps the limits
 *
 * A send that finds no idle connection asks the granter of its engine, which
 * answers at once or later.  The grant then goes with the connection until
 * that is closed, and the granter is told of each step:
 *
 *	ASKED --answered--> HELD --OPENED--> OPEN <--USED, RESTS--> IDLE
 *	  |                  | ^               |                     |
 *	 DROPPED          DROPPED `---BACK-----+--LEAVES--> LEAVING <-'
 *					       |               |
 *					    CLOSED          CLOSED
 *
 * DROPPED and CLOSED are the last that is heard of a grant.  BACK says that
 * the connection has failed and that its send holds the grant again; it asks
 * with the same grant for the next candidate, or drops it.
 *
 * A send asks before it looks a host's name up (`to` is not known then), and
 * again for each address.  Whoever limits what a name stands for answers the
 * first question; whoever limits addresses says yes to it and answers the
 * others.
 *
 * line.h is the granter that is built in: so many connections to a backend.
 *
 * Ownership  a grant is the engine's; between DROPPED or CLOSED and the end of
 *            that call the granter forgets it.  `link` and `owner` are the
 *            granter's.
 * Failure    none.
 * Process    ask() and told() must not call back into the engine; answer,
 *            reuse and evict only from the loop.
 */
#ifndef SEND_GRANT_H
#define SEND_GRANT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/net.h"

struct pooled;
struct send;
struct send_backend;

enum grant_state { GRANT_ASKED, GRANT_HELD, GRANT_OPEN, GRANT_IDLE,
	GRANT_LEAVING };

enum grant_event { GRANT_DROPPED, GRANT_OPENED, GRANT_RESTS, GRANT_USED,
	GRANT_BACK, GRANT_LEAVES, GRANT_CLOSED };

enum grant_answer { GRANT_YES, GRANT_NO, GRANT_LATER };

struct grant {
	TAILQ_ENTRY(grant)		 link;
	void				*owner;
	uint64_t			 id;	/* unique in the engine */
	/* What it is when told() is called; of an event, what it was. */
	enum grant_state		 state;
	const struct send_backend	*backend;
	struct netaddr			 to;	/* len 0: not known yet */
	size_t				 candidate;	/* of its request */
	void				*asker;	/* `arg` of the request that it
						 * is asked or used for */
	/* The engine's: who asks or holds, and what is open. */
	struct send			*send;
	struct pooled			*pooled;
};

TAILQ_HEAD(grant_list, grant);

struct granter {
	/* g is ASKED, or HELD from before, perhaps for another backend. */
	enum grant_answer	(*ask)(void *arg, struct grant *g);
	void			(*told)(void *arg, struct grant *g,
				    enum grant_event ev);
	/* Do others wait for a connection to this backend, so that a newcomer
	 * may not take an idle one before them?  NULL: nobody does. */
	bool			(*has_line)(void *arg,
				    const struct send_backend *b);
	void			*arg;
};

/* The answer that was to come later. */
void	grant_answer(struct grant *g, bool yes);
/* Of one that is ASKED: looks for an idle connection again.  True: the send
 * has one, and g was dropped. */
bool	grant_reuse(struct grant *g);
/* Of one that is ASKED: the candidate is passed over, which is no failure; the
 * grant is HELD, and asked for the next one, or dropped. */
void	grant_skip(struct grant *g);
/* Of one that is ASKED: b is what the candidate is laid over from now on, in
 * place of the request's backend, and borrowed as that was.  The candidate
 * begins anew: the grant is HELD, and asked for once more. */
void	grant_change(struct grant *g, const struct send_backend *b);
/* Of one that is IDLE: its connection says QUIT. */
void	grant_evict(struct grant *g);

#endif
