/*
 * queue() of a message that a script makes: arguments are read and the bytes
 * copied to a body, as a client's are, at once; then the script waits.
 *
 *	queue()    store_start()   done
 *	  own_read  HSL_SUSPEND     the array, or an exception
 *	             time is up     an exception: it may be queued all the same
 *	             run cancelled  nobody hears; likewise
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "body/body.h"
#include "event/loop.h"
#include "hooks/library/file.h"
#include "hooks/queue_host.h"
#include "mime/date.h"
#include "mime/header.h"
#include "mime/scan.h"
#include "queue_private.h"
#include "script_mail.h"
#include "smtp/normal.h"
#include "spool/edits.h"

struct script_mail {
	struct hsl_exec		*x;
	struct hsl_value	 bytes;
};

/* One that is being stored. */
struct own_queue {
	const struct queue_host	*host;
	struct library		*library;
	struct hsl_exec		*x;
	struct spool_id		 id;
	struct body		*body;
	struct smtp_scan	 scan;
	struct mime_scan	 mime;
	int64_t			 ts_us;
	struct buf		 edits;		/* the list that puts fields */
	struct str		 list;		/* the same, for the store */
	struct buf		 entry;
	struct store		*store;
	struct timer		 late;
	int64_t			 began_ms;
	struct err		 failure;	/* text empty: none */
};

/* ---- Its bytes ----------------------------------------------------------- */

/* A piece with its line ends mended. */
static void
own_keep(void *arg, struct str piece)
{
	struct own_queue	*o = arg;

	smtp_scan_add(&o->scan, piece);
	mime_scan_add(&o->mime, piece);
	if (o->failure.text[0] != '\0' || piece.len == 0)
		return;
	if (o->scan.size > o->host->size_limit)
		(void)err_set(&o->failure, "the message is larger than "
		    "message_size_limit");
	else
		(void)body_add(o->body, piece, &o->failure);
}

static enum hsl_rc
own_read_bytes(struct own_queue *o, struct hsl_call *c, struct str text)
{
	struct smtp_normal	n = { .lines = true, .out = own_keep,
				    .arg = o };

	smtp_scan_init(&o->scan);
	mime_scan_init(&o->mime, 1);
	o->body = body_new(o->host->bodies);
	smtp_normal_add(&n, text);
	smtp_normal_end(&n);
	smtp_scan_end(&o->scan);
	if (o->failure.text[0] != '\0')
		return hsl_throw(c, "queue: %s", o->failure.text);
	if (o->scan.nul)
		return hsl_throw(c, "queue: the message has a NUL");
	/* A script that queues again what came here is stopped, too. */
	if (o->mime.received > o->host->hop_limit)
		return hsl_throw(c, "queue: more than %u Received fields, "
		    "this is a loop", o->host->hop_limit);
	return HSL_OK;
}

/* ---- The fields before it ------------------------------------------------ */

static void
own_add_date(const struct own_queue *o, struct buf *b)
{
	date_add(b, o->ts_us / 1000000);
	buf_add_text(b, "\r\n");
}

/*
 * This host is where the message comes from, and says so; and it owes the
 * fields that every message has (RFC 5322 3.6), whatever is done with those
 * of others.
 */
static void
own_fields(const struct own_queue *o, const char *txn, struct buf *b)
{
	if (o->host->received) {
		buf_printf(b, "Received: by %s id %s;\r\n\t",
		    o->host->hostname, txn);
		own_add_date(o, b);
	}
	if (mime_scan_id(&o->mime).len == 0)
		buf_printf(b, "Message-ID: <%s@%s>\r\n", txn,
		    o->host->hostname);
	if (!o->mime.date) {
		buf_add_text(b, "Date: ");
		own_add_date(o, b);
	}
}

