/*
 * queue(): an entry is noted, and stored with all others of the message when
 * the hook ends in Accept().  Reject, Defer and an error drop the notes.
 *
 *	queue() ... queue()  Accept()    store_start()   done
 *	     notes           the client     ENDING       250, or 451 or 452
 *	                     is there?
 *
 * From store_start() on nothing ends the wait but the answer: cleanup may
 * have made the message durable at any moment.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/xtext.h"
#include "eod_private.h"
#include "hooks/run/options.h"
#include "hooks/run/values.h"
#include "hsl/arguments.h"
#include "spool/edits.h"
#include "spool/fields.h"

#define METADATA_KEY_MAX	64
#define METADATA_MAX		(64 * 1024)
#define QUEUE_ID_MAX		255

/* A call while its arguments are read. */
struct queue_call {
	struct hsl_call		*c;
	struct eod_run		*r;
	struct spool_entry	*entry;
	struct arena		 arena;
};

/* ---- Options ------------------------------------------------------------- */

static enum hsl_rc
queue_wrong(struct queue_call *q, const char *name, const char *wanted)
{
	return hsl_throw(q->c, "queue: %s is %s", name, wanted);
}

static enum hsl_rc
queue_flag_hold(struct queue_call *q, struct hsl_value v)
{
	if (v.type != HSL_BOOLEAN)
		return queue_wrong(q, "hold", "a boolean");
	if (hsl_value_true(v))
		q->entry->flags |= ENTRY_HOLD;
	return HSL_OK;
}

/* A number of something, from `least` to `most`. */
static enum hsl_rc
queue_number(struct queue_call *q, const char *name, struct hsl_value v,
    double most, double *n)
{
	double	x = v.type == HSL_NUMBER ? hsl_value_number(v, -1) : NAN;

	if (!(x >= 0 && x <= most))
		return hsl_throw(q->c, "queue: %s is a number from 0 to %.0f",
		    name, most);
	*n = x;
	return HSL_OK;
}

static enum hsl_rc
queue_delay(struct queue_call *q, struct hsl_value v)
{
	double	s = 0;

	if (queue_number(q, "delay", v, 10 * 365 * 86400.0, &s) != HSL_OK)
		return HSL_THROW;
	q->entry->delay_ms = (uint64_t)(s * 1000);
	return HSL_OK;
}

static enum hsl_rc
queue_useful_until(struct queue_call *q, struct hsl_value v)
{
	double	s = 0;

	if (queue_number(q, "useful_until", v, 253402300799.0, &s) != HSL_OK)
		return HSL_THROW;
	q->entry->useful_until = (uint64_t)s;
	return HSL_OK;
}

static enum hsl_rc
queue_priority(struct queue_call *q, struct hsl_value v)
{
	double	n = v.type == HSL_NUMBER ? hsl_value_number(v, -1) : -1;

	if (n != 0 && n != 1)
		return queue_wrong(q, "priority", "0 or 1");
	q->entry->priority = (uint64_t)n;
	return HSL_OK;
}

/* A text without NUL of at most so many bytes; none is no text. */
static enum hsl_rc
queue_text(struct queue_call *q, const char *name, struct hsl_value v,
    size_t most, struct str *out)
{
	struct str	s;

	if (v.type == HSL_NONE)
		return HSL_OK;
	if (v.type != HSL_STRING)
		return queue_wrong(q, name, "text");
	s = hsl_value_str(v);
	if (s.len > most || (s.len > 0 && memchr(s.p, '\0', s.len) != NULL))
		return hsl_throw(q->c, "queue: %s is text without NUL of at "
		    "most %zu bytes", name, most);
	*out = s;
	return HSL_OK;
}

static enum hsl_rc
queue_tenantid(struct queue_call *q, struct hsl_value v)
{
	return queue_text(q, "tenantid", v, QUEUE_ID_MAX,
	    &q->entry->tenantid);
}

static enum hsl_rc
queue_jobid(struct queue_call *q, struct hsl_value v)
{
	return queue_text(q, "jobid", v, QUEUE_ID_MAX, &q->entry->jobid);
}

/* What is in the list so far, to stay until the entry is written. */
static struct str
queue_keep_list(struct queue_call *q)
{
	struct buf	*list = &q->r->queue.notes.list;
	struct str	 kept = arena_str(&q->arena, buf_str(list));

	buf_clear(list);
	return kept;
}

