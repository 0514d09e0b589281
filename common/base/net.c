/*
 * Addresses are parsed and printed without any lookup: only numbers are
 * addresses here.  A network holds an address if its first bits agree.
 */
#include <errno.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net.h"

int
netaddr_parse_ip(struct netaddr *a, struct str ip, uint16_t port)
{
	char	text[INET6_ADDRSTRLEN];

	memset(a, 0, sizeof *a);
	if (ip.len > 2 && ip.p[0] == '[' && ip.p[ip.len - 1] == ']') {
		ip.p++;
		ip.len -= 2;
	}
	if (ip.len == 0 || ip.len >= sizeof text ||
	    memchr(ip.p, '\0', ip.len) != NULL)
		return -1;
	memcpy(text, ip.p, ip.len);
	text[ip.len] = '\0';
	if (inet_pton(AF_INET, text, &a->u.in4.sin_addr) == 1) {
		a->u.in4.sin_family = AF_INET;
		a->u.in4.sin_port = htons(port);
		a->len = sizeof a->u.in4;
		return 0;
	}
	if (inet_pton(AF_INET6, text, &a->u.in6.sin6_addr) == 1) {
		a->u.in6.sin6_family = AF_INET6;
		a->u.in6.sin6_port = htons(port);
		a->len = sizeof a->u.in6;
		return 0;
	}
	memset(a, 0, sizeof *a);
	return -1;
}

int
netaddr_unix(struct netaddr *a, const char *path, struct err *e)
{
	memset(a, 0, sizeof *a);
	a->u.un.sun_family = AF_UNIX;
	if (strlcpy(a->u.un.sun_path, path, sizeof a->u.un.sun_path) >=
	    sizeof a->u.un.sun_path)
		return err_set(e, "%s: socket path longer than %zu bytes", path,
		    sizeof a->u.un.sun_path - 1);
	a->len = sizeof a->u.un;
	return 0;
}

void
netaddr_from(struct netaddr *a, const struct sockaddr *sa, socklen_t len)
{
	memset(a, 0, sizeof *a);
	a->len = len < sizeof a->u ? len : (socklen_t)sizeof a->u;
	memcpy(&a->u, sa, a->len);
}

uint16_t
netaddr_port(const struct netaddr *a)
{
	switch (a->u.sa.sa_family) {
	case AF_INET:
		return ntohs(a->u.in4.sin_port);
	case AF_INET6:
		return ntohs(a->u.in6.sin6_port);
	default:
		return 0;
	}
}

void
netaddr_set_port(struct netaddr *a, uint16_t port)
{
	if (a->u.sa.sa_family == AF_INET)
		a->u.in4.sin_port = htons(port);
	else if (a->u.sa.sa_family == AF_INET6)
		a->u.in6.sin6_port = htons(port);
}

bool
netaddr_eq(const struct netaddr *a, const struct netaddr *b)
{
	if (a->u.sa.sa_family != b->u.sa.sa_family)
		return false;
	switch (a->u.sa.sa_family) {
	case AF_INET:
		return a->u.in4.sin_port == b->u.in4.sin_port &&
		    a->u.in4.sin_addr.s_addr == b->u.in4.sin_addr.s_addr;
	case AF_INET6:
		return a->u.in6.sin6_port == b->u.in6.sin6_port &&
		    memcmp(&a->u.in6.sin6_addr, &b->u.in6.sin6_addr,
		    sizeof a->u.in6.sin6_addr) == 0;
	case AF_UNIX:
		return strcmp(a->u.un.sun_path, b->u.un.sun_path) == 0;
	default:
		return a->len == b->len;
	}
}

const char *
netaddr_ip(const struct netaddr *a, char *out, size_t size)
{
	const struct in6_addr	*in6 = &a->u.in6.sin6_addr;
	const void		*src = NULL;
	int			 family = a->u.sa.sa_family;

	if (family == AF_INET)
		src = &a->u.in4.sin_addr;
	else if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(in6)) {
		family = AF_INET;
		src = &in6->s6_addr[12];
	} else if (family == AF_INET6)
		src = in6;
	if (src != NULL) {
		if (inet_ntop(family, src, out, (socklen_t)size) == NULL)
			(void)strlcpy(out, "?", size);
	} else
		(void)strlcpy(out, family == AF_UNIX ? a->u.un.sun_path : "?",
		    size);
	return out;
}

