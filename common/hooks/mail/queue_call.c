/*
 * What all calls of queue() have in common: the envelope that the script
 * gives, what the bytes of the message say of it, and the result.
 */
#include "base/str.h"
#include "hooks/run/values.h"
#include "queue_private.h"
#include "schedule/transport.h"

/* An address as text, in the arena. */
static enum hsl_rc
queue_address(struct queue_call *q, int i, struct smtp_path *path,
    struct str *out)
{
	struct buf	b = BUF_INIT;

	if (values_to_path(q->c->argv[i], &q->arena, path) == -1 ||
	    (i == 1 && path->null))
		return hsl_throw(q->c, i == 0 ? "queue: sender is not an "
		    "address" : "queue: recipient is not an address");
	smtp_path_add(&b, path);
	*out = arena_str(&q->arena, buf_str(&b));
	buf_free(&b);
	return HSL_OK;
}

static enum hsl_rc
queue_transport(struct queue_call *q)
{
	struct str	id;

	if (q->c->argv[2].type != HSL_STRING)
		return queue_wrong(q, "transportid",
		    "the id of a transport of transport.cf");
	id = hsl_value_str(q->c->argv[2]);
	if (transports_find(q->transports, id) == NULL)
		return hsl_throw(q->c, "queue: there is no transport '%.*s' "
		    "in transport.cf", (int)(id.len < 64 ? id.len : 64),
		    id.p);
	q->entry->transportid = id;
	return HSL_OK;
}

enum hsl_rc
queue_envelope(struct queue_call *q)
{
	if (queue_address(q, 0, &q->sender, &q->entry->sender) != HSL_OK ||
	    queue_address(q, 1, &q->recipient, &q->entry->recipient) != HSL_OK)
		return HSL_THROW;
	return queue_transport(q);
}

void
queue_scanned(struct queue_call *q, const struct smtp_scan *scan,
    struct str message_id)
{
	struct spool_entry	*n = q->entry;

	n->message_id = message_id;
	n->size = scan->size;
	if (scan->eight_bit)
		n->flags |= ENTRY_HAS_8BIT;
	if (scan->dot_lines)
		n->flags |= ENTRY_HAS_DOT;
	if (scan->longest > 1000)
		n->flags |= ENTRY_HAS_LONG_LINE;
}

enum hsl_rc
queue_more(struct queue_call *q)
{
	if (q->c->argc <= 3 || q->c->argv[3].type == HSL_NONE)
		return HSL_OK;
	if (q->c->argv[3].type != HSL_ARRAY)
		return queue_wrong(q, "options", "an array");
	return queue_options(q, q->c->argv[3]);
}

struct hsl_value
queue_result(struct hsl_exec *x, const char *txn, uint32_t number)
{
	struct hsl_value	result = hsl_array(x);

	hsl_array_set(x, result, "transaction", hsl_text(x, txn));
	hsl_array_set(x, result, "queue", hsl_number((double)number));
	return result;
}
