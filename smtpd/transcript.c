/*
 * The lines of a transcript, with what is secret in them taken out: a word is
 * shown only if it is known to be none.
 */
#include <stdio.h>
#include <string.h>

#include "server.h"
#include "session.h"
#include "transcript.h"

#define HIDDEN	"***"

void
transcript_begin(struct session *s)
{
	struct netaddr	a;

	s->traced = s->server->params->smtpd_trace_clients[0] != '\0' &&
	    netaddr_parse_ip(&a, str_of(s->conn.remoteip), 0) == 0 &&
	    netaddr_within(&a, s->server->params->smtpd_trace_clients);
}

static void
transcript_write(const struct session *s, const char *side, struct str text)
{
	LOG(EV_TRACE, &s->log, LOG_STR("side", side),
	    LOG_BYTES("text", text),
	    LOG_NUM("ms", loop_now_ms(s->server->loop) - s->opened_ms));
}

/* ---- What the client says ---------------------------------------------- */

static bool
transcript_knows(struct str word)
{
	enum smtp_verb	verb;

	for (verb = 0; verb < SMTP_UNKNOWN; verb++)
		if (str_caseeq(word, str_of(smtp_verb_name(verb))))
			return true;
	return false;
}

/* A mechanism that is not ours may be a response in its place. */
static void
transcript_add_auth(const struct session *s, struct str rest, struct buf *b)
{
	struct str	known = str_of(s->server->params->
			    smtpd_auth_mechanisms);
	struct str	word, mechanism = str_split(rest, ' ', &rest);
	bool		shown = false;

	while (known.p != NULL && !shown) {
		word = str_split(known, ' ', &known);
		shown = word.len != 0 && str_caseeq(word, mechanism);
	}
	buf_add_byte(b, ' ');
	if (shown)
		buf_add_str(b, mechanism);
	else
		buf_add_text(b, HIDDEN);
	if (rest.p != NULL)
		buf_add_text(b, " " HIDDEN);
}

static void
transcript_add_xclient(struct str rest, struct buf *b)
{
	static const char *const	shown[] = { "NAME", "ADDR", "PORT",
	    "PROTO", "HELO", "DESTADDR", "DESTPORT" };
	struct str			word, key, value;
	size_t				i, n = sizeof shown / sizeof shown[0];

	while (rest.p != NULL) {
		word = str_split(rest, ' ', &rest);
		key = str_split(word, '=', &value);
		for (i = 0; i < n; i++)
			if (str_caseeq(key, str_of(shown[i])))
				break;
		buf_add_byte(b, ' ');
		if (i < n)
			buf_add_str(b, word);
		else if (str_caseeq(key, STR("LOGIN")) && value.p != NULL)
			buf_add_text(b, "LOGIN=" HIDDEN);
		else
			buf_add_text(b, HIDDEN);
	}
}

void
transcript_command(const struct session *s, struct str line)
{
	struct str	rest, verb;
	struct buf	b = BUF_INIT;

	if (!s->traced)
		return;
	verb = str_split(line, ' ', &rest);
	if (!transcript_knows(verb))
		buf_add_text(&b, HIDDEN);
	else if (str_caseeq(verb, STR("AUTH")) && rest.p != NULL) {
		buf_add_str(&b, verb);
		transcript_add_auth(s, rest, &b);
	} else if (str_caseeq(verb, STR("XCLIENT")) && rest.p != NULL) {
		buf_add_str(&b, verb);
		transcript_add_xclient(rest, &b);
	} else
		buf_add_str(&b, line);
	transcript_write(s, "client", buf_str(&b));
	buf_free(&b);
}

void
transcript_response(const struct session *s, struct str line)
{
	if (s->traced)
		transcript_write(s, "client", str_eq(line, STR("*")) ? line :
		    STR(HIDDEN));
}

/* ---- What this server says --------------------------------------------- */

void
transcript_reply(const struct session *s, struct str lines)
{
	struct str	line;

	while (s->traced && lines.len > 0) {
		line = str_split(lines, '\n', &lines);
		if (line.len > 0 && line.p[line.len - 1] == '\r')
			line.len--;
		transcript_write(s, "server", line);
	}
}

void
transcript_challenge(const struct session *s, int code)
{
	char	text[32];

	if (!s->traced)
		return;
	(void)snprintf(text, sizeof text, "%d " HIDDEN, code);
	transcript_write(s, "server", str_of(text));
}
