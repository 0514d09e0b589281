/*
 * packet - a DNS answer as bytes: names, records and their data
 *
 * Everything in a packet comes from strangers: each reader is bounded by the
 * packet, follows a bounded number of pointers, and writes into storage whose
 * size it knows.
 *
 * Ownership  records point into the packet; text goes to the caller's
 *            storage.
 * Failure    -1: malformed.
 * Process    pure.
 */
#ifndef DNS_PACKET_H
#define DNS_PACKET_H

#include <stdint.h>

#include "base/buf.h"
#include "base/net.h"

/* 255 bytes on the wire, each at worst "\ddd", and a NUL. */
#define DNS_NAME_TEXT	1024

enum dns_type { DNS_A = 1, DNS_NS = 2, DNS_CNAME = 5, DNS_SOA = 6,
	DNS_PTR = 12, DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28, DNS_SRV = 33,
	DNS_TLSA = 52 };

struct dns_packet {
	const unsigned char	*p;
	size_t			 len;
};

struct dns_record {
	struct dns_packet	packet;
	uint16_t		type;
	uint32_t		ttl;
	size_t			at;		/* its data in the packet */
	size_t			len;
};

/* Walks the answer section. */
struct dns_walk {
	struct dns_packet	packet;
	size_t			at;
	unsigned		left;		/* records not yet seen */
	char			question[DNS_NAME_TEXT];
};

int	dns_walk_init(struct dns_walk *w, struct dns_packet packet);
/* 1 with *rr and its owner, 0 at the end, -1. */
int	dns_walk_next(struct dns_walk *w, struct dns_record *rr,
	    char owner[DNS_NAME_TEXT]);

/* The name at *at, which moves past it: without the last dot, "." for the
 * root; bytes that are no plain text as "\." or "\ddd". */
int	dns_name_read(struct dns_packet packet, size_t *at,
	    char out[DNS_NAME_TEXT]);

/* ---- Data -------------------------------------------------------------- */

struct dns_srv {
	uint16_t	priority, weight, port;
	char		target[DNS_NAME_TEXT];
};

struct dns_tlsa {
	uint8_t			 usage, selector, mtype;
	const unsigned char	*data;
	size_t			 len;
};

struct dns_soa {
	char		mname[DNS_NAME_TEXT], rname[DNS_NAME_TEXT];
	uint32_t	serial, refresh, retry, expire, minimum;
};

/* A and AAAA. */
int	dns_read_address(const struct dns_record *rr, uint16_t port,
	    struct netaddr *a);
int	dns_read_mx(const struct dns_record *rr, uint16_t *preference,
	    char host[DNS_NAME_TEXT]);
/* CNAME, PTR, NS. */
int	dns_read_name(const struct dns_record *rr, char name[DNS_NAME_TEXT]);
/* All strings of a TXT record, one after the other. */
int	dns_read_txt(const struct dns_record *rr, struct buf *out);
int	dns_read_soa(const struct dns_record *rr, struct dns_soa *soa);
int	dns_read_srv(const struct dns_record *rr, struct dns_srv *srv);
int	dns_read_tlsa(const struct dns_record *rr, struct dns_tlsa *tlsa);

#endif
