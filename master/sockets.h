/*
 * sockets - what the instance listens on
 *
 * Sockets are bound before any worker runs and kept over reloads: a worker
 * that dies, or a generation that ends, leaves its connections in the
 * backlog.  A socket belongs to an address, not to a service's row.
 *
 * Ownership  sockets_init() to start, sockets_fini() to end (Unix sockets
 *            are unlinked).
 * Failure    -1 with *e.
 */
#ifndef MASTER_SOCKETS_H
#define MASTER_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/net.h"
#include "conf/conf.h"

#include "socket_file.h"

struct sock {
	TAILQ_ENTRY(sock)	link;
	struct netaddr		addr;
	struct socket_file	file;	/* of a Unix socket */
	int			fd;
	uint32_t		bound;	/* how often */
	bool			keep;	/* named by the newest configuration */
};

TAILQ_HEAD(sockets, sock);

void	sockets_init(struct sockets *s);
void	sockets_fini(struct sockets *s);
/*
 * Binds all that conf names and is not bound yet; on failure none is left.  A
 * socket that does not listen any more, or whose file was removed, is bound
 * anew (sockets_sound()).  *at: whose address it was that failed.
 */
int	sockets_bind(struct sockets *s, const struct conf *conf,
	    const struct conf_service **at, struct err *e);
/* The file of a unix service's socket is for those for whom the parameters, as
 * they are now, say that it is. */
int	sockets_open_up(const struct conf *conf,
	    const struct conf_service *svc, struct err *e);
/* Closes what the last sockets_bind() did not name. */
void	sockets_prune(struct sockets *s);

/*
 * Would a connection to each be accepted?  Every worker of a service has the
 * same socket, and one that was taken over can end it for all, past its own
 * end.
 */
bool	sockets_sound(const struct sockets *s);

/*
 * Could sockets_bind() bind this service's addresses?  What is in use already
 * is well if ours() says so.  Nothing is listened on.
 */
int	sockets_try(const struct conf *conf, const struct conf_service *svc,
	    bool (*ours)(void *arg, const char *address), void *arg,
	    struct err *e);

/* An "address:port" a line of what clients may connect to. */
void	sockets_text(const struct sockets *s, struct buf *out);

#define SOCKETS_PER_SERVICE	2	/* all addresses: IPv6 and IPv4 */

/* The descriptors of one service: how many. */
int	sockets_of(struct sockets *s, const struct conf *conf,
	    const struct conf_service *service,
	    const struct sock *out[SOCKETS_PER_SERVICE]);

#endif
