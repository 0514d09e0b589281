/*
 * The hooks of a session.  Where one is set, the command waits for it: what
 * the client has pipelined behind stays unread meanwhile.  Where none is set
 * the same code goes on at once, with a verdict that accepts.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "event/stream.h"

#include "input.h"
#include "server.h"
#include "session.h"
#include "transaction.h"
#include "transcript.h"

/* ---- Running one ------------------------------------------------------- */

static void
session_hook_done(void *arg, const struct verdict *v)
{
	struct session		*s = arg;
	session_verdict_fn	*then = s->hooking.then;
	int64_t			 ms = loop_now_ms(s->server->loop) -
				    s->hooking.since_ms;

	board_observe(HISTOGRAM_hook, ms);
	LOG(EV_HOOK_END, &s->log,
	    LOG_STR("hook", hook_name(s->hooking.kind)),
	    LOG_STR("verdict", verdict_name(v->action)), LOG_NUM("ms", ms));
	s->hooking.run = NULL;
	if (!life_is_gone(s)) {
		life_enter(s, MODE_COMMAND);
		s->request.more_came |= stream_unread(s->stream).len > 0;
	}
	then(s, v);
}

void
session_hook(struct session *s, enum hook_kind kind,
    const struct hook_arguments *args, session_verdict_fn *then)
{
	static const struct verdict	accept = { .action = VERDICT_ACCEPT };
	struct hook			*h = s->server->hooks[kind];
	struct hook_request		 rq = { .conn = &s->conn,
	    .log = &s->log, .context = &s->hooking.context,
	    .done = session_hook_done, .arg = s };

	if (h == NULL) {
		then(s, &accept);
		return;
	}
	if (args != NULL)
		rq.args = *args;
	if (kind == HOOK_RCPTTO || (kind == HOOK_PROXY && s->txn != NULL))
		rq.txn = &s->txn->facts;
	else if (kind != HOOK_DISCONNECT)
		rq.txn_id = s->txn != NULL ? s->txn->facts.id :
		    session_next_txn(s);
	if (kind == HOOK_MAILFROM || s->txn != NULL)
		rq.message_cache = &s->hooking.message_cache;
	s->hooking.then = then;
	s->hooking.kind = kind;
	if (kind != HOOK_DISCONNECT)
		life_enter(s, MODE_HOOK);
	COUNT(hook_runs);
	s->hooking.since_ms = loop_now_ms(s->server->loop);
	s->hooking.run = hook_start(h, &rq);
}

void
hooking_fini(struct hooking *h)
{
	hsl_frozen_free(&h->context);
	free(h->line);
}

const char *
session_next_txn(struct session *s)
{
	if (s->hooking.next_txn[0] == '\0')
		uuid_v7(s->hooking.next_txn);
	return s->hooking.next_txn;
}

/* ---- proxy ------------------------------------------------------------- */

/* What follows the line can't be told from commands. */
#define OCTETS_UNKNOWN	UINT64_MAX

/*
 * What a client sends behind its line whatever it is told: the octets of a
 * chunk, and behind DATA the body of one that did not wait for the 354.
 */
static uint64_t
proxy_octets(const struct session *s, struct str line)
{
	struct arena		a = ARENA_INIT;
	struct smtp_command	c;
	struct smtp_refusal	why;
	int			rc;

	rc = smtp_command_parse(&c, line, &s->server->leniency, &a, &why);
	arena_free(&a);
	if (c.verb == SMTP_DATA && s->request.more_came)
		return OCTETS_UNKNOWN;
	if (c.verb != SMTP_BDAT)
		return 0;
	return rc == 0 ? c.chunk_size : OCTETS_UNKNOWN;
}

/*
 * The hook has answered the line itself (it can't say 354).  What follows it
 * must not run as commands.
 */
static void
proxy_answered(struct session *s, const struct verdict *v, struct str line)
{
	uint64_t	octets = proxy_octets(s, line);

	session_answer_verdict(s, HOOK_PROXY, v);
	if (v->disconnect || octets == OCTETS_UNKNOWN)
		session_close(s);
	else
		input_skip_chunk(s, octets);
}

static void
session_proxied(struct session *s, const struct verdict *v)
{
	char		*text = s->hooking.line;
	struct str	 line = { text, s->hooking.line_len }, use = line;

	s->hooking.line = NULL;
	if (v->command != NULL)
		use = str_of(v->command);
	if (v->action != VERDICT_ACCEPT)
		proxy_answered(s, v, line);
	else if (v->command != NULL &&
	    proxy_octets(s, line) != proxy_octets(s, use)) {
		LOG(EV_HOOK_ERROR, &s->log, LOG_STR("hook", "proxy"),
		    LOG_STR("reason", "what follows BDAT or DATA does not fit "
		    "the command that took its place"));
		COUNT(hook_errors);
		session_cut(s, "4.3.0", "Local error");
	} else
		session_command(s, use);
	free(text);
}

