/*
 * poll() tells of a FIN and of a reset without reading; the user and the
 * process behind a Unix socket are asked of the kernel.
 */
#include <poll.h>
#include <sys/socket.h>
#ifdef __FreeBSD__
#include <sys/param.h>
#include <sys/ucred.h>
#include <sys/un.h>
#endif
#include <unistd.h>

#include "peer.h"

#ifndef POLLRDHUP
#define POLLRDHUP	0	/* BSD: POLLHUP says the same */
#endif

enum peer_state
peer_state(int fd)
{
	struct pollfd	p = { .fd = fd, .events = POLLRDHUP };

	if (poll(&p, 1, 0) <= 0)
		return PEER_OPEN;
	if (p.revents & (POLLERR | POLLNVAL))
		return PEER_GONE;
	if (POLLRDHUP == 0)
		return p.revents & POLLHUP ? PEER_HALF_CLOSED : PEER_OPEN;
	if (p.revents & POLLHUP)
		return PEER_GONE;
	return p.revents & POLLRDHUP ? PEER_HALF_CLOSED : PEER_OPEN;
}

int
peer_uid(int fd, uid_t *uid)
{
	gid_t	gid;

	return getpeereid(fd, uid, &gid);
}

int
peer_process(int fd, uid_t *uid, pid_t *pid)
{
#ifdef SO_PEERCRED
#ifdef __OpenBSD__
	struct sockpeercred	c;
#else
	struct ucred		c;
#endif
	socklen_t		n = sizeof c;

	/* A socket of another family says nobody, without an error. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &n) == -1 ||
	    c.pid <= 0)
		return -1;
	*uid = c.uid;
	*pid = c.pid;
	return 0;
#elif defined(__FreeBSD__) && defined(LOCAL_PEERCRED)
	struct xucred	c;
	socklen_t	n = sizeof c;

	if (getsockopt(fd, SOL_LOCAL, LOCAL_PEERCRED, &c, &n) == -1)
		return -1;
	*uid = c.cr_uid;
	*pid = c.cr_pid;
	return 0;
#else
	*pid = 0;
	return peer_uid(fd, uid);
#endif
}
