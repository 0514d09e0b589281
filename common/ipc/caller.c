/*
 * The conversation waits by poll(), so that a master that hangs is noticed;
 * frames are the same as those of channels.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/net.h"

#include "caller.h"
#include "frame.h"

static const char *
caller_whom(const struct ipc_caller *c)
{
	return c->peer == IPC_MASTER ? "master" : ipc_role_name(c->peer);
}

int
ipc_caller_connect_to(struct ipc_caller *c, enum ipc_role peer,
    const char *path, struct err *e)
{
	struct netaddr	a;

	*c = (struct ipc_caller){ .peer = peer, .fd = -1, .in = BUF_INIT };
	if (netaddr_unix(&a, path, e) == -1)
		return -1;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd == -1)
		return err_errno(e, "socket");
	if (connect(c->fd, &a.u.sa, a.len) == 0)
		return 0;
	(void)err_errno(e, "%s", path);
	ipc_caller_close(c);
	return -1;
}

int
ipc_caller_connect(struct ipc_caller *c, const char *path, struct err *e)
{
	return ipc_caller_connect_to(c, IPC_MASTER, path, e);
}

int
ipc_caller_put(struct ipc_caller *c, int type, struct str fields,
    struct err *e)
{
	struct buf	b = BUF_INIT;
	size_t		begin = frame_begin(&b, type, 0);
	int		rc;

	buf_add_str(&b, fields);
	frame_end(&b, begin);
	rc = fd_write_full(c->fd, buf_data(&b), b.len);
	buf_free(&b);
	return rc == 0 ? 0 : err_errno(e, "asking %s", caller_whom(c));
}

int
ipc_caller_send(struct ipc_caller *c, int type, struct err *e)
{
	return ipc_caller_put(c, type, (struct str){ "\0\0\0", 4 }, e);
}

static int
caller_fill(struct ipc_caller *c, int timeout_ms, struct err *e)
{
	struct pollfd	p = { .fd = c->fd, .events = POLLIN };
	ssize_t		n;
	int		rc;

	do
		rc = poll(&p, 1, timeout_ms);
	while (rc == -1 && errno == EINTR);
	if (rc == 0)
		return err_set(e, "%s does not answer", caller_whom(c));
	do
		n = read(c->fd, buf_reserve(&c->in, 65536), 65536);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return err_errno(e, "reading from %s", caller_whom(c));
	if (n == 0)
		return err_set(e, "%s closed the connection",
		    caller_whom(c));
	buf_added(&c->in, (size_t)n);
	return 0;
}

int
ipc_caller_recv(struct ipc_caller *c, struct rbuf *r, int timeout_ms,
    struct err *e)
{
	struct frame	f;
	long		n;

	buf_consume(&c->in, c->used);
	c->used = 0;
	while ((n = frame_parse(buf_str(&c->in), &f)) == 0)
		if (caller_fill(c, timeout_ms, e) == -1)
			return -1;
	if (n == -1 || !ipc_allowed(f.type, c->peer, IPC_ASKER, f.nfds))
		return err_set(e, "%s sent what this mtactl does not know",
		    caller_whom(c));
	c->used = (size_t)n;
	*r = f.payload;
	return f.type;
}

void
ipc_caller_close(struct ipc_caller *c)
{
	if (c->fd != -1)
		(void)close(c->fd);
	c->fd = -1;
	c->used = 0;
	buf_free(&c->in);
}
