/*
 * order - an order for a delivery status notification (RFC 3461 to 3464)
 *
 * Whoever judges an attempt writes one; it lies in the journal with the entry
 * that it tells of, until the notification is durable: so its transaction has
 * its identity before it is made, and is made once.
 *
 * Ownership  texts point into the bytes an order was read from, or are the
 *            caller's where it is written.
 * Failure    0, or -1 with *e: the name of the field, and why.
 * Process    pure.
 */
#ifndef DSN_ORDER_H
#define DSN_ORDER_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* All fields together. */
#define ORDER_BYTES_MAX	196608

/* What of the original goes with it. */
enum order_ret {
	ORDER_RET_DEFAULT,
	ORDER_RET_FULL,
	ORDER_RET_HDRS,
	ORDER_RET_NOTHING
};

#define ORDER_TYPE_UINT	 uint64_t
#define ORDER_TYPE_TEXT	 struct str
#define ORDER_TYPE_LIST	 struct str	/* spool/fields.h */
#define ORDER_TYPE_PAIRS struct str

struct dsn_order {
#define ORDER_FIELD(tag, kind, name, max, what) ORDER_TYPE_##kind name;
#include "order.def"
#undef ORDER_FIELD
};

/* RFC 3464 2.3.3: "failed"; "" for none, and for a number that is none. */
const char *dsn_action_name(uint64_t action);

int	dsn_order_put(struct buf *out, const struct dsn_order *o,
	    struct err *e);
int	dsn_order_get(struct dsn_order *o, struct str bytes, struct err *e);

#endif
