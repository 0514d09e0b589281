/*
 * The end of a message, and the verdict on it: what is wrong with it is
 * answered here; all else is the end-of-DATA hook's to decide.  Without a hook
 * every message is deferred: in-line mode has nowhere to put it.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "event/stream.h"
#include "mime/date.h"

#include "account.h"
#include "server.h"
#include "session.h"
#include "transaction.h"

/* ---- Received (RFC 5321 4.4) ------------------------------------------- */

/*
 * A name that somebody else chose.  All that means something in a field (a
 * semicolon, quotes, an address, the start of a comment) shows as '?'; an
 * address in brackets is as it is.
 */
static void
trace_add_name(struct buf *b, const char *name)
{
	unsigned char	c;

	if (name[0] == '[' && smtp_domain_ok(str_of(name))) {
		buf_add_text(b, name);
		return;
	}
	for (; (c = (unsigned char)*name) != '\0'; name++)
		buf_add_byte(b, ascii_isalnum(c) || c == '.' || c == '-' ||
		    c == '_' ? (char)c : '?');
}

/* RFC 3848, RFC 6531 4.3: "ESMTP" and so on, S with TLS, A with AUTH. */
static void
trace_with(const struct session *s, struct buf *b)
{
	if (!session_is_lmtp(s) && (s->spoken.smtp ||
	    strcmp(s->conn.helo_verb, "HELO") == 0)) {
		buf_add_text(b, "SMTP");
		return;
	}
	if (s->txn->facts.options.smtputf8)
		buf_add_text(b, session_is_lmtp(s) ? "UTF8LMTP" : "UTF8SMTP");
	else
		buf_add_text(b, session_is_lmtp(s) ? "LMTP" : "ESMTP");
	if (s->conn.tls_protocol != NULL)
		buf_add_byte(b, 'S');
	if (s->conn.auth_mechanism != NULL)
		buf_add_byte(b, 'A');
}

/* TCP-info, or the user who connected to a Unix socket. */
static void
trace_client(const struct session *s, struct buf *b)
{
	const char	*ip = s->conn.remoteip;

	buf_add_text(b, " (");
	if (s->conn.remoteptr != NULL) {
		trace_add_name(b, s->conn.remoteptr);
		buf_add_byte(b, ' ');
	}
	if (ip[0] == '\0' && !s->conn.has_remoteuid)
		buf_add_text(b, "unknown)");
	else if (ip[0] == '\0')
		buf_printf(b, "uid %lu)", (unsigned long)s->conn.remoteuid);
	else
		buf_printf(b, "[%s%s])", strchr(ip, ':') != NULL ? "IPv6:" :
		    "", ip);
}

static void
trace_date(const struct session *s, struct buf *b)
{
	date_add(b, (int64_t)s->txn->facts.ts);
	buf_add_text(b, "\r\n");
}

static void
trace_received(struct session *s)
{
	struct buf	*b = &s->txn->trace;

	buf_add_text(b, "Received: from ");
	trace_add_name(b, s->conn.helo_host);
	trace_client(s, b);
	buf_printf(b, "\r\n\tby %s with ", s->server->params->myhostname);
	trace_with(s, b);
	buf_printf(b, " id %s;\r\n\t", s->txn->facts.id);
	trace_date(s, b);
}

/* What its sender should have said. */
static void
trace_missing(struct session *s)
{
	struct buf	*b = &s->txn->trace;

	if (mime_scan_id(&s->txn->mime).len == 0)
		buf_printf(b, "Message-ID: <%s@%s>\r\n", s->txn->facts.id,
		    s->server->params->myhostname);
	if (!s->txn->mime.date) {
		buf_add_text(b, "Date: ");
		trace_date(s, b);
	}
}

static void
trace_write(struct session *s)
{
	const struct params	*p = s->server->params;

	if (p->received_header)
		trace_received(s);
	if (p->add_missing_headers)
		trace_missing(s);
	if (s->txn->fields.out != NULL)
		local_user_trace(s, &s->txn->fields, &s->txn->trace);
}

/* ---- The verdict ------------------------------------------------------- */

static void
message_count(struct session *s, int code)
{
	COUNT(messages_received);
	board_observe(HISTOGRAM_message, loop_now_ms(s->server->loop) -
	    s->txn->ended_ms);
	board_add(COUNTER_bytes_received,
	    (int64_t)transaction_scan(s->txn)->size);
	if (code < 300)
		COUNT(messages_accepted);
	else if (code < 500)
		COUNT(messages_deferred);
	else
		COUNT(messages_rejected);
}

/* After the reply to a message, commands again. */
static void
message_over(struct session *s)
{
	session_reset(s);
	s->messages++;
	if (!drain_allows(s->server))
		session_cut(s, "4.3.2", "Service shutting down");
}

/* LMTP (RFC 2033 4.2): the replies for all recipients but the last one. */
static size_t
message_more_replies(const struct session *s)
{
	return session_is_lmtp(s) ? s->txn->facts.recipient_count - 1 : 0;
}

static void
message_refuse(struct session *s, const struct smtp_refusal *why)
{
	char	enhanced[SMTP_ENHANCED_TEXT];
	size_t	n;

	account_message(s, why->code, why->enhanced, str_of(why->text));
	message_count(s, why->code);
	(void)smtp_enhanced_text(why->enhanced, enhanced);
	for (n = message_more_replies(s); n > 0; n--)
		session_answer(s, why->code, enhanced, why->text);
	life_enter(s, MODE_COMMAND);
	session_refuse(s, why);
	if (!life_is_closing(s))
		message_over(s);
}

