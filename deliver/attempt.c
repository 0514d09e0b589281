/*
 * The recipients of a job have all but their own fields in common (job/job.h):
 * sender, DSN mode and flags are read from the first.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xtext.h"
#include "outbound/secret.h"
#include "send/send.h"

#include "account.h"
#include "attempt.h"
#include "body.h"
#include "deliver.h"
#include "job.h"
#include "outlet.h"
#include "trace.h"
#include "verdict.h"

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
	trace_over(j);
	if (j->opened)
		content_close(&j->content);
	j->opened = false;
	secret_free(&j->secret);
	arena_free(&j->arena);
	j->arena = (struct arena)ARENA_INIT;
}

/* a NULL: no attempt was made. */
static void
attempt_judge(struct job *j, const struct attempt *a)
{
	struct passage	p = { .options = &j->outlet->transport->options,
			    .now_ms = job_now_ms(j),
			    .wall_ms = clock_wall_us() / 1000 };
	struct attempt	own;
	uint32_t	i;

	for (i = 0; i < j->count; i++) {
		p.entry = &j->entries[i];
		p.attempt = NULL;
		if (a != NULL) {
			own = attempt_of(a, i);
			p.attempt = &own;
		}
		/* A system call, which what is delivered does without. */
		if (p.attempt == NULL || p.attempt->reply == NULL ||
		    p.attempt->reply->code >= 400)
			p.random = arc4random();
		verdict_decide(&p);
		account_attempt(j, &p);
		trace_verdict(j, &p);
		job_say(j, &j->entries[i], p.verdict,
		    p.verdict == JOB_DONE ? NULL : &p.state);
	}
	account_job(j, a);
	job_told(j);
}

static void
attempt_on_done(void *arg, const struct attempt *a)
{
	struct job	*j = arg;

	j->send = NULL;
	attempt_judge(j, a);
}

static void
attempt_on_tried(void *arg, const struct attempt *a)
{
	account_tried(arg, a);
}

/* What fails before the engine has it. */
static void
attempt_fail(struct job *j, int detail, const char *why)
{
	const struct attempt	a = { .error = ATTEMPT_ERROR_CONFIG,
				    .temporary = true, .message = why,
				    .code = 451, .enhanced = { 4, 3, detail },
				    .connection = &attempt_no_connection };

	attempt_judge(j, &a);
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

static int
attempt_recipients(struct job *j, struct err *e)
{
	const struct spool_entry	*entry;
	struct send_rcpt		*r;
	uint32_t			 i;

	j->rcpts = arena_alloc(&j->arena, j->count * sizeof *j->rcpts);
	for (i = 0; i < j->count; i++) {
		entry = &j->entries[i].entry;
		r = &j->rcpts[i];
		if (smtp_address_parse(&r->path, entry->recipient,
		    &j->arena) == -1)
			return err_set(e, "the recipient is not an address");
		/* Both number the kinds alike: see verdict.c. */
		r->notify = (unsigned)entry->dsn_notify;
		r->orcpt = attempt_orcpt(j, entry->dsn_orcpt);
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

	if (entry->sender.len == 0)
		rq->sender.null = true;
	else if (smtp_address_parse(&rq->sender, entry->sender,
	    &j->arena) == -1)
		return err_set(e, "the sender is not an address");
	rq->smtputf8 = (entry->flags & ENTRY_SMTPUTF8) != 0;
	rq->requiretls = (entry->flags & ENTRY_REQUIRETLS) != 0;
	rq->tls_not_required = (entry->flags & ENTRY_TLS_NOT_REQUIRED) != 0;
	if ((entry->flags & ENTRY_8BITMIME) != 0)
		rq->body_type = SMTP_BODY_8BITMIME;
	rq->ret = (enum smtp_ret)entry->dsn_ret;
	rq->envid = attempt_envid(j, entry->dsn_envid);
	attempt_by(entry, &rq->by);
	if (attempt_recipients(j, e) == -1)
		return -1;
	rq->rcpts = j->rcpts;
	rq->rcpt_count = j->count;
	return 0;
}

static int
attempt_secret(struct job *j, struct send_backend *b, struct err *e)
{
	const struct transport_options	*o = &j->outlet->transport->options;
	bool				 token = o->sasltoken_file.len > 0;

	if (o->saslusername.len == 0)
		return 0;
	if (secrets_get(deliver.secrets, token ? o->sasltoken_file :
	    o->saslpassword_file, loop_now_ms(deliver.loop), &j->secret,
	    e) == -1)
		return -1;
	if (token)
		b->token = j->secret;
	else
		b->password = j->secret;
	return 0;
}

static void
attempt_xclient(struct job *j, struct send_backend *b)
{
	const struct spool_entry	*entry = &j->entries[0].entry;
	const struct {
		enum smtp_xclient	attribute;
		struct str		value;
	} says[] = {
		{ SMTP_XCLIENT_ADDR, entry->client_address },
		{ SMTP_XCLIENT_NAME, entry->client_name },
		{ SMTP_XCLIENT_HELO, entry->helo },
	};
	struct buf			 text = BUF_INIT;
	size_t				 i;

	b->xclient = true;
	for (i = 0; i < sizeof says / sizeof says[0]; i++) {
		buf_clear(&text);
		smtp_xclient_add(&text, says[i].attribute, says[i].value);
		b->xclient_values[says[i].attribute] = arena_str(&j->arena,
		    buf_str(&text));
	}
	buf_free(&text);
}

static void
attempt_backend(struct job *j, struct send_request *rq)
{
	rq->backend = j->outlet->backend;
	if (j->outlet->transport->options.xclient)
		attempt_xclient(j, &rq->backend);
}

static int
attempt_request(struct job *j, struct send_request *rq, struct err *e)
{
	const struct transport_options	*o = &j->outlet->transport->options;

	*rq = (struct send_request){ .each = true,
	    .deadline_ms = j->began_ms + o->attempt_limit,
	    .address_limit = (uint32_t)o->address_limit,
	    .session_limit = (uint32_t)o->session_limit,
	    .tap = trace_tap(j),
	    .tried = attempt_on_tried, .done = attempt_on_done, .arg = j };
	if (attempt_envelope(j, rq, e) == -1)
		return -1;
	attempt_backend(j, rq);
	return attempt_secret(j, &rq->backend, e);
}

static void
attempt_try(struct job *j)
{
	struct send_request	rq;
	struct err		e;

	trace_begin(j);
	if (j->outlet->fault != NULL)
		attempt_fail(j, 5, j->outlet->fault);
	else if (attempt_request(j, &rq, &e) == -1)
		attempt_fail(j, 5, e.text);
	else if (body_open(j, &rq.body, &e) == -1)
		attempt_fail(j, 0, e.text);
	else
		j->send = send_start(deliver.engine, &rq);
}

void
attempt_begin(struct job *j)
{
	const struct job	*before = attempt_working(j);

	j->began_ms = loop_now_ms(deliver.loop);
	if (j->kind == JOB_AFTER)
		attempt_judge(j, NULL);
	else
		attempt_try(j);
	(void)attempt_working(before);
}

bool
attempt_cut(struct job *j)
{
	if (j->send == NULL || send_end_given(j->send))
		return false;
	send_cancel(&j->send);
	job_again(j);
	return true;
}
