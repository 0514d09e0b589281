/*
 * content - a message as its recipient gets it: the body with the edits
 *
 * Ownership  content_open() and content_open_files() fill the caller's
 *            storage, content_close() gives back what it holds.  Disk and
 *            files are borrowed.  A piece holds until the next call.
 * Failure    -1 with *e: damaged on the disk, or the disk does not read.
 * Process    reads a short body once, when it is opened, and keeps it; of a
 *            longer one a piece at a time.
 */
#ifndef SPOOL_CONTENT_H
#define SPOOL_CONTENT_H

#include <sys/uio.h>

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "disk.h"
#include "edits.h"
#include "spool_id.h"

/* Where an entry's message lies. */
struct content_place {
	struct spool_id	 id;
	uint64_t	 segment;
	uint64_t	 body;		/* offset of BODY or FILE */
	uint64_t	 edits;		/* offset, or 0: as it was received */
	uint64_t	 size;		/* of the body, as far as is known, so
					 * that one read is enough; or 0 */
};

struct content {
	struct disk_file *file;		/* the body is in */
	struct disk_file *own;		/* which is this one, or NULL */
	uint64_t	 at;		/* offset of its first byte */
	uint64_t	 size;		/* of the body */
	struct buf	 edits;
	struct buf	 piece;		/* of the body; all of it, if held */
	bool		 held;
	struct edits_walk walk;
	struct edits_piece run;		/* what is left of it */
	struct str	 shown;		/* what is left of what was read */
};

int		content_open(struct content *c, struct disk *disk,
		    struct disk_file *segment,
		    const struct content_place *place, struct err *e);
/* The same where only descriptors are at hand.  body: the file of a long body,
 * or NULL where there is none. */
int		content_open_files(struct content *c,
		    struct disk_file *segment, struct disk_file *body,
		    const struct content_place *place, struct err *e);
void		content_close(struct content *c);
/* Of the message, edits counted. */
uint64_t	content_size(const struct content *c);
/* 0; 1: that was all; -1 with *e. */
int		content_next(struct content *c, struct str *piece,
		    struct err *e);
/*
 * Instead of content_next(): shows at most max pieces, the same ones until
 * content_advance() has passed over some of their bytes.  How many; 0: that
 * was all; -1 with *e.
 */
int		content_peek(struct content *c, struct iovec *iov, int max,
		    struct err *e);
void		content_advance(struct content *c, size_t n);
void		content_rewind(struct content *c);
/* Does the message end in CRLF, or have no byte?  *yes; -1 with *e. */
int		content_ends_crlf(const struct content *c, bool *yes,
		    struct err *e);
/* The bytes that edits put in. */
bool		content_edits_ascii(const struct content *c);

#endif
