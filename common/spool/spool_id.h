/*
 * spool_id - what names a message in the spool, and one of its entries
 *
 * A transaction is named by a UUID that was made before it was stored; its
 * entries, one a recipient, count from 1.  Where a record lies (spool_place)
 * changes by compaction; the identity never does.  In text: "UUID:N".
 */
#ifndef SPOOL_SPOOL_ID_H
#define SPOOL_SPOOL_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "base/uuid.h"

#define SPOOL_TXN_SIZE	16
#define SPOOL_ID_SIZE	(SPOOL_TXN_SIZE + 4)
#define SPOOL_ID_TEXT	(UUID_TEXT + 11)

struct spool_id {
	unsigned char	txn[SPOOL_TXN_SIZE];
	uint32_t	queue;		/* from 1; 0: the transaction itself */
};

struct spool_place {
	uint64_t	segment;
	uint64_t	offset;
};

/* The checksum of bytes that lie at that place: what is left of an older life
 * of the file has another. */
uint32_t spool_place_crc(const struct spool_place *place, const void *p,
	    size_t n);

/* A new transaction's id, later than all before it on this machine. */
void	spool_id_make(struct spool_id *id);
bool	spool_id_same(const struct spool_id *a, const struct spool_id *b);
int	spool_id_compare(const struct spool_id *a, const struct spool_id *b);
void	spool_id_put(unsigned char out[SPOOL_ID_SIZE],
	    const struct spool_id *id);
void	spool_id_get(struct spool_id *id,
	    const unsigned char in[SPOOL_ID_SIZE]);
/* "UUID:N", or "UUID" where queue is 0. */
void	spool_id_text(char out[SPOOL_ID_TEXT], const struct spool_id *id);
/* All of s, either form: 0, or -1. */
int	spool_id_parse(struct spool_id *id, struct str s);

#endif
