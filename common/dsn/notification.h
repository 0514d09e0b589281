/*
 * notification - a delivery status notification as a message
 *
 * multipart/report (RFC 6522) of a text that people read, of the same for
 * programs (RFC 3464, 6533), and of the original as far as it goes along.
 * Whatever a server, a sender or a script said: lines end in CRLF and are no
 * longer than 998 bytes, there is no NUL, and no text begins a field or a part
 * of its own.
 *
 * Ownership  the caller's storage, notification_make() to start,
 *            notification_fini() to end.  A request is borrowed.
 * Failure    -1 with *e: there is nobody to tell, or the order has no id.  What
 *            else is wrong is left out and named in `trouble`.
 * Process    pure; of one key's signature blocks.
 */
#ifndef DSN_NOTIFICATION_H
#define DSN_NOTIFICATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "dsn/order.h"
#include "dsn/original.h"
#include "dsn/template.h"
#include "spool/entry.h"

struct notification_request {
	struct str			 id;	/* of the entry, "UUID:N" */
	const struct spool_entry	*entry;
	const struct dsn_order		*order;
	const struct templates		*templates;
	struct str			 language;
	bool				 language_fixed; /* whatever the
							  * original says */
	struct str			 hostname;
	uint64_t			 size_limit;	/* of the original */
	int64_t				 now_us;	/* wall clock */
	/* The original, as order.modified_original says; NULL: none. */
	original_fn			*next;
	void				*arg;
};

struct notification {
	struct buf	message;
	struct str	recipient;	/* whom it is for */
	bool		smtputf8;	/* its header has UTF-8 */
	struct err	trouble;	/* "": none */
};

int	notification_make(struct notification *n,
	    const struct notification_request *rq, struct err *e);
void	notification_fini(struct notification *n);

/* The entry of it, for the spool: texts are borrowed, but for *metadata. */
void	notification_entry(const struct notification *n,
	    const struct notification_request *rq, struct buf *metadata,
	    struct spool_entry *out);

#endif
