/*
 * The recipients of a job have all but their own fields in common (job/job.h):
 * sender, DSN mode and flags are read from the first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/net.h"
#include "base/xtext.h"
#include "outbound/secret.h"
#include "send/send.h"

#include "account.h"
#include "after.h"
#include "attempt.h"
#include "body.h"
#include "course.h"
#include "deliver.h"
#include "job.h"
#include "outlet.h"
#include "prepare.h"
#include "shape.h"
#include "trace.h"
#include "trial.h"
#include "way.h"

const struct job *
attempt_working(const struct job *j)
{
	static const struct job	*working;
	const struct job	*before = working;

	if (j != before)
		board_blame(j != NULL ? j->entries[0].key : NULL);
	working = j;
	return before;
}

/* ---- The end ------------------------------------------------------------- */

void
attempt_end(struct job *j)
{
	send_cancel(&j->send);
	prepare_end(j);
	after_end(j);
	trace_over(j);
	course_end(j);
	if (j->opened)
		content_close(&j->content);
	j->opened = false;
	secret_free(&j->secret);
	arena_free(&j->arena);
	j->arena = (struct arena)ARENA_INIT;
}

static void
attempt_on_done(void *arg, const struct attempt *a)
{
	struct job	*j = arg;

	j->send = NULL;
	after_judge(j, a, NULL);
}

static void
attempt_on_tried(void *arg, const struct attempt *a)
{
	account_tried(arg, a);
	course_tried(arg, a);
}

/* What fails before the engine has it. */
static void
attempt_fail(struct job *j, int detail, const char *why)
{
	const struct attempt	a = { .error = ATTEMPT_ERROR_CONFIG,
				    .temporary = true, .message = why,
				    .code = 451, .enhanced = { 4, 3, detail },
				    .connection = &attempt_no_connection };

	after_judge(j, &a, NULL);
}

/* ---- Without a connection ------------------------------------------------ */

/* Its route leads nowhere. */
static void
attempt_no_way(struct job *j)
{
	const struct nexthops	*n = &j->way->hops;
	struct attempt		 a = { .error = (enum attempt_error)n->error,
				    .dns = (enum attempt_dns)n->dns,
				    .temporary = n->temporary,
				    .message = arena_strdup(&j->arena, n->why),
				    .connection = &attempt_no_connection };

	attempt_put_code(&a);
	after_judge(j, &a, NULL);
}

/* Nobody was there a moment ago, at any of its hops. */
static void
attempt_barred(struct job *j)
{
	const struct nexthop	*h = &j->way->hops.hop[j->hop];
	struct attempt		 a = { .error = ATTEMPT_ERROR_NETWORK,
				    .temporary = true };
	struct attempt_connection *c;
	char			 text[NETADDR_TEXT + 64];

	c = attempt_connection_new(h->mx, h->helo, h->source_id);
	(void)netaddr_ip(&h->address, c->remoteip, sizeof c->remoteip);
	c->remoteport = netaddr_port(&h->address);
	(void)snprintf(text, sizeof text,
	    "%s: could not be reached a moment ago", c->remoteip);
	a.message = text;
	a.connection = c;
	attempt_put_code(&a);
	after_judge(j, &a, NULL);
	attempt_connection_unref(c);
}

/* ---- The request --------------------------------------------------------- */

/* "TYPE;ADDRESS", which the spool has decoded.  UTF-8 stays as it is. */
static struct str
attempt_orcpt(struct job *j, struct str orcpt)
{
	struct str	address, type = str_split(orcpt, ';', &address);
	struct buf	b = BUF_INIT;

	if (orcpt.len == 0 || address.p == NULL)
		return STR_NONE;
	buf_add_str(&b, type);
	buf_add_byte(&b, ';');
	if (str_caseeq(type, STR("utf-8")))
		buf_add_str(&b, address);
	else
		xtext_encode(&b, address);
	address = arena_str(&j->arena, buf_str(&b));
	buf_free(&b);
	/* What no command can hold is not told. */
	return smtp_orcpt_ok(address, true) ? address : STR_NONE;
}

static struct str
attempt_envid(struct job *j, struct str envid)
{
	struct buf	b = BUF_INIT;
	struct str	s;

	if (envid.len == 0)
		return STR_NONE;
	xtext_encode(&b, envid);
	s = arena_str(&j->arena, buf_str(&b));
	buf_free(&b);
	return smtp_envid_ok(s) ? s : STR_NONE;
}

/* What a script asks for; or nothing. */
static const struct wish *
attempt_wish(const struct job *j)
{
	static const struct wish	none;

	return j->trial != NULL ? &j->trial->wish : &none;
}

static struct str
attempt_text(const struct wish *w, enum wish_id id, struct str entrys)
{
	return w->of[id].p != NULL ? w->of[id] : entrys;
}

