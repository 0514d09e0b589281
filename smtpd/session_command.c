/*
 * Commands against states.  An empty cell is 503: a command that is not named
 * for a state can't do anything in it.
 *
 *		START	READY	MAIL	RCPT	BDAT
 * HELO EHLO	hello	hello	hello	hello	hello; with LMTP LHLO
 * MAIL		-	mail	-	-	-
 * RCPT		-	-	rcpt	rcpt	-
 * DATA		-	-	-	data	-
 * BDAT		skip	skip	skip	bdat	bdat
 * RSET		rset everywhere; NOOP, HELP, VRFY, QUIT likewise
 * STARTTLS	starttls before a transaction; XCLIENT likewise
 * AUTH		-	auth	-	-	-
 */
#include <string.h>

#include "account.h"
#include "auth.h"
#include "input.h"
#include "server.h"
#include "session.h"
#include "transaction.h"

typedef void	session_fn(struct session *s, struct smtp_command *c);

static const struct smtp_refusal	refuse_order = { 503, { 5, 5, 1 },
	"Bad sequence of commands", false };

/* ---- MAIL, RCPT -------------------------------------------------------- */

static void
session_mail(struct session *s, struct smtp_command *c)
{
	static const struct smtp_refusal	big = { 552, { 5, 3, 4 },
	    "Message larger than the limit", false };
	static const struct smtp_refusal	utf8 = { 553, { 5, 6, 7 },
	    "Address needs SMTPUTF8", false };
	static const struct smtp_refusal	not_own = { 550, { 5, 7, 1 },
	    "Sender is not your own address", false };
	struct smtp_mail_options		o;
	struct smtp_refusal			why;

	if (s->messages >= s->server->params->smtpd_message_limit) {
		session_cut(s, "4.7.0", "Too many messages in one session");
		return;
	}
	if (smtp_mail_options(&o, c, s->hello.offered, &why) == -1) {
		session_refuse(s, &why);
		return;
	}
	if (c->path.utf8 && !o.smtputf8) {
		session_refuse(s, &utf8);
		return;
	}
	if (o.size > s->server->params->message_size_limit) {
		session_refuse(s, &big);
		return;
	}
	if (local_user_bound(s) && !local_user_owns(s, &c->path)) {
		session_refuse(s, &not_own);
		return;
	}
	session_begin_mail(s, c, &o);
}

/*
 * A client learns of the limit only so, and sends the rest in another
 * transaction: it is no error of its own (RFC 5321 4.5.3.1.10).
 */
static void
session_rcpt_later(struct session *s)
{
	COUNT(commands_refused);
	account_refusal(s, NULL, 452, STR("Too many recipients"));
	session_answer(s, 452, "4.5.3", "Too many recipients");
}

static void
session_rcpt(struct session *s, struct smtp_command *c)
{
	static const struct smtp_refusal	utf8 = { 553, { 5, 6, 7 },
	    "Address needs SMTPUTF8", false };
	struct smtp_rcpt_options		o;
	struct smtp_refusal			why;

	if (smtp_rcpt_options(&o, c, s->hello.offered,
	    s->txn->facts.options.smtputf8, &why) == -1) {
		session_refuse(s, &why);
		return;
	}
	if (c->path.utf8 && !s->txn->facts.options.smtputf8) {
		session_refuse(s, &utf8);
		return;
	}
	if (s->txn->facts.recipient_count >=
	    (size_t)s->server->params->smtpd_recipient_limit) {
		session_rcpt_later(s);
		return;
	}
	session_begin_rcpt(s, c, &o);
}

/* ---- DATA, BDAT -------------------------------------------------------- */

static void
session_do_data(struct session *s, struct smtp_command *c)
{
	static const struct smtp_refusal	binary = { 503, { 5, 5, 1 },
	    "BODY=BINARYMIME needs BDAT", false };

	(void)c;
	if (s->txn->facts.options.body == SMTP_BODY_BINARYMIME)
		session_refuse(s, &binary);
	else
		session_begin_data(s);
}

static void
session_do_bdat(struct session *s, struct smtp_command *c)
{
	session_begin_chunk(s, c->chunk_size, c->chunk_last);
}

/* ---- The rest ---------------------------------------------------------- */

static void
session_rset(struct session *s, struct smtp_command *c)
{
	(void)c;
	session_reset(s);
	session_answer(s, 250, "2.0.0", "Ok");
}

static void
session_noop(struct session *s, struct smtp_command *c)
{
	(void)c;
	session_answer(s, 250, "2.0.0", "Ok");
}

static void
session_vrfy(struct session *s, struct smtp_command *c)
{
	(void)c;
	session_answer(s, 252, "2.5.2",
	    "Cannot verify, but will take the message");
}

static void
session_help(struct session *s, struct smtp_command *c)
{
	(void)c;
	session_answer(s, 214, "2.0.0",
	    "EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT");
}

static void
session_quit(struct session *s, struct smtp_command *c)
{
	(void)c;
	session_answer(s, 221, "2.0.0", "Bye");
	session_close(s);
	if (!s->request.more_came)
		life_enter(s, MODE_PARTING);
}

