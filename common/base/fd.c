/*
 * Flags of descriptors, and writing that goes on until all is written.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "clock.h"
#include "fd.h"

int
fd_nonblock(int fd)
{
	int	flags = fcntl(fd, F_GETFL);

	if (flags == -1)
		return -1;
	return fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ? -1 : 0;
}

int
fd_cloexec(int fd, bool on)
{
	return fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0) == -1 ? -1 : 0;
}

int
fd_write_full(int fd, const void *p, size_t n)
{
	const char	*at = p;
	ssize_t		 done;

	while (n > 0) {
		done = write(fd, at, n);
		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return -1;
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

#define ROOM_WAIT_MS	100
#define ROOM_SHUT_MS	1000

bool
fd_room(int fd, int64_t *shut_ms)
{
	struct pollfd	p = { .fd = fd, .events = POLLOUT };

	if (clock_mono_ms() < *shut_ms)
		return false;
	if (poll(&p, 1, ROOM_WAIT_MS) > 0)
		return true;
	*shut_ms = clock_mono_ms() + ROOM_SHUT_MS;
	return false;
}
