/*
 * What a send ends with, and whether it can begin.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "send_private.h"

const char *
send_error_name(enum send_error error)
{
	static const char *const	names[] = {
		[SEND_ERROR_NONE] = "", [SEND_ERROR_CONFIG] = "config",
		[SEND_ERROR_DNS] = "dns", [SEND_ERROR_NETWORK] = "network",
		[SEND_ERROR_PROTOCOL] = "protocol",
		[SEND_ERROR_SMTP] = "smtp", [SEND_ERROR_TLS] = "tls",
	};

	return names[error];
}

const char *
send_dns_name(enum send_dns dns)
{
	static const char *const	names[] = {
		[SEND_DNS_NONE] = "", [SEND_DNS_OTHER] = "other",
		[SEND_DNS_NXDOMAIN] = "nxdomain",
		[SEND_DNS_NODATA] = "nodata",
	};

	return names[dns];
}

/* The enhanced code that fits a kind of error; class by `temporary`. */
static void
send_set_code(struct send *s)
{
	static const struct {
		int	subject, detail;
	} codes[] = {
		[SEND_ERROR_NONE] = { 0, 0 }, [SEND_ERROR_CONFIG] = { 3, 5 },
		[SEND_ERROR_DNS] = { 4, 3 }, [SEND_ERROR_NETWORK] = { 4, 1 },
		[SEND_ERROR_PROTOCOL] = { 5, 0 },
		[SEND_ERROR_SMTP] = { 0, 0 }, [SEND_ERROR_TLS] = { 7, 5 },
	};
	struct send_result	*r = &s->result;

	r->code = r->temporary ? 451 : 554;
	r->enhanced[0] = r->temporary ? 4 : 5;
	r->enhanced[1] = codes[r->error].subject;
	r->enhanced[2] = codes[r->error].detail;
}

void
send_set_error(struct send *s, enum send_error error, bool temporary,
    const char *fmt, ...)
{
	struct send_result	*r = &s->result;
	va_list			 ap;

	va_start(ap, fmt);
	(void)vsnprintf(s->text, sizeof s->text, fmt, ap);
	va_end(ap);
	r->reply = NULL;
	r->refusal = NULL;
	r->error = error;
	r->dns = SEND_DNS_NONE;
	r->temporary = temporary;
	r->message = s->text;
	send_set_code(s);
}

/* A name that is not there is not the message's fault: who wrote it into the
 * configuration can mend it. */
void
send_set_dns_error(struct send *s, enum send_dns dns, bool ours,
    const char *why)
{
	send_set_error(s, SEND_ERROR_DNS, true, "DNS: %.*s: %s",
	    (int)s->req.backend.host.len, s->req.backend.host.p, why);
	s->result.dns = dns;
	if (ours) {
		s->result.enhanced[1] = 3;
		s->result.enhanced[2] = 5;
	}
}

/* 4.4.1: "the remote system was busy, or unable to take a call". */
void
send_set_refusal(struct send *s, const struct smtp_reply *reply)
{
	struct send_result	*r = &s->result;
	struct str		 line = smtp_reply_line(reply, 0);

	send_set_error(s, SEND_ERROR_SMTP, true, "%s: %d %.*s",
	    r->connection.remoteip, reply->code,
	    (int)(line.len < 200 ? line.len : 200), line.p);
	r->enhanced[1] = 4;
	r->enhanced[2] = 1;
	/* Of several refusals the first one is told. */
	if (s->best.error != SEND_ERROR_SMTP) {
		smtp_reply_copy(&s->reply, reply);
		r->refusal = &s->reply;
	}
}

void
send_set_unfit(struct send *s, const struct txn *t)
{
	send_set_error(s, SEND_ERROR_SMTP, false, "%s", t->why);
	s->result.code = t->code;
	memcpy(s->result.enhanced, t->enhanced, sizeof t->enhanced);
}

void
send_set_reply(struct send *s, enum smtp_state state,
    const struct smtp_reply *reply)
{
	struct send_result	*r = &s->result;

	smtp_reply_copy(&s->reply, reply);
	r->reply = &s->reply;
	r->refusal = NULL;
	r->error = SEND_ERROR_NONE;
	r->dns = SEND_DNS_NONE;
	r->temporary = reply->code < 500;
	r->message = "";
	r->state = state;
	r->code = reply->code;
	memcpy(r->enhanced, reply->enhanced, sizeof r->enhanced);
}

