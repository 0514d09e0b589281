/*
 * An entry as $message.
 */
#include <stdio.h>

#include "hooks/run/values.h"
#include "smtp/option.h"
#include "smtp/path.h"
#include "spool/fields.h"

#include "queued_private.h"

static void
queued_address(struct hsl_exec *x, struct hsl_value v, const char *key,
    struct str address)
{
	struct arena		a = ARENA_INIT;
	struct smtp_path	p = { .null = true };
	char			parts[32];

	/* An entry's address was one when it was accepted. */
	(void)smtp_address_parse(&p, address, &a);
	(void)snprintf(parts, sizeof parts, "%saddress", key);
	hsl_array_set(x, v, key, values_lower(x, &p));
	hsl_array_set(x, v, parts, values_address(x, &p));
	arena_free(&a);
}

static struct hsl_value
queued_notify(struct hsl_exec *x, uint64_t notify)
{
	struct hsl_value	v = hsl_array(x);
	struct buf		words = BUF_INIT;
	struct str		rest, word;

	smtp_notify_add(&words, (unsigned)notify);
	for (rest = buf_str(&words); rest.p != NULL && rest.len > 0;) {
		word = str_split(rest, ',', &rest);
		hsl_array_push(x, v, hsl_string(x, word));
	}
	buf_free(&words);
	return v;
}

/* Only what was given. */
static struct hsl_value
queued_dsn(struct hsl_exec *x, const struct spool_entry *e)
{
	struct hsl_value	v = hsl_array(x);

	if (e->dsn_envid.len > 0)
		hsl_array_set(x, v, "envid", hsl_string(x, e->dsn_envid));
	if (e->dsn_ret != ENTRY_RET_NONE)
		hsl_array_set(x, v, "ret", hsl_text(x, smtp_ret_name(
		    (enum smtp_ret)e->dsn_ret)));
	if (e->dsn_notify != 0)
		hsl_array_set(x, v, "notify", queued_notify(x,
		    e->dsn_notify));
	if (e->dsn_orcpt.len > 0)
		hsl_array_set(x, v, "orcpt", hsl_string(x, e->dsn_orcpt));
	return v;
}

static struct hsl_value
queued_id(struct hsl_exec *x, const struct spool_id *id)
{
	struct hsl_value	v = hsl_array(x);
	char			txn[UUID_TEXT];

	uuid_text(id->txn, txn);
	hsl_array_set(x, v, "transaction", hsl_text(x, txn));
	hsl_array_set(x, v, "queue", hsl_number((double)id->queue));
	return v;
}

static struct hsl_value
queued_file(struct hsl_exec *x, const struct queued_run *r)
{
	struct hsl_value	v = hsl_array(x);

	hsl_array_set(x, v, "original", file_resource(x, r->original));
	hsl_array_set(x, v, "modified", file_resource(x, r->modified));
	return v;
}

struct hsl_value
queued_message(struct hsl_exec *x, const struct queued_run *r)
{
	const struct spool_entry	*e = r->entry;
	struct hsl_value		 v = hsl_array(x);

	hsl_array_set(x, v, "id", queued_id(x, r->id));
	hsl_array_set(x, v, "ts", hsl_number((double)e->ts_us / 1000000));
	hsl_array_set(x, v, "serverid", hsl_string(x, e->serverid));
	queued_address(x, v, "sender", e->sender);
	queued_address(x, v, "recipient", e->recipient);
	hsl_array_set(x, v, "transportid", hsl_string(x, e->transportid));
	hsl_array_set(x, v, "tenantid", hsl_string(x, e->tenantid));
	hsl_array_set(x, v, "jobid", hsl_string(x, e->jobid));
	hsl_array_set(x, v, "priority", hsl_number((double)e->priority));
	hsl_array_set(x, v, "size", hsl_number((double)e->size));
	hsl_array_set(x, v, "file", queued_file(x, r));
	hsl_array_set(x, v, "dsn", queued_dsn(x, e));
	return v;
}

struct hsl_value
queued_pairs(struct hsl_exec *x, struct str pairs)
{
	struct hsl_value	v = hsl_array(x);
	struct str		key, value;

	while (fields_list_next(&pairs, &key) == 0 &&
	    fields_list_next(&pairs, &value) == 0)
		hsl_array_set_key(x, v, hsl_string(x, key),
		    hsl_string(x, value));
	return v;
}
