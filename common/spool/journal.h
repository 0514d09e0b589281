/*
 * journal - every change of an entry, in order
 *
 * Segments say what was accepted; the journal says what became of it.  A
 * record has a position that never changes: bytes since the first journal of
 * all.  It is durable once journal_durable() is beyond it.  A type that this
 * version does not know is an error, but for those that are optional.
 *
 * Ownership  journal_open() gives, journal_close() takes and clears; the disk
 *            stays the caller's.
 * Failure    0, or -1 with *e.  After an error of a write or a sync the
 *            journal goes on in a new file, with what was not durable written
 *            again from memory; if that fails too nothing more can be made
 *            durable, and journal_sync() says so each time, after trying.
 * Process    journal_sync() blocks.
 */
#ifndef SPOOL_JOURNAL_H
#define SPOOL_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "disk.h"

#define JOURNAL_DIR	"journal"
#define JOURNAL_SIZE	(4ULL << 20)	/* of a usual file */
#define JOURNAL_RECORD_MAX (512 * 1024)	/* a payload */
#define JOURNAL_OPTIONAL 128	/* types from here on may be passed over */

enum journal_type {
	JOURNAL_STATE = 1,	/* of an entry, all that can change (state.h) */
	JOURNAL_DONE = 2,	/* an entry is no more */
	JOURNAL_CLOCK = 3,	/* the queue clock (queue_clock.h) */
	JOURNAL_STARTED = 4,	/* an attempt of an entry, by a worker */
	JOURNAL_GONE = 5,	/* a DONE of before, told again */
	JOURNAL_TYPES
};

struct journal;

struct journal_record {
	uint64_t	position;
	uint64_t	end;		/* where the next one begins */
	int		type;
	struct str	payload;
};

struct journal_calls {
	/* 0, or -1 to stop. */
	int	(*record)(void *arg, const struct journal_record *record);
	/* Records from one position to another are lost: the disk does not
	 * have what it had confirmed.  May be NULL. */
	void	(*damage)(void *arg, uint64_t from, uint64_t to);
	void	*arg;
};

struct journal_options {
	uint64_t	file_size;	/* 0: JOURNAL_SIZE */
	uint64_t	from;		/* the first position to show; 0: all
					 * there are */
	uint64_t	least;		/* it was durable up to here: what is
					 * not there is lost, and no position
					 * is given out again */
};

/* Shows the records to the last that is whole, and goes on behind it in a new
 * file. */
int		journal_open(struct journal **j, struct disk *disk,
		    const struct journal_options *options,
		    const struct journal_calls *calls, struct err *e);
void		journal_close(struct journal **j);
/* Shows the records of one file, the last one (0) or one so many before it;
 * nothing is changed.  1: there is none. */
int		journal_look(struct disk *disk, size_t before,
		    const struct journal_calls *calls, struct err *e);
/* Notes it in memory; its position. */
uint64_t	journal_add(struct journal *j, int type, struct str payload);
/* Hands to the kernel what was noted: it outlives this process. */
int		journal_write(struct journal *j, struct err *e);
int		journal_sync(struct journal *j, struct err *e);
uint64_t	journal_end(const struct journal *j);
uint64_t	journal_durable(const struct journal *j);
/* The position from which on there are files. */
uint64_t	journal_first(const struct journal *j);
/* Files that end at or before this position go. */
int		journal_drop(struct journal *j, uint64_t before,
		    struct err *e);
/* A slice of making the next file ahead of need, also for when the disk is
 * full: 1: there is more to do; -1: there is no room for it. */
int		journal_prepare(struct journal *j);
/* The record at that position, read again: its payload in *out; 1: there is
 * none. */
int		journal_at(struct journal *j, uint64_t position,
		    struct buf *out, int *type, struct err *e);

/* A part of what is durable, for journal_read(). */
struct journal_span {
	uint64_t	from;		/* where a record begins, or before
					 * all that there are */
	uint64_t	end;		/* none that begins there or later */
	uint32_t	most;		/* no more than so many */
};

/*
 * Shows records of it, of one file; span->from is then where the next one
 * begins, or the one begins at which its caller stopped (-1).  1: what is
 * there is no record.
 */
int		journal_read(struct journal *j, struct journal_span *span,
		    const struct journal_calls *calls, struct err *e);

#endif
