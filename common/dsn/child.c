/*
 * A notification's entry: it has no sender, and names what it tells of, in
 * its fields for the queue and in its metadata for scripts.
 */
#include <string.h>

#include "smtp/data.h"
#include "spool/fields.h"
#include "spool/spool_id.h"

#include "notification.h"

static void
child_pair(struct buf *out, const char *key, struct str value)
{
	if (value.len == 0)
		return;
	fields_list_add(out, str_of(key));
	fields_list_add(out, value);
}

/* What the order adds, but for keys that only we may set. */
static void
child_metadata(const struct notification_request *rq, struct buf *out)
{
	const struct spool_entry	*n = rq->entry;
	struct str			 pairs = rq->order->metadata;
	struct str			 queue, key, value;

	child_pair(out, "_original_transaction", str_split(rq->id, ':',
	    &queue));
	child_pair(out, "_original_queue", queue);
	child_pair(out, "_original_sender", n->sender);
	child_pair(out, "_original_recipient", n->recipient);
	child_pair(out, "_original_transportid", n->transportid);
	child_pair(out, "_original_tenantid", n->tenantid);
	child_pair(out, "_original_jobid", n->jobid);
	child_pair(out, "_original_message_id", n->message_id);
	while (fields_list_next(&pairs, &key) == 0 &&
	    fields_list_next(&pairs, &value) == 0)
		if (key.len == 0 || key.p[0] != '_') {
			fields_list_add(out, key);
			fields_list_add(out, value);
		}
}

static void
child_scan(const struct notification *n, struct spool_entry *out)
{
	struct smtp_scan	s;

	smtp_scan_init(&s);
	smtp_scan_add(&s, buf_str(&n->message));
	smtp_scan_end(&s);
	out->size = s.size;
	if (s.eight_bit)
		out->flags |= ENTRY_HAS_8BIT | ENTRY_8BITMIME;
	if (s.dot_lines)
		out->flags |= ENTRY_HAS_DOT;
	if (n->smtputf8)
		out->flags |= ENTRY_HAS_UTF8_HEADER | ENTRY_SMTPUTF8;
	if (!str_is_ascii(n->recipient))
		out->flags |= ENTRY_SMTPUTF8;
}

void
notification_entry(const struct notification *n,
    const struct notification_request *rq, struct buf *metadata,
    struct spool_entry *out)
{
	const struct dsn_order	*o = rq->order;

	memset(out, 0, sizeof *out);
	child_metadata(rq, metadata);
	out->queue = 1;
	out->recipient = n->recipient;
	out->transportid = o->transportid;
	out->tenantid = o->tenantid.len != 0 ? o->tenantid :
	    rq->entry->tenantid;
	out->jobid = o->jobid.len != 0 ? o->jobid : rq->entry->jobid;
	out->ts_us = (uint64_t)rq->now_us;
	out->serverid = STR("bounce");
	out->metadata = buf_str(metadata);
	out->parent = rq->id;
	out->parent_action = o->action;
	child_scan(n, out);
}
