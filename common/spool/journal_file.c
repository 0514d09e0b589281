/*
 * Layout of a file's head, a block of 4096 bytes: "HALYJNL" and the format
 * '2', id 8, start 8, ... CRC32C of all before it in the last four.  Format
 * '1', which is read as well, had no record GONE: a version that knows only
 * that one would pass over them, and have the dead back.
 *
 * And of a record: type 1, version 1, zeros 2, length of the payload 4, zeros
 * 4, CRC32C of file id, position, the twelve bytes before and the payload 4;
 * the payload; zeros up to a multiple of eight.  Type 0 is no record.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bytes.h"
#include "compat/crc32c.h"
#include "formats.h"
#include "journal.h"
#include "journal_file.h"
#include "segment.h"

#define JOURNAL_MAGIC	"HALYJNL"
#define JOURNAL_FORMAT	'2'
#define JOURNAL_FORMAT_1 '1'
#define JOURNAL_VERSION	1

void
journal_file_name(char out[DISK_NAME_MAX], uint64_t id)
{
	(void)snprintf(out, DISK_NAME_MAX, JOURNAL_DIR "/%016" PRIx64, id);
}

void
journal_file_put(unsigned char block[JOURNAL_HEAD],
    const struct journal_file *f)
{
	memset(block, 0, JOURNAL_HEAD);
	memcpy(block, JOURNAL_MAGIC, 7);
	block[7] = JOURNAL_FORMAT;
	bytes_put(block + 8, f->id, 8);
	bytes_put(block + 16, f->start, 8);
	bytes_put(block + JOURNAL_HEAD - 4,
	    crc32c(0, block, JOURNAL_HEAD - 4), 4);
}

/* 0; 1: it is none (yet); -1: of a format that is not known. */
static int
journal_file_get(struct journal_file *f,
    const unsigned char block[JOURNAL_HEAD], struct err *e)
{
	if (memcmp(block, JOURNAL_MAGIC, 7) != 0)
		return 1;
	if (block[7] != JOURNAL_FORMAT && block[7] != JOURNAL_FORMAT_1)
		return formats_unknown(e, block[7], JOURNAL_FORMAT);
	if (bytes_get(block + JOURNAL_HEAD - 4, 4) !=
	    crc32c(0, block, JOURNAL_HEAD - 4) ||
	    bytes_get(block + 8, 8) != f->id)
		return 1;
	f->start = bytes_get(block + 16, 8);
	return 0;
}

static uint32_t
journal_record_crc(const struct journal_file *f, uint64_t position,
    const unsigned char *head, struct str payload)
{
	unsigned char	where[16];
	uint32_t	crc;

	bytes_put(where, f->id, 8);
	bytes_put(where + 8, position, 8);
	crc = crc32c(0, where, sizeof where);
	crc = crc32c(crc, head, JOURNAL_RECORD_HEAD - 4);
	return crc32c(crc, payload.p, payload.len);
}

uint64_t
journal_record_size(size_t payload)
{
	return (JOURNAL_RECORD_HEAD + payload + 7) / 8 * 8;
}

void
journal_record_put(struct buf *out, const struct journal_file *f,
    uint64_t position, int type, struct str payload)
{
	uint64_t	 size = journal_record_size(payload.len);
	unsigned char	*p = (unsigned char *)buf_reserve(out, size);

	memset(p, 0, JOURNAL_RECORD_HEAD);
	p[0] = (unsigned char)type;
	p[1] = JOURNAL_VERSION;
	bytes_put(p + 4, payload.len, 4);
	bytes_put(p + 12, journal_record_crc(f, position, p, payload), 4);
	if (payload.len > 0)
		memcpy(p + JOURNAL_RECORD_HEAD, payload.p, payload.len);
	memset(p + JOURNAL_RECORD_HEAD + payload.len, 0,
	    size - JOURNAL_RECORD_HEAD - payload.len);
	buf_added(out, size);
}

uint64_t
journal_record_get(const struct journal_file *f, uint64_t position,
    struct str bytes, int *type, struct str *payload, uint64_t *need)
{
	const unsigned char	*p = (const unsigned char *)bytes.p;
	uint64_t		 size;

	*need = JOURNAL_RECORD_HEAD;
	if (bytes.len < *need)
		return 0;
	payload->len = bytes_get(p + 4, 4);
	if (p[0] == 0 || p[1] != JOURNAL_VERSION ||
	    payload->len > JOURNAL_RECORD_MAX)
		return 0;
	*need = size = journal_record_size(payload->len);
	if (bytes.len < size)
		return 0;
	*type = p[0];
	payload->p = bytes.p + JOURNAL_RECORD_HEAD;
	return bytes_get(p + 12, 4) == journal_record_crc(f, position, p,
	    *payload) ? size : 0;
}

static int
journal_files_name(void *arg, const char *name)
{
	struct journal_files	*files = arg;
	uint64_t		 id;

	if (segment_name_parse(&id, name) == -1)
		return 0;
	files->at = xreallocarray(files->at, files->count + 1,
	    sizeof *files->at);
	files->at[files->count++] = (struct journal_file){ id, 0 };
	if (id > files->greatest)
		files->greatest = id;
	return 0;
}

static int
journal_files_order(const void *a, const void *b)
{
	const struct journal_file	*x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* The head of f: 0; 1: none; -1 with *e. */
static int
journal_files_head(struct disk *disk, struct journal_file *f, struct err *e)
{
	unsigned char	 block[JOURNAL_HEAD];
	char		 name[DISK_NAME_MAX];
	struct disk_file *file;
	ssize_t		 got;
	int		 rc = 1;

	journal_file_name(name, f->id);
	if (disk_open(disk, name, DISK_READ, &file) == -1)
		return err_errno(e, "%s", name);
	if ((got = disk_read(file, block, sizeof block, 0)) == -1)
		err_errno(e, "read %s", name);
	disk_close(&file);
	if (got == sizeof block &&
	    (rc = journal_file_get(f, block, e)) == -1)
		return err_wrap(e, "%s", name);
	return got == -1 ? -1 : rc;
}

int
journal_files_read(struct journal_files *files, struct disk *disk,
    struct err *e)
{
	size_t	i, n = 0;
	int	rc;

	memset(files, 0, sizeof *files);
	if (disk_list(disk, JOURNAL_DIR, journal_files_name, files) == -1) {
		journal_files_fini(files);
		return err_errno(e, "list %s", JOURNAL_DIR);
	}
	if (files->count > 0)
		qsort(files->at, files->count, sizeof *files->at,
		    journal_files_order);
	for (i = 0; i < files->count; i++) {
		rc = journal_files_head(disk, &files->at[i], e);
		if (rc == -1) {
			journal_files_fini(files);
			return -1;
		}
		if (rc == 0)
			files->at[n++] = files->at[i];
	}
	files->count = n;
	return 0;
}

void
journal_files_fini(struct journal_files *files)
{
	free(files->at);
	files->at = NULL;
	files->count = 0;
}