static int
attempt_recipients(struct job *j, struct err *e)
{
	const struct spool_entry	*entry;
	const struct wish		*w = attempt_wish(j);
	struct send_rcpt		*r;
	uint32_t			 i;

	j->rcpts = arena_alloc(&j->arena, j->count * sizeof *j->rcpts);
	for (i = 0; i < j->count; i++) {
		entry = &j->entries[i].entry;
		r = &j->rcpts[i];
		if (smtp_address_parse(&r->path, attempt_text(w,
		    WISH_recipient, entry->recipient), &j->arena) == -1)
			return err_set(e, "the recipient is not an address");
		/* Both number the kinds alike: see verdict.c. */
		r->notify = (unsigned)wish_number(w, WISH_dsn_notify,
		    entry->dsn_notify);
		r->orcpt = attempt_orcpt(j, attempt_text(w, WISH_dsn_orcpt,
		    entry->dsn_orcpt));
		r->params = w->of[WISH_recipient_params];
	}
	return 0;
}

/* What is left of the time that the sender gave. */
static void
attempt_by(const struct spool_entry *entry, struct smtp_mail_options *by)
{
	int64_t	left = (int64_t)entry->useful_until -
		    clock_wall_us() / 1000000;

	if (entry->deliverby == ENTRY_DELIVERBY_NONE ||
	    entry->useful_until == 0)
		return;
	by->by = entry->deliverby == ENTRY_DELIVERBY_RETURN ?
	    SMTP_BY_RETURN : SMTP_BY_NOTIFY;
	by->by_seconds = left > 999999999 ? 999999999 :
	    left < -999999999 ? -999999999 : (int32_t)left;
}

static int
attempt_envelope(struct job *j, struct send_request *rq, struct err *e)
{
	const struct spool_entry	*entry = &j->entries[0].entry;
	const struct wish		*w = attempt_wish(j);
	struct str			 sender;

	sender = attempt_text(w, WISH_sender, entry->sender);
	if (sender.len == 0)
		rq->sender.null = true;
	else if (smtp_address_parse(&rq->sender, sender, &j->arena) == -1)
		return err_set(e, "the sender is not an address");
	rq->smtputf8 = (entry->flags & ENTRY_SMTPUTF8) != 0;
	rq->requiretls = (entry->flags & ENTRY_REQUIRETLS) != 0;
	rq->tls_not_required = (entry->flags & ENTRY_TLS_NOT_REQUIRED) != 0;
	if ((entry->flags & ENTRY_8BITMIME) != 0)
		rq->body_type = SMTP_BODY_8BITMIME;
	rq->ret = (enum smtp_ret)wish_number(w, WISH_dsn_ret,
	    entry->dsn_ret);
	rq->envid = attempt_envid(j, attempt_text(w, WISH_dsn_envid,
	    entry->dsn_envid));
	rq->params = w->of[WISH_sender_params];
	rq->smtputf8 = rq->smtputf8 || !str_is_ascii(sender) ||
	    !str_is_ascii(attempt_text(w, WISH_recipient, STR_NONE));
	attempt_by(entry, &rq->by);
	if (attempt_recipients(j, e) == -1)
		return -1;
	rq->rcpts = j->rcpts;
	rq->rcpt_count = j->count;
	return 0;
}

static int
attempt_request(struct job *j, struct send_request *rq, struct err *e)
{
	const struct transport_options	*o = j->options;

	*rq = (struct send_request){ .each = true, .backend = *j->backend,
	    .deadline_ms = j->began_ms + o->attempt_limit,
	    .address_limit = (uint32_t)o->address_limit,
	    .session_limit = (uint32_t)o->session_limit,
	    .tap = trace_tap(j),
	    .tried = attempt_on_tried, .done = attempt_on_done, .arg = j };
	if (attempt_envelope(j, rq, e) == -1)
		return -1;
	if (j->way != NULL)
		course_begin(j, rq);
	return 0;
}

static void
attempt_connect(struct job *j)
{
	struct send_request	rq;
	struct err		e;

	if (j->outlet->fault != NULL)
		attempt_fail(j, 5, j->outlet->fault);
	else if (j->way == NULL &&
	    j->outlet->transport->mode == TRANSPORT_MX)
		attempt_fail(j, 5, "its transport's mode mx needs a route");
	else if (shape_secret(j, &e) == -1 ||
	    shape_take(j, j->row, &e) == -1 ||
	    attempt_request(j, &rq, &e) == -1)
		attempt_fail(j, 5, e.text);
	else if (body_open(j, &rq.body, &e) == -1)
		attempt_fail(j, 0, e.text);
	else
		j->send = send_start(deliver.engine, &rq);
}

static void
attempt_try(struct job *j)
{
	trace_begin(j);
	if (j->way != NULL && j->way->hops.count == 0)
		attempt_no_way(j);
	else if (j->way != NULL && j->barred)
		attempt_barred(j);
	else
		attempt_connect(j);
}

void
attempt_begin(struct job *j)
{
	const struct job	*before = attempt_working(j);

	j->began_ms = loop_now_ms(deliver.loop);
	shape_options(j);
	if (j->kind == JOB_PREPARE)
		prepare_begin(j);
	else if (j->kind == JOB_AFTER)
		after_judge(j, NULL, NULL);
	else
		attempt_try(j);
	(void)attempt_working(before);
}

bool
attempt_cut(struct job *j)
{
	if (j->after != NULL)
		return after_cut(j);
	if (j->prepare != NULL)
		prepare_end(j);
	else if (j->send == NULL || send_end_given(j->send))
		return false;
	send_cancel(&j->send);
	job_again(j);
	return true;
}
