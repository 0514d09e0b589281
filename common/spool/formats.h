/*
 * formats - is all that lies in the spool of a format that is known?
 *
 * A spool that a newer version has written is refused before anything of it is
 * changed.
 *
 * Failure    -1 with *e: the file's name, and its format; or the disk.
 * Process    blocks; a read for each segment and each file of the journal.
 */
#ifndef SPOOL_FORMATS_H
#define SPOOL_FORMATS_H

#include "base/err.h"
#include "disk.h"

int	formats_check(struct disk *disk, struct err *e);
/* Of these two, see checkpoint.c. */
int	formats_checkpoint(struct disk *disk, struct err *e);
/* -1: what is said of one that is not known. */
int	formats_unknown(struct err *e, unsigned char is, char known);

#endif