const char *
netaddr_text(const struct netaddr *a, char *out, size_t size)
{
	char	ip[NETADDR_TEXT];

	netaddr_ip(a, ip, sizeof ip);
	if (a->u.sa.sa_family == AF_INET6 && strchr(ip, ':') != NULL)
		(void)snprintf(out, size, "[%s]:%u", ip, netaddr_port(a));
	else if (a->u.sa.sa_family == AF_UNIX)
		(void)strlcpy(out, ip, size);
	else
		(void)snprintf(out, size, "%s:%u", ip, netaddr_port(a));
	return out;
}

int
netaddr_local(struct netaddr *a, int fd)
{
	memset(a, 0, sizeof *a);
	a->len = sizeof a->u;
	if (getsockname(fd, &a->u.sa, &a->len) == 0)
		return 0;
	memset(a, 0, sizeof *a);
	return -1;
}

/* ---- Networks ---------------------------------------------------------- */

size_t
netaddr_bytes(const struct netaddr *a, unsigned char ip[16])
{
	const struct in6_addr	*in6 = &a->u.in6.sin6_addr;

	if (a->u.sa.sa_family == AF_INET) {
		memcpy(ip, &a->u.in4.sin_addr, 4);
		return 4;
	}
	if (a->u.sa.sa_family != AF_INET6)
		return 0;
	if (IN6_IS_ADDR_V4MAPPED(in6)) {
		memcpy(ip, &in6->s6_addr[12], 4);
		return 4;
	}
	memcpy(ip, in6->s6_addr, 16);
	return 16;
}

int
netaddr_network(struct netaddr_network *n, struct str word)
{
	struct str	length, ip = str_split(word, '/', &length);
	struct netaddr	a;
	uint64_t	bits;

	if (netaddr_parse_ip(&a, ip, 0) == -1)
		return -1;
	n->bytes = netaddr_bytes(&a, n->ip);
	bits = n->bytes * 8;
	if (length.p != NULL && str_uint(length, bits, &bits) == -1)
		return -1;
	n->bits = (unsigned)bits;
	return 0;
}

static bool
network_has(const struct netaddr_network *n, const unsigned char *ip,
    size_t bytes)
{
	unsigned	whole = n->bits / 8, rest = n->bits % 8;

	return n->bytes == bytes && memcmp(n->ip, ip, whole) == 0 &&
	    (rest == 0 || (n->ip[whole] ^ ip[whole]) >> (8 - rest) == 0);
}

bool
netaddr_within(const struct netaddr *a, const char *networks)
{
	struct str	rest = str_trim(str_of(networks)), word;
	struct netaddr_network	n;
	unsigned char	ip[16];
	size_t		bytes = netaddr_bytes(a, ip);

	for (; bytes != 0 && rest.len != 0; rest = str_trim(rest)) {
		word = str_split(rest, ' ', &rest);
		if (netaddr_network(&n, word) == 0 &&
		    network_has(&n, ip, bytes))
			return true;
	}
	return false;
}

int
netaddr_networks_ok(const char *networks, struct str *bad)
{
	struct str	rest = str_trim(str_of(networks));
	struct netaddr_network	n;

	for (; rest.len != 0; rest = str_trim(rest)) {
		*bad = str_split(rest, ' ', &rest);
		if (netaddr_network(&n, *bad) == -1)
			return -1;
	}
	return 0;
}

int
net_connect_unix(const char *path)
{
	struct netaddr	a;
	int		fd, saved;

	if (netaddr_unix(&a, path, NULL) == -1) {
		errno = ENOENT;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1 || connect(fd, &a.u.sa, a.len) == 0)
		return fd;
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}
