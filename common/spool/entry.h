/*
 * entry - one recipient of a transaction, as it was accepted
 *
 * Ownership  texts point into the bytes an entry was read from, or are the
 *            caller's where it is written.
 * Failure    0, or -1 with *e filled in.  What comes from another process is
 *            read by spool_entry_get(), which checks every bound.
 * Process    pure.
 */
#ifndef SPOOL_ENTRY_H
#define SPOOL_ENTRY_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum entry_flag {
	ENTRY_HOLD		= 1 << 0,	/* queue(hold: true) */
	ENTRY_8BITMIME		= 1 << 1,	/* declared by BODY= */
	ENTRY_SMTPUTF8		= 1 << 2,	/* asked for by MAIL */
	ENTRY_REQUIRETLS	= 1 << 3,	/* RFC 8689 */
	ENTRY_HAS_8BIT		= 1 << 4,	/* the body has such bytes */
	ENTRY_HAS_UTF8_HEADER	= 1 << 5,
	ENTRY_HAS_DOT		= 1 << 6,	/* a line begins with one: for
						 * deliver before 0.2 */
	ENTRY_HAS_LONG_LINE	= 1 << 7,	/* over 998 bytes */
	ENTRY_TLS_NOT_REQUIRED	= 1 << 8	/* RFC 8689 4.3 */
};

enum entry_ret { ENTRY_RET_NONE, ENTRY_RET_FULL, ENTRY_RET_HDRS };

enum entry_notify {
	ENTRY_NOTIFY_NEVER	= 1 << 0,
	ENTRY_NOTIFY_SUCCESS	= 1 << 1,
	ENTRY_NOTIFY_FAILURE	= 1 << 2,
	ENTRY_NOTIFY_DELAY	= 1 << 3
};

enum entry_deliverby {
	ENTRY_DELIVERBY_NONE,
	ENTRY_DELIVERBY_RETURN,
	ENTRY_DELIVERBY_NOTIFY
};

/* RFC 3464 2.3.3 */
enum entry_action {
	ENTRY_ACTION_NONE,
	ENTRY_ACTION_FAILED,
	ENTRY_ACTION_DELAYED,
	ENTRY_ACTION_DELIVERED,
	ENTRY_ACTION_RELAYED,
	ENTRY_ACTION_EXPANDED
};

#define ENTRY_TYPE_UINT	 uint64_t
#define ENTRY_TYPE_TEXT	 struct str
#define ENTRY_TYPE_BYTES struct str
#define ENTRY_TYPE_LIST	 struct str
#define ENTRY_TYPE_PAIRS struct str

struct spool_entry {
#define ENTRY_FIELD(tag, kind, name, max, what) ENTRY_TYPE_##kind name;
#include "entry.def"
#undef ENTRY_FIELD
};

int	spool_entry_put(struct buf *out, const struct spool_entry *entry,
	    struct err *e);
int	spool_entry_get(struct spool_entry *entry, struct str bytes,
	    struct err *e);
/* The recipient's, as it was written; empty where there is none. */
struct str spool_entry_domain(const struct spool_entry *entry);

#endif
