/*
 * The identity of a transaction and its entries, as bytes and as text.
 */
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "compat/crc32c.h"
#include "spool_id.h"

uint32_t
spool_place_crc(const struct spool_place *place, const void *p, size_t n)
{
	unsigned char	where[16];

	bytes_put(where, place->segment, 8);
	bytes_put(where + 8, place->offset, 8);
	return crc32c(crc32c(0, where, sizeof where), p, n);
}

void
spool_id_make(struct spool_id *id)
{
	uuid_v7_bytes(id->txn);
	id->queue = 0;
}

bool
spool_id_same(const struct spool_id *a, const struct spool_id *b)
{
	return a->queue == b->queue &&
	    memcmp(a->txn, b->txn, SPOOL_TXN_SIZE) == 0;
}

int
spool_id_compare(const struct spool_id *a, const struct spool_id *b)
{
	int	c = memcmp(a->txn, b->txn, SPOOL_TXN_SIZE);

	if (c != 0)
		return c;
	return a->queue < b->queue ? -1 : a->queue > b->queue;
}

void
spool_id_put(unsigned char out[SPOOL_ID_SIZE], const struct spool_id *id)
{
	memcpy(out, id->txn, SPOOL_TXN_SIZE);
	bytes_put(out + SPOOL_TXN_SIZE, id->queue, 4);
}

void
spool_id_get(struct spool_id *id, const unsigned char in[SPOOL_ID_SIZE])
{
	memcpy(id->txn, in, SPOOL_TXN_SIZE);
	id->queue = (uint32_t)bytes_get(in + SPOOL_TXN_SIZE, 4);
}

void
spool_id_text(char out[SPOOL_ID_TEXT], const struct spool_id *id)
{
	uuid_text(id->txn, out);
	if (id->queue != 0)
		(void)snprintf(out + UUID_TEXT - 1, SPOOL_ID_TEXT -
		    (UUID_TEXT - 1), ":%u", id->queue);
}

int
spool_id_parse(struct spool_id *id, struct str s)
{
	uint64_t	 queue = 0;
	struct str	 rest, uuid = s;

	if (s.len > UUID_TEXT - 1) {
		uuid = str_split(s, ':', &rest);
		if (str_uint(rest, UINT32_MAX, &queue) == -1 || queue == 0)
			return -1;
	}
	if (uuid_parse(uuid.p, uuid.len, id->txn) == -1)
		return -1;
	id->queue = (uint32_t)queue;
	return 0;
}
