/*
 * journal_file - one file of the journal: its head, and a record's
 *
 * A file's head says at which position it begins, which is where the one
 * before it ends: nothing beyond that exists in that one.
 *
 * Process  pure, but for journal_files_*().
 */
#ifndef SPOOL_JOURNAL_FILE_H
#define SPOOL_JOURNAL_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "disk.h"

#define JOURNAL_HEAD	4096
#define JOURNAL_RECORD_HEAD 16

struct journal_file {
	uint64_t	id;		/* never used again */
	uint64_t	start;		/* position of its first record */
};

struct journal_files {
	struct journal_file *at;	/* by id */
	size_t		     count;
	uint64_t	     greatest;	/* id of any file, void ones too */
};

void	journal_file_name(char out[DISK_NAME_MAX], uint64_t id);
void	journal_file_put(unsigned char block[JOURNAL_HEAD],
	    const struct journal_file *f);
/* Appends a record that will lie at that position of that file. */
void	journal_record_put(struct buf *out, const struct journal_file *f,
	    uint64_t position, int type, struct str payload);
/* All its bytes with padding. */
uint64_t journal_record_size(size_t payload);
/*
 * The record at the front of bytes: its size; 0: there is none, or it is not
 * whole.  *need: how many bytes are to be there to tell.
 */
uint64_t journal_record_get(const struct journal_file *f, uint64_t position,
	    struct str bytes, int *type, struct str *payload, uint64_t *need);

/* Those that have a head, by id; an older format or a newer is an error. */
int	journal_files_read(struct journal_files *files, struct disk *disk,
	    struct err *e);
void	journal_files_fini(struct journal_files *files);

#endif
