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

int
ipc_caller_connect(struct ipc_caller *c, const char *path, struct err *e)
{
	struct netaddr	a;

	*c = (struct ipc_caller){ .fd = -1, .in = BUF_INIT };
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
ipc_caller_send(struct ipc_caller *c, int type, struct err *e)
{
	struct buf	b = BUF_INIT;
	size_t		begin = frame_begin(&b, type, 0);
	int		rc;

	wire_put_uint(&b, 0, 4);
	frame_end(&b, begin);
	rc = fd_write_full(c->fd, buf_data(&b), b.len);
	buf_free(&b);
	return rc == 0 ? 0 : err_errno(e, "asking master");
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
		return err_set(e, "master does not answer");
	do
		n = read(c->fd, buf_reserve(&c->in, 65536), 65536);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return err_errno(e, "reading from master");
	if (n == 0)
		return err_set(e, "master closed the connection");
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
	if (n == -1 || !ipc_allowed(f.type, IPC_MASTER, IPC_VIEWER, f.nfds))
		return err_set(e, "master sent what this mtactl does not know");
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
