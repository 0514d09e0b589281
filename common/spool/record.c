/*
 * Layout of a head (numbers most significant byte first)
 *
 *	 0  1	type
 *	 1  1	version, 1
 *	 2  2	0
 *	 4  4	transaction, counted in the segment from 1
 *	 8  4	length of the payload
 *	12  4	CRC32C of the payload
 *	16  8	offset of the body; in a COMMIT of the first batch
 *	24  8	offset of the edits, or 0; in a COMMIT of the first record
 *	32  4	0
 *	36  4	CRC32C of segment id, offset and the 36 bytes before
 *
 * The payload follows, and zeros up to a multiple of eight.
 */
#include <string.h>

#include "bytes.h"
#include "record.h"

#define RECORD_VERSION	1

uint64_t
record_size(uint32_t len)
{
	return ((uint64_t)RECORD_HEAD + len + RECORD_ALIGN - 1) /
	    RECORD_ALIGN * RECORD_ALIGN;
}

void
record_put(unsigned char head[RECORD_HEAD], const struct record *r,
    const struct spool_place *place)
{
	memset(head, 0, RECORD_HEAD);
	head[0] = (unsigned char)r->type;
	head[1] = RECORD_VERSION;
	bytes_put(head + 4, r->txn, 4);
	bytes_put(head + 8, r->len, 4);
	bytes_put(head + 12, r->crc, 4);
	bytes_put(head + 16, r->body, 8);
	bytes_put(head + 24, r->edits, 8);
	bytes_put(head + 36, spool_place_crc(place, head,
	    RECORD_HEAD - 4), 4);
}

int
record_get(struct record *r, const unsigned char head[RECORD_HEAD],
    const struct spool_place *place)
{
	if (head[0] == RECORD_NONE || head[0] >= RECORD_TYPES ||
	    head[1] != RECORD_VERSION ||
	    bytes_get(head + 36, 4) != spool_place_crc(place, head,
	    RECORD_HEAD - 4))
		return -1;
	r->type = (enum record_type)head[0];
	r->txn = (uint32_t)bytes_get(head + 4, 4);
	r->len = (uint32_t)bytes_get(head + 8, 4);
	r->crc = (uint32_t)bytes_get(head + 12, 4);
	r->body = bytes_get(head + 16, 8);
	r->edits = bytes_get(head + 24, 8);
	return r->len <= RECORD_MAX ? 0 : -1;
}
