/*
 * Next hops as bytes:
 *
 *	uint 4	ttl_s
 *	uint 1	flags: 1 secure, 2 temporary
 *	uint 1	error, uint 1 dns, blob why
 *	uint 2	count, then of each hop
 *		uint 2 preference, order, weight; uint 1 flags: 1 secure
 *		blob mx; address; address of the source; blob source_id, helo
 *
 * An address is a uint 1, 0: none, 4, 6: its bytes and a uint 2, the port;
 * 1: a blob, the path.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "nexthop.h"

enum { NEXTHOP_NONE = 0, NEXTHOP_PATH = 1, NEXTHOP_IP4 = 4, NEXTHOP_IP6 = 6 };
enum { NEXTHOP_TEXT_MAX = 255, NEXTHOP_WHY_MAX = 512 };
enum { NEXTHOP_SECURE = 1, NEXTHOP_TEMPORARY = 2 };

static int
nexthop_put_address(struct buf *out, const struct netaddr *a)
{
	unsigned char	ip[16];
	size_t		n;

	if (a->len == 0) {
		buf_add_byte(out, NEXTHOP_NONE);
		return 0;
	}
	if (a->u.sa.sa_family == AF_UNIX) {
		buf_add_byte(out, NEXTHOP_PATH);
		return wire_put_blob(out, str_of(a->u.un.sun_path),
		    NEXTHOP_TEXT_MAX);
	}
	n = netaddr_bytes(a, ip);
	buf_add_byte(out, n == 4 ? NEXTHOP_IP4 : NEXTHOP_IP6);
	buf_add(out, ip, n);
	wire_put_uint(out, netaddr_port(a), 2);
	return 0;
}

static int
nexthop_put(struct buf *out, const struct nexthop *h)
{
	wire_put_uint(out, h->preference, 2);
	wire_put_uint(out, h->order, 2);
	wire_put_uint(out, h->weight, 2);
	wire_put_uint(out, h->secure ? NEXTHOP_SECURE : 0, 1);
	if (wire_put_blob(out, h->mx, NEXTHOP_TEXT_MAX) == -1 ||
	    nexthop_put_address(out, &h->address) == -1 ||
	    nexthop_put_address(out, &h->source) == -1 ||
	    wire_put_blob(out, h->source_id, NEXTHOP_TEXT_MAX) == -1)
		return -1;
	return wire_put_blob(out, h->helo, NEXTHOP_TEXT_MAX);
}

int
nexthops_put(struct buf *out, const struct nexthops *n)
{
	size_t	start = out->len, i;

	if (n->count > NEXTHOPS_MAX)
		return -1;
	wire_put_uint(out, n->ttl_s, 4);
	wire_put_uint(out, (n->secure ? NEXTHOP_SECURE : 0) |
	    (n->temporary ? NEXTHOP_TEMPORARY : 0), 1);
	wire_put_uint(out, n->error, 1);
	wire_put_uint(out, n->dns, 1);
	if (wire_put_blob(out, n->why, NEXTHOP_WHY_MAX) == -1)
		return -1;
	wire_put_uint(out, n->count, 2);
	for (i = 0; i < n->count; i++)
		if (nexthop_put(out, &n->hop[i]) == -1)
			return -1;
	return out->len - start > NEXTHOPS_BYTES_MAX ? -1 : 0;
}

/* ---- Reading ------------------------------------------------------------- */

static int
nexthop_get_ip(struct netaddr *a, struct rbuf *r, size_t size)
{
	uint64_t	port;

	if (r->len < size)
		return -1;
	memset(a, 0, sizeof *a);
	if (size == 4) {
		a->len = sizeof a->u.in4;
		a->u.in4.sin_family = AF_INET;
		memcpy(&a->u.in4.sin_addr, r->p, size);
	} else {
		a->len = sizeof a->u.in6;
		a->u.in6.sin6_family = AF_INET6;
		memcpy(&a->u.in6.sin6_addr, r->p, size);
		if (IN6_IS_ADDR_V4MAPPED(&a->u.in6.sin6_addr))
			return -1;	/* it is written as 4 */
	}
	r->p += size;
	r->len -= size;
	if (wire_get_uint(r, &port, 2) == -1)
		return -1;
	netaddr_set_port(a, (uint16_t)port);
	return 0;
}

