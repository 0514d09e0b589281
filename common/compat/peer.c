#include <poll.h>
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