static enum hsl_rc
queue_metadata_pair(struct queue_call *q, struct hsl_value key,
    struct hsl_value value)
{
	struct str	k, v = STR_NONE;

	if (key.type != HSL_STRING || value.type != HSL_STRING)
		return queue_wrong(q, "metadata",
		    "an array of texts by texts");
	k = hsl_value_str(key);
	if (k.len > 0 && k.p[0] == '_')
		return hsl_throw(q->c, "queue: keys of metadata that begin "
		    "with _ are reserved");
	if (k.len == 0 || k.len > METADATA_KEY_MAX)
		return hsl_throw(q->c, "queue: a key of metadata has 1 to %d "
		    "bytes", METADATA_KEY_MAX);
	if (queue_text(q, "metadata", value, METADATA_MAX, &v) != HSL_OK ||
	    queue_text(q, "metadata", key, METADATA_KEY_MAX, &k) != HSL_OK)
		return HSL_THROW;
	fields_list_add(&q->r->queue.notes.list, k);
	fields_list_add(&q->r->queue.notes.list, v);
	if (q->r->queue.notes.list.len > METADATA_MAX)
		return hsl_throw(q->c, "queue: metadata is more than %d bytes",
		    METADATA_MAX);
	return HSL_OK;
}

static enum hsl_rc
queue_metadata(struct queue_call *q, struct hsl_value list)
{
	struct hsl_value	key, value;
	size_t			pos = 0;

	if (list.type == HSL_NONE)
		return HSL_OK;
	if (list.type != HSL_ARRAY)
		return queue_wrong(q, "metadata",
		    "an array of texts by texts");
	while (hsl_array_next(list, &pos, &key, &value)) {
		if (queue_metadata_pair(q, key, value) != HSL_OK)
			return HSL_THROW;
	}
	q->entry->metadata = queue_keep_list(q);
	return HSL_OK;
}

static enum hsl_rc
queue_quotas(struct queue_call *q, struct hsl_value list)
{
	struct hsl_value	key, value;
	struct str		name;
	size_t			pos = 0;

	if (list.type == HSL_NONE)
		return HSL_OK;
	if (list.type != HSL_ARRAY)
		return queue_wrong(q, "quotas", "an array of texts");
	while (hsl_array_next(list, &pos, &key, &value)) {
		name = STR_NONE;
		if (value.type != HSL_STRING)
			return queue_wrong(q, "quotas", "an array of texts");
		if (queue_text(q, "a name of quotas", value, QUEUE_ID_MAX,
		    &name) != HSL_OK)
			return HSL_THROW;
		fields_list_add(&q->r->queue.notes.list, name);
	}
	if (q->r->queue.notes.list.len > METADATA_MAX)
		return hsl_throw(q->c, "queue: quotas are more than %d bytes",
		    METADATA_MAX);
	q->entry->quotas = queue_keep_list(q);
	return HSL_OK;
}

/* ---- DSN (RFC 3461) ------------------------------------------------------ */

static enum hsl_rc
queue_notify_word(struct queue_call *q, struct hsl_value v)
{
	unsigned	notify;

	if (v.type != HSL_STRING ||
	    smtp_notify_parse(&notify, hsl_value_str(v)) == -1)
		return queue_wrong(q, "dsn.notify",
		    "NEVER, or of SUCCESS, FAILURE and DELAY");
	q->entry->dsn_notify |= notify;
	return HSL_OK;
}

/* "SUCCESS,FAILURE", or an array of such words. */
static enum hsl_rc
queue_dsn_notify(struct queue_call *q, struct hsl_value v)
{
	struct hsl_value	key, word;
	size_t			pos = 0;

	if (v.type == HSL_NONE ||
	    (v.type == HSL_STRING && hsl_value_str(v).len == 0))
		return HSL_OK;
	q->entry->dsn_notify = 0;
	if (v.type != HSL_ARRAY)
		return queue_notify_word(q, v);
	while (hsl_array_next(v, &pos, &key, &word)) {
		if (queue_notify_word(q, word) != HSL_OK)
			return HSL_THROW;
	}
	if ((q->entry->dsn_notify & ENTRY_NOTIFY_NEVER) != 0 &&
	    q->entry->dsn_notify != ENTRY_NOTIFY_NEVER)
		return queue_wrong(q, "dsn.notify",
		    "NEVER, or of SUCCESS, FAILURE and DELAY");
	return HSL_OK;
}

