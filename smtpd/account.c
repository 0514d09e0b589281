/*
 * Log lines of commands, logins and messages.
 *
 * The line of a message is in every message's way: its lists are built in one
 * buffer, and numbers are written without printf().
 */
#include <string.h>

#include "base/log_address.h"

#include "account.h"
#include "auth.h"
#include "server.h"
#include "session.h"
#include "transaction.h"

/* A list is cut between addresses, so that "+12345" still fits behind it. */
#define LIST_MAX	(LOG_VALUE_MAX - 8)

/* As the log may tell it. */
static void
log_path(struct buf *b, const struct smtp_path *p)
{
	size_t	start = b->len;

	smtp_path_add(b, p);
	log_address_hide(b, start);
}

/* ---- Commands ---------------------------------------------------------- */

/*
 * Whom MAIL or RCPT names: as it was read, or all that stands behind it but
 * "FROM:" and "TO:".
 */
static void
refusal_address(const struct session *s, struct buf *b)
{
	const struct smtp_path	*p = NULL;
	struct str		 arg;
	const char		*colon;

	if (s->request.command != NULL)
		p = &s->request.command->path;
	else if (s->request.verb == SMTP_RCPT && s->hooking.recipient != NULL)
		p = &s->hooking.recipient->path;
	else if (s->request.verb == SMTP_MAIL && s->txn != NULL)
		p = &s->txn->facts.sender;
	if (p != NULL && (p->null || p->localpart.len > 0))
		log_path(b, p);
	else if (s->request.command != NULL) {
		arg = s->request.command->arg;
		if (str_caseprefix(arg, STR("FROM:")) ||
		    str_caseprefix(arg, STR("TO:"))) {
			colon = memchr(arg.p, ':', arg.len);
			arg.len -= (size_t)(colon + 1 - arg.p);
			arg.p = colon + 1;
		}
		log_address(b, arg);
	}
}

void
account_refusal(struct session *s, const char *hook, int code,
    struct str reason)
{
	struct buf	 from = BUF_INIT, to = BUF_INIT;
	bool		 mail = s->request.verb == SMTP_MAIL;
	bool		 rcpt = s->request.verb == SMTP_RCPT;

	if (mail)
		refusal_address(s, &from);
	else if (s->txn != NULL)
		log_path(&from, &s->txn->facts.sender);
	if (rcpt)
		refusal_address(s, &to);
	if (rcpt && s->txn != NULL)
		transaction_add_refusal(s->txn, buf_str(&to), code);
	LOG(EV_SMTP_ERROR, &s->log, LOG_STR("hook", hook),
	    LOG_STR("command", smtp_verb_name(s->request.verb)),
	    LOG_NUM("code", code), LOG_STR("from", mail || s->txn != NULL ?
	    buf_cstr(&from) : NULL),
	    LOG_STR("to", rcpt ? buf_cstr(&to) : NULL),
	    LOG_BYTES("user", auth_who(s->auth)),
	    LOG_STR("client", s->conn.remoteip), LOG_BYTES("reason", reason));
	buf_free(&from);
	buf_free(&to);
}

void
account_login(const struct session *s)
{
	LOG(EV_AUTH, &s->log, LOG_STR("mechanism", s->conn.auth_mechanism),
	    LOG_STR("user", s->conn.auth_username),
	    LOG_STR("client", s->conn.remoteip));
}

/* ---- Messages ---------------------------------------------------------- */

/* False: there is no room, and b is as it was. */
static bool
list_add(struct buf *b, size_t start, const struct smtp_path *p, int code)
{
	size_t	had = b->len;

	if (had > start)
		buf_add_byte(b, ' ');
	log_path(b, p);
	if (code != 0) {
		buf_add_byte(b, ':');
		buf_add_uint(b, (unsigned)code);
	}
	if (b->len - start <= LIST_MAX)
		return true;
	buf_truncate(b, had);
	return false;
}

static bool
list_add_refusals(struct buf *b, size_t start, struct str text)
{
	if (text.len == 0 || b->len - start + text.len > LIST_MAX)
		return false;
	buf_add_byte(b, ' ');
	buf_add(b, text.p, text.len - 1);
	return true;
}

/*
 * Every recipient with its verdict: those of the message, then those that
 * were refused, then "+N" for N more.  Code 0: there is no verdict.
 */
