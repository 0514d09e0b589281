/*
 * guests - how many connections each peer of an internal Unix socket has
 *
 * A process that was taken over must not take all the connections that such a
 * service has for everybody.  It can't start another process, so counting by
 * process holds it; counting by user leaves room for the others' users.
 *
 * Ownership  guests_init() to start, guests_fini() to end.
 * Failure    a peer that the system can't name (not a Unix socket) is let in
 *            and not counted.
 */
#ifndef EVENT_GUESTS_H
#define EVENT_GUESTS_H

#include <stdbool.h>
#include <sys/tree.h>
#include <sys/types.h>

struct guest;

struct guests {
	RB_HEAD(guest_tree, guest)	tree;
	unsigned			per_process;
	unsigned			per_user;
};

/* Whom guests_leave() counts off. */
struct guest_id {
	uid_t	uid;
	pid_t	pid;
	bool	known;
};

void	guests_init(struct guests *g, unsigned per_process,
	    unsigned per_user);
void	guests_fini(struct guests *g);
/* False: this peer has as many as it may have; it is not counted. */
bool	guests_enter(struct guests *g, int fd, struct guest_id *id);
void	guests_leave(struct guests *g, const struct guest_id *id);

#endif
