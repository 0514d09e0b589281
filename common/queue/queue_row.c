/*
 * An entry's fields by name, and all of them as JSON.  Names are those that
 * hooks see, too.
 */
#include <string.h>

#include "queue_row.h"
#include "spool/fields.h"

enum row_kind { ROW_ID, ROW_TEXT, ROW_NAME, ROW_NUMBER, ROW_SPAN, ROW_TIME,
	ROW_STATE, ROW_PAIR };

static const struct {
	const char	*name;
	enum row_kind	 kind;
	bool		 groups;
} row_fields[] = {
#define QUEUE_FIELD(name, kind, early, groups, help)			\
	{ #name, ROW_##kind, groups },
#include "queue_field.def"
#undef QUEUE_FIELD
};

/* What is deferred and due is ready. */
const char *
queue_row_state(const struct queue_row *r)
{
	if (r->live != QUEUE_RESTS)
		return r->live == QUEUE_SENDING ? "sending" : "active";
	if (r->entry.state == STATE_DEFER && r->entry.due_ms <= r->now_ms)
		return state_name(STATE_READY);
	return state_name(r->entry.state);
}

int64_t
queue_row_number(const struct queue_row *r, enum queue_field field)
{
	switch (field) {
	case QUEUE_retrycount:
		return r->entry.retry;
	case QUEUE_retrydelay:
		return r->entry.state != STATE_DEFER ||
		    r->entry.due_ms <= r->now_ms ? 0 :
		    (r->entry.due_ms - r->now_ms) / 1000;
	case QUEUE_age:
		return (r->now_ms - r->entry.accepted_ms) / 1000;
	case QUEUE_priority:
		return (int64_t)r->accepted.priority;
	case QUEUE_ts:
		return (int64_t)(r->accepted.ts_us / 1000000);
	default:
		return 0;
	}
}

static struct str
row_domain(struct str address)
{
	size_t	i = address.len;

	while (i > 0 && address.p[i - 1] != '@')
		i--;
	if (i == 0)
		return STR_NONE;
	return (struct str){ address.p + i, address.len - i };
}

struct str
queue_row_text(const struct queue_row *r, enum queue_field field)
{
	switch (field) {
	case QUEUE_sender:
		return r->accepted.sender;
	case QUEUE_senderdomain:
		return row_domain(r->accepted.sender);
	case QUEUE_recipient:
		return r->accepted.recipient;
	case QUEUE_recipientdomain:
		return row_domain(r->accepted.recipient);
	case QUEUE_transportid:
		return r->accepted.transportid;
	case QUEUE_tenantid:
		return r->accepted.tenantid;
	case QUEUE_jobid:
		return r->accepted.jobid;
	case QUEUE_state:
		return str_of(queue_row_state(r));
	case QUEUE_grouping:
		return r->grouping;
	case QUEUE_remotemx:
		return r->remotemx;
	case QUEUE_remoteip:
		return r->remoteip;
	default:
		return STR_NONE;
	}
}

/* ---- JSON ---------------------------------------------------------------- */

static void
row_text(struct buf *out, const char *name, struct str value)
{
	buf_printf(out, ",\"%s\":", name);
	buf_add_json(out, value);
}

/* Seconds with thousandths. */
static void
row_seconds(struct buf *out, const char *name, int64_t ms)
{
	buf_printf(out, ",\"%s\":%lld.%03lld", name, (long long)ms / 1000,
	    (long long)(ms % 1000));
}

static void
row_uint(struct buf *out, const char *name, uint64_t value)
{
	buf_printf(out, ",\"%s\":%llu", name, (unsigned long long)value);
}

static void
row_pairs(struct buf *out, const char *name, struct str pairs)
{
	struct str	key, value;
	const char	*comma = "";

	buf_printf(out, ",\"%s\":{", name);
	while (fields_list_next(&pairs, &key) == 0 &&
	    fields_list_next(&pairs, &value) == 0) {
		buf_add_text(out, comma);
		buf_add_json(out, key);
		buf_add_byte(out, ':');
		buf_add_json(out, value);
		comma = ",";
	}
	buf_add_byte(out, '}');
}

static void
row_list(struct buf *out, const char *name, struct str list)
{
	struct str	item;
	const char	*comma = "";

	buf_printf(out, ",\"%s\":[", name);
	while (fields_list_next(&list, &item) == 0) {
		buf_add_text(out, comma);
		buf_add_json(out, item);
		comma = ",";
	}
	buf_add_byte(out, ']');
}

/* A list of one, or of none. */
static void
row_one(struct buf *out, const char *name, struct str item)
{
	buf_printf(out, ",\"%s\":[", name);
	if (item.len > 0)
		buf_add_json(out, item);
	buf_add_byte(out, ']');
}

/* Times of the queue clock are shown as the wall clock would have them. */
static int64_t
row_wall(const struct queue_row *r, int64_t queue_ms)
{
	int64_t	ms = r->wall_ms + (queue_ms - r->now_ms);

	return ms > 0 ? ms : 0;
}

static void
row_json_client(struct buf *out, const struct spool_entry *a)
{
	row_text(out, "messageid", a->message_id);
	row_text(out, "serverid", a->serverid);
	row_text(out, "senderip", a->client_address);
	row_text(out, "senderptr", a->client_name);
	row_text(out, "senderhelo", a->helo);
	if (a->submitter > 0)
		row_uint(out, "uid", a->submitter - 1);
}

void
queue_row_json(struct buf *out, const struct queue_row *r)
{
	const struct spool_entry	*a = &r->accepted;
	struct spool_id			 txn = r->id;
	char				 text[SPOOL_ID_TEXT];

	txn.queue = 0;
	spool_id_text(text, &txn);
	buf_printf(out, "{\"id\":{\"transaction\":\"%s\",\"queue\":%lu}", text,
	    (unsigned long)r->id.queue);
	row_text(out, "state", queue_row_text(r, QUEUE_state));
	row_seconds(out, "ts", (int64_t)(a->ts_us / 1000));
	row_text(out, "sender", a->sender);
	row_text(out, "recipient", a->recipient);
	row_text(out, "transportid", a->transportid);
	row_text(out, "tenantid", a->tenantid);
	row_text(out, "jobid", a->jobid);
	row_text(out, "grouping", queue_row_text(r, QUEUE_grouping));
	row_text(out, "remotemx", queue_row_text(r, QUEUE_remotemx));
	row_text(out, "remoteip", queue_row_text(r, QUEUE_remoteip));
	row_one(out, "localips", r->localip);
	row_list(out, "tags", STR_NONE);
	row_uint(out, "priority", a->priority);
	row_uint(out, "retry", r->entry.retry);
	row_seconds(out, "due", row_wall(r, r->entry.due_ms));
	row_uint(out, "age", (uint64_t)queue_row_number(r, QUEUE_age));
	row_uint(out, "size", a->size);
	row_text(out, "reason", r->reason);
	row_pairs(out, "metadata", a->metadata);
	row_list(out, "quotas", a->quotas);
	row_json_client(out, a);
	buf_add_byte(out, '}');
}

/* ---- Groups -------------------------------------------------------------- */

enum queue_field
queue_field_group(struct str name)
{
	size_t	i;

	for (i = 0; i < QUEUE_FIELDS; i++)
		if (row_fields[i].groups && str_eq(name,
		    str_of(row_fields[i].name)))
			break;
	return (enum queue_field)i;
}

void
queue_field_groups(struct buf *out)
{
	size_t	i, start = out->len;

	for (i = 0; i < QUEUE_FIELDS; i++)
		if (row_fields[i].groups) {
			buf_add_text(out, out->len > start ? ", " : "");
			buf_add_text(out, row_fields[i].name);
		}
}

void
queue_row_group(struct buf *out, const struct queue_row *r,
    enum queue_field field)
{
	struct str	text;
	size_t		i;

	if (row_fields[field].kind == ROW_NUMBER) {
		buf_printf(out, "%lld", (long long)queue_row_number(r,
		    field));
		return;
	}
	text = queue_row_text(r, field);
	for (i = 0; i < text.len; i++)
		buf_add_byte(out, row_fields[field].kind == ROW_NAME ?
		    (char)ascii_lower(text.p[i]) : text.p[i]);
}