static enum hsl_rc
queue_dsn_ret(struct queue_call *q, struct hsl_value v)
{
	struct str	s = v.type == HSL_STRING ? hsl_value_str(v) :
			    STR_NONE;

	if (v.type == HSL_NONE || (v.type == HSL_STRING && s.len == 0))
		return HSL_OK;
	if (str_caseeq(s, STR("FULL")))
		q->entry->dsn_ret = ENTRY_RET_FULL;
	else if (str_caseeq(s, STR("HDRS")))
		q->entry->dsn_ret = ENTRY_RET_HDRS;
	else
		return queue_wrong(q, "dsn.ret", "FULL or HDRS");
	return HSL_OK;
}

static enum hsl_rc
queue_dsn(struct queue_call *q, struct hsl_value v)
{
	struct str	s = STR_NONE;

	if (v.type == HSL_NONE)
		return HSL_OK;
	if (v.type != HSL_ARRAY)
		return queue_wrong(q, "dsn", "an array");
	if (queue_text(q, "dsn.envid", hsl_array_get(v, "envid"), 100,
	    &s) != HSL_OK)
		return HSL_THROW;
	if (s.len > 0)
		q->entry->dsn_envid = s;
	s = STR_NONE;
	if (queue_text(q, "dsn.orcpt", hsl_array_get(v, "orcpt"), 500,
	    &s) != HSL_OK)
		return HSL_THROW;
	if (s.len > 0)
		q->entry->dsn_orcpt = s;
	if (queue_dsn_ret(q, hsl_array_get(v, "ret")) != HSL_OK)
		return HSL_THROW;
	return queue_dsn_notify(q, hsl_array_get(v, "notify"));
}

static enum hsl_rc
queue_options(struct queue_call *q, struct hsl_value options)
{
	static const struct {
		const char	*name;
		enum hsl_rc	(*read)(struct queue_call *q,
				    struct hsl_value v);
	} rows[] = {
		{ "hold", queue_flag_hold }, { "delay", queue_delay },
		{ "metadata", queue_metadata },
		{ "priority", queue_priority },
		{ "tenantid", queue_tenantid }, { "jobid", queue_jobid },
		{ "quotas", queue_quotas }, { "dsn", queue_dsn },
		{ "useful_until", queue_useful_until },
	};
	struct hsl_value	key, value;
	struct str		name;
	size_t			i, pos = 0;
	enum hsl_rc		rc = HSL_OK;

	while (rc == HSL_OK && hsl_array_next(options, &pos, &key, &value)) {
		name = key.type == HSL_STRING ? hsl_value_str(key) : STR("");
		for (i = 0; i < sizeof rows / sizeof rows[0] &&
		    !str_eq(name, str_of(rows[i].name)); i++)
			;
		rc = i < sizeof rows / sizeof rows[0] ?
		    rows[i].read(q, value) : option_unknown(q->c, "queue",
		    name);
	}
	return rc;
}

/* ---- What is known without options --------------------------------------- */

static struct str
queue_decoded(struct queue_call *q, struct str xtext)
{
	struct buf	b = BUF_INIT;
	struct str	out;

	if (xtext.len == 0 || xtext_decode(&b, xtext) == -1)
		out = xtext;
	else
		out = arena_str(&q->arena, buf_str(&b));
	buf_free(&b);
	return out;
}

/* "TYPE;XTEXT": the text behind the type is decoded. */
static struct str
queue_orcpt(struct queue_call *q, struct str orcpt)
{
	struct buf	b = BUF_INIT;
	struct str	type, rest, out;

	type = str_split(orcpt, ';', &rest);
	if (orcpt.len == 0)
		return STR_NONE;
	buf_add_str(&b, type);
	buf_add_byte(&b, ';');
	buf_add_str(&b, queue_decoded(q, rest));
	out = arena_str(&q->arena, buf_str(&b));
	buf_free(&b);
	return out;
}

static bool
queue_same_path(const struct smtp_path *a, const struct smtp_path *b)
{
	return str_eq(a->localpart, b->localpart) &&
	    str_caseeq(a->domain, b->domain);
}

/*
 * What the client asked of the recipient with this address.  Scripts nearly
 * always queue the recipients in their order, so the one after the last is
 * looked at first.
 */
