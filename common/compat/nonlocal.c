/* Linux IP_FREEBIND (both families), OpenBSD SO_BINDANY, FreeBSD IP_BINDANY. */
#include <sys/socket.h>

#include <errno.h>
#include <netinet/in.h>

#include "nonlocal.h"

int
socket_nonlocal(int fd, int family)
{
	int	on = 1;

#if defined(IP_FREEBIND)
	(void)family;
	return setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof on);
#elif defined(SO_BINDANY)
	(void)family;
	return setsockopt(fd, SOL_SOCKET, SO_BINDANY, &on, sizeof on);
#elif defined(IP_BINDANY) && defined(IPV6_BINDANY)
	return family == AF_INET6 ?
	    setsockopt(fd, IPPROTO_IPV6, IPV6_BINDANY, &on, sizeof on) :
	    setsockopt(fd, IPPROTO_IP, IP_BINDANY, &on, sizeof on);
#else
	(void)fd;
	(void)family;
	(void)on;
	errno = ENOTSUP;
	return -1;
#endif
}
