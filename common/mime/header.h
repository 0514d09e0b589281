/*
 * header - the header block of a message, and edits of it
 *
 * Bytes come in pieces until the blank line is seen; that, and all that
 * follows, is the body and is never kept here.  Only CRLF ends a line.  Each
 * field, malformed or not, keeps its bytes until it is itself replaced or
 * deleted: an index of fields over the block is edited, not the text.
 *
 * Ownership  header_new() gives, header_free() takes and clears.  What at(),
 *            and field.h of it, shows is borrowed until header_free().
 * Failure    0, or -1 with *e: over a limit.  A failed edit changes nothing.
 * Process    pure; time and memory are linear in the block, see header.c.
 */
#ifndef MIME_HEADER_H
#define MIME_HEADER_H

#include "mime/field.h"

struct header;

struct header_limits {
	size_t	bytes;		/* of the block; as many again of edits */
	size_t	lines;		/* of the block, folds counted; of fields */
};

extern const struct header_limits	header_limits_default;

struct header	*header_new(const struct header_limits *limits);
void		 header_free(struct header **h);
/* 1: the block has ended within these bytes; 0: more, if there is more. */
int		 header_feed(struct header *h, struct str bytes,
		    struct err *e);
/* All bytes were fed, or header_feed() gave 1: before all that follows. */
void		 header_ready(struct header *h);

/* Bytes of the message before the blank line, as fed. */
size_t		 header_original_size(const struct header *h);
struct str	 header_original(const struct header *h);
size_t		 header_count(const struct header *h);
struct field	 header_at(const struct header *h, size_t i);	/* 0: top */
/* The next field of that name at `from` or after it; header_count(): none. */
size_t		 header_find(const struct header *h, struct str name,
		    size_t from);

/* The fields as they were received, whatever was edited since. */
size_t		 header_received_count(const struct header *h);
struct field	 header_received_at(const struct header *h, size_t i);
size_t		 header_received_find(const struct header *h, struct str name,
		    size_t from);

/* ---- Edits: values as in field_build() --------------------------------- */

int		 header_insert(struct header *h, struct str name,
		    struct str value, struct err *e);	/* at the top */
int		 header_replace(struct header *h, size_t i, struct str name,
		    struct str value, struct err *e);
void		 header_delete(struct header *h, size_t i);
/* Those of that name at `from` or after it; how many. */
size_t		 header_delete_all(struct header *h, struct str name,
		    size_t from);
/* How many edits there are; 0: the block is as it was. */
size_t		 header_edits(const struct header *h);
/* The name that a first line which begins with white space is given, where
 * something is put above it that it would continue. */
#define HEADER_ORPHAN	"X-Malformed-Header:"

/* The block as it is now, without the blank line. */
void		 header_write(const struct header *h, struct buf *out);
size_t		 header_size(const struct header *h);

/* States to come back to: an id, or -1 with *e. */
int		 header_save(struct header *h, struct err *e);
bool		 header_restore(struct header *h, int id);
/* As it was received; the ids stay good. */
void		 header_reset(struct header *h);

#endif
