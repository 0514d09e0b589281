/*
 * gate - takes connections from a listening socket
 *
 * Where the system has no descriptor or memory left, the connection stays
 * where it is and the socket is ready all the time.  Asking again at once
 * would be a loop that ends nothing: the gate is shut for a while instead.
 *
 * Opening needs memory of the system, too, and nobody tells if there was none:
 * until a client has come it is opened again, ever more seldom.
 *
 * Ownership  fd stays the caller's; what is taken is the taker's to close.
 * Failure    none; what accept() says is logged.
 */
#ifndef EVENT_GATE_H
#define EVENT_GATE_H

#define GATE_SHUT_MS	100
#define GATE_LEAVE_MS	1
#define GATE_RENEW_MS	60000	/* at the latest */

struct gate;
struct loop;
struct netaddr;

/* fn is told that somebody waits, and takes; it may free the gate. */
struct gate	*gate_new(struct loop *l, int fd, void (*fn)(void *arg,
		    struct gate *g), void *arg);
void		 gate_free(struct gate **g);

/* A descriptor that does not block; -1: none now.  peer may be NULL. */
int		 gate_take(struct gate *g, struct netaddr *peer);
/* Takes nothing for GATE_SHUT_MS: for a caller that has no room now. */
void		 gate_shut(struct gate *g);
/* The same for GATE_LEAVE_MS: somebody else may take who waits. */
void		 gate_leave(struct gate *g);

#endif
