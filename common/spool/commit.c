/*
 * Layout: id of the transaction 16 bytes, records 4, entries 4, checksum 4,
 * zeros 4.
 */
#include <string.h>

#include "bytes.h"
#include "commit.h"
#include "compat/crc32c.h"

void
commit_put(unsigned char out[COMMIT_SIZE], const struct spool_commit *c)
{
	memcpy(out, c->txn, SPOOL_TXN_SIZE);
	bytes_put(out + 16, c->records, 4);
	bytes_put(out + 20, c->entries, 4);
	bytes_put(out + 24, c->crc, 4);
	bytes_put(out + 28, 0, 4);
}

int
commit_get(struct spool_commit *c, const unsigned char *p, uint32_t len)
{
	if (len != COMMIT_SIZE)
		return -1;
	memcpy(c->txn, p, SPOOL_TXN_SIZE);
	c->records = (uint32_t)bytes_get(p + 16, 4);
	c->entries = (uint32_t)bytes_get(p + 20, 4);
	c->crc = (uint32_t)bytes_get(p + 24, 4);
	return 0;
}

uint32_t
commit_chain(uint32_t chain, uint32_t crc)
{
	unsigned char	b[4];

	bytes_put(b, crc, sizeof b);
	return crc32c(chain, b, sizeof b);
}
