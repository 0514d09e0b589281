/*
 * Addresses, networks and domains, all of which scripts have as text.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "hsl/library/lib.h"

/* The bytes of an address, 4 or 16; 0 if it is none. */
static size_t
inet_parse(struct str s, unsigned char out[16])
{
	char	 text[INET6_ADDRSTRLEN];

	if (s.len >= sizeof text)
		return 0;
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	if (strlen(text) != s.len)
		return 0;
	if (inet_pton(AF_INET, text, out) == 1)
		return 4;
	return inet_pton(AF_INET6, text, out) == 1 ? 16 : 0;
}

enum hsl_rc
fn_inet_pton(struct hsl_call *c)
{
	unsigned char	 a[16];
	struct str	 s;
	size_t		 n;

	if (!hsl_arg_text(c, 0, &s))
		return HSL_THROW;
	if ((n = inet_parse(s, a)) > 0)
		*c->ret = hsl_string(c->x, (struct str){ (char *)a, n });
	return HSL_OK;
}

enum hsl_rc
fn_inet_ntop(struct hsl_call *c)
{
	char		 text[INET6_ADDRSTRLEN];
	struct str	 s;

	if (!hsl_arg_text(c, 0, &s))
		return HSL_THROW;
	if ((s.len == 4 || s.len == 16) && inet_ntop(s.len == 4 ? AF_INET :
	    AF_INET6, s.p, text, sizeof text) != NULL)
		*c->ret = hsl_text(c->x, text);
	return HSL_OK;
}

/* Whether the first `bits` bits of two addresses agree. */
static bool
inet_prefix(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned	 rest = bits % 8;

	if (memcmp(a, b, bits / 8) != 0)
		return false;
	return rest == 0 || ((a[bits / 8] ^ b[bits / 8]) >> (8 - rest)) == 0;
}

/* 1, 0, or -1: malformed. */
static int
inet_within(struct str ip, struct str network)
{
	unsigned char	 a[16], low[16], high[16];
	size_t		 n = inet_parse(ip, a), m;
	uint64_t	 bits;
	struct str	 second;
	bool		 range = memchr(network.p, '-', network.len) != NULL;
	bool		 cidr = memchr(network.p, '/', network.len) != NULL;

	network = str_split(network, range ? '-' : '/', &second);
	m = inet_parse(network, low);
	if (n == 0 || m == 0)
		return -1;
	if (range) {
		if (inet_parse(second, high) != m)
			return -1;
		return n == m && memcmp(a, low, n) >= 0 &&
		    memcmp(a, high, n) <= 0;
	}
	bits = 8 * m;
	if (cidr && str_uint(second, 8 * m, &bits) == -1)
		return -1;
	return n == m && inet_prefix(a, low, (unsigned)bits);
}

enum hsl_rc
fn_inet_includes(struct hsl_call *c)
{
	struct str	 ip, network;
	int		 rc;

	if (!hsl_arg_text(c, 0, &ip) || !hsl_arg_text(c, 1, &network))
		return HSL_THROW;
	rc = network.len == 0 ? -1 : inet_within(ip, network);
	if (rc != -1)
		*c->ret = vboolean(rc);
	return HSL_OK;
}

enum hsl_rc
fn_inet_reverse(struct hsl_call *c)
{
	unsigned char	 a[16];
	struct buf	 b = BUF_INIT;
	struct str	 ip, zone = STR("");
	size_t		 n;

	if (!hsl_arg_text(c, 0, &ip) ||
	    (c->argc == 2 && !hsl_arg_text(c, 1, &zone)))
		return HSL_THROW;
	if ((n = inet_parse(ip, a)) == 0)
		return HSL_OK;
	for (size_t i = n; i-- > 0;) {
		if (n == 4)
			buf_printf(&b, "%u.", a[i]);
		else
			buf_printf(&b, "%x.%x.", a[i] & 15, a[i] >> 4);
	}
	if (c->argc == 2)
		buf_add_str(&b, zone);
	else
		buf_add_text(&b, n == 4 ? "in-addr.arpa" : "ip6.arpa");
	return hsl_return_buf(c, &b);
}

/* Whether sub is domain or below it; ".domain" takes only what is below. */
static enum hsl_rc
domain_includes(struct hsl_call *c)
{
	struct str	 sub, domain, tail;
	bool		 below, equal = false;

	if (!hsl_arg_text(c, 0, &sub) || !hsl_arg_text(c, 1, &domain) ||
	    !hsl_arg_options(c, 2))
		return HSL_THROW;
	below = domain.len > 0 && domain.p[0] == '.';
	if (below) {
		domain.p++;
		domain.len--;
	}
	if (sub.len == domain.len)
		equal = !below && str_caseeq(sub, domain);
	else if (sub.len > domain.len && domain.len > 0) {
		tail.p = sub.p + sub.len - domain.len;
		tail.len = domain.len;
		equal = tail.p[-1] == '.' && str_caseeq(tail, domain);
	}
	*c->ret = vboolean(equal);
	return HSL_OK;
}

enum hsl_rc
fn_domain_includes(struct hsl_call *c)
{
	return domain_includes(c);
}

enum hsl_rc
fn_is_subdomain(struct hsl_call *c)
{
	return domain_includes(c);
}

enum hsl_rc
fn_in_network(struct hsl_call *c)
{
	return fn_inet_includes(c);
}
