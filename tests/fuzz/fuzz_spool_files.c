/*
 * Files of a spool: the first byte says of which kind the rest is: S, a
 * segment after its head; J, a file of the journal after its head; C, a
 * checkpoint; T, a table; R, the number of a chunk's rows and the rows, in a
 * table that is right otherwise; H and K, a segment and a file of the journal
 * with their heads, in place of what the writer has written.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "compat/crc32c.h"
#include "kv/kv.h"
#include "spool/bytes.h"
#include "spool/journal.h"
#include "spool/journal_file.h"
#include "spool/reader.h"
#include "spool/segment.h"
#include "spool/table.h"
#include "spool_disk.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
fuzz_entry(void *arg, const struct reader_entry *entry)
{
	(void)arg;
	if (entry->id.queue == 0)
		abort();
	return 0;
}

static void
fuzz_read(struct disk *d, const char *name)
{
	const struct reader_calls calls = { .entry = fuzz_entry };
	struct reader_span	span = { .segment = 1 };
	uint64_t		upto = 0;

	if (disk_open(d, name, DISK_READ, &span.file) == -1 ||
	    disk_size(span.file, &span.end) == -1)
		abort();
	if (reader_run(&span, &calls, &upto, NULL) == 0 && upto > span.end)
		abort();
	disk_close(&span.file);
}

static struct disk *
fuzz_segment(struct str in)
{
	struct segment	 s = { .id = 1, .size = SPOOL_DISK_SEGMENT };
	struct disk	*d = spool_disk_new(false);
	unsigned char	 head[SEGMENT_HEAD];
	char		 name[SEGMENT_NAME];

	segment_put(head, &s);
	segment_name(name, s.id);
	spool_disk_put(d, name, (struct str){ (char *)head, sizeof head },
	    in);
	fuzz_read(d, name);
	return d;
}

static struct disk *
fuzz_journal(struct str in)
{
	struct journal_file	 f = { .id = 1 };
	struct disk		*d = spool_disk_new(true);
	unsigned char		 head[JOURNAL_HEAD];
	char			 name[DISK_NAME_MAX];

	journal_file_put(head, &f);
	journal_file_name(name, f.id);
	spool_disk_put(d, name, (struct str){ (char *)head, sizeof head },
	    in);
	return d;
}

static struct disk *
fuzz_whole(char kind, struct str in)
{
	struct disk	*d = spool_disk_new(true);
	char		 segment[SEGMENT_NAME], journal[DISK_NAME_MAX];

	segment_name(segment, 1);
	journal_file_name(journal, 1);
	spool_disk_put(d, kind == 'H' ? segment : journal, STR_NONE, in);
	return d;
}

static int
fuzz_row(void *arg, const struct reader_entry *entry)
{
	const struct table_reader	*r = arg;

	if (entry->id.queue == 0 || entry->place.offset >= r->end ||
	    entry->bytes.len > r->chunk.len)
		abort();
	return 0;
}

static struct disk *
fuzz_table(struct str head, struct str in)
{
	struct disk		*d = spool_disk_new(true);
	struct table_reader	 r;
	char			 name[TABLE_NAME];
	enum table_state	 state;
	int			 chunks = 0;

	table_name(name, 1);
	spool_disk_put(d, name, head, in);
	state = table_open(&r, d, 1);
	for (; state == TABLE_OK && chunks < 10000; chunks++)
		state = table_next(&r, fuzz_row, &r);
	if (state == TABLE_OK || state == TABLE_STOPPED)
		abort();
	table_close(&r);
	return d;
}

/* As in table.c. */
static struct disk *
fuzz_rows(struct str in)
{
	unsigned char	head[TABLE_HEAD + 24] = "HALYTBL1";
	unsigned char	id[8] = { [7] = 1 }, *chunk = head + TABLE_HEAD;
	struct str	rows = { in.p + 1, in.len - 1 };
	uint32_t	crc;

	if (in.len < 1)
		return spool_disk_new(false);
	bytes_put(head + 8, 1, 8);
	bytes_put(head + 16, 1 << 20, 8);
	bytes_put(head + 24, sizeof head + rows.len, 8);
	bytes_put(head + 32, (unsigned char)in.p[0], 8);
	bytes_put(head + TABLE_HEAD - 4, crc32c(0, head, TABLE_HEAD - 4), 4);
	bytes_put(chunk, rows.len, 4);
	bytes_put(chunk + 4, (unsigned char)in.p[0], 4);
	bytes_put(chunk + 8, TABLE_HEAD, 8);
	crc = crc32c(crc32c(0, id, sizeof id), chunk, 20);
	bytes_put(chunk + 20, crc32c(crc, rows.p, rows.len), 4);
	return fuzz_table((struct str){ (char *)head, sizeof head }, rows);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str	 in = { (const char *)data + 1, size - 1 };
	struct disk	*d;

	if (size == 0 || size > SPOOL_DISK_SEGMENT / 2)
		return 0;
	switch (*data) {
	case 'S':
		d = fuzz_segment(in);
		break;
	case 'J':
		d = fuzz_journal(in);
		break;
	case 'C':
		d = spool_disk_new(true);
		spool_disk_put(d, "checkpoint", STR_NONE, in);
		break;
	case 'T':
		d = fuzz_table(STR_NONE, in);
		break;
	case 'R':
		d = fuzz_rows(in);
		break;
	case 'H':
	case 'K':
		d = fuzz_whole((char)*data, in);
		break;
	default:
		return 0;
	}
	spool_disk_use(d);
	disk_free(&d);
	return 0;
}