static int
nexthop_get_path(struct netaddr *a, struct rbuf *r)
{
	char		path[NEXTHOP_TEXT_MAX + 1];
	struct err	e;

	if (wire_get_str(r, path, sizeof path) == -1 || path[0] != '/')
		return -1;
	return netaddr_unix(a, path, &e);
}

static int
nexthop_get_address(struct netaddr *a, struct rbuf *r)
{
	uint64_t	kind;

	if (wire_get_uint(r, &kind, 1) == -1)
		return -1;
	switch (kind) {
	case NEXTHOP_NONE:
		memset(a, 0, sizeof *a);
		return 0;
	case NEXTHOP_PATH:
		return nexthop_get_path(a, r);
	case NEXTHOP_IP4:
		return nexthop_get_ip(a, r, 4);
	case NEXTHOP_IP6:
		return nexthop_get_ip(a, r, 16);
	default:
		return -1;
	}
}

static int
nexthop_get_uint(struct rbuf *r, uint16_t *value, size_t size)
{
	uint64_t	n;

	if (wire_get_uint(r, &n, size) == -1)
		return -1;
	*value = (uint16_t)n;
	return 0;
}

static int
nexthop_get(struct nexthop *h, struct rbuf *r)
{
	uint16_t	flags;

	if (nexthop_get_uint(r, &h->preference, 2) == -1 ||
	    nexthop_get_uint(r, &h->order, 2) == -1 ||
	    nexthop_get_uint(r, &h->weight, 2) == -1 || h->weight == 0 ||
	    nexthop_get_uint(r, &flags, 1) == -1 || flags > NEXTHOP_SECURE)
		return -1;
	h->secure = flags != 0;
	if (wire_get_blob(r, &h->mx, NEXTHOP_TEXT_MAX) == -1 ||
	    nexthop_get_address(&h->address, r) == -1 ||
	    h->address.len == 0 ||
	    nexthop_get_address(&h->source, r) == -1 ||
	    wire_get_blob(r, &h->source_id, NEXTHOP_TEXT_MAX) == -1)
		return -1;
	return wire_get_blob(r, &h->helo, NEXTHOP_TEXT_MAX);
}

static int
nexthops_get_head(struct nexthops *n, struct rbuf *r)
{
	uint64_t	ttl_s;
	uint16_t	flags, error, dns, count;

	if (wire_get_uint(r, &ttl_s, 4) == -1 ||
	    ttl_s > NEXTHOPS_TTL_MAX_S ||
	    nexthop_get_uint(r, &flags, 1) == -1 || flags > 3 ||
	    nexthop_get_uint(r, &error, 1) == -1 ||
	    error >= NEXTHOPS_ERRORS ||
	    nexthop_get_uint(r, &dns, 1) == -1 ||
	    dns >= NEXTHOPS_DNS_ERRORS ||
	    wire_get_blob(r, &n->why, NEXTHOP_WHY_MAX) == -1 ||
	    nexthop_get_uint(r, &count, 2) == -1)
		return -1;
	n->ttl_s = (uint32_t)ttl_s;
	n->secure = (flags & NEXTHOP_SECURE) != 0;
	n->temporary = (flags & NEXTHOP_TEMPORARY) != 0;
	n->error = (uint8_t)error;
	n->dns = (uint8_t)dns;
	n->count = count;
	/* Somewhere to go, or a reason why not. */
	return count <= NEXTHOPS_MAX && (count == 0) == (error != 0) ? 0 : -1;
}

int
nexthops_get(struct nexthops *n, struct str bytes)
{
	struct rbuf	r = { (const unsigned char *)bytes.p, bytes.len };
	size_t		i;

	memset(n, 0, sizeof *n);
	if (nexthops_get_head(n, &r) == -1)
		return -1;
	n->hop = xcalloc(n->count + 1, sizeof *n->hop);
	for (i = 0; i < n->count; i++)
		if (nexthop_get(&n->hop[i], &r) == -1)
			break;
	if (i == n->count && r.len == 0)
		return 0;
	nexthops_free(n);
	return -1;
}

void
nexthops_free(struct nexthops *n)
{
	free(n->hop);
	n->hop = NULL;
	n->count = 0;
}
