/*
 * A DNS answer: walking it ends, and whatever its records claim, readers
 * stay inside it and inside what they fill.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns/packet.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_name(const char *name)
{
	if (name[0] == '\0' || strlen(name) >= DNS_NAME_TEXT)
		abort();
}

static void
read_data(const struct dns_record *rr)
{
	struct dns_tlsa	tlsa;
	struct dns_srv	srv;
	struct dns_soa	soa;
	struct netaddr	addr;
	struct buf	txt = BUF_INIT;
	uint16_t	preference;
	char		name[DNS_NAME_TEXT];

	(void)dns_read_address(rr, 25, &addr);
	if (dns_read_mx(rr, &preference, name) == 0 ||
	    dns_read_name(rr, name) == 0)
		check_name(name);
	if (dns_read_txt(rr, &txt) == 0 && txt.len >= rr->len)
		abort();
	if (dns_read_srv(rr, &srv) == 0)
		check_name(srv.target);
	if (dns_read_soa(rr, &soa) == 0) {
		check_name(soa.mname);
		check_name(soa.rname);
	}
	if (dns_read_tlsa(rr, &tlsa) == 0 && tlsa.len != 0 &&
	    tlsa.data + tlsa.len > rr->packet.p + rr->packet.len)
		abort();
	buf_free(&txt);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t	types[] = { DNS_A, DNS_AAAA, DNS_MX, DNS_TXT,
				    DNS_PTR, DNS_SRV, DNS_TLSA,
				    DNS_SOA };
	struct dns_record	rr;
	struct dns_walk		w;
	char			owner[DNS_NAME_TEXT];
	size_t			i, left = size;

	if (dns_walk_init(&w, (struct dns_packet){ data, size }) == -1)
		return 0;
	check_name(w.question);
	while (dns_walk_next(&w, &rr, owner) == 1) {
		check_name(owner);
		if (size - w.at >= left)
			abort();
		left = size - w.at;
		read_data(&rr);
		for (i = 0; i < sizeof types / sizeof types[0]; i++) {
			rr.type = types[i];
			read_data(&rr);
		}
	}
	return 0;
}
