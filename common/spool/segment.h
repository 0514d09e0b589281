/*
 * segment - the two heads of a segment: the file's and a batch's
 *
 * A segment is `head | batch*`.  Its head names the segment that was written
 * before it and the offset at which that one ends: nothing beyond that offset
 * exists, even if its checksum is right.  Before a segment is removed, the
 * end that it named goes into a seal in the other's own head.
 *
 * A batch is what one write carried; its head says how much of the segment
 * was known to be durable when it was written.  Damage below the greatest
 * such offset is corruption; above it, it is the torn tail of mail that
 * nobody has acknowledged.
 *
 * Head and batches of a segment have a secret in common.  What lies behind its
 * end may be bytes of messages, since files are used again, and a message may
 * look like a batch: whoever sent it can't have known the secret.
 *
 * In a batch first come the records that a reader of the queue wants (EDITS,
 * ENTRY, COMMIT), then the bodies: the former are read in one piece.
 *
 * Process  pure.
 */
#ifndef SPOOL_SEGMENT_H
#define SPOOL_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "spool_id.h"

#define SEGMENT_HEAD	4096
#define SEGMENT_SEAL	3584		/* where a seal lies: its own sector */
#define SEGMENT_SEAL_SIZE 512
#define SEGMENT_BLOCK	4096		/* a batch is padded to this */
#define SEGMENT_SIZE	(64ULL << 20)	/* of a usual one */
#define SEGMENT_DIR	"segments"
#define SPARE_DIR	"spare"
/* Ids of compacted segments, which are in no chain, have this bit. */
#define SEGMENT_COLD	(1ULL << 63)
#define SEGMENT_NAME	(sizeof SEGMENT_DIR + 1 + 16)
#define BATCH_HEAD	64
#define SEGMENT_REPLACED_MAX 256

struct segment {
	uint64_t	id;		/* never used again */
	uint64_t	before;		/* the segment before it; 0: none */
	uint64_t	before_end;	/* and where that one ends */
	uint64_t	size;		/* of the file */
	bool		cold;		/* written by compaction */
	uint64_t	sealed_end;	/* 0: there is no seal */
	uint64_t	secret;		/* that its batches have; 0: none */
	bool		headless;	/* its head is damaged; see recover.h */
	uint32_t	replaced_count;	/* cold: the segments it stands for */
	uint64_t	replaced[SEGMENT_REPLACED_MAX];
};

struct batch {
	uint64_t	size;		/* with its head and padding */
	uint64_t	durable_upto;	/* known when this was written */
	uint64_t	used;		/* without the padding */
	uint32_t	front;		/* bytes of records that are no body */
	uint32_t	first_txn;	/* the transactions' numbers go on */
	uint64_t	secret;		/* the segment's */
};

/* "segments/000000000000001a" */
void	segment_name(char out[SEGMENT_NAME], uint64_t id);
/* The file's own name, without the folder: 0, or -1 if it is no segment. */
int	segment_name_parse(uint64_t *id, const char *name);
void	segment_put(unsigned char block[SEGMENT_HEAD],
	    const struct segment *s);
/* -1: not a segment, or of a format that is not known; *e says which. */
int	segment_get(struct segment *s, const unsigned char block[SEGMENT_HEAD],
	    struct err *e);
/* The seal of the segment of that id. */
void	segment_seal_put(unsigned char seal[SEGMENT_SEAL_SIZE], uint64_t id,
	    uint64_t end);
/* Is it the head of a segment of a format that this version does not know? */
bool	segment_unknown(const unsigned char block[SEGMENT_HEAD]);
void	batch_put(unsigned char head[BATCH_HEAD], const struct batch *b,
	    const struct spool_place *place);
/* -1: no batch begins there. */
int	batch_get(struct batch *b, const unsigned char head[BATCH_HEAD],
	    const struct spool_place *place);

#endif