static void
list_recipients(const struct transaction *t, int code, struct buf *b)
{
	const struct hook_recipient	*r;
	size_t				 start = b->len, left;

	left = t->facts.recipient_count + t->refusal_count;
	STAILQ_FOREACH(r, &t->facts.recipients, link) {
		if (!list_add(b, start, &r->path, code))
			break;
		left--;
	}
	if (r == NULL &&
	    list_add_refusals(b, start, buf_str(&t->refusals)))
		left -= t->refusals_told;
	if (left == 0)
		return;
	buf_add_text(b, b->len > start ? " +" : "+");
	buf_add_uint(b, left);
}

void
account_message(struct session *s, int code, const int enhanced[3],
    struct str text)
{
	const struct transaction	*t = s->txn;
	const struct hook_connection	*c = &s->conn;
	const struct hook_delivery	*d = &t->delivery;
	const struct mime_scan		*m = &t->mime;
	struct buf			*b = &s->server->scratch;
	char				 ours[SMTP_ENHANCED_TEXT];
	char				 theirs[SMTP_ENHANCED_TEXT];
	size_t				 cut;

	buf_clear(b);
	log_path(b, &t->facts.sender);
	cut = b->len;
	list_recipients(t, code, b);
	LOG(EV_MESSAGE, &s->log, LOG_NUM("code", code),
	    LOG_STR("enhanced", smtp_enhanced_text(enhanced, ours)),
	    LOG_BYTES("from", ((struct str){ buf_data(b), cut })),
	    LOG_BYTES("to", ((struct str){ buf_data(b) + cut, b->len - cut })),
	    LOG_NUM("recipients", (int64_t)t->facts.recipient_count),
	    LOG_NUM_IF("refused", (int64_t)t->refusal_count),
	    LOG_NUM("size", (int64_t)transaction_scan(t)->size),
	    LOG_BYTES("message_id", mime_scan_id(m)),
	    LOG_STR("client", c->remoteip),
	    LOG_STR("client_name", c->remoteptr),
	    LOG_STR("helo", c->helo_host), LOG_STR("user", c->auth_username),
	    LOG_STR("tls", c->tls_protocol), LOG_STR("cipher", c->tls_cipher),
	    LOG_STR("remote_host", d->done ? d->host : NULL),
	    LOG_STR("remote", d->ip[0] != '\0' ? d->ip : NULL),
	    LOG_NUM_IF("remote_port", d->port),
	    LOG_STR("remote_tls", d->tls_protocol),
	    LOG_NUM_IF("remote_code", d->code),
	    LOG_STR("remote_enhanced", d->enhanced[0] != 0 ?
	    smtp_enhanced_text(d->enhanced, theirs) : NULL),
	    LOG_STR("remote_text", d->done ? d->text : NULL),
	    LOG_NUM("receive_ms", t->receive_ms),
	    LOG_NUM("hook_ms", loop_now_ms(s->server->loop) - t->ended_ms),
	    LOG_NUM_IF("remote_ms", d->ms), LOG_BYTES("reason", text));
}

void
account_cut(struct session *s)
{
	const struct transaction	*t = s->txn;
	const struct hook_connection	*c = &s->conn;
	struct buf			*b = &s->server->scratch;
	size_t				 cut;

	if (t == NULL || s->intake.since_ms == 0)
		return;
	buf_clear(b);
	log_path(b, &t->facts.sender);
	cut = b->len;
	list_recipients(t, 0, b);
	LOG(EV_MESSAGE_CUT, &s->log,
	    LOG_BYTES("from", ((struct str){ buf_data(b), cut })),
	    LOG_BYTES("to", ((struct str){ buf_data(b) + cut, b->len - cut })),
	    LOG_NUM("recipients", (int64_t)t->facts.recipient_count),
	    LOG_NUM_IF("refused", (int64_t)t->refusal_count),
	    LOG_NUM("size", (int64_t)transaction_scan(t)->size),
	    LOG_BYTES("message_id", mime_scan_id(&t->mime)),
	    LOG_STR("client", c->remoteip),
	    LOG_STR("client_name", c->remoteptr),
	    LOG_STR("helo", c->helo_host),
	    LOG_STR("user", c->auth_username));
}
