/*
 * A line for each notification, in the transaction that it is: with its
 * parent, by which "mtactl log show" finds it from there, too.
 */
#include "base/log.h"
#include "base/log_address.h"
#include "proc/board.h"

#include "account.h"

static const char *
account_count(uint64_t action)
{
	switch (action) {
	case ENTRY_ACTION_DELAYED:
		COUNT(notifications_delayed);
		return "delayed";
	case ENTRY_ACTION_DELIVERED:
		COUNT(notifications_delivered);
		return "delivered";
	case ENTRY_ACTION_RELAYED:
	case ENTRY_ACTION_EXPANDED:
		COUNT(notifications_relayed);
		return "relayed";
	default:
		COUNT(notifications_failed);
		return "failed";
	}
}

void
account_made(const struct notification *n, const struct dsn_order *order,
    const struct spool_id *parent, int64_t ms)
{
	char		of[SPOOL_ID_TEXT], txn[SPOOL_ID_TEXT];
	struct logctx	ctx = { .txn = txn };
	struct spool_id	id;
	struct buf	to = BUF_INIT;
	const char	*action = account_count(order->action);

	if (spool_id_parse(&id, order->id) == -1)
		return;
	spool_id_text(txn, &id);
	spool_id_text(of, parent);
	log_address(&to, n->recipient);
	LOG(EV_DSN_MADE, &ctx, LOG_STR("parent", of),
	    LOG_STR("action", action), LOG_BYTES("to", buf_str(&to)),
	    LOG_NUM("size", (int64_t)n->message.len),
	    LOG_STR("left_out", n->trouble.text[0] != '\0' ?
	    n->trouble.text : NULL), LOG_NUM("ms", ms));
	buf_free(&to);
}

void
account_failed(const struct spool_id *parent, const char *why)
{
	char	of[SPOOL_ID_TEXT];

	COUNT(notification_failures);
	spool_id_text(of, parent);
	LOG(EV_DSN_FAILED, NULL, LOG_STR("parent", of),
	    LOG_STR("reason", why));
}
