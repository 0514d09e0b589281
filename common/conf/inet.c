/*
 * Where to listen: "address:port" or a path; a port is a number or the name of
 * a service.
 */
#include <netdb.h>
#include <string.h>

#include <arpa/inet.h>

#include "base/net.h"
#include "parse.h"

/* Names of ports that work where there is no /etc/services. */
static const struct {
	const char	*name;
	int		 port;
} inet_known[] = {
	{ "smtp", 25 }, { "submissions", 465 }, { "submission", 587 },
};

static int
inet_port(struct str name, int *port, struct err *e)
{
	char		 text[64];
	struct servent	*se;
	uint64_t	 n;
	size_t		 i;

	if (str_uint(name, 65535, &n) == 0 && n > 0) {
		*port = (int)n;
		return 0;
	}
	for (i = 0; i < sizeof inet_known / sizeof inet_known[0]; i++) {
		if (str_eq(name, str_of(inet_known[i].name))) {
			*port = inet_known[i].port;
			return 0;
		}
	}
	if (name.len == 0 || name.len >= sizeof text ||
	    ascii_isdigit((unsigned char)name.p[0]))
		return err_set(e, "\"%.*s\" is not a port: 1 to 65535, or a "
		    "name of services(5)", (int)name.len, name.p);
	memcpy(text, name.p, name.len);
	text[name.len] = '\0';
	se = getservbyname(text, "tcp");
	if (se == NULL)
		return err_set(e, "no port is known for \"%s\"", text);
	*port = ntohs((uint16_t)se->s_port);
	return 0;
}

/* At the last colon; brackets keep the colons of an IPv6 address in. */
static struct str
inet_split(struct str name, struct str *host)
{
	size_t	i = name.len;

	while (i > 0 && name.p[i - 1] != ':' && name.p[i - 1] != ']')
		i--;
	*host = STR_NONE;
	if (i == 0)
		return name;
	*host = (struct str){ name.p, name.p[i - 1] == ':' ? i - 1 : i };
	return (struct str){ name.p + i, name.len - i };
}

int
inet_parse(struct str name, char *host, size_t size, int *port, struct err *e)
{
	struct netaddr	a;
	struct str	h, p;

	p = inet_split(name, &h);
	host[0] = '\0';
	if (h.len > 0) {
		if ((memchr(h.p, ':', h.len) != NULL && h.p[0] != '[') ||
		    netaddr_parse_ip(&a, h, 0) == -1)
			return err_set(e, "\"%.*s\" is not an address; "
			    "192.0.2.1:port, [2001:db8::1]:port or a port "
			    "alone", (int)h.len, h.p);
		netaddr_ip(&a, host, size);
	}
	if (h.p != NULL && h.len == 0)
		return err_set(e, "an address is missing before \":\"; for "
		    "all addresses write the port alone");
	return inet_port(p, port, e);
}
