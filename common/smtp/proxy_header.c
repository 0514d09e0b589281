/*
 * The PROXY header is read in one of two forms.
 *
 * Version 1: "PROXY TCP4 from to port port" CRLF, at most 107 bytes.
 * Version 2: 12 bytes of signature, version and command, family and
 * transport, length; then so many bytes: addresses, and TLVs behind them.
 */
#include <string.h>

#include "proxy_header.h"

#define V1_MAX		107
#define V2_HEAD		16
#define TLV_CRC32C	3

static const unsigned char	v2_signature[12] = { 0x0d, 0x0a, 0x0d, 0x0a,
	0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a };

void
proxy_header_init(struct proxy_header *h)
{
	memset(h, 0, sizeof *h);
}

void
proxy_header_fini(struct proxy_header *h)
{
	buf_free(&h->raw);
}

static enum proxy_read
proxy_bad(const char **why, const char *text)
{
	*why = text;
	return PROXY_BAD;
}

/* ---- Version 1 --------------------------------------------------------- */

static int
v1_port(struct str s, struct netaddr *a)
{
	uint64_t	port;

	if (s.len == 0 || s.len > 5 || (s.p[0] == '0' && s.len > 1) ||
	    str_uint(s, 65535, &port) == -1)
		return -1;
	netaddr_set_port(a, (uint16_t)port);
	return 0;
}

static int
v1_address(struct str s, int family, struct netaddr *a)
{
	if (s.len == 0 || s.p[0] == '[' || netaddr_parse_ip(a, s, 0) == -1)
		return -1;
	return a->u.sa.sa_family == family ? 0 : -1;
}

static enum proxy_read
v1_parse(struct proxy_header *h, struct str line, const char **why)
{
	struct str	word[6];
	size_t		n = 0;
	int		family;

	while (n < 6 && line.p != NULL)
		word[n++] = str_split(line, ' ', &line);
	if (n < 2 || !str_eq(word[0], STR("PROXY")))
		return proxy_bad(why, "no PROXY header");
	if (str_eq(word[1], STR("UNKNOWN")))
		return PROXY_DONE;
	family = str_eq(word[1], STR("TCP4")) ? AF_INET :
	    str_eq(word[1], STR("TCP6")) ? AF_INET6 : AF_UNSPEC;
	if (family == AF_UNSPEC || n != 6 || line.p != NULL ||
	    v1_address(word[2], family, &h->from) == -1 ||
	    v1_address(word[3], family, &h->to) == -1 ||
	    v1_port(word[4], &h->from) == -1 || v1_port(word[5], &h->to) == -1)
		return proxy_bad(why, "malformed PROXY header");
	h->has_addresses = true;
	return PROXY_DONE;
}

/* Up to the line's end, as far as that came. */
static enum proxy_read
v1_feed(struct proxy_header *h, struct str data, size_t *used,
    const char **why)
{
	const char	*lf = memchr(data.p, '\n', data.len);
	size_t		 n = lf != NULL ? (size_t)(lf - data.p) + 1 : data.len;
	struct str	 line;

	if (n > V1_MAX - h->raw.len)
		return proxy_bad(why, "PROXY header too long");
	buf_add(&h->raw, data.p, n);
	*used += n;
	line = buf_str(&h->raw);
	if (!str_prefix(line, STR("PROXY ")) &&
	    !str_prefix(STR("PROXY "), line))
		return proxy_bad(why, "no PROXY header");
	if (lf == NULL)
		return PROXY_MORE;
	if (line.len < 2 || line.p[line.len - 2] != '\r')
		return proxy_bad(why, "PROXY header ends in a bare LF");
	line.len -= 2;
	if (memchr(line.p, '\r', line.len) != NULL)
		return proxy_bad(why, "bare CR in a PROXY header");
	return v1_parse(h, line, why);
}

/* ---- Version 2 --------------------------------------------------------- */

static uint32_t
crc32c(uint32_t crc, const unsigned char *p, size_t n)
{
	int	bit;

	while (n-- > 0) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0x82f63b78u & (0u - (crc & 1)));
	}
	return crc;
}

/* The checksum is made with its own four bytes zero. */
static bool
v2_crc_ok(struct str raw, size_t at)
{
	static const unsigned char	zero[4] = { 0 };
	const unsigned char		*p = (const unsigned char *)raw.p;
	uint32_t			 crc = 0xffffffffu, want;

	want = (uint32_t)p[at] << 24 | (uint32_t)p[at + 1] << 16 |
	    (uint32_t)p[at + 2] << 8 | p[at + 3];
	crc = crc32c(crc, p, at);
	crc = crc32c(crc, zero, sizeof zero);
	crc = crc32c(crc, p + at + 4, raw.len - at - 4);
	return ~crc == want;
}