static void
queue_pass_through(struct queue_call *q, const struct smtp_path *path)
{
	const struct hook_transaction	*t = q->r->run.rq.txn;
	const struct hook_recipient	*h = q->r->queue.next;

	if (h == NULL || !queue_same_path(&h->path, path)) {
		STAILQ_FOREACH(h, &t->recipients, link) {
			if (queue_same_path(&h->path, path))
				break;
		}
	}
	q->entry->dsn_envid = queue_decoded(q, t->options.envid);
	q->entry->dsn_ret = t->options.ret;
	if (h == NULL)
		return;
	q->entry->dsn_notify = h->options.notify;
	q->entry->dsn_orcpt = queue_orcpt(q, h->options.orcpt);
	q->r->queue.next = STAILQ_NEXT(h, link);
}

static void
queue_facts(struct queue_call *q)
{
	const struct hook_transaction	*t = q->r->run.rq.txn;
	const struct hook_connection	*conn = q->r->run.rq.conn;
	const struct smtp_scan		*scan = q->r->rq.scan;
	struct spool_entry		*n = q->entry;

	n->size = scan->size;
	n->ts_us = (uint64_t)(t->ts * 1e6);
	n->serverid = str_of(conn->serverid);
	n->client_address = str_of(conn->remoteip);
	n->client_name = str_of(conn->remoteptr);
	n->helo = str_of(conn->helo_host);
	if (conn->has_remoteuid)
		n->submitter = (uint64_t)conn->remoteuid + 1;
	if (t->options.body == SMTP_BODY_8BITMIME)
		n->flags |= ENTRY_8BITMIME;
	if (t->options.smtputf8)
		n->flags |= ENTRY_SMTPUTF8;
	if (t->options.requiretls)
		n->flags |= ENTRY_REQUIRETLS;
	if (scan->eight_bit)
		n->flags |= ENTRY_HAS_8BIT;
	if (scan->dot_lines)
		n->flags |= ENTRY_HAS_DOT;
	if (scan->longest > 1000)
		n->flags |= ENTRY_HAS_LONG_LINE;
}

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
	const struct eod_config	*config = &q->r->hook->config;
	struct str		 id;

	if (q->c->argv[2].type != HSL_STRING)
		return queue_wrong(q, "transportid",
		    "the id of a transport of transport.cf");
	id = hsl_value_str(q->c->argv[2]);
	if (id.len == 0 || config->transport_known == NULL ||
	    !config->transport_known(id))
		return hsl_throw(q->c, "queue: there is no transport '%.*s' "
		    "in transport.cf", (int)(id.len < 64 ? id.len : 64),
		    id.p);
	q->entry->transportid = id;
	return HSL_OK;
}

/* The message as it is now. */
static enum hsl_rc
queue_edits(struct queue_call *q)
{
	struct message		*m = eod_message(q->r);
	struct spool_edit	 edit = { 0, 0, STR_NONE };
	struct buf		 data = BUF_INIT, list = BUF_INIT;
	struct err		 e;
	int64_t			 n;

	if (message_splice(m, q->r->rq.trace, &data, &edit.count, &e) == -1) {
		buf_free(&data);
		return hsl_throw(q->c, "queue: %s", e.text);
	}
	edit.data = buf_str(&data);
	if (edit.count > 0 || edit.data.len > 0)
		edits_add(&list, &edit);
	n = queue_notes_edits(&q->r->queue.notes, buf_str(&list), &e);
	buf_free(&data);
	buf_free(&list);
	if (n == -1)
		return hsl_throw(q->c, "queue: %s", e.text);
	q->entry->edits = (uint64_t)n;
	return HSL_OK;
}

/* ---- The call ------------------------------------------------------------ */

static enum hsl_rc
queue_read(struct queue_call *q)
{
	struct smtp_path	sender, recipient;

	if (queue_address(q, 0, &sender, &q->entry->sender) != HSL_OK ||
	    queue_address(q, 1, &recipient, &q->entry->recipient) != HSL_OK ||
	    queue_transport(q) != HSL_OK)
		return HSL_THROW;
	queue_facts(q);
	queue_pass_through(q, &recipient);
	if (q->c->argc > 3 && q->c->argv[3].type != HSL_NONE) {
		if (q->c->argv[3].type != HSL_ARRAY)
			return queue_wrong(q, "options", "an array");
		if (queue_options(q, q->c->argv[3]) != HSL_OK)
			return HSL_THROW;
	}
	return queue_edits(q);
}