void
send_note_connection(struct send *s)
{
	struct client		*c = s->pooled->client;
	struct send_result	*r = &s->result;

	r->connection = c->info;
	r->connection.remotemx = s->req.backend.host;
	if (s->stage == SEND_RUNNING)
		r->dsn_dropped = c->txn.dsn_dropped;
	r->end_given = r->end_given || client_end_given(c);
}

/* ---- Addresses --------------------------------------------------------- */

void
send_address_begin(struct send *s, const struct netaddr *to)
{
	struct send_connection	*c = &s->result.connection;

	s->result = (struct send_result){ .reply = NULL };
	(void)netaddr_ip(to, c->remoteip, sizeof c->remoteip);
	c->remotemx = s->req.backend.host;
}

/* How much a failure tells of what has to be mended. */
static int
send_telling(const struct send_result *r)
{
	static const int	ranks[] = {
		[SEND_ERROR_NONE] = 0, [SEND_ERROR_CONFIG] = 1,
		[SEND_ERROR_DNS] = 1, [SEND_ERROR_NETWORK] = 2,
		[SEND_ERROR_PROTOCOL] = 3, [SEND_ERROR_TLS] = 4,
		[SEND_ERROR_SMTP] = 5,
	};

	/* The server said so: of AUTH, XCLIENT, LHLO. */
	if (r->error == SEND_ERROR_CONFIG && r->state != SMTP_STATE_NONE)
		return ranks[SEND_ERROR_SMTP];
	return ranks[r->error];
}

void
send_address_failed(struct send *s)
{
	if (s->req.tried != NULL)
		s->req.tried(s->req.arg, &s->result);
	if (send_telling(&s->result) <= send_telling(&s->best))
		return;
	s->best = s->result;
	(void)strlcpy(s->best_text, s->text, sizeof s->best_text);
}

void
send_address_last(struct send *s)
{
	s->result = s->best;
	s->result.message = s->best_text;
}

/* ---- Requests ---------------------------------------------------------- */

/* Text that goes into a command must be one word of it. */
static bool
send_word_ok(struct str s)
{
	size_t	i;

	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

/* What follows an address in its command. */
static bool
send_params_ok(struct str s)
{
	size_t	i;

	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' ||
		    (unsigned char)s.p[i] >= 0x7f)
			return false;
	return s.len == 0 || (s.p[0] == ' ' && s.len <= 1000);
}

static bool
send_path_ok(const struct smtp_path *p)
{
	struct smtp_path	again;

	return smtp_path_set(&again, p->localpart, p->domain) == 0 &&
	    again.null == p->null && again.utf8 == p->utf8;
}

static int
send_check_rcpts(struct send *s)
{
	const struct send_rcpt	*rcpt;
	size_t			 i;

	for (i = 0; i < s->req.rcpt_count; i++) {
		rcpt = &s->req.rcpts[i];
		if (rcpt->path.null || !send_path_ok(&rcpt->path)) {
			send_set_error(s, SEND_ERROR_CONFIG, true,
			    "recipient %zu is not an address", i + 1);
			return -1;
		}
		if (rcpt->orcpt.len != 0 &&
		    !smtp_orcpt_ok(rcpt->orcpt, true)) {
			send_set_error(s, SEND_ERROR_CONFIG, true,
			    "recipient %zu has a bad ORCPT", i + 1);
			return -1;
		}
		if (!send_params_ok(rcpt->params)) {
			send_set_error(s, SEND_ERROR_CONFIG, true,
			    "recipient %zu has bad parameters", i + 1);
			return -1;
		}
	}
	return 0;
}

int
send_check_request(struct send *s)
{
	const struct send_request	*req = &s->req;
	const char			*why = NULL;

	if (req->rcpt_count == 0)
		why = "no recipients";
	else if (!send_path_ok(&req->sender))
		why = "sender is not an address";
	else if (!send_params_ok(req->params))
		why = "bad parameters of the sender";
	else if (req->envid.len != 0 && !smtp_envid_ok(req->envid))
		why = "bad ENVID";
	else if (req->backend.helo.len == 0 || !send_word_ok(req->backend.helo))
		why = "bad HELO name";
	else if (req->backend.host.len == 0 || req->backend.host.len > 255 ||
	    !send_word_ok(req->backend.host))
		why = "bad host name";
	if (why == NULL)
		return send_check_rcpts(s);
	send_set_error(s, SEND_ERROR_CONFIG, true, "%s", why);
	return -1;
}
