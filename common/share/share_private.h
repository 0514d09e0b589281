/*
 * The inside of share.h: tickets, and what the two kinds of share do.
 */
#ifndef SHARE_SHARE_PRIVATE_H
#define SHARE_SHARE_PRIVATE_H

#include <sys/queue.h>

#include "base/hmap.h"
#include "event/loop.h"

#include "share.h"

enum ticket_state {
	TICKET_QUEUED,		/* not handed over yet */
	TICKET_ASKED,
	TICKET_HELD		/* a lock that was granted */
};

struct share_ticket {
	struct hmap_entry		 entry;		/* first; key is id */
	TAILQ_ENTRY(share_ticket)	 link;
	struct share			*share;
	uint64_t			 id;
	enum ticket_state		 state;
	share_done_fn			*done;
	void				*arg;
	struct share_question		 q;		/* of bytes below */
	char				 bytes[];
};

TAILQ_HEAD(share_tickets, share_ticket);

struct share_ops {
	/* share_ask() has queued a ticket. */
	void	(*ask)(struct share *s);
	/* A ticket goes: it has left its list already. */
	void	(*drop)(struct share *s, struct share_ticket *t);
	void	(*free)(struct share *s);
};

struct share {
	const struct share_ops	*ops;
	struct loop		*loop;
	struct hmap		 tickets;
	struct share_tickets	 lists[TICKET_HELD + 1];
	uint64_t		 last_id;
};

void		 share_init(struct share *s, struct loop *l,
		    const struct share_ops *ops);
void		 share_move(struct share_ticket *t, enum ticket_state to);
struct share_ticket *share_find(struct share *s, uint64_t id);
/* The ticket's answer: a lock is held now, any other ticket is gone.
 * done() may free the share. */
void		 share_answered(struct share_ticket *t,
		    const struct share_answer *a);

#endif
