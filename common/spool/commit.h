/*
 * commit - the record that makes a transaction exist
 *
 * Process  pure.
 */
#ifndef SPOOL_COMMIT_H
#define SPOOL_COMMIT_H

#include <stdint.h>

#include "spool_id.h"

#define COMMIT_SIZE	32

struct spool_commit {
	unsigned char	txn[SPOOL_TXN_SIZE];
	uint32_t	records;	/* EDITS and ENTRY */
	uint32_t	entries;
	uint32_t	crc;		/* commit_chain() over theirs */
};

void	commit_put(unsigned char out[COMMIT_SIZE],
	    const struct spool_commit *c);
/* The checksum over checksums, with one more; it begins at 0. */
uint32_t commit_chain(uint32_t chain, uint32_t crc);
int	commit_get(struct spool_commit *c, const unsigned char *p,
	    uint32_t len);

#endif
