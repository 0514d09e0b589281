/*
 * Plain blocking code, a process for each connection: nothing of ours is on
 * this side of the wire.
 */
#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <signal.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/net.h"

#include "hop.h"

/* A session: refuses the recipient "bad", and waits with the end of a message
 * to "slow". */
static void
hop_serve(int fd)
{
	FILE	*f = fdopen(fd, "r+");
	char	 line[1024];
	bool	 slow = false;

	(void)fprintf(f, "220 hop\r\n");
	while (fflush(f) == 0 && fgets(line, sizeof line, f) != NULL) {
		(void)fseek(f, 0, SEEK_CUR);
		slow = slow || strstr(line, "<slow@") != NULL;
		if (strstr(line, "<bad@") != NULL)
			(void)fprintf(f, "550 5.1.1 No\r\n");
		else if (strncmp(line, "DATA", 4) != 0)
			(void)fprintf(f, "250 ok\r\n");
		else {
			(void)fprintf(f, "354 go\r\n");
			(void)fflush(f);
			while (fgets(line, sizeof line, f) != NULL &&
			    strcmp(line, ".\r\n") != 0)
				;
			if (slow)
				(void)usleep(300000);
			(void)fprintf(f, "250 taken\r\n");
		}
	}
	_exit(0);
}

static void
hop_run(int listening)
{
	int	fd;

	(void)signal(SIGCHLD, SIG_IGN);
	while ((fd = accept(listening, NULL, NULL)) != -1) {
		if (fork() == 0)
			hop_serve(fd);
		(void)close(fd);
	}
	_exit(0);
}

pid_t
hop_start(uint16_t *port)
{
	struct netaddr	a;
	socklen_t	len = sizeof a.u;
	int		fd = socket(AF_INET, SOCK_STREAM, 0);
	pid_t		pid;

	assert_int_equal(netaddr_parse_ip(&a, STR("127.0.0.1"), 0), 0);
	assert_int_equal(bind(fd, &a.u.sa, a.len), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, &a.u.sa, &len), 0);
	*port = netaddr_port(&a);
	pid = fork();
	if (pid == 0)
		hop_run(fd);
	(void)close(fd);
	return pid;
}
