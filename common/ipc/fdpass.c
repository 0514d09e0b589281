/*
 * A descriptor is a control message beside at least one byte.  All that the
 * kernel brings are looked at, so that none stays open unnoticed.
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fd.h"

#include "fdpass.h"

#define FDPASS_MAX	8	/* surplus ones are closed */

union fdpass_control {
	struct cmsghdr	align;
	char		bytes[CMSG_SPACE(sizeof(int) * FDPASS_MAX)];
};

ssize_t
fdpass_send(int sock, const void *p, size_t n, int fd)
{
	union fdpass_control	 control;
	struct iovec		 iov = { (void *)(size_t)p, n };
	struct msghdr		 msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr		*c;

	if (fd != -1) {
		memset(&control, 0, sizeof control);
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof fd);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL);
}

static void
fdpass_take(const struct cmsghdr *c, int *fd)
{
	size_t	i, count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int	one;

	for (i = 0; i < count; i++) {
		memcpy(&one, CMSG_DATA(c) + i * sizeof one, sizeof one);
		if (*fd == -1) {
			*fd = one;
			(void)fd_cloexec(one, true);
		} else
			(void)close(one);
	}
}

ssize_t
fdpass_recv(int sock, void *p, size_t cap, int *fd)
{
	union fdpass_control	 control;
	struct iovec		 iov = { p, cap };
	struct msghdr		 msg = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = control.bytes, .msg_controllen = sizeof control };
	struct cmsghdr		*c;
	ssize_t			 n;

	*fd = -1;
	n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	if (n == -1)
		return -1;
	for (c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			fdpass_take(c, fd);
	return n;
}
