/*
 * spool_file - a message outside of the spool: UUID_N.eml, and UUID_N.json
 *
 * The object has fields to read, and in "entry" all that was accepted, as
 * spool_entry_put() writes it, in hexadecimal; "queue", where there is one,
 * is the row of the queue as it was then.  Import takes those two.
 *
 * Ownership  spool_file_envelope() gives a reference; an entry that is read
 *            borrows the object and *bytes.
 * Failure    0, or -1 with *e.
 * Process    pure, but for the clock.
 */
#ifndef MTACTL_SPOOL_FILE_H
#define MTACTL_SPOOL_FILE_H

#include <jansson.h>

#include "base/buf.h"
#include "spool/entry.h"
#include "spool/spool_id.h"

#define SPOOL_FILE_NAME	(SPOOL_ID_TEXT + 8)

/* suffix: ".eml", ".json" */
void	spool_file_name(char out[SPOOL_FILE_NAME], const struct spool_id *id,
	    const char *suffix);
/* The id in a name that ends in ".json": 0; -1: it is another file. */
int	spool_file_id(struct spool_id *id, const char *name);
json_t	*spool_file_envelope(const struct spool_id *id,
	    const struct spool_entry *entry);
/* The entry to be stored, with what the queue had changed of it, as the only
 * one of its transaction. */
int	spool_file_entry(struct spool_entry *entry, struct buf *bytes,
	    const json_t *envelope, struct err *e);
/* The transaction that brings it back: the same whenever it is asked for. */
void	spool_file_reborn(struct spool_id *id, const struct spool_id *was);

#endif
