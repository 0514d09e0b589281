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
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "event/stream.h"

#include "auth.h"
#include "server.h"
#include "session.h"
#include "session_hook.h"

#define AUTH_RESPONSE_MAX	12288

struct auth {
	char		*mechanism;	/* upper case */
	struct buf	 username;	/* LOGIN, PLAIN */
	struct buf	 password;
	struct buf	 response;	/* the client's, decoded */
	bool		 has_response;
	int		 state;		/* of a mechanism of the hook's */
};

static const struct smtp_refusal	auth_bad_base64 = { 501, { 5, 5, 2 },
	"Can't decode that", false };

/* ---- The exchange's own storage ---------------------------------------- */

static void
auth_wipe(struct buf *b)
{
	if (b->mem != NULL)
		explicit_bzero(b->mem, b->cap);
	buf_free(b);
}

void
auth_free(struct auth **ap)
{
	struct auth	*a = *ap;

	if (a == NULL)
		return;
	auth_wipe(&a->username);
	auth_wipe(&a->password);
	auth_wipe(&a->response);
	free(a->mechanism);
	free(a);
	*ap = NULL;
}

/* "=" is an empty response (RFC 4954 4). */
static int
auth_decode(struct buf *out, struct str text)
{
	size_t	pad = 0;
	int	n;

	auth_wipe(out);
	if (str_eq(text, STR("=")))
		return 0;
	if (text.len % 4 != 0 || text.len > AUTH_RESPONSE_MAX)
		return -1;
	if (text.len == 0)
		return 0;
	while (pad < 2 && text.p[text.len - 1 - pad] == '=')
		pad++;
	if (memchr(text.p, '=', text.len - pad) != NULL)
		return -1;
	n = EVP_DecodeBlock((unsigned char *)buf_reserve(out, text.len),
	    (const unsigned char *)text.p, (int)text.len);
	if (n < 0 || (size_t)n < pad)
		return -1;
	buf_added(out, (size_t)n - pad);
	return 0;
}

static void
auth_challenge(struct session *s, struct str plain)
{
	struct buf	b = BUF_INIT;
	int		n;

	buf_add_text(&b, "334 ");
	n = EVP_EncodeBlock((unsigned char *)buf_reserve(&b,
	    plain.len * 2 + 8),
	    (const unsigned char *)(plain.len != 0 ? plain.p : ""),
	    (int)plain.len);
	buf_added(&b, (size_t)n);
	buf_add_text(&b, "\r\n");
	stream_write(s->stream, buf_data(&b), b.len);
	farewell_reply(s, buf_str(&b));
	buf_free(&b);
	s->mode = MODE_AUTH;
}

static void
auth_fail(struct session *s, const struct smtp_refusal *why)
{
	auth_free(&s->auth);
	s->mode = MODE_COMMAND;
	session_refuse(s, why);
}

/* ---- The hook ---------------------------------------------------------- */

static void
auth_done(struct session *s, const struct verdict *v)
{
	struct auth	*a = s->auth;

	if (v->action == VERDICT_REPLY && v->line_count > 0) {
		a->state++;
		auth_challenge(s, v->lines[0]);
		return;
	}
	if (v->action != VERDICT_ACCEPT) {
		auth_free(&s->auth);
		session_refuse_verdict(s, HOOK_AUTH, v);
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
	session_accept_verdict(s, HOOK_AUTH, v);
}

static void
auth_run_hook(struct session *s)
{
	struct auth		*a = s->auth;
	struct hook_arguments	 args = { .mechanism = a->mechanism };

	s->mode = MODE_COMMAND;
	if (strcmp(a->mechanism, "PLAIN") == 0 ||
	    strcmp(a->mechanism, "LOGIN") == 0) {
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

/* [authzid] NUL authcid NUL password; another identity is not given. */
static int
auth_plain(struct auth *a)
{
	struct str	id, name, password;

	id = str_split(buf_str(&a->response), '\0', &name);
	name = str_split(name, '\0', &password);
	if (name.p == NULL || password.p == NULL || name.len == 0 ||
	    (id.len != 0 && !str_eq(id, name)) ||
	    memchr(password.p, '\0', password.len) != NULL)
		return -1;
	buf_add_str(&a->username, name);
	buf_add_str(&a->password, password);
	return 0;
}

static void
auth_step(struct session *s)
{
	struct auth	*a = s->auth;

	if (strcmp(a->mechanism, "PLAIN") == 0) {
		if (!a->has_response)
			auth_challenge(s, STR(""));
		else if (auth_plain(a) == -1)
			auth_fail(s, &auth_bad_base64);
		else
			auth_run_hook(s);
	} else if (strcmp(a->mechanism, "LOGIN") != 0)
		auth_run_hook(s);
	else if (!a->has_response)
		auth_challenge(s, STR("Username:"));
	else if (a->state++ == 0) {
		buf_add_str(&a->username, buf_str(&a->response));
		auth_challenge(s, STR("Password:"));
	} else {
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
		    auth_decode(&s->auth->response, initial) == -1)
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

	if (str_eq(line, STR("*")))
		auth_fail(s, &cancelled);
	else if (auth_decode(&s->auth->response, line) == -1)
		auth_fail(s, &auth_bad_base64);
	else {
		s->auth->has_response = true;
		auth_step(s);
	}
}
