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
#include <stdlib.h>
#include <string.h>

#include "base/xtext.h"
#include "queue_private.h"
#include "spool/edits.h"

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

/* What the client asked of the recipient with this address. */
static void
queue_pass_through(struct queue_call *q, const struct smtp_path *path)
{
	const struct hook_transaction	*t = q->r->run.rq.txn;
	const struct hook_recipient	*h;

	h = envelope_recipient(t, &q->r->queue.next, path);
	q->entry->dsn_envid = queue_decoded(q, t->options.envid);
	q->entry->dsn_ret = t->options.ret;
	if (h == NULL)
		return;
	q->entry->dsn_notify = h->options.notify;
	q->entry->dsn_orcpt = queue_orcpt(q, h->options.orcpt);
}

static void
queue_facts(struct queue_call *q)
{
	const struct hook_transaction	*t = q->r->run.rq.txn;
	const struct hook_connection	*conn = q->r->run.rq.conn;
	struct spool_entry		*n = q->entry;

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
	n->deliverby = (uint64_t)t->options.by;
	if (t->options.by != SMTP_BY_NONE && t->by > 0)
		n->useful_until = (uint64_t)t->by;
	if (t->options.requiretls)
		n->flags |= ENTRY_REQUIRETLS;
	if (q->r->rq.tls_not_required)
		n->flags |= ENTRY_TLS_NOT_REQUIRED;
	queue_scanned(q, q->r->rq.scan, q->r->rq.message_id);
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
	if (queue_envelope(q) != HSL_OK)
		return HSL_THROW;
	queue_facts(q);
	queue_pass_through(q, &q->recipient);
	return queue_more(q) == HSL_OK ? queue_edits(q) : HSL_THROW;
}

static enum hsl_rc
queue_note(struct queue_call *q)
{
	struct err	 e;
	int64_t		 n;

	n = queue_notes_add(&q->r->queue.notes, q->entry, &e);
	if (n == -1)
		return hsl_throw(q->c, "queue: %s", e.text);
	*q->c->ret = queue_result(q->c->x, q->r->run.rq.txn->id,
	    (uint32_t)n);
	return HSL_OK;
}

enum hsl_rc
mail_queue(struct hsl_call *c)
{
	struct spool_entry	entry = { .queue = 0 };
	struct eod_run		*r = hsl_object_data(c->self, &mail_class);
	struct queue_call	q = { .c = c, .name = "queue", .r = r,
				    .entry = &entry,
				    .transports = r->run.transports,
				    .list = &r->queue.notes.list,
				    .arena = ARENA_INIT };
	enum hsl_rc		rc = HSL_THROW;

	if (r->hook->config.store == NULL)
		return hsl_throw(c, "queue: this service has no queue");
	buf_clear(q.list);
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
