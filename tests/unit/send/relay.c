/*
 * Plain blocking code, a process for each connection: nothing of ours is on
 * this side of the wire.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cmocka.h>

#include "relay.h"

static void
read_all(int fd, unsigned char *p, size_t n)
{
	ssize_t	got;

	for (; n > 0; p += got, n -= (size_t)got)
		if ((got = read(fd, p, n)) <= 0)
			_exit(1);
}

static void
write_all(int fd, const void *p, size_t n)
{
	if (write(fd, p, n) != (ssize_t)n)
		_exit(1);
}

static int
connect_to(const unsigned char *from, const unsigned char *ip,
    const unsigned char *port)
{
	struct sockaddr_in	a = { .sin_family = AF_INET };
	int			fd = socket(AF_INET, SOCK_STREAM, 0);

	if (from != NULL) {
		memcpy(&a.sin_addr, from, 4);
		if (bind(fd, (struct sockaddr *)&a, sizeof a) == -1)
			_exit(1);
	}
	memcpy(&a.sin_addr, ip, 4);
	memcpy(&a.sin_port, port, 2);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) == -1)
		_exit(1);
	return fd;
}

static int
serve_socks(int fd, enum relay kind)
{
	unsigned char	p[16], reply[] = { 5, 0, 0, 1, 10, 1, 2, 3, 0, 25 };
	int		to = -1;

	read_all(fd, p, 3);
	if (memcmp(p, "\5\1\0", 3) != 0)
		_exit(1);
	write_all(fd, "\5\0", 2);
	read_all(fd, p, 10);
	if (memcmp(p, "\5\1\0\1", 4) != 0)
		_exit(1);
	if (kind == RELAY_REFUSED)
		reply[1] = 5;
	else
		to = connect_to(NULL, p + 4, p + 8);
	write_all(fd, reply, sizeof reply);
	if (kind == RELAY_REFUSED)
		_exit(0);
	return to;
}

static int
serve_header(int fd)
{
	unsigned char	p[28];

	read_all(fd, p, sizeof p);
	if (memcmp(p, "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x7f\0\0\7", 20) != 0)
		_exit(1);
	return connect_to(p + 16, p + 20, p + 26);
}

static void
relay_bytes(int a, int b)
{
	struct pollfd	fds[2] = { { a, POLLIN, 0 }, { b, POLLIN, 0 } };
	char		buf[65536];
	ssize_t		n;
	int		i;

	for (;;) {
		if (poll(fds, 2, -1) == -1)
			_exit(1);
		for (i = 0; i < 2; i++) {
			if (fds[i].revents == 0)
				continue;
			n = read(fds[i].fd, buf, sizeof buf);
			if (n <= 0)
				_exit(0);
			write_all(fds[1 - i].fd, buf, (size_t)n);
		}
	}
}

static void
relay_serve(int fd, enum relay kind)
{
	switch (kind) {
	case RELAY_SOCKS:
	case RELAY_REFUSED:
		relay_bytes(fd, serve_socks(fd, kind));
		break;
	case RELAY_HEADER:
		relay_bytes(fd, serve_header(fd));
		break;
	case RELAY_BABBLES:
		write_all(fd, "220 I am no proxy\r\n", 19);
		(void)pause();
		break;
	case RELAY_HANGS:
		(void)pause();
		break;
	case RELAY_CLOSES:
		break;
	}
	_exit(0);
}

static void
relay_run(int listening, enum relay kind)
{
	int	fd;

	(void)setpgid(0, 0);
	(void)signal(SIGCHLD, SIG_IGN);
	while ((fd = accept(listening, NULL, NULL)) != -1) {
		if (fork() == 0)
			relay_serve(fd, kind);
		(void)close(fd);
	}
	_exit(0);
}

pid_t
relay_start(enum relay kind, uint16_t *port)
{
	struct sockaddr_in	a = { .sin_family = AF_INET };
	socklen_t		len = sizeof a;
	int			fd = socket(AF_INET, SOCK_STREAM, 0);
	pid_t			pid;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	pid = fork();
	if (pid == 0)
		relay_run(fd, kind);
	(void)setpgid(pid, pid);
	(void)close(fd);
	return pid;
}

/* With those that serve connections. */
void
relay_stop(pid_t pid)
{
	(void)kill(-pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}
