/*
 * caller - a blocking conversation with master or qmgr, for mtactl
 *
 * Failure    0 or a frame type, or -1 with *e.
 */
#ifndef IPC_CALLER_H
#define IPC_CALLER_H

#include "base/err.h"
#include "ipc/ipc.h"

struct ipc_caller {
	enum ipc_role	peer;		/* master, where nothing else is set */
	int		fd;
	struct buf	in;
	size_t		used;		/* of the frame shown last */
};

int	ipc_caller_connect(struct ipc_caller *c, const char *path,
	    struct err *e);
/* The same with a role other than master at the other end. */
int	ipc_caller_connect_to(struct ipc_caller *c, enum ipc_role peer,
	    const char *path, struct err *e);
/* One message: type, and its fields as ipc_put_X() wrote them. */
int	ipc_caller_put(struct ipc_caller *c, int type, struct str fields,
	    struct err *e);
/* Sends one message without fields other than `unused`. */
int	ipc_caller_send(struct ipc_caller *c, int type, struct err *e);
/* The next message's type; *r holds until the next call.  -1 also at the end
 * of the connection and after timeout_ms without a byte. */
int	ipc_caller_recv(struct ipc_caller *c, struct rbuf *r, int timeout_ms,
	    struct err *e);
void	ipc_caller_close(struct ipc_caller *c);

#endif
