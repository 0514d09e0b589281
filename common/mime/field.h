/*
 * field - one field of a header block (RFC 5322 2.2)
 *
 * A field is its bytes as they stand in the message: name, colon, value with
 * its folds, CRLF (the last of a message may lack that).  What has no name
 * (no colon, or a name with other bytes than RFC 5322 allows) is malformed;
 * white space before the colon is taken, as everybody does ("From : x").
 *
 * Ownership  a field borrows.
 * Failure    0, or -1 with *e: field_build() writes nothing that another
 *            reader could take for two fields, whatever name and value say.
 * Process    pure.
 */
#ifndef MIME_FIELD_H
#define MIME_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define FIELD_LINE_MAX	998	/* bytes of a line without CRLF */
#define FIELD_NAME_MAX	255

struct field {
	struct str	raw;
	size_t		name_len;	/* 0: malformed */
};

struct field	 field_of(struct str raw);
struct str	 field_name(struct field f);
bool		 field_is(struct field f, struct str name);
/* After the colon, without white space around; folds are left in. */
struct str	 field_value(struct field f);
/* Takes out each CRLF that white space follows. */
void		 field_unfold(struct str value, struct buf *out);
bool		 field_name_valid(struct str name);
/*
 * Appends "name: value" and CRLF.  The value may be folded; each line must
 * hold more than white space, be no longer than FIELD_LINE_MAX, and have no
 * control but TAB.
 */
int		 field_build(struct str name, struct str value,
		    struct buf *out, struct err *e);

#endif