static bool
message_client_present(void *arg)
{
	struct session	*s = arg;
	struct str	 unread;

	if (stream_peer_present(s->stream))
		return true;
	unread = stream_unread(s->stream);
	return unread.len >= 6 && str_caseeq((struct str){ unread.p +
	    unread.len - 6, 6 }, STR("QUIT\r\n"));
}

/*
 * RFC 1047: the backend has given its verdict on a message and the client is
 * not there to hear it.  It will send the message again; the log line, with
 * the Message-ID, is what tells the operator of a duplicate.
 */
static void
message_orphan(struct session *s, int code)
{
	COUNT(inline_orphans);
	LOG(EV_INLINE_ORPHAN, &s->log, LOG_NUM("code", code),
	    LOG_BYTES("message_id", mime_scan_id(&s->txn->mime)),
	    LOG_STR("client", s->conn.remoteip));
	session_destroy(s);
}

static void
message_done(void *arg, const struct verdict *v)
{
	struct session	*s = arg;
	int		 code = verdict_code(HOOK_EOD, v), enhanced[3];
	size_t		 n;

	s->txn->run = NULL;
	verdict_enhanced(HOOK_EOD, v, enhanced);
	account_message(s, code, enhanced, verdict_text(HOOK_EOD, v));
	if (life_is_alone(s)) {
		message_orphan(s, code);
		return;
	}
	for (n = message_more_replies(s) + 1; n > 0; n--)
		session_answer_verdict(s, HOOK_EOD, v);
	message_count(s, code);
	if (code < 300)
		patience_message_taken(s);
	life_enter(s, MODE_COMMAND);
	message_over(s);
	if (v->disconnect)
		session_close(s);
}

/* ---- The end of the message -------------------------------------------- */

/* Was it delivered to one of its recipients before? */
static bool
message_loops(const struct session *s)
{
	const struct transaction	*t = s->txn;
	const struct hook_recipient	*r;
	struct buf			 b = BUF_INIT;
	bool				 loops = false;

	if (!s->server->params->loop_delivered_to ||
	    t->mime.delivered.len == 0)
		return false;
	STAILQ_FOREACH(r, &t->facts.recipients, link) {
		buf_clear(&b);
		smtp_path_add(&b, &r->path);
		if ((loops = mime_scan_delivered(&t->mime, buf_str(&b))))
			break;
	}
	buf_free(&b);
	return loops;
}

/* What no hook may accept; NULL if it is well. */
static const struct smtp_refusal *
message_fault(const struct session *s)
{
	static const struct smtp_refusal	big = { 552, { 5, 3, 4 },
	    "Message larger than the limit", false };
	static const struct smtp_refusal	longest = { 554, { 5, 6, 0 },
	    "Line too long", false };
	static const struct smtp_refusal	failed = { 451, { 4, 3, 0 },
	    "Message can't be kept, try again later", false };
	static const struct smtp_refusal	header = { 552, { 5, 3, 4 },
	    "Header larger than the limit", false };
	static const struct smtp_refusal	hops = { 554, { 5, 4, 6 },
	    "Too many hops, this is a loop", false };
	static const struct smtp_refusal	again = { 554, { 5, 4, 6 },
	    "Delivered-To has a recipient, this is a loop", false };
	static const struct smtp_refusal	deep = { 554, { 5, 6, 0 },
	    "Too many parts within parts", false };
	const struct params			*p = s->server->params;
	const struct transaction		*t = s->txn;
	const struct smtp_scan			*scan = transaction_scan(t);
	const struct smtp_refusal		*bytes = receive_fault(s);

	if (t->too_big)
		return &big;
	if (bytes != NULL)
		return bytes;
	if (scan->longest > p->smtpd_line_length_limit)
		return &longest;
	if (t->mime.header_size > p->header_size_limit)
		return &header;
	if (t->mime.received > p->hop_count_limit)
		return &hops;
	if (message_loops(s))
		return &again;
	if (t->mime.depth > p->mime_depth_limit)
		return &deep;
	return t->failed ? &failed : NULL;
}

static void
message_run_hook(struct session *s)
{
	struct transaction	*t = s->txn;
	struct eod_request	 rq = { .hook = { .conn = &s->conn,
	    .txn = &t->facts, .log = &s->log, .context = &s->hooking.context,
	    .message_cache = &s->hooking.message_cache,
	    .done = message_done, .arg = s },
	    .body = t->body, .scan = transaction_scan(t),
	    .tls_not_required = t->mime.tls_not_required,
	    .message_id = mime_scan_id(&t->mime),
	    .present = message_client_present };

	trace_write(s);
	rq.trace = buf_str(&t->trace);
	rq.last = &t->delivery;
	life_enter(s, MODE_MESSAGE);
	COUNT(hook_runs);
	t->run = eod_start(s->server->eod, &rq);
}

void
session_end_message(struct session *s)
{
	static const struct smtp_refusal	no_hook = { 421, { 4, 3, 5 },
	    "No delivery is configured", false };
	const struct smtp_refusal		*fault = message_fault(s);

	farewell_stage(s, "EOD");
	s->txn->facts.ts = (double)clock_wall_us() / 1e6;
	s->txn->ended_ms = loop_now_ms(s->server->loop);
	s->txn->receive_ms = s->txn->ended_ms - s->intake.since_ms;
	s->intake.since_ms = 0;
	if (fault == NULL && s->server->eod == NULL)
		fault = &no_hook;
	if (fault != NULL)
		message_refuse(s, fault);
	else
		message_run_hook(s);
}

bool
session_end_is_given(const struct session *s)
{
	return s->txn->run != NULL && eod_end_sent(s->txn->run);
}
