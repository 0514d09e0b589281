/*
 * A datagram to the socket of syslogd, made by hand: the head that syslog(3)
 * would write, then the line.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "fd.h"
#include "net.h"
#include "system_log.h"

static struct {
	struct netaddr	 to;
	const char	*ident;
	int64_t		 shut_ms;
	int		 facility;
	int		 fd;
} system_logger = { .fd = -1 };

static void
system_log_close(void)
{
	if (system_logger.fd != -1)
		(void)close(system_logger.fd);
	system_logger.fd = -1;
}

static void
system_log_connect(void)
{
	system_log_close();
	if (system_logger.to.len == 0)
		return;
	system_logger.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (system_logger.fd != -1 && connect(system_logger.fd,
	    &system_logger.to.u.sa, system_logger.to.len) == -1)
		system_log_close();
}

void
system_log_open(const char *path, const char *ident, int facility)
{
	struct err	e;

	if (netaddr_unix(&system_logger.to, path, &e) == -1)
		system_logger.to.len = 0;
	system_logger.ident = ident;
	system_logger.facility = facility;
	openlog(ident, LOG_PID | LOG_NDELAY, facility);
	system_log_connect();
}

static int
system_log_send(struct iovec iov[2])
{
	struct msghdr	m = { .msg_iov = iov, .msg_iovlen = 2 };

	if (sendmsg(system_logger.fd, &m, MSG_NOSIGNAL) != -1)
		return 0;
	return errno == EAGAIN || errno == ENOBUFS ? EAGAIN : errno;
}

/* "<22>Nov 22 12:10:24 halyard[4711]: " */
static size_t
system_log_head(char *out, size_t size, int level)
{
	char		stamp[32] = "";
	time_t		now = time(NULL);
	struct tm	tm;

	if (localtime_r(&now, &tm) != NULL)
		(void)strftime(stamp, sizeof stamp, "%b %e %H:%M:%S", &tm);
	(void)snprintf(out, size, "<%d>%s %s[%ld]: ",
	    level | system_logger.facility, stamp, system_logger.ident,
	    (long)getpid());
	return strlen(out);
}

int
system_log(int level, const char *text)
{
	char		head[128];
	struct iovec	iov[2] = { { head, 0 },
			    { (void *)(uintptr_t)text, strlen(text) } };
	int		error = ENOTCONN;

	iov[0].iov_len = system_log_head(head, sizeof head, level);
	if (system_logger.fd != -1)
		error = system_log_send(iov);
	/* syslogd may have been started again, and have a new socket. */
	if (error != 0 && error != EAGAIN) {
		system_log_connect();
		if (system_logger.fd == -1) {
			syslog(level, "%s", text);
			return 0;
		}
		error = system_log_send(iov);
	}
	if (error == EAGAIN && fd_room(system_logger.fd,
	    &system_logger.shut_ms))
		error = system_log_send(iov);
	return error == 0 ? 0 : -1;
}