/* TLVs fill the rest of the header to the byte. */
static bool
v2_tlvs_ok(struct str raw, size_t at)
{
	const unsigned char	*p = (const unsigned char *)raw.p;
	size_t			 len;

	while (at < raw.len) {
		if (raw.len - at < 3)
			return false;
		len = (size_t)p[at + 1] << 8 | p[at + 2];
		if (len > raw.len - at - 3)
			return false;
		if (p[at] == TLV_CRC32C && (len != 4 ||
		    !v2_crc_ok(raw, at + 3)))
			return false;
		at += 3 + len;
	}
	return true;
}

static void
v2_address(struct netaddr *a, int family, const unsigned char *ip,
    const unsigned char *port)
{
	memset(a, 0, sizeof *a);
	a->u.sa.sa_family = (sa_family_t)family;
	if (family == AF_INET) {
		a->len = sizeof a->u.in4;
		memcpy(&a->u.in4.sin_addr, ip, 4);
	} else {
		a->len = sizeof a->u.in6;
		memcpy(&a->u.in6.sin6_addr, ip, 16);
	}
	netaddr_set_port(a, (uint16_t)(port[0] << 8 | port[1]));
}

/* Families are 0 unspecified, 1 IPv4, 2 IPv6, 3 Unix; of these only stream
 * transports (1) make sense. */
static enum proxy_read
v2_parse(struct proxy_header *h, const char **why)
{
	static const size_t	 sizes[] = { 0, 12, 36, 216 };
	struct str		 raw = buf_str(&h->raw);
	const unsigned char	*p = (const unsigned char *)raw.p + V2_HEAD;
	unsigned		 family = (unsigned char)raw.p[13] >> 4;
	unsigned		 transport = (unsigned char)raw.p[13] & 15;
	size_t			 ip = family == 1 ? 4 : 16;

	if ((raw.p[12] & 15) == 0)
		return PROXY_DONE;		/* LOCAL: the rest is void */
	if (family > 3 || transport > 1 || (family == 0) != (transport == 0) ||
	    raw.len - V2_HEAD < sizes[family])
		return proxy_bad(why, "malformed PROXY header");
	h->tlv = (struct str){ raw.p + V2_HEAD + sizes[family],
	    raw.len - V2_HEAD - sizes[family] };
	if (!v2_tlvs_ok(raw, V2_HEAD + sizes[family]))
		return proxy_bad(why, "malformed TLV in a PROXY header");
	h->has_addresses = family == 1 || family == 2;
	if (!h->has_addresses)
		return PROXY_DONE;
	v2_address(&h->from, family == 1 ? AF_INET : AF_INET6, p, p + 2 * ip);
	v2_address(&h->to, family == 1 ? AF_INET : AF_INET6, p + ip,
	    p + 2 * ip + 2);
	return PROXY_DONE;
}

/* The header's length once it is known; until then that of its fixed part. */
static size_t
v2_length(const struct proxy_header *h)
{
	const unsigned char	*p = (const unsigned char *)
				    buf_str(&h->raw).p;

	return h->raw.len < V2_HEAD ? V2_HEAD :
	    V2_HEAD + ((size_t)p[14] << 8 | p[15]);
}

static enum proxy_read
v2_feed(struct proxy_header *h, struct str data, size_t *used,
    const char **why)
{
	struct str	raw;
	size_t		n, want;

	while (h->raw.len < (want = v2_length(h)) && data.len != 0) {
		n = want - h->raw.len;
		n = n < data.len ? n : data.len;
		buf_add(&h->raw, data.p, n);
		data.p += n;
		data.len -= n;
		*used += n;
		raw = buf_str(&h->raw);
		if (memcmp(raw.p, v2_signature, raw.len < 12 ? raw.len :
		    12) != 0)
			return proxy_bad(why, "no PROXY header");
		if (raw.len > 12 && ((unsigned char)raw.p[12] >> 4 != 2 ||
		    (raw.p[12] & 15) > 1))
			return proxy_bad(why, "PROXY header of an unknown "
			    "version or command");
		if (v2_length(h) > PROXY_HEADER_MAX)
			return proxy_bad(why, "PROXY header too long");
	}
	return h->raw.len < want ? PROXY_MORE : v2_parse(h, why);
}

enum proxy_read
proxy_header_feed(struct proxy_header *h, struct str data, size_t *used,
    const char **why)
{
	char	first;

	*used = 0;
	if (data.len == 0)
		return PROXY_MORE;
	first = h->raw.len != 0 ? buf_str(&h->raw).p[0] : data.p[0];
	return first == (char)v2_signature[0] ?
	    v2_feed(h, data, used, why) : v1_feed(h, data, used, why);
}
