/*
 * The message is one datagram, sent by hand: that takes less than the library
 * of the service manager would.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notify.h"

/* "@name" is in the abstract name space. */
static socklen_t
notify_address(const char *path, struct sockaddr_un *a)
{
	size_t	len = strlen(path);

	if ((path[0] != '/' && path[0] != '@') || len >= sizeof a->sun_path)
		return 0;
	memset(a, 0, sizeof *a);
	a->sun_family = AF_UNIX;
	memcpy(a->sun_path, path, len);
	if (path[0] == '@')
		a->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

void
service_notify(const char *state)
{
	const char		*path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un	 a;
	socklen_t		 len;
	int			 fd;

	if (path == NULL || (len = notify_address(path, &a)) == 0)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return;
	(void)sendto(fd, state, strlen(state), 0, (struct sockaddr *)&a, len);
	(void)close(fd);
}
