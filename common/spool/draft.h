/*
 * draft - a transaction while it is being stored
 *
 * The body comes first, then the lists of edits in the order of their
 * numbers, then the entries, then the end.  What is complete may be written
 * (writer.h) before the rest has come: a transaction of a hundred thousand
 * recipients needs no more memory than one of a hundred.
 *
 * Ownership  spool_draft_new() gives, spool_draft_free() takes and clears;
 *            bytes given are copied.
 * Failure    0, or -1 with *e: what came is no such thing, or is too much.
 *            The transaction is then to be dropped.
 * Process    no I/O.
 */
#ifndef SPOOL_DRAFT_H
#define SPOOL_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "spool_id.h"

/* A longer body is stored in a file of its own. */
#define DRAFT_BODY_MAX	(1024 * 1024)
/* Lists of edits in one transaction, and the bytes of one. */
#define DRAFT_EDITS_MAX	1000
#define DRAFT_EDITS_SIZE (1024 * 1024)
/* Bytes of records that wait to be written: twice that is what a reader takes
 * in one batch (scan.h). */
#define DRAFT_FRONT_MAX	(8 * 1024 * 1024)

struct spool_draft;

struct spool_draft *spool_draft_new(const struct spool_id *id);
void	spool_draft_free(struct spool_draft **d);
const struct spool_id *spool_draft_id(const struct spool_draft *d);

/* A piece of the body, at most DRAFT_BODY_MAX in all. */
int	spool_draft_body(struct spool_draft *d, struct str piece,
	    struct err *e);
/* Instead: it is in the file "bodies/ID", of that size and checksum. */
int	spool_draft_file(struct spool_draft *d, uint64_t size, uint32_t crc,
	    struct err *e);
/* Its checksum, where that was not known when it was named. */
void	spool_draft_file_sum(struct spool_draft *d, uint32_t crc);
int	spool_draft_edits(struct spool_draft *d, struct str edits,
	    struct err *e);
/* As spool_entry_put() wrote it; its number is one more than the last's. */
int	spool_draft_entry(struct spool_draft *d, struct str entry,
	    struct err *e);
/* Nothing more comes. */
int	spool_draft_end(struct spool_draft *d, struct err *e);

/* Bytes that wait in memory to be written. */
size_t	spool_draft_waiting(const struct spool_draft *d);
uint32_t spool_draft_entries(const struct spool_draft *d);
/* No more of the body can come: a part may be written. */
bool	spool_draft_body_done(const struct spool_draft *d);

#endif
