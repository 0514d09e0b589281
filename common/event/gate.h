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
 * Ownership  fd stays the caller's; the new descriptor is fn's to close.
 * Failure    none; what accept() says is logged.
 */
#ifndef EVENT_GATE_H
#define EVENT_GATE_H

#include <stdint.h>

#define GATE_SHUT_MS	100
#define GATE_RENEW_MS	60000	/* at the latest */

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
/* When to renew a watch that was opened and has had no client; 0 at first. */
int64_t		 gate_renew_ms(int64_t last_ms);

#endif