static enum hsl_rc
queue_note(struct queue_call *q)
{
	struct hsl_exec		*x = q->c->x;
	struct hsl_value	 result;
	struct err		 e;
	int64_t			 n;

	n = queue_notes_add(&q->r->queue.notes, q->entry, &e);
	if (n == -1)
		return hsl_throw(q->c, "queue: %s", e.text);
	result = hsl_array(x);
	hsl_array_set(x, result, "transaction", hsl_text(x,
	    q->r->run.rq.txn->id));
	hsl_array_set(x, result, "queue", hsl_number((double)n));
	*q->c->ret = result;
	return HSL_OK;
}

enum hsl_rc
mail_queue(struct hsl_call *c)
{
	struct spool_entry	entry = { .queue = 0 };
	struct queue_call	q = { c, hsl_object_data(c->self,
				    &mail_class), &entry, ARENA_INIT };
	enum hsl_rc		rc = HSL_THROW;

	if (q.r->hook->config.store == NULL)
		return hsl_throw(c, "queue: this service has no queue");
	buf_clear(&q.r->queue.notes.list);
	if (hsl_charge(c->x, 20))
		rc = queue_read(&q);
	if (rc == HSL_OK)
		rc = queue_note(&q);
	arena_free(&q.arena);
	return rc;
}

/* ---- Storing ------------------------------------------------------------- */

static struct str
queue_entry(void *arg, uint32_t number)
{
	struct eod_run	*r = arg;

	return queue_notes_entry(&r->queue.notes, number);
}

static void
queue_refused(struct eod_run *r, enum store_status status, const char *text)
{
	struct verdict	*v = &r->run.data.verdict;

	if (r->hook->config.on_queued != NULL)
		r->hook->config.on_queued(false);
	LOG(EV_QUEUE_REFUSED, r->run.rq.log, LOG_STR("reason", text));
	verdict_fini(v);
	v->action = VERDICT_DEFER;
	v->code = status == STORE_FULL ? 452 : 451;
	v->enhanced[0] = 4;
	v->enhanced[1] = 3;
	v->enhanced[2] = status == STORE_FULL ? 1 : 0;
	verdict_add_line(v, status == STORE_FULL ?
	    STR("Insufficient system storage") :
	    STR("Message can't be queued, try again later"));
}

static void
queue_log(const struct eod_run *r)
{
	LOG(EV_QUEUED, r->run.rq.log,
	    LOG_NUM("entries", (int64_t)r->queue.notes.count),
	    LOG_NUM("size", (int64_t)r->rq.scan->size),
	    LOG_NUM("ms", loop_now_ms(r->hook->config.hook.host.loop) -
	    r->queue.began_ms));
}

static void
queue_done(void *arg, enum store_status status, const char *text)
{
	struct eod_run	*r = arg;
	struct verdict	*v = &r->run.data.verdict;
	struct buf	 line = BUF_INIT;

	r->queue.store = NULL;
	r->end_given = false;
	if (status != STORE_DURABLE) {
		queue_refused(r, status, text);
	} else {
		r->taken = true;
		if (r->hook->config.on_queued != NULL)
			r->hook->config.on_queued(true);
		queue_log(r);
		if (v->line_count == 0) {
			buf_printf(&line, "Ok: queued as %s",
			    r->run.rq.txn->id);
			verdict_add_line(v, buf_str(&line));
			buf_free(&line);
		}
	}
	hook_run_report(&r->run);
}

bool
queue_begin(struct eod_run *r)
{
	struct store_request	 rq = { .body = r->rq.body,
				    .edits = r->queue.notes.edits,
				    .edit_count = r->queue.notes.edit_count,
				    .entries = r->queue.notes.count,
				    .entry = queue_entry,
				    .done = queue_done, .arg = r };

	timer_stop(&r->deadline);
	if (!r->rq.present(r->run.rq.arg)) {
		queue_refused(r, STORE_TEMPORARY, "the client has left");
		return false;
	}
	if (spool_id_parse(&rq.id, str_of(r->run.rq.txn->id)) == -1) {
		queue_refused(r, STORE_TEMPORARY, "the transaction has no id");
		return false;
	}
	r->end_given = true;
	r->queue.began_ms = loop_now_ms(r->hook->config.hook.host.loop);
	r->queue.store = store_start(r->hook->config.store, &rq);
	return true;
}

void
queue_end(struct eod_run *r)
{
	store_cancel(&r->queue.store);
	queue_notes_fini(&r->queue.notes);
}
