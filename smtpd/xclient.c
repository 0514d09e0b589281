/*
 * The command XCLIENT.  Attributes are read into a copy of what they change,
 * and taken over when all of them hold; then the session begins again, with
 * the name looked up, the connect hook and the greeting, but for TLS, which
 * stays.
 *
 * HELO and PROTO wait for the next HELO or EHLO, in whose place they stand.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/xtext.h"

#include "crowding.h"
#include "server.h"
#include "session.h"

#define VALUE_MAX	1024

struct xclient {
	char	*text[8];		/* by enum attribute; NULL: not given */
	bool	 given[8];
};

enum attribute { X_NAME, X_ADDR, X_PORT, X_PROTO, X_HELO, X_LOGIN, X_DESTADDR,
	X_DESTPORT, X_COUNT };

static const char *const	names[X_COUNT] = { "NAME", "ADDR", "PORT",
	"PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT" };

/* ---- Reading ----------------------------------------------------------- */

static bool
value_is_port(const char *text)
{
	uint64_t	port;

	return str_uint(str_of(text), 65535, &port) == 0;
}

/* "192.0.2.1", "IPV6:2001:db8::1"; -1: neither. */
static int
value_address(const char *text, struct netaddr *a)
{
	struct str	s = str_of(text);

	if (str_caseprefix(s, STR("IPV6:")))
		s = (struct str){ s.p + 5, s.len - 5 };
	return netaddr_parse_ip(a, s, 0);
}

static bool
value_ok(enum attribute which, const char *text)
{
	struct netaddr	a;

	switch (which) {
	case X_ADDR:
	case X_DESTADDR:
		return value_address(text, &a) == 0;
	case X_PORT:
	case X_DESTPORT:
		return value_is_port(text);
	case X_PROTO:
		return strcasecmp(text, "SMTP") == 0 ||
		    strcasecmp(text, "ESMTP") == 0;
	default:
		return true;
	}
}

/* Printable UTF-8, of a length that a name may have; no NUL in it. */
static bool
value_clean(struct str s)
{
	size_t	i;

	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return s.len != 0 && s.len <= 255 && utf8_valid(s);
}

static int
xclient_add(struct xclient *x, struct str word)
{
	struct str	value, key = str_split(word, '=', &value);
	struct buf	b = BUF_INIT;
	int		i, rc = -1;

	for (i = 0; i < X_COUNT; i++)
		if (str_caseeq(key, str_of(names[i])))
			break;
	if (i == X_COUNT || value.p == NULL || value.len > VALUE_MAX ||
	    x->given[i])
		return -1;
	x->given[i] = true;
	if (str_caseeq(value, STR("[UNAVAILABLE]")) ||
	    str_caseeq(value, STR("[TEMPUNAVAIL]")))
		return 0;
	if (xtext_decode(&b, value) == 0 && value_clean(buf_str(&b)) &&
	    value_ok((enum attribute)i, buf_cstr(&b))) {
		x->text[i] = xstrdup(buf_cstr(&b));
		rc = 0;
	}
	buf_free(&b);
	return rc;
}

static int
xclient_parse(struct xclient *x, struct str rest)
{
	struct str	word;

	for (rest = str_trim(rest); rest.len != 0; rest = str_trim(rest)) {
		word = str_split(rest, ' ', &rest);
		if (xclient_add(x, word) == -1)
			return -1;
	}
	return 0;
}

/* ---- Taking over ------------------------------------------------------- */

static void
take_address(const struct xclient *x, enum attribute which, char *ip,
    size_t size)
{
	struct netaddr	a;

	if (!x->given[which])
		return;
	ip[0] = '\0';
	if (x->text[which] != NULL && value_address(x->text[which], &a) == 0)
		(void)netaddr_ip(&a, ip, size);
}

static void
take_port(const struct xclient *x, enum attribute which, uint16_t *port)
{
	if (x->given[which])
		*port = (uint16_t)(x->text[which] != NULL ?
		    atoi(x->text[which]) : 0);
}

static void
take_text(struct xclient *x, enum attribute which, char **text)
{
	if (!x->given[which])
		return;
	free(*text);
	*text = x->text[which];
	x->text[which] = NULL;
}

static void
xclient_take(struct session *s, struct xclient *x)
{
	struct hook_connection	*c = &s->conn;

	session_forget_names(s);
	take_address(x, X_ADDR, c->remoteip, sizeof c->remoteip);
	take_port(x, X_PORT, &c->remoteport);
	take_address(x, X_DESTADDR, c->localip, sizeof c->localip);
	take_port(x, X_DESTPORT, &c->localport);
	take_text(x, X_HELO, &s->spoken.helo);
	if (x->given[X_PROTO])
		s->spoken.smtp = x->text[X_PROTO] != NULL &&
		    strcasecmp(x->text[X_PROTO], "SMTP") == 0;
	s->spoken.named = x->given[X_NAME];
	take_text(x, X_NAME, &c->remoteptr);
	take_text(x, X_LOGIN, &c->auth_username);
	if (c->auth_username != NULL)
		c->auth_mechanism = xstrdup("XCLIENT");
}

/* Who is limited is the client that is spoken for, not the speaker. */
static bool
xclient_count(struct session *s, const struct xclient *x)
{
	struct netaddr	a;

	if (!x->given[X_ADDR])
		return true;
	(void)netaddr_parse_ip(&a, str_of(s->conn.remoteip), 0);
	return crowding_move(s->server, &s->crowd, &a);
}

void
xclient_begin(struct session *s)
{
	struct netaddr	a;

	s->spoken.allowed = netaddr_parse_ip(&a, str_of(s->conn.remoteip),
	    0) == 0 && netaddr_within(&a, s->server->params->xclient_hosts);
}

void
xclient_fini(struct spoken_for *x)
{
	free(x->helo);
}

void
session_xclient(struct session *s, struct smtp_command *c)
{
	static const struct smtp_refusal	denied = { 550, { 5, 7, 0 },
	    "Not allowed to say who the client is", false };
	static const struct smtp_refusal	bad = { 501, { 5, 5, 4 },
	    "Bad attribute of XCLIENT", false };
	struct xclient				x = { .given = { false } };
	int					i;

	if (!s->spoken.allowed)
		session_refuse(s, &denied);
	else if (xclient_parse(&x, c->arg) == -1)
		session_refuse(s, &bad);
	else {
		session_reset(s);
		s->state = STATE_START;
		xclient_take(s, &x);
		LOG(EV_XCLIENT, &s->log,
		    LOG_STR("client", s->conn.remoteip),
		    LOG_STR("client_name", s->conn.remoteptr));
		if (xclient_count(s, &x))
			session_begin(s);
		else {
			COUNT(sessions_refused);
			session_cut(s, "4.7.0", "Too many connections from "
			    "your address");
		}
	}
	for (i = 0; i < X_COUNT; i++)
		free(x.text[i]);
}
