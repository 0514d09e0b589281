/*
 * An order as tagged fields.
 */
#include <stddef.h>

#include "spool/entry.h"
#include "spool/fields.h"

#include "order.h"

static const struct spool_field	order_fields[] = {
#define ORDER_FIELD(tag, kind, name, max, what) \
	{ tag, FIELDS_##kind, #name, offsetof(struct dsn_order, name), max },
#include "order.def"
#undef ORDER_FIELD
};

#define ORDER_FIELDS	(sizeof order_fields / sizeof order_fields[0])

const char *
dsn_action_name(uint64_t action)
{
	static const char *const	names[] = {
		[ENTRY_ACTION_NONE] = "",
		[ENTRY_ACTION_FAILED] = "failed",
		[ENTRY_ACTION_DELAYED] = "delayed",
		[ENTRY_ACTION_DELIVERED] = "delivered",
		[ENTRY_ACTION_RELAYED] = "relayed",
		[ENTRY_ACTION_EXPANDED] = "expanded",
	};

	return action < sizeof names / sizeof names[0] ? names[action] : "";
}

int
dsn_order_put(struct buf *out, const struct dsn_order *o, struct err *e)
{
	size_t	before = out->len;

	if (fields_put(out, order_fields, ORDER_FIELDS, o, e) == -1)
		return -1;
	return out->len - before <= ORDER_BYTES_MAX ? 0 :
	    err_set(e, "more than %d bytes", ORDER_BYTES_MAX);
}

int
dsn_order_get(struct dsn_order *o, struct str bytes, struct err *e)
{
	if (bytes.len > ORDER_BYTES_MAX)
		return err_set(e, "more than %d bytes", ORDER_BYTES_MAX);
	return fields_get(order_fields, ORDER_FIELDS, o, sizeof *o, bytes, e);
}