void
session_proxy(struct session *s, struct str line)
{
	struct hook_arguments	args = { .command = line };

	transcript_command(s, line);
	if (s->server->hooks[HOOK_PROXY] == NULL) {
		session_command(s, line);
		return;
	}
	s->hooking.line = xstrndup(line.p, line.len);
	s->hooking.line_len = line.len;
	session_hook(s, HOOK_PROXY, &args, session_proxied);
}

/* ---- connect ----------------------------------------------------------- */

static void
session_connected(struct session *s, const struct verdict *v)
{
	const struct params	*p = s->server->params;
	struct str		 line = str_of(p->smtpd_greeting);
	struct smtp_answer	 a = { .code = 220, .plain = true,
	    .lines = &line, .line_count = 1 };

	if (v->action != VERDICT_ACCEPT) {
		COUNT(sessions_refused);
		session_refuse_verdict(s, HOOK_CONNECT, v);
		session_close(s);
		return;
	}
	/* Another client: its name is not that of this one. */
	if (v->remoteip != NULL) {
		(void)strlcpy(s->conn.remoteip, v->remoteip,
		    sizeof s->conn.remoteip);
		free(s->conn.remoteptr);
		s->conn.remoteptr = NULL;
	}
	if (v->remoteptr != NULL) {
		free(s->conn.remoteptr);
		s->conn.remoteptr = xstrdup(v->remoteptr);
	}
	if (v->has_priority)
		s->conn.priority = v->priority;
	if (v->code != 0)
		a.code = v->code;
	if (v->line_count != 0) {
		a.lines = v->lines;
		a.line_count = v->line_count;
	}
	session_write(s, &a);
	if (v->disconnect)
		session_close(s);
}

void
session_connect(struct session *s)
{
	session_hook(s, HOOK_CONNECT, NULL, session_connected);
}

/* ---- MAIL -------------------------------------------------------------- */

static void
session_mail_done(struct session *s, const struct verdict *v)
{
	struct arena	*a = &s->txn->facts.arena;

	if (v->action != VERDICT_ACCEPT) {
		session_refuse_verdict(s, HOOK_MAILFROM, v);
		session_reset(s);
		return;
	}
	if (v->has_path) {
		s->txn->facts.sender = v->path;
		s->txn->facts.sender.localpart =
		    arena_str(a, v->path.localpart);
		s->txn->facts.sender.domain = arena_str(a, v->path.domain);
	}
	s->state = STATE_MAIL;
	session_accept_verdict(s, HOOK_MAILFROM, v);
}

void
session_begin_mail(struct session *s, const struct smtp_command *c,
    const struct smtp_mail_options *o)
{
	struct hook_arguments	args = { .verb = NULL };

	s->txn = transaction_new(session_next_txn(s), c, o);
	s->hooking.next_txn[0] = '\0';
	s->log.txn = s->txn->facts.id;
	args.path = &s->txn->facts.sender;
	args.params = &s->txn->facts.params;
	session_hook(s, HOOK_MAILFROM, &args, session_mail_done);
}

/* ---- RCPT -------------------------------------------------------------- */

static void
session_rcpt_done(struct session *s, const struct verdict *v)
{
	struct arena		*a = &s->txn->facts.arena;
	struct hook_recipient	*r = s->hooking.recipient;

	if (v->action != VERDICT_ACCEPT) {
		session_refuse_verdict(s, HOOK_RCPTTO, v);
		s->hooking.recipient = NULL;
		return;
	}
	s->hooking.recipient = NULL;
	if (v->has_path) {
		r->path = v->path;
		r->path.localpart = arena_str(a, v->path.localpart);
		r->path.domain = arena_str(a, v->path.domain);
	}
	if (v->transportid != NULL)
		r->transportid = arena_strdup(a, str_of(v->transportid));
	transaction_add_recipient(s->txn, r);
	s->state = STATE_RCPT;
	session_accept_verdict(s, HOOK_RCPTTO, v);
}

void
session_begin_rcpt(struct session *s, const struct smtp_command *c,
    const struct smtp_rcpt_options *o)
{
	const char		*transport;
	struct hook_arguments	 args = { .is_recipient = true };

	transport = s->server->params->default_transport;
	s->hooking.recipient = transaction_recipient(s->txn, c, o);
	if (transport[0] != '\0')
		s->hooking.recipient->transportid = transport;
	args.path = &s->hooking.recipient->path;
	args.params = &s->hooking.recipient->params;
	args.transportid = s->hooking.recipient->transportid;
	session_hook(s, HOOK_RCPTTO, &args, session_rcpt_done);
}
