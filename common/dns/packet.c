/*
 * Reading a packet: RFC 1035 section 4.  A pointer must lead backwards from
 * where it stands, so that following pointers ends.
 */
#include <string.h>

#include "packet.h"

#define PACKET_HEADER	12
#define WIRE_NAME_MAX	255

static unsigned
packet_u16(struct dns_packet p, size_t at)
{
	return (unsigned)p.p[at] << 8 | p.p[at + 1];
}

/* ---- Names ------------------------------------------------------------- */

static size_t
name_byte(char *out, unsigned char c)
{
	if (c > ' ' && c < 0x7f && c != '.' && c != '\\') {
		out[0] = (char)c;
		return 1;
	}
	out[0] = '\\';
	if (c == '.' || c == '\\') {
		out[1] = (char)c;
		return 2;
	}
	out[1] = (char)('0' + c / 100);
	out[2] = (char)('0' + c / 10 % 10);
	out[3] = (char)('0' + c % 10);
	return 4;
}

/* The length byte at *at, after any pointers.  Where the name ends in the
 * packet is where its first pointer ends: that goes to *end.  -1: malformed. */
static int
name_label(struct dns_packet p, size_t *at, size_t *end)
{
	size_t	limit = *at, to;

	while (*at < p.len && (p.p[*at] & 0xc0) == 0xc0) {
		if (p.len - *at < 2)
			return -1;
		to = packet_u16(p, *at) & 0x3fff;
		if (*end == 0)
			*end = *at + 2;
		if (to >= limit)
			return -1;
		limit = *at = to;
	}
	if (*at >= p.len || (p.p[*at] & 0xc0) != 0)
		return -1;
	return p.p[*at];
}

int
dns_name_read(struct dns_packet p, size_t *at, char out[DNS_NAME_TEXT])
{
	size_t	i, pos = *at, end = 0, n = 0, wire = 1;
	int	len;

	while ((len = name_label(p, &pos, &end)) > 0) {
		wire += (size_t)len + 1;
		if (wire > WIRE_NAME_MAX || (size_t)len >= p.len - pos)
			return -1;
		if (n != 0)
			out[n++] = '.';
		for (i = 1; i <= (size_t)len; i++)
			n += name_byte(out + n, p.p[pos + i]);
		pos += (size_t)len + 1;
	}
	if (len == -1)
		return -1;
	if (n == 0)
		out[n++] = '.';
	out[n] = '\0';
	*at = end != 0 ? end : pos + 1;
	return 0;
}

/* ---- Sections ---------------------------------------------------------- */

int
dns_walk_init(struct dns_walk *w, struct dns_packet packet)
{
	*w = (struct dns_walk){ .packet = packet, .at = PACKET_HEADER };
	if (packet.len < PACKET_HEADER || packet_u16(packet, 4) != 1)
		return -1;
	w->left = packet_u16(packet, 6);
	if (dns_name_read(packet, &w->at, w->question) == -1 ||
	    packet.len - w->at < 4)
		return -1;
	w->at += 4;
	return 0;
}

int
dns_walk_next(struct dns_walk *w, struct dns_record *rr,
    char owner[DNS_NAME_TEXT])
{
	const unsigned char	*p;

	if (w->left == 0)
		return 0;
	if (dns_name_read(w->packet, &w->at, owner) == -1 ||
	    w->packet.len - w->at < 10)
		return -1;
	p = w->packet.p + w->at;
	rr->packet = w->packet;
	rr->type = (uint16_t)packet_u16(w->packet, w->at);
	rr->ttl = (uint32_t)p[4] << 24 | (uint32_t)p[5] << 16 |
	    (uint32_t)p[6] << 8 | p[7];
	rr->len = packet_u16(w->packet, w->at + 8);
	rr->at = w->at + 10;
	if (rr->len > w->packet.len - rr->at)
		return -1;
	w->at = rr->at + rr->len;
	w->left--;
	return 1;
}
