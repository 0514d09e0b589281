/*
 * fields - a struct as a run of tagged fields, by a table
 *
 * A field that is empty or 0 is not written.  One whose tag a reader does not
 * know is passed over where the tag says so (FIELDS_OPTIONAL), so that a
 * newer version may add to a record; any other unknown tag is an error.
 *
 * Ownership  what is read points into the bytes it was read from.
 * Failure    0, or -1 with *e filled in: the name of the field, and why.
 * Process    pure; bounded by the bytes given.
 */
#ifndef SPOOL_FIELDS_H
#define SPOOL_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define FIELDS_OPTIONAL	128	/* tags from here on may be passed over */

enum fields_kind {
	FIELDS_UINT,		/* uint64_t; max is its greatest value */
	FIELDS_TEXT,		/* struct str without NUL; max its length */
	FIELDS_BYTES,		/* struct str; max its length */
	FIELDS_LIST,		/* struct str: texts, see fields_list_*() */
	FIELDS_PAIRS		/* as LIST, of an even number of texts */
};

struct spool_field {
	uint8_t		 tag;		/* 1 and up */
	enum fields_kind	 kind;
	const char	*name;
	size_t		 offset;	/* in the struct */
	uint64_t	 max;
};

int	fields_put(struct buf *out, const struct spool_field *table,
	    size_t count, const void *from, struct err *e);
/* All of the bytes.  What they do not have is 0 and empty in *to. */
int	fields_get(const struct spool_field *table, size_t count, void *to,
	    size_t to_size, struct str bytes, struct err *e);

void	fields_list_add(struct buf *list, struct str item);
/* Takes the first item off the list: 0, or -1 at its end.  A list that came
 * from fields_get() is sound throughout. */
int	fields_list_next(struct str *list, struct str *item);

#endif
