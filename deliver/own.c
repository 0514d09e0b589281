/*
 * Sockets as master names them; the machine's addresses as they are when the
 * worker starts.
 */
#include <stdlib.h>
#include <string.h>

#include <ifaddrs.h>

#include "base/mem.h"

#include "own.h"

struct own_list {
	struct netaddr	*list;
	size_t		 count;
};

static struct own_list	own_sockets, own_interfaces;

static void
own_add(struct own_list *l, const struct netaddr *a)
{
	l->list = xreallocarray(l->list, l->count + 1, sizeof *l->list);
	l->list[l->count++] = *a;
}

static void
own_load_interfaces(void)
{
	struct ifaddrs		*all, *i;
	const struct sockaddr	*sa;
	struct netaddr		 a;

	if (getifaddrs(&all) == -1)
		return;
	for (i = all; i != NULL; i = i->ifa_next) {
		sa = i->ifa_addr;
		if (sa == NULL || (sa->sa_family != AF_INET &&
		    sa->sa_family != AF_INET6))
			continue;
		netaddr_from(&a, sa, sa->sa_family == AF_INET ?
		    sizeof a.u.in4 : sizeof a.u.in6);
		own_add(&own_interfaces, &a);
	}
	freeifaddrs(all);
}

void
own_load(struct str listening)
{
	struct str	line, port;
	struct netaddr	a;
	uint64_t	n;
	size_t		i;

	own_fini();
	while (listening.len > 0) {
		line = str_split(listening, '\n', &listening);
		for (i = line.len; i > 0 && line.p[i - 1] != ':'; i--)
			;
		if (i == 0)
			continue;
		port = (struct str){ line.p + i, line.len - i };
		line.len = i - 1;
		if (str_uint(port, 65535, &n) == 0 &&
		    netaddr_parse_ip(&a, line, (uint16_t)n) == 0)
			own_add(&own_sockets, &a);
	}
	own_load_interfaces();
}

void
own_fini(void)
{
	free(own_sockets.list);
	free(own_interfaces.list);
	own_sockets = own_interfaces = (struct own_list){ NULL, 0 };
}

static bool
own_bytes_same(const struct netaddr *a, const struct netaddr *b)
{
	unsigned char	x[16], y[16];
	size_t		n = netaddr_bytes(a, x);

	return n != 0 && n == netaddr_bytes(b, y) && memcmp(x, y, n) == 0;
}

/* Of this machine: that of an interface, or a loopback's. */
static bool
own_interface(const struct netaddr *a)
{
	size_t	i;

	if (netaddr_within(a, "127.0.0.0/8 ::1/128"))
		return true;
	for (i = 0; i < own_interfaces.count; i++)
		if (own_bytes_same(a, &own_interfaces.list[i]))
			return true;
	return false;
}

bool
own_address(const struct netaddr *a)
{
	const struct netaddr	*s;
	size_t			 i;

	for (i = 0; i < own_sockets.count; i++) {
		s = &own_sockets.list[i];
		if (netaddr_port(s) != netaddr_port(a))
			continue;
		if (own_bytes_same(a, s))
			return true;
		if (netaddr_within(s, "0.0.0.0 ::") && own_interface(a))
			return true;
	}
	return false;
}

bool
own_name(struct str host, struct str myhostname)
{
	return myhostname.len > 0 && str_caseeq(host, myhostname);
}
