/*
 * gate - takes connections from a listening socket
 *
 * Where the system has no descriptor or memory left, the connection stays
 * where it is and the socket is ready all the time.  Asking again at once
 * would be a loop that ends nothing: the gate is shut for a while instead.
 *
 * Ownership  fd stays the caller's; the new descriptor is fn's to close.
 * Failure    none; what accept() says is logged.
 */
#ifndef EVENT_GATE_H
#define EVENT_GATE_H

#define GATE_SHUT_MS	100

struct gate;
struct loop;
struct netaddr;

/* fn gets descriptors that do not block; it may free the gate. */
struct gate	*gate_new(struct loop *l, int fd, void (*fn)(void *arg,
		    int fd), void *arg);
void		 gate_free(struct gate **g);

/*
 * For who watches the socket himself: a descriptor, or -1 with errno.  EAGAIN:
 * there is none now.  Anything else: don't ask for GATE_SHUT_MS.  peer may be
 * NULL.
 */
int		 gate_take(int listen_fd, struct netaddr *peer);

#endif
