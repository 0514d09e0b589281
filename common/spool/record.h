/*
 * record - the head of one record in a segment
 *
 * A record is a head of fixed size and a payload.  The head's checksum covers
 * the segment's id and the record's offset, so that what is left of an older
 * life of the file is never taken for a record; it also covers the payload's
 * checksum, so that a reader may pass over payloads that it does not want.
 * See record.c for the layout.
 *
 * Process  pure.
 */
#ifndef SPOOL_RECORD_H
#define SPOOL_RECORD_H

#include <stdint.h>

#include "spool_id.h"

#define RECORD_HEAD	40
#define RECORD_ALIGN	8
/* No payload is longer; a longer body has a file of its own. */
#define RECORD_MAX	(1024 * 1024 + 4096)

enum record_type {
	RECORD_NONE = 0,	/* padding: the batch's records end here */
	RECORD_BODY = 1,	/* the message as it was received */
	RECORD_FILE = 2,	/* instead of BODY: names the file it is in */
	RECORD_EDITS = 3,	/* changes over the body (edits.h) */
	RECORD_ENTRY = 4,	/* one recipient (entry.h) */
	RECORD_COMMIT = 5,	/* the transaction exists (commit.h) */
	RECORD_TYPES
};

struct record {
	enum record_type	type;
	uint32_t		txn;	/* its transaction, in this segment */
	uint32_t		len;	/* of the payload */
	uint32_t		crc;	/* of the payload */
	uint64_t		body;	/* ENTRY: offset of its BODY or FILE;
					 * COMMIT: of the batch in which the
					 * transaction begins */
	uint64_t		edits;	/* ENTRY: offset of its EDITS, or 0;
					 * COMMIT: of its first record */
};

/* A record with its head, up to where the next one begins. */
uint64_t	record_size(uint32_t len);
void		record_put(unsigned char head[RECORD_HEAD],
		    const struct record *r, const struct spool_place *place);
/*
 * 0, or -1: there is no record at that place.  A type that is not known, or
 * a length over RECORD_MAX, is none either.
 */
int		record_get(struct record *r,
		    const unsigned char head[RECORD_HEAD],
		    const struct spool_place *place);

#endif
