/*
 * poll() tells of a FIN and of a reset without reading; the user and the
 * process behind a Unix socket are asked of the kernel.
 */
#include <grp.h>
#include <poll.h>
#include <pwd.h>
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
	struct pollfd	p = { .fd = fd, .events = POLLIN | POLLRDHUP };
	int		n = poll(&p, 1, 0);

	if (n <= 0)
		return n == 0 ? PEER_OPEN : PEER_UNREAD;
	if (p.revents & (POLLERR | POLLNVAL))
		return PEER_GONE;
	if (POLLRDHUP == 0)
		return p.revents & POLLHUP ? PEER_HALF_CLOSED : PEER_UNREAD;
	if (p.revents & POLLHUP)
		return PEER_GONE;
	return p.revents & POLLRDHUP ? PEER_HALF_CLOSED : PEER_UNREAD;
}

int
peer_uid(int fd, uid_t *uid)
{
	gid_t	gid;

	return getpeereid(fd, uid, &gid);
}

#if defined(SO_PEERGROUPS)
#define PEER_GROUPS_MAX	1024

static bool
peer_in_others(int fd, uid_t uid, gid_t group)
{
	gid_t		list[PEER_GROUPS_MAX];
	socklen_t	n = sizeof list;
	size_t		i;

	(void)uid;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, list, &n) == -1)
		return false;
	for (i = 0; i < n / sizeof list[0]; i++)
		if (list[i] == group)
			return true;
	return false;
}
#else
#define PEER_GROUPS_MAX	64

/* By the group file: a process may have other groups than its user. */
static bool
peer_in_others(int fd, uid_t uid, gid_t group)
{
	const struct passwd	*pw = getpwuid(uid);
	gid_t			 list[PEER_GROUPS_MAX];
	int			 i, n = PEER_GROUPS_MAX;

	(void)fd;
	if (pw == NULL || getgrouplist(pw->pw_name, pw->pw_gid, list, &n) ==
	    -1)
		return false;
	for (i = 0; i < n; i++)
		if (list[i] == group)
			return true;
	return false;
}
#endif

bool
peer_in_group(int fd, gid_t group)
{
	uid_t	uid;
	gid_t	gid;

	if (getpeereid(fd, &uid, &gid) == -1)
		return false;
	return gid == group || peer_in_others(fd, uid, group);
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
