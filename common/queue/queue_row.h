/*
 * queue_row - an entry of the queue as an operator sees it
 *
 * Ownership  borrows everything.
 * Process    pure.
 */
#ifndef QUEUE_QUEUE_ROW_H
#define QUEUE_QUEUE_ROW_H

#include "base/buf.h"
#include "spool/book.h"

enum queue_field {
#define QUEUE_FIELD(name, kind, early, groups, help) QUEUE_##name,
#include "queue_field.def"
#undef QUEUE_FIELD
	QUEUE_FIELDS
};

/* What is known of an entry besides what the book has. */
enum queue_live { QUEUE_RESTS, QUEUE_ACTIVE, QUEUE_SENDING };

struct queue_row {
	struct spool_id		 id;
	struct book_entry	 entry;
	struct spool_entry	 accepted;	/* with its changes over it */
	struct str		 reason;	/* of a hold or deferral */
	struct str		 remotemx, remoteip;	/* last attempt */
	struct str		 localip, grouping;
	enum queue_live		 live;
	int64_t			 now_ms;	/* queue clock */
	int64_t			 wall_ms;	/* the same moment */
};

/* "hold", "defer", "ready", "active", "sending": what it is now. */
const char	*queue_row_state(const struct queue_row *r);
/* Of a number or a time: seconds. */
int64_t		 queue_row_number(const struct queue_row *r,
		    enum queue_field field);
/* Of a text; STR_NONE where there is none. */
struct str	 queue_row_text(const struct queue_row *r,
		    enum queue_field field);
/* One object: {"id":{"transaction":...},...}, no newline. */
void		 queue_row_json(struct buf *out, const struct queue_row *r);
/* What --groupby names: the field, or QUEUE_FIELDS. */
enum queue_field queue_field_group(struct str name);
/* Those that it may name, with commas between them. */
void		 queue_field_groups(struct buf *out);
/* The value that an entry is counted under. */
void		 queue_row_group(struct buf *out, const struct queue_row *r,
		    enum queue_field field);

#endif
