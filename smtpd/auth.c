/*
 * AUTH (RFC 4954).  Who may log in is the hook's to say; this file only moves
 * the exchange.  PLAIN and LOGIN are taken apart here and the hook runs once;
 * any other mechanism is the hook's own: it runs at each step, and Reply()
 * sends the next challenge.
 *
 *	AUTH -> [334, response]... -> hook -> 235, 535, 454, or 334 again
 *
 * Secrets are wiped and never logged.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "event/stream.h"
#include "smtp/sasl_text.h"

#include "account.h"
#include "auth.h"
#include "server.h"
#include "session.h"
#include "transcript.h"

struct auth {
	char		*mechanism;	/* upper case */
	struct buf	 authorization;	/* PLAIN: as whom to act */
	struct buf	 username;	/* LOGIN, PLAIN */
	struct buf	 password;
	struct buf	 response;	/* the client's, decoded */
	bool		 has_response;
	int		 state;		/* of a mechanism of the hook's */
};

static const struct smtp_refusal	auth_bad_base64 = { 501, { 5, 5, 2 },
	"Can't decode that", false };

/* ---- The exchange's own storage ---------------------------------------- */

void
auth_free(struct auth **ap)
{
	struct auth	*a = *ap;

	if (a == NULL)
		return;
	sasl_wipe(&a->authorization);
	sasl_wipe(&a->username);
	sasl_wipe(&a->password);
	sasl_wipe(&a->response);
	free(a->mechanism);
	free(a);
	*ap = NULL;
}

struct str
auth_who(const struct auth *a)
{
	return a != NULL && a->username.len > 0 ? buf_str(&a->username) :
	    STR_NONE;
}

/* The client's response takes the place of the one before. */
static int
auth_take(struct auth *a, struct str line)
{
	sasl_wipe(&a->response);
	return sasl_decode(&a->response, line);
}

static void
auth_challenge(struct session *s, int code, struct str plain)
{
	struct buf	b = BUF_INIT;

	buf_printf(&b, "%d ", code);
	sasl_encode(&b, plain);
	buf_add_text(&b, "\r\n");
	stream_write(s->stream, buf_data(&b), b.len);
	farewell_reply(s, buf_str(&b));
	transcript_challenge(s, code);
	buf_free(&b);
	life_enter(s, MODE_AUTH);
}

static void
auth_fail(struct session *s, const struct smtp_refusal *why)
{
	life_enter(s, MODE_COMMAND);
	session_refuse(s, why);
	auth_free(&s->auth);
}

/* ---- The hook ---------------------------------------------------------- */

static void
auth_done(struct session *s, const struct verdict *v)
{
	struct auth	*a = s->auth;

	if (v->action == VERDICT_REPLY && v->line_count > 0) {
		a->state++;
		auth_challenge(s, v->code != 0 ? v->code : 334, v->lines[0]);
		if (v->disconnect)
			session_close(s);
		return;
	}
	if (v->action != VERDICT_ACCEPT) {
		session_refuse_verdict(s, HOOK_AUTH, v);
		auth_free(&s->auth);
		return;
	}
	s->conn.auth_mechanism = a->mechanism;
	a->mechanism = NULL;
	if (v->username != NULL)
		s->conn.auth_username = xstrdup(v->username);
	else if (a->username.len > 0)
		s->conn.auth_username = xstrndup(buf_data(&a->username),
		    a->username.len);
	auth_free(&s->auth);
	account_login(s);
	session_accept_verdict(s, HOOK_AUTH, v);
}

static void
auth_run_hook(struct session *s)
{
	struct auth		*a = s->auth;
	struct hook_arguments	 args = { .mechanism = a->mechanism };

	life_enter(s, MODE_COMMAND);
	if (strcmp(a->mechanism, "PLAIN") == 0 ||
	    strcmp(a->mechanism, "LOGIN") == 0) {
		args.authorization = buf_str(&a->authorization);
		args.username = buf_str(&a->username);
		args.password = buf_str(&a->password);
		args.has_password = true;
	} else {
		args.state = a->state;
		args.response = buf_str(&a->response);
		args.has_response = a->has_response;
	}
	session_hook(s, HOOK_AUTH, &args, auth_done);
}

/* ---- PLAIN (RFC 4616), LOGIN ------------------------------------------- */

