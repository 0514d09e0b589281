/*
 * net - addresses of peers and listeners
 *
 * A netaddr is a value: IPv4, IPv6 or a Unix path, compared and printed
 * without looking at sockaddr families again.
 *
 * Failure    0, or -1 with *e.
 */
#ifndef BASE_NET_H
#define BASE_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>

#include "err.h"
#include "str.h"

#define NETADDR_TEXT	(sizeof(struct sockaddr_un) + 8)

struct netaddr {
	socklen_t	len;		/* 0: none */
	union {
		struct sockaddr		sa;
		struct sockaddr_in	in4;
		struct sockaddr_in6	in6;
		struct sockaddr_un	un;
	} u;
};

/* A numeric IPv4 or IPv6 address, the latter with or without brackets. */
int	 netaddr_parse_ip(struct netaddr *a, struct str ip, uint16_t port);
int	 netaddr_unix(struct netaddr *a, const char *path, struct err *e);
void	 netaddr_from(struct netaddr *a, const struct sockaddr *sa,
	    socklen_t len);
uint16_t netaddr_port(const struct netaddr *a);
void	 netaddr_set_port(struct netaddr *a, uint16_t port);
bool	 netaddr_eq(const struct netaddr *a, const struct netaddr *b);
/* "192.0.2.1", "2001:db8::1" (an IPv4-mapped one as IPv4), or the path. */
const char *netaddr_ip(const struct netaddr *a, char *out, size_t size);
/* "192.0.2.1:25", "[2001:db8::1]:25", or the path. */
const char *netaddr_text(const struct netaddr *a, char *out, size_t size);
/* Is it in one of these networks: "192.0.2.0/24 2001:db8::/32 10.1.2.3",
 * separated by blanks?  An IPv4-mapped address counts as IPv4. */
bool	 netaddr_within(const struct netaddr *a, const char *networks);
/* -1 with *bad, the first word that is no network. */
int	 netaddr_networks_ok(const char *networks, struct str *bad);
struct netaddr_network {
	unsigned char	ip[16];		/* in network order */
	size_t		bytes;		/* 4 or 16 */
	unsigned	bits;
};

/* "192.0.2.0/24", "10.1.2.3". */
int	 netaddr_network(struct netaddr_network *n, struct str word);
/* The address in network order, an IPv4-mapped one as IPv4; 0: none. */
size_t	 netaddr_bytes(const struct netaddr *a, unsigned char ip[16]);
/* A stream socket that does not block, connected to that path: a descriptor,
 * or -1 with errno (ENOENT: the path can't be one, too). */
int	 net_connect_unix(const char *path);
/* Our end of a socket. */
int	 netaddr_local(struct netaddr *a, int fd);

#endif
