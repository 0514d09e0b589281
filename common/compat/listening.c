/*
 * What can be seen without a connection: whether the socket still listens, has
 * an end or an error, blocks, or has a filter.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>

#include "listening.h"

#ifndef POLLRDHUP
#define POLLRDHUP	0
#endif

/* The number of a filter's instructions; a filter of the newer kind is not
 * told of in numbers but by an error. */
static bool
listening_filtered(int fd)
{
#ifdef SO_GET_FILTER
	socklen_t	n = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, NULL, &n) == 0)
		return n > 0;
	return errno == EACCES;
#else
	(void)fd;
	return false;
#endif
}

bool
listening_sound(int fd)
{
	struct pollfd	p = { .fd = fd, .events = POLLRDHUP };
	socklen_t	n = sizeof(int);
	int		on = 0, flags = fcntl(fd, F_GETFL);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &n) == -1 || !on)
		return false;
	/* A Unix socket that was shut down calls itself listening still. */
	if (poll(&p, 1, 0) > 0 &&
	    (p.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0)
		return false;
	return flags != -1 && (flags & O_NONBLOCK) != 0 &&
	    !listening_filtered(fd);
}

void
listening_end(int fd)
{
	(void)shutdown(fd, SHUT_RDWR);
}
