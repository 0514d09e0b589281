/*
 * What a send ends with: a verdict, or the error of the address that tells
 * most of what has to be mended.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "send_private.h"

/* ---- Errors and verdicts ----------------------------------------------- */

static void
send_set_error_v(struct send *s, enum attempt_error error, bool temporary,
    const char *fmt, va_list ap)
{
	struct attempt	*r = &s->result;

	(void)vsnprintf(s->text, sizeof s->text, fmt, ap);
	r->reply = NULL;
	r->refusal = NULL;
	r->error = error;
	r->dns = ATTEMPT_DNS_NONE;
	r->temporary = temporary;
	r->message = s->text;
	attempt_put_code(r);
}

void
send_set_error(struct send *s, enum attempt_error error, bool temporary,
    const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	send_set_error_v(s, error, temporary, fmt, ap);
	va_end(ap);
}

void
send_set_requiretls(struct send *s, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	send_set_error_v(s, ATTEMPT_ERROR_SMTP, false, fmt, ap);
	va_end(ap);
	s->result.enhanced[1] = 7;
	s->result.enhanced[2] = 30;
}

/*
 * A name of our own configuration that is not there is not the message's
 * fault: who wrote it can mend it.  A domain of an address that is not there
 * is permanent: RFC 3463's 1.2, and 1.10 of RFC 7505.
 */
void
send_set_dns_error(struct send *s, const struct route_fault *f, bool ours)
{
	struct str	host = s->req.backend.host;

	send_set_error(s, ATTEMPT_ERROR_DNS, ours || f->temporary,
	    "DNS: %.*s: %s", (int)host.len, host.p, f->why);
	s->result.dns = f->dns;
	if (f->temporary)
		return;
	s->result.enhanced[1] = ours ? 3 : 1;
	s->result.enhanced[2] = ours ? 5 :
	    f->dns == ATTEMPT_DNS_NULLMX ? 10 : 2;
}

/* Its enhanced code is 4.4.1 of RFC 3463: the host gave no connection. */
void
send_set_refusal(struct send *s, const struct smtp_reply *reply)
{
	struct attempt	*r = &s->result;
	char		 text[SMTP_REPLY_SUMMARY];

	send_set_error(s, ATTEMPT_ERROR_SMTP, true, "%s: %s",
	    r->connection->remoteip, smtp_reply_summary(reply, text));
	r->enhanced[1] = 4;
	r->enhanced[2] = 1;
}

/* Of several refusals the first one is told. */
void
send_keep_refusal(struct send *s, const struct smtp_reply *reply)
{
	if (s->best.refusal != NULL)
		return;
	smtp_reply_copy(&s->reply, reply);
	s->result.refusal = &s->reply;
}

void
send_set_unfit(struct send *s, const struct client_report *report)
{
	send_set_error(s, ATTEMPT_ERROR_SMTP, false, "%s", report->why);
	s->result.code = report->code;
	memcpy(s->result.enhanced, report->enhanced, sizeof report->enhanced);
}

void
send_set_reply(struct send *s, enum smtp_state state,
    const struct smtp_reply *reply)
{
	struct attempt	*r = &s->result;

	smtp_reply_copy(&s->reply, reply);
	r->reply = &s->reply;
	r->refusal = NULL;
	r->error = ATTEMPT_ERROR_NONE;
	r->dns = ATTEMPT_DNS_NONE;
	r->temporary = reply->code < 500;
	r->message = "";
	r->state = state;
	r->code = reply->code;
	memcpy(r->enhanced, reply->enhanced, sizeof r->enhanced);
}

/* ---- Where it comes from ----------------------------------------------- */

/* The new connection is counted before the old one is given up: they may be
 * the same. */
static void
attempt_keep(struct attempt *a, const struct attempt *from,
    const struct attempt_connection *connection)
{
	const struct attempt_connection	*old = a->connection;

	*a = *from;
	a->connection = attempt_connection_ref(connection);
	attempt_connection_unref(old);
}

void
send_forget(struct send *s)
{
	static const struct attempt	nothing = { .message = "" };

	attempt_keep(&s->result, &nothing, &attempt_no_connection);
	attempt_keep(&s->best, &nothing, &attempt_no_connection);
}

void
send_note_connection(struct send *s)
{
	struct client			*c = s->pooled->client;
	struct attempt			*r = &s->result;
	const struct attempt_connection	*old = r->connection;
	struct client_report		 report;

	r->connection = attempt_connection_ref(client_facts(c));
	attempt_connection_unref(old);
	r->transactions = client_transactions(c);
	r->end_given = r->end_given || client_end_given(c);
	if (s->stage != SEND_RUNNING)
		return;
	client_report(c, &report);
	r->dsn_dropped = report.dsn_dropped;
}

void
send_address_begin(struct send *s, const struct attempt_connection *c)
{
	static const struct attempt	nothing = { .message = "" };

	attempt_keep(&s->result, &nothing, c);
}

/* ---- The most telling failure ------------------------------------------ */

/* How much a failure tells of what has to be mended. */
static int
send_telling(const struct attempt *r)
{
	static const int	ranks[ATTEMPT_ERROR_MAX] = {
		[ATTEMPT_ERROR_CONFIG] = 1, [ATTEMPT_ERROR_DNS] = 1,
		[ATTEMPT_ERROR_NETWORK] = 2, [ATTEMPT_ERROR_PROTOCOL] = 3,
		[ATTEMPT_ERROR_TLS] = 4, [ATTEMPT_ERROR_DANE] = 4,
		[ATTEMPT_ERROR_SMTP] = 5,
	};

	/* The backend said so, when asked for AUTH, XCLIENT or LHLO. */
	if (r->error == ATTEMPT_ERROR_CONFIG && r->state != SMTP_STATE_NONE)
		return ranks[ATTEMPT_ERROR_SMTP];
	return ranks[r->error];
}

/* It has no TLS to offer, or not this. */
static bool
send_lacks_requiretls(const struct attempt *r)
{
	return (r->error == ATTEMPT_ERROR_TLS &&
	    r->state != SMTP_STATE_STARTTLS) ||
	    (r->error == ATTEMPT_ERROR_SMTP && !r->temporary);
}

/* To try later would not help, if there is none that failed for another
 * reason. */
static void
send_judge_requiretls(struct send *s)
{
	struct attempt	*r = &s->result;

	if (s->no_requiretls != 0 && s->no_requiretls == s->failed) {
		send_set_requiretls(s, "REQUIRETLS: %s", s->best_text);
		return;
	}
	if (r->temporary)
		return;
	r->temporary = true;
	r->code = 451;
	r->enhanced[0] = 4;
}

void
send_host_failed(struct send *s)
{
	s->failed++;
	s->no_requiretls += send_lacks_requiretls(&s->result);
	if (s->req.tap != NULL)
		tap_note(s->req.tap, "failed: %s", s->result.message);
	if (send_telling(&s->result) <= send_telling(&s->best))
		return;
	attempt_keep(&s->best, &s->result, s->result.connection);
	(void)strlcpy(s->best_text, s->text, sizeof s->best_text);
}

void
send_address_failed(struct send *s)
{
	if (s->req.tried != NULL)
		s->req.tried(s->req.arg, &s->result);
	send_host_failed(s);
}

void
send_address_last(struct send *s)
{
	attempt_keep(&s->result, &s->best, s->best.connection);
	s->result.message = s->best_text;
	if (s->req.requiretls)
		send_judge_requiretls(s);
}
