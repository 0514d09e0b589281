/*
 * Files of a spool: the first byte says of which kind the rest is: S, a
 * segment after its head; J, a file of the journal after its head; C, a
 * checkpoint.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kv/kv.h"
#include "spool/journal.h"
#include "spool/journal_file.h"
#include "spool/reader.h"
#include "spool/segment.h"
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
	default:
		return 0;
	}
	spool_disk_use(d);
	disk_free(&d);
	return 0;
}