static void
own_edits(struct own_queue *o, const char *txn, struct str text)
{
	struct spool_edit	edit = { 0, 0, STR_NONE };
	struct buf		b = BUF_INIT;

	own_fields(o, txn, &b);
	/* It would continue our last field. */
	if (b.len > 0 && text.len > 0 && (text.p[0] == ' ' ||
	    text.p[0] == '\t'))
		buf_add_text(&b, HEADER_ORPHAN);
	edit.data = buf_str(&b);
	if (edit.data.len > 0)
		edits_add(&o->edits, &edit);
	buf_free(&b);
}

/* ---- The entry ----------------------------------------------------------- */

static bool
own_not_ascii(struct str s)
{
	size_t	i;

	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] > 127)
			return true;
	return false;
}

static enum hsl_rc
own_entry(struct own_queue *o, struct queue_call *q)
{
	struct spool_entry	*n = q->entry;
	struct err		 e;

	n->queue = 1;
	n->edits = o->edits.len > 0 ? 1 : 0;
	n->ts_us = (uint64_t)o->ts_us;
	n->serverid = str_of(o->host->serverid);
	queue_scanned(q, &o->scan, mime_scan_id(&o->mime));
	if (o->scan.eight_bit)
		n->flags |= ENTRY_8BITMIME;
	if (own_not_ascii(n->sender) || own_not_ascii(n->recipient))
		n->flags |= ENTRY_SMTPUTF8;
	if (spool_entry_put(&o->entry, n, &e) == -1)
		return hsl_throw(q->c, "queue: %s", e.text);
	return HSL_OK;
}

static enum hsl_rc
own_read(struct own_queue *o, struct queue_call *q, struct str text)
{
	char	txn[SPOOL_ID_TEXT];

	if (queue_envelope(q) != HSL_OK || queue_more(q) != HSL_OK ||
	    own_read_bytes(o, q->c, text) != HSL_OK)
		return HSL_THROW;
	o->ts_us = clock_wall_us();
	spool_id_make(&o->id);
	spool_id_text(txn, &o->id);
	own_edits(o, txn, text);
	return own_entry(o, q);
}

/* ---- Waiting ------------------------------------------------------------- */

static void
own_free(void *arg)
{
	struct own_queue	*o = arg;

	store_cancel(&o->store);
	timer_fini(&o->late);
	mime_scan_fini(&o->mime);
	body_free(&o->body);
	buf_free(&o->edits);
	buf_free(&o->entry);
	free(o);
}

static void
own_refused(struct own_queue *o, const char *why)
{
	struct library	*l = o->library;
	struct hsl_exec	*x = o->x;
	struct err	 e;

	(void)err_set(&e, "%s", why);
	if (o->host->on_queued != NULL)
		o->host->on_queued(false);
	LOG(EV_QUEUE_REFUSED, l->log, LOG_STR("reason", e.text));
	own_free(o);
	library_resume_throw(l, x, "queue: the message is not queued: %s",
	    e.text);
}

static void
own_late(void *arg)
{
	own_refused(arg, "the time is up; it may be queued all the same");
}

static void
own_done(void *arg, enum store_status status, const char *text)
{
	struct own_queue	*o = arg;
	struct library		*l = o->library;
	struct hsl_exec		*x = o->x;
	struct spool_id		 id = o->id;
	char			 txn[SPOOL_ID_TEXT], queue[SPOOL_ID_TEXT];

	o->store = NULL;
	if (status != STORE_DURABLE) {
		own_refused(o, text);
		return;
	}
	spool_id_text(txn, &id);
	id.queue = 1;
	spool_id_text(queue, &id);
	if (o->host->on_queued != NULL)
		o->host->on_queued(true);
	LOG(EV_SCRIPT_QUEUED, l->log, LOG_STR("queue", queue),
	    LOG_NUM("size", (int64_t)o->scan.size),
	    LOG_NUM("ms", loop_now_ms(l->host.loop) - o->began_ms));
	own_free(o);
	library_resume(l, x, queue_result(x, txn, 1));
}

static struct str
own_stored_entry(void *arg, uint32_t number)
{
	const struct own_queue	*o = arg;

	(void)number;
	return buf_str(&o->entry);
}

