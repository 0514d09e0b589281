/* The data of records, by type. */
#include <string.h>

#include "packet.h"

static unsigned
rdata_u16(const struct dns_record *rr, size_t i)
{
	const unsigned char	*p = rr->packet.p + rr->at + i;

	return (unsigned)p[0] << 8 | p[1];
}

/* The name at the end of the data.  It may be a pointer to elsewhere in the
 * packet, but its own bytes must end where the data does. */
static int
rdata_name(const struct dns_record *rr, size_t from, char out[DNS_NAME_TEXT])
{
	size_t	at = rr->at + from;

	if (from >= rr->len || dns_name_read(rr->packet, &at, out) == -1)
		return -1;
	return at == rr->at + rr->len ? 0 : -1;
}

int
dns_read_address(const struct dns_record *rr, uint16_t port,
    struct netaddr *a)
{
	const unsigned char	*p = rr->packet.p + rr->at;

	memset(a, 0, sizeof *a);
	if (rr->type == DNS_A && rr->len == 4) {
		a->len = sizeof a->u.in4;
		a->u.in4.sin_family = AF_INET;
		memcpy(&a->u.in4.sin_addr, p, 4);
	} else if (rr->type == DNS_AAAA && rr->len == 16) {
		a->len = sizeof a->u.in6;
		a->u.in6.sin6_family = AF_INET6;
		memcpy(&a->u.in6.sin6_addr, p, 16);
	} else
		return -1;
	netaddr_set_port(a, port);
	return 0;
}

int
dns_read_mx(const struct dns_record *rr, uint16_t *preference,
    char host[DNS_NAME_TEXT])
{
	if (rr->type != DNS_MX || rr->len < 3)
		return -1;
	*preference = (uint16_t)rdata_u16(rr, 0);
	return rdata_name(rr, 2, host);
}

int
dns_read_name(const struct dns_record *rr, char name[DNS_NAME_TEXT])
{
	if (rr->type != DNS_CNAME && rr->type != DNS_PTR && rr->type != DNS_NS)
		return -1;
	return rdata_name(rr, 0, name);
}

int
dns_read_txt(const struct dns_record *rr, struct buf *out)
{
	const unsigned char	*p = rr->packet.p + rr->at;
	size_t			 i = 0, before = out->len;

	if (rr->type != DNS_TXT || rr->len == 0)
		return -1;
	while (i < rr->len) {
		if (p[i] >= rr->len - i) {
			buf_truncate(out, before);
			return -1;
		}
		buf_add(out, p + i + 1, p[i]);
		i += (size_t)p[i] + 1;
	}
	return 0;
}

static uint32_t
rdata_u32(const struct dns_record *rr, size_t at)
{
	const unsigned char	*p = rr->packet.p + at;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

/* Two names, then five numbers that end the data. */
int
dns_read_soa(const struct dns_record *rr, struct dns_soa *soa)
{
	uint32_t	*const numbers[] = { &soa->serial, &soa->refresh,
	    &soa->retry, &soa->expire, &soa->minimum };
	size_t		 at = rr->at, i;

	if (rr->type != DNS_SOA || rr->len < 22 ||
	    dns_name_read(rr->packet, &at, soa->mname) == -1 ||
	    at >= rr->at + rr->len ||
	    dns_name_read(rr->packet, &at, soa->rname) == -1 ||
	    at + 20 != rr->at + rr->len)
		return -1;
	for (i = 0; i < 5; i++)
		*numbers[i] = rdata_u32(rr, at + 4 * i);
	return 0;
}

int
dns_read_srv(const struct dns_record *rr, struct dns_srv *srv)
{
	if (rr->type != DNS_SRV || rr->len < 7)
		return -1;
	srv->priority = (uint16_t)rdata_u16(rr, 0);
	srv->weight = (uint16_t)rdata_u16(rr, 2);
	srv->port = (uint16_t)rdata_u16(rr, 4);
	return rdata_name(rr, 6, srv->target);
}

int
dns_read_tlsa(const struct dns_record *rr, struct dns_tlsa *tlsa)
{
	const unsigned char	*p = rr->packet.p + rr->at;

	if (rr->type != DNS_TLSA || rr->len < 4)
		return -1;
	*tlsa = (struct dns_tlsa){ .usage = p[0], .selector = p[1],
	    .mtype = p[2], .data = p + 3, .len = rr->len - 3 };
	return 0;
}
