/*
 * The layout of a segment's head, a block of 4096 bytes:
 *
 *	 0  8	"HALYSEG" and the format, '1'
 *	 8  8	id
 *	16  8	id of the segment before it, or 0
 *	24  8	where that one ends
 *	32  8	size of the file
 *	40  1	1: cold
 *	44  4	count of the segments it replaces
 *	48  8n	their ids
 *	3572 8	the secret of its batches, or 0
 *	3580 4	CRC32C of all before it
 *	3584 8	"HALYSEAL", if it is sealed
 *	3592 8	its end
 *	3600 4	CRC32C of id and the 16 bytes before
 *
 * and of a batch's
 *
 *	 0  8	"HALYBAT1"
 *	 8  8	size of the batch, a multiple of 4096
 *	16  8	durable_upto
 *	24  4	bytes of the records before the bodies
 *	28  4	number of the first transaction that begins in it
 *	32  8	size without the padding
 *	40  8	the segment's secret
 *	60  4	CRC32C of segment id, offset and the 60 bytes before
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "bytes.h"
#include "compat/crc32c.h"
#include "formats.h"
#include "segment.h"

#define SEGMENT_MAGIC	"HALYSEG"
#define SEGMENT_FORMAT	'1'
#define SEGMENT_CRC	(SEGMENT_SEAL - 4)
#define SEGMENT_SECRET	(SEGMENT_CRC - 8)
#define SEAL_MAGIC	"HALYSEAL"
#define BATCH_MAGIC	"HALYBAT1"

void
segment_name(char out[SEGMENT_NAME], uint64_t id)
{
	(void)snprintf(out, SEGMENT_NAME, SEGMENT_DIR "/%016" PRIx64, id);
}

int
segment_name_parse(uint64_t *id, const char *name)
{
	uint64_t	value = 0;
	size_t		i;

	for (i = 0; name[i] != '\0'; i++) {
		if (name[i] >= '0' && name[i] <= '9')
			value = value << 4 | (uint64_t)(name[i] - '0');
		else if (name[i] >= 'a' && name[i] <= 'f')
			value = value << 4 | (uint64_t)(name[i] - 'a' + 10);
		else
			return -1;
	}
	if (i != 16 || value == 0)
		return -1;
	*id = value;
	return 0;
}

void
segment_put(unsigned char block[SEGMENT_HEAD], const struct segment *s)
{
	uint32_t	i;

	memset(block, 0, SEGMENT_HEAD);
	memcpy(block, SEGMENT_MAGIC, 7);
	block[7] = SEGMENT_FORMAT;
	bytes_put(block + 8, s->id, 8);
	bytes_put(block + 16, s->before, 8);
	bytes_put(block + 24, s->before_end, 8);
	bytes_put(block + 32, s->size, 8);
	block[40] = s->cold ? 1 : 0;
	bytes_put(block + 44, s->replaced_count, 4);
	for (i = 0; i < s->replaced_count; i++)
		bytes_put(block + 48 + 8 * i, s->replaced[i], 8);
	bytes_put(block + SEGMENT_SECRET, s->secret, 8);
	bytes_put(block + SEGMENT_CRC, crc32c(0, block, SEGMENT_CRC), 4);
	if (s->sealed_end != 0)
		segment_seal_put(block + SEGMENT_SEAL, s->id, s->sealed_end);
}

static uint32_t
segment_seal_crc(const unsigned char *seal, uint64_t id)
{
	unsigned char	which[8];

	bytes_put(which, id, 8);
	return crc32c(crc32c(0, which, sizeof which), seal, 16);
}

void
segment_seal_put(unsigned char seal[SEGMENT_SEAL_SIZE], uint64_t id,
    uint64_t end)
{
	memset(seal, 0, SEGMENT_SEAL_SIZE);
	memcpy(seal, SEAL_MAGIC, 8);
	bytes_put(seal + 8, end, 8);
	bytes_put(seal + 16, segment_seal_crc(seal, id), 4);
}

static uint64_t
segment_seal_get(const unsigned char *seal, uint64_t id)
{
	if (memcmp(seal, SEAL_MAGIC, 8) != 0 ||
	    bytes_get(seal + 16, 4) != segment_seal_crc(seal, id))
		return 0;
	return bytes_get(seal + 8, 8);
}

int
segment_get(struct segment *s, const unsigned char block[SEGMENT_HEAD],
    struct err *e)
{
	uint64_t	count;
	uint32_t	i;

	if (memcmp(block, SEGMENT_MAGIC, 7) != 0)
		return err_set(e, "this is no segment of a spool");
	if (block[7] != SEGMENT_FORMAT)
		return formats_unknown(e, block[7], SEGMENT_FORMAT);
	count = bytes_get(block + 44, 4);
	if (bytes_get(block + SEGMENT_CRC, 4) !=
	    crc32c(0, block, SEGMENT_CRC) ||
	    count > SEGMENT_REPLACED_MAX)
		return err_set(e, "its head is damaged");
	memset(s, 0, sizeof *s);
	s->id = bytes_get(block + 8, 8);
	s->before = bytes_get(block + 16, 8);
	s->before_end = bytes_get(block + 24, 8);
	s->size = bytes_get(block + 32, 8);
	s->cold = block[40] == 1;
	s->replaced_count = (uint32_t)count;
	for (i = 0; i < count; i++)
		s->replaced[i] = bytes_get(block + 48 + 8 * i, 8);
	s->secret = bytes_get(block + SEGMENT_SECRET, 8);
	s->sealed_end = segment_seal_get(block + SEGMENT_SEAL, s->id);
	return 0;
}

bool
segment_unknown(const unsigned char block[SEGMENT_HEAD])
{
	return memcmp(block, SEGMENT_MAGIC, 7) == 0 &&
	    block[7] != SEGMENT_FORMAT;
}

void
batch_put(unsigned char head[BATCH_HEAD], const struct batch *b,
    const struct spool_place *place)
{
	memset(head, 0, BATCH_HEAD);
	memcpy(head, BATCH_MAGIC, 8);
	bytes_put(head + 8, b->size, 8);
	bytes_put(head + 16, b->durable_upto, 8);
	bytes_put(head + 24, b->front, 4);
	bytes_put(head + 28, b->first_txn, 4);
	bytes_put(head + 32, b->used, 8);
	bytes_put(head + 40, b->secret, 8);
	bytes_put(head + 60, spool_place_crc(place, head,
	    BATCH_HEAD - 4), 4);
}

int
batch_get(struct batch *b, const unsigned char head[BATCH_HEAD],
    const struct spool_place *place)
{
	if (memcmp(head, BATCH_MAGIC, 8) != 0 ||
	    bytes_get(head + 60, 4) != spool_place_crc(place, head,
	    BATCH_HEAD - 4))
		return -1;
	b->size = bytes_get(head + 8, 8);
	b->durable_upto = bytes_get(head + 16, 8);
	b->front = (uint32_t)bytes_get(head + 24, 4);
	b->first_txn = (uint32_t)bytes_get(head + 28, 4);
	b->used = bytes_get(head + 32, 8);
	b->secret = bytes_get(head + 40, 8);
	if (b->size < SEGMENT_BLOCK || b->size % SEGMENT_BLOCK != 0 ||
	    b->used > b->size || b->used < BATCH_HEAD ||
	    b->front > b->used - BATCH_HEAD ||
	    b->durable_upto > place->offset)
		return -1;
	return 0;
}
