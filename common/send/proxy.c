/*
 * SOCKS5, what goes and what comes:
 *
 *	> 5 1 0			one method: no authentication
 *	< 5 METHOD
 *	> 5 1 0 TYPE ADDRESS PORT	connect
 *	< 5 REPLY 0 TYPE ADDRESS PORT	type 1: IPv4, 4: IPv6, 3: a name,
 *					with its length before it
 *
 * A reply is read byte by byte, so that none of the backend's is taken for it.
 */
#include <string.h>

#include "base/wire.h"

#include "proxy.h"

enum { SOCKS_VERSION = 5, SOCKS_CONNECT = 1, SOCKS_NO_AUTH = 0 };
enum { SOCKS_IP4 = 1, SOCKS_NAME = 3, SOCKS_IP6 = 4 };

/* ---- PROXY --------------------------------------------------------------- */

static void
proxy_put_ip(struct buf *out, const struct netaddr *a, size_t size)
{
	unsigned char	ip[16] = "";

	if (a->len != 0)
		(void)netaddr_bytes(a, ip);
	buf_add(out, ip, size);
}

void
proxy_put_header(struct buf *out, const struct netaddr *from,
    const struct netaddr *to)
{
	static const char	signature[] = "\r\n\r\n\0\r\nQUIT\n";
	unsigned char		ip[16];
	size_t			size = netaddr_bytes(to, ip);

	buf_add(out, signature, sizeof signature - 1);
	buf_add_byte(out, 0x21);		/* version 2, PROXY */
	buf_add_byte(out, size == 4 ? 0x11 : 0x21);	/* TCP */
	wire_put_uint(out, 2 * size + 4, 2);
	proxy_put_ip(out, from, size);
	buf_add(out, ip, size);
	wire_put_uint(out, from->len != 0 ? netaddr_port(from) : 0, 2);
	wire_put_uint(out, netaddr_port(to), 2);
}

/* ---- SOCKS --------------------------------------------------------------- */

void
proxy_socks_begin(struct proxy_socks *p, const struct netaddr *to,
    struct buf *out)
{
	*p = (struct proxy_socks){ .to = *to };
	buf_add_byte(out, SOCKS_VERSION);
	buf_add_byte(out, 1);
	buf_add_byte(out, SOCKS_NO_AUTH);
}

static void
socks_put_request(const struct proxy_socks *p, struct buf *out)
{
	unsigned char	ip[16];
	size_t		size = netaddr_bytes(&p->to, ip);

	buf_add_byte(out, SOCKS_VERSION);
	buf_add_byte(out, SOCKS_CONNECT);
	buf_add_byte(out, 0);
	buf_add_byte(out, size == 4 ? SOCKS_IP4 : SOCKS_IP6);
	buf_add(out, ip, size);
	wire_put_uint(out, netaddr_port(&p->to), 2);
}

/* How long a reply is, as far as what is there says; 0: more must be seen. */
static size_t
socks_length(const struct proxy_socks *p)
{
	if (!p->chosen)
		return 2;
	if (p->len < 5)
		return 0;
	switch (p->got[3]) {
	case SOCKS_IP4:
		return 4 + 4 + 2;
	case SOCKS_IP6:
		return 4 + 16 + 2;
	default:
		return (size_t)4 + 1 + p->got[4] + 2;
	}
}

static const char *
socks_reply_text(unsigned char reply)
{
	static const char *const	texts[] = { "succeeded",
	    "general failure", "not allowed by its rules",
	    "network unreachable", "host unreachable", "connection refused",
	    "TTL expired", "command not supported",
	    "address type not supported" };

	return reply < sizeof texts / sizeof texts[0] ? texts[reply] :
	    "failed";
}

/* What is certain as soon as it is there, however long the rest is. */
static const char *
socks_fault(struct proxy_socks *p)
{
	if (p->got[0] != SOCKS_VERSION)
		return "does not speak SOCKS5";
	if (p->len < 2)
		return NULL;
	if (!p->chosen)
		return p->got[1] == SOCKS_NO_AUTH ? NULL :
		    "wants authentication";
	if (p->got[1] != 0) {
		p->unreachable = p->got[1] >= 3 && p->got[1] <= 6;
		return socks_reply_text(p->got[1]);
	}
	if (p->len >= 4 && p->got[3] != SOCKS_IP4 &&
	    p->got[3] != SOCKS_IP6 && p->got[3] != SOCKS_NAME)
		return "malformed reply";
	return NULL;
}

enum proxy_said
proxy_socks_feed(struct proxy_socks *p, struct str data, size_t *used,
    struct buf *out, const char **why)
{
	for (*used = 0; *used < data.len;) {
		p->got[p->len++] = (unsigned char)data.p[(*used)++];
		if ((*why = socks_fault(p)) != NULL)
			return PROXY_SOCKS_FAILED;
		if (p->len != socks_length(p))
			continue;
		if (p->chosen)
			return PROXY_SOCKS_OPEN;
		p->chosen = true;
		p->len = 0;
		socks_put_request(p, out);
	}
	return PROXY_SOCKS_MORE;
}

void
proxy_socks_from(const struct proxy_socks *p, struct netaddr *from)
{
	size_t	size = p->got[3] == SOCKS_IP4 ? 4 : 16, i;

	memset(from, 0, sizeof *from);
	for (i = 0; i < size && p->got[4 + i] == 0; i++)
		;
	if (p->got[3] == SOCKS_NAME || i == size)
		return;
	from->len = size == 4 ? sizeof from->u.in4 : sizeof from->u.in6;
	if (size == 4) {
		from->u.in4.sin_family = AF_INET;
		memcpy(&from->u.in4.sin_addr, p->got + 4, size);
	} else {
		from->u.in6.sin6_family = AF_INET6;
		memcpy(&from->u.in6.sin6_addr, p->got + 4, size);
	}
	netaddr_set_port(from, (uint16_t)(p->got[4 + size] << 8 |
	    p->got[5 + size]));
}