static int
auth_plain(struct auth *a)
{
	struct sasl_plain	p;

	if (sasl_plain(buf_str(&a->response), &p) == -1)
		return -1;
	sasl_wipe(&a->authorization);
	sasl_wipe(&a->username);
	sasl_wipe(&a->password);
	buf_add_str(&a->authorization, p.authorization);
	buf_add_str(&a->username, p.username);
	buf_add_str(&a->password, p.password);
	return 0;
}

static void
auth_step(struct session *s)
{
	struct auth	*a = s->auth;

	if (strcmp(a->mechanism, "PLAIN") == 0) {
		if (!a->has_response)
			auth_challenge(s, 334, STR(""));
		else if (auth_plain(a) == -1)
			auth_fail(s, &auth_bad_base64);
		else
			auth_run_hook(s);
	} else if (strcmp(a->mechanism, "LOGIN") != 0)
		auth_run_hook(s);
	else if (!a->has_response)
		auth_challenge(s, 334, STR("Username:"));
	else if (a->response.len > 0 && memchr(buf_data(&a->response), '\0',
	    a->response.len) != NULL)
		auth_fail(s, &auth_bad_base64);
	else if (a->state++ == 0) {
		buf_add_str(&a->username, buf_str(&a->response));
		auth_challenge(s, 334, STR("Password:"));
	} else {
		sasl_wipe(&a->password);
		buf_add_str(&a->password, buf_str(&a->response));
		auth_run_hook(s);
	}
}

/* ---- The client's side ------------------------------------------------- */

static bool
auth_offered(const struct session *s, struct str mechanism)
{
	struct str	rest = str_of(s->server->params->smtpd_auth_mechanisms);
	struct str	word;

	while (rest.p != NULL) {
		word = str_split(rest, ' ', &rest);
		if (word.len != 0 && str_caseeq(word, mechanism))
			return true;
	}
	return false;
}

bool
auth_available(const struct session *s)
{
	return s->server->hooks[HOOK_AUTH] != NULL &&
	    (s->conn.tls_protocol != NULL ||
	    !s->server->params->smtpd_auth_tls_only);
}

static char *
auth_upper(struct str text)
{
	char	*copy = xstrndup(text.p, text.len);
	size_t	 i;

	for (i = 0; i < text.len; i++)
		if (copy[i] >= 'a' && copy[i] <= 'z')
			copy[i] = (char)(copy[i] - ('a' - 'A'));
	return copy;
}

void
session_auth(struct session *s, struct smtp_command *c)
{
	static const struct smtp_refusal	none = { 502, { 5, 5, 1 },
	    "AUTH is not available", false };
	static const struct smtp_refusal	clear = { 538, { 5, 7, 11 },
	    "Encryption needed first", false };
	static const struct smtp_refusal	twice = { 503, { 5, 5, 1 },
	    "Authenticated already", false };
	static const struct smtp_refusal	unknown = { 504, { 5, 5, 4 },
	    "Mechanism not known", false };
	struct str				mechanism, initial;

	mechanism = str_split(c->arg, ' ', &initial);
	if (s->server->hooks[HOOK_AUTH] == NULL)
		session_refuse(s, &none);
	else if (!auth_available(s))
		session_refuse(s, &clear);
	else if (s->conn.auth_mechanism != NULL)
		session_refuse(s, &twice);
	else if (!auth_offered(s, mechanism))
		session_refuse(s, &unknown);
	else {
		s->auth = xcalloc(1, sizeof *s->auth);
		s->auth->mechanism = auth_upper(mechanism);
		s->auth->has_response = initial.p != NULL;
		if (initial.p != NULL &&
		    auth_take(s->auth, initial) == -1)
			auth_fail(s, &auth_bad_base64);
		else
			auth_step(s);
	}
}

void
session_auth_response(struct session *s, struct str line)
{
	static const struct smtp_refusal	cancelled = { 501, { 5, 7, 0 },
	    "Cancelled", false };

	transcript_response(s, line);
	/* Else a mechanism of the hook's own could go on for ever. */
	s->request.count++;
	if (s->request.count > s->server->params->smtpd_command_limit)
		session_cut(s, "4.7.0", "Too many commands");
	else if (str_eq(line, STR("*")))
		auth_fail(s, &cancelled);
	else if (auth_take(s->auth, line) == -1)
		auth_fail(s, &auth_bad_base64);
	else {
		s->auth->has_response = true;
		auth_step(s);
	}
}