static void
session_starttls(struct session *s, struct smtp_command *c)
{
	static const struct smtp_refusal	unknown = { 502, { 5, 5, 1 },
	    "STARTTLS is not offered", false };
	static const struct smtp_refusal	twice = { 503, { 5, 5, 1 },
	    "TLS is on already", false };
	static const struct smtp_refusal	injected = { 503, { 5, 5, 1 },
	    "Commands in clear after STARTTLS", true };

	(void)c;
	if (s->server->tls == NULL)
		session_refuse(s, &unknown);
	else if (s->conn.tls_protocol != NULL)
		session_refuse(s, &twice);
	else if (s->request.more_came)
		session_refuse(s, &injected);
	else {
		session_answer(s, 220, "2.0.0", "Ready to start TLS");
		life_enter(s, MODE_STARTTLS);
	}
}

/* ---- The table --------------------------------------------------------- */

#define ANY_STATE							\
	[SMTP_HELO] = session_hello, [SMTP_EHLO] = session_hello,	\
	[SMTP_LHLO] = session_hello,					\
	[SMTP_RSET] = session_rset, [SMTP_NOOP] = session_noop,		\
	[SMTP_VRFY] = session_vrfy, [SMTP_HELP] = session_help,		\
	[SMTP_QUIT] = session_quit

static session_fn *const session_table[STATE_MAX][SMTP_VERB_MAX] = {
	[STATE_START] = { ANY_STATE, [SMTP_STARTTLS] = session_starttls,
	    [SMTP_XCLIENT] = session_xclient },
	[STATE_READY] = { ANY_STATE, [SMTP_STARTTLS] = session_starttls,
	    [SMTP_XCLIENT] = session_xclient, [SMTP_AUTH] = session_auth,
	    [SMTP_MAIL] = session_mail },
	[STATE_MAIL] = { ANY_STATE, [SMTP_RCPT] = session_rcpt },
	[STATE_RCPT] = { ANY_STATE, [SMTP_RCPT] = session_rcpt,
	    [SMTP_DATA] = session_do_data, [SMTP_BDAT] = session_do_bdat },
	[STATE_BDAT] = { ANY_STATE, [SMTP_BDAT] = session_do_bdat },
};

bool
session_is_lmtp(const struct session *s)
{
	return s->server->params->smtpd_protocol ==
	    PARAM_SMTPD_PROTOCOL_LMTP;
}

/* Verbs this server does not know at all, whatever the state. */
static bool
session_knows(const struct session *s, enum smtp_verb verb)
{
	switch (verb) {
	case SMTP_UNKNOWN:
		return false;
	case SMTP_LHLO:
		return session_is_lmtp(s);
	case SMTP_HELO:
	case SMTP_EHLO:
		return !session_is_lmtp(s);
	default:
		return true;
	}
}

/*
 * What a client sent behind a refused DATA is a body that believed in the
 * 354: to run its lines as commands would be smuggling.  The octets of a
 * refused chunk are counted and passed over.
 */
static void
session_out_of_order(struct session *s, const struct smtp_command *c)
{
	struct smtp_refusal	why = refuse_order;

	why.close = c->verb == SMTP_DATA && s->request.more_came;
	session_refuse(s, &why);
	if (c->verb == SMTP_BDAT)
		input_skip_chunk(s, c->chunk_size);
}

static void
session_run(struct session *s, struct str line, struct arena *a)
{
	static const struct smtp_refusal	unknown = { 500, { 5, 5, 1 },
	    "Command not recognised", false };
	static const struct smtp_refusal	expn = { 502, { 5, 5, 1 },
	    "EXPN is not available", false };
	struct smtp_command			c;
	struct smtp_refusal			why;
	session_fn				*fn;
	int					 rc;

	rc = smtp_command_parse(&c, line, &s->server->leniency, a, &why);
	s->request.verb = c.verb;
	farewell_stage(s, session_knows(s, c.verb) ? smtp_verb_name(c.verb) :
	    "UNKNOWN");
	if (!session_knows(s, c.verb)) {
		session_refuse(s, &unknown);
		return;
	}
	s->request.command = &c;
	fn = session_table[s->state][c.verb];
	if (rc == -1) {
		c.path = (struct smtp_path){ .null = false };
		if (c.verb == SMTP_DATA && s->request.more_came)
			why.close = true;
		session_refuse(s, &why);
	} else if (c.verb == SMTP_EXPN)
		session_refuse(s, &expn);
	else if (fn == NULL)
		session_out_of_order(s, &c);
	else
		fn(s, &c);
	s->request.command = NULL;
}

void
session_command(struct session *s, struct str line)
{
	struct arena	a = ARENA_INIT;

	s->request.count++;
	if (s->request.count > s->server->params->smtpd_command_limit) {
		session_cut(s, "4.7.0", "Too many commands");
		return;
	}
	if (s->txn == NULL && !drain_allows(s->server)) {
		session_cut(s, "4.3.2", "Service shutting down");
		return;
	}
	session_run(s, line, &a);
	arena_free(&a);
}
