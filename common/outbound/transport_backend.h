/*
 * transport_backend - a transport of mode host or lmtp as a backend
 *
 * Ownership  what it fills in borrows from the transports and lives as long.
 * Failure    -1 with *e: what this version can't do, or a socket's path that
 *            no system takes.
 * Process    pure.
 */
#ifndef OUTBOUND_TRANSPORT_BACKEND_H
#define OUTBOUND_TRANSPORT_BACKEND_H

#include "schedule/transport.h"
#include "send/backend.h"

/*
 * What the transport does not say stays as *server has it.  Password and token
 * are not among what is set: the transport has the names of their files.
 */
int	transport_backend(const struct transports *all,
	    const struct transport *t, const char *run_directory,
	    struct send_backend *server, struct err *e);
/* The options pooling...: how long a connection is kept. */
void	transport_keep(const struct transport *t,
	    struct send_backend *server);

#endif
