/*
 * draft_private - what the writer does with a draft
 *
 * `front` holds records as they will lie in the segment, their heads still
 * without place; the body lies apart, since it is written after all fronts of
 * a batch.
 */
#ifndef SPOOL_DRAFT_PRIVATE_H
#define SPOOL_DRAFT_PRIVATE_H

#include "base/buf.h"
#include "draft.h"
#include "record.h"

struct spool_draft {
	struct spool_id	 id;
	struct buf	 front;		/* records without their place */
	struct buf	 body;		/* the payload of its BODY or FILE */
	enum record_type body_type;
	uint64_t	 body_size;	/* of the message */
	uint32_t	 body_crc;	/* of the payload */
	unsigned char	 body_head[RECORD_HEAD];
	uint32_t	 edits;		/* lists so far */
	uint32_t	 entries;
	uint32_t	 records;	/* EDITS and ENTRY so far */
	uint32_t	 chain;		/* over the records' checksums */
	bool		 ended;		/* the front ends with its COMMIT */
	bool		 partial;	/* counted in the writer's `partial` */

	/* Where it lies, once a part of it was written. */
	uint64_t	 segment;	/* 0: no part was */
	uint32_t	 txn;
	uint64_t	 first_batch;	/* offset of the one it begins in */
	uint64_t	 first;		/* of its first record */
	uint64_t	 body_offset;
	uint64_t	*edits_offset;	/* by number - 1 */
	uint32_t	 edits_placed;
};

/* For a copy, which has some of a transaction's entries: the payload of its
 * BODY or FILE, and entries whatever their numbers. */
int	spool_draft_copy_body(struct spool_draft *d, enum record_type type,
	    struct str payload, struct err *e);
int	spool_draft_copy_entry(struct spool_draft *d, struct str entry,
	    struct err *e);

#endif
