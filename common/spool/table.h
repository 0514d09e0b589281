/*
 * table - the entries of a sealed segment, without its bodies, in one file
 *
 * An index that is made anew is filled from it, where else the segment would
 * be read from batch to batch.  It never is the truth: one that is missing or
 * damaged costs time alone.
 *
 * Ownership  table_begin() and table_open() take what they need, table_drop()
 *            and table_close() give it back; the disk is borrowed.
 * Failure    -1 with *e: the disk.
 * Process    blocks.
 */
#ifndef SPOOL_TABLE_H
#define SPOOL_TABLE_H

#include "base/buf.h"
#include "base/err.h"
#include "disk.h"
#include "reader.h"

#define TABLE_DIR	"tables"
#define TABLE_NAME	(sizeof TABLE_DIR + 1 + 16)
#define TABLE_HEAD	64

/* "tables/000000000000001a", of the segment of that id. */
void	table_name(char out[TABLE_NAME], uint64_t segment);

/* ---- Writing ------------------------------------------------------------- */

struct table_writer {
	struct disk	*disk;
	struct disk_file *file;		/* NULL: none is being written */
	struct buf	 chunk;		/* rows, with room for its head */
	uint64_t	 segment;
	uint64_t	 at;		/* where the next chunk goes */
	uint64_t	 synced;	/* up to there */
	uint64_t	 entries;
	uint32_t	 rows;		/* of the chunk */
};

/* Takes the place of one that was begun and not ended. */
int	table_begin(struct table_writer *w, struct disk *disk,
	    uint64_t segment, struct err *e);
int	table_add(struct table_writer *w, const struct reader_entry *entry,
	    struct err *e);
/* It is whole and synced, and has its name.  end: the segment's. */
int	table_end(struct table_writer *w, uint64_t end, struct err *e);
/* Nothing is left of it; also after table_end(). */
void	table_drop(struct table_writer *w);

/* ---- Reading ------------------------------------------------------------- */

struct table_reader {
	struct disk_file *file;		/* NULL: none is being read */
	struct buf	 chunk;
	uint64_t	 segment;
	uint64_t	 end;		/* the segment's */
	uint64_t	 size;		/* of the table */
	uint64_t	 at;		/* the next chunk */
	uint64_t	 entries;	/* that it says to have */
	uint64_t	 shown;
};

enum table_state {
	TABLE_OK,
	TABLE_NONE,		/* or of another version */
	TABLE_UNREAD,		/* the disk does not read */
	TABLE_DAMAGED,
	TABLE_OVER,		/* all of it was shown */
	TABLE_STOPPED		/* by the callback */
};

enum table_state table_open(struct table_reader *r, struct disk *disk,
	    uint64_t segment);
/* Shows the entries of a chunk: TABLE_OK: there are more.  What was shown
 * before damage was met is right. */
enum table_state table_next(struct table_reader *r, int (*entry)(void *arg,
	    const struct reader_entry *entry), void *arg);
void	table_close(struct table_reader *r);

#endif