static void
own_store(struct own_queue *o)
{
	struct store_request	 rq = { .id = o->id, .body = o->body,
				    .edits = &o->list,
				    .edit_count = o->edits.len > 0 ? 1 : 0,
				    .entries = 1, .entry = own_stored_entry,
				    .done = own_done, .arg = o };

	o->list = buf_str(&o->edits);
	o->began_ms = loop_now_ms(o->library->host.loop);
	o->store = store_start(o->host->store, &rq);
	timer_start(&o->late, library_time_ms(o->x, INT64_MAX));
	library_wait(o->library, own_free, o);
}

static struct own_queue *
own_new(struct library *l, struct hsl_exec *x)
{
	struct own_queue	*o = xcalloc(1, sizeof *o);

	o->host = l->host.queue;
	o->library = l;
	o->x = x;
	timer_init(&o->late, l->host.loop, own_late, o);
	return o;
}

/* ---- The class ----------------------------------------------------------- */

static enum hsl_rc
script_mail_queue(struct hsl_call *c)
{
	struct script_mail	*m = hsl_object_data(c->self,
				    &script_mail_class);
	struct library		*l = library_of(c->x);
	struct str		 text = hsl_value_str(m->bytes);
	struct spool_entry	 entry = { .queue = 0 };
	struct buf		 list = BUF_INIT;
	struct queue_call	 q = { .c = c, .name = "queue",
				    .entry = &entry, .list = &list,
				    .arena = ARENA_INIT };
	struct own_queue	*o;
	enum hsl_rc		 rc = HSL_THROW;

	if (l->host.queue == NULL)
		return hsl_throw(c, "queue: there is no queue here; hooks of "
		    "a running service have one");
	if (!hsl_charge(c->x, 20 + text.len / 16))
		return HSL_THROW;
	q.transports = l->transports;
	o = own_new(l, c->x);
	rc = own_read(o, &q, text);
	arena_free(&q.arena);
	buf_free(&list);
	if (rc != HSL_OK) {
		own_free(o);
		return rc;
	}
	own_store(o);
	return HSL_SUSPEND;
}

static struct hsl_value
script_mail_new(struct hsl_exec *x, struct hsl_value bytes)
{
	struct script_mail	*m = xcalloc(1, sizeof *m);

	m->x = x;
	m->bytes = hsl_value_ref(bytes);
	return hsl_object_new(x, &script_mail_class, m);
}

static enum hsl_rc
script_mail_string(struct hsl_call *c)
{
	struct str	s;

	if (!hsl_arg_string(c, 0, &s))
		return HSL_THROW;
	*c->ret = script_mail_new(c->x, c->argv[0]);
	return HSL_OK;
}

static enum hsl_rc
script_mail_file(struct hsl_call *c)
{
	struct hsl_value	bytes;

	if (!file_argument(c, 0, &bytes))
		return HSL_THROW;
	*c->ret = script_mail_new(c->x, bytes);
	return HSL_OK;
}

static void
script_mail_free(void *data)
{
	struct script_mail	*m = data;

	hsl_value_unref(m->x, m->bytes);
	free(m);
}

static const struct hsl_function	script_mail_methods[] = {
	{ "queue", 3, 4, script_mail_queue,
	    "queue(sender, recipient, transportid[, options]): array",
	    "Queue it for one recipient, at once, and wait until it is "
	    "durable; options as those of $arguments[\"mail\"]->queue()." },
	{ NULL, 0, 0, NULL, NULL, NULL }
};

static const struct hsl_function	script_mail_statics[] = {
	{ "String", 1, 1, script_mail_string,
	    "MailMessage::String(data): MailMessage",
	    "A message of these bytes: header, blank line, body." },
	{ "File", 1, 1, script_mail_file,
	    "MailMessage::File(file): MailMessage",
	    "A message of all bytes of a File." },
	{ NULL, 0, 0, NULL, NULL, NULL }
};

const struct hsl_class	script_mail_class = {
	.name = "MailMessage",
	.methods = script_mail_methods,
	.statics = script_mail_statics,
	.free = script_mail_free,
};
