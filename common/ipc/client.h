/*
 * client - a blocking conversation with master, for mtactl
 *
 * Failure    0 or a frame type, or -1 with *e.
 */
#ifndef IPC_CLIENT_H
#define IPC_CLIENT_H

#include "base/err.h"
#include "ipc/ipc.h"

struct ipc_client {
	int		fd;
	struct buf	in;
	size_t		used;		/* of the frame shown last */
};

int	ipc_client_connect(struct ipc_client *c, const char *path,
	    struct err *e);
/* Sends one message without fields other than `unused`. */
int	ipc_client_send(struct ipc_client *c, int type, struct err *e);
/* The next message's type; *r holds until the next call.  -1 also at the end
 * of the connection and after timeout_ms without a byte. */
int	ipc_client_recv(struct ipc_client *c, struct rbuf *r, int timeout_ms,
	    struct err *e);
void	ipc_client_close(struct ipc_client *c);

#endif
