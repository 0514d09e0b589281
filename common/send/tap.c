/*
 * Lines are made here and nowhere else, so that what is hidden is hidden in
 * one place.  A reply's lines are made anew of what the reader kept of them.
 */
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "smtp/reply.h"

#include "attempt_connection.h"
#include "backend.h"
#include "tap.h"

#define HIDDEN	"***"

void
tap_note(const struct tap *t, const char *fmt, ...)
{
	char	text[512];
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	t->line(t->arg, TAP_NOTE, str_of(text));
}

/* ---- What we say -------------------------------------------------------- */

void
tap_commands(const struct tap *t, struct str lines)
{
	struct str	line;

	while (lines.len > 0) {
		line = str_split(lines, '\n', &lines);
		if (line.len > 0 && line.p[line.len - 1] == '\r')
			line.len--;
		t->line(t->arg, TAP_SENT, line);
	}
}

/* The name that somebody logged in with is nobody else's business. */
static void
tap_xclient(struct str rest, struct buf *b)
{
	struct str	word;

	while (rest.len > 0) {
		word = str_split(rest, ' ', &rest);
		buf_add_byte(b, ' ');
		if (word.len > 6 && str_caseeq((struct str){ word.p, 6 },
		    STR("LOGIN=")))
			buf_add_text(b, "LOGIN=" HIDDEN);
		else
			buf_add_str(b, word);
	}
}

void
tap_command(const struct tap *t, const char *verb, const char *arg)
{
	struct buf	b = BUF_INIT;

	buf_add_text(&b, verb);
	if (arg != NULL && strcmp(verb, "XCLIENT") == 0)
		tap_xclient(str_of(arg), &b);
	else if (arg != NULL)
		buf_printf(&b, " %s", arg);
	t->line(t->arg, TAP_SENT, buf_str(&b));
	buf_free(&b);
}

void
tap_auth(const struct tap *t, struct str line, bool first)
{
	struct str	verb, mechanism, rest;
	struct buf	b = BUF_INIT;

	if (first) {
		verb = str_split(line, ' ', &rest);
		mechanism = str_split(rest, ' ', &rest);
		buf_add_str(&b, verb);
		buf_add_byte(&b, ' ');
		buf_add_str(&b, mechanism);
		if (rest.len > 0)
			buf_add_text(&b, " " HIDDEN);
	} else
		buf_add_text(&b, HIDDEN);
	t->line(t->arg, TAP_SENT, buf_str(&b));
	buf_free(&b);
}

/* ---- What is said to us ------------------------------------------------- */

static bool
tap_holds(struct str line, struct str secret)
{
	return line.p != NULL && secret.len > 0 && line.len >= secret.len &&
	    memmem(line.p, line.len, secret.p, secret.len) != NULL;
}

bool
tap_tells(struct str line, const struct send_backend *to, struct str secret)
{
	return tap_holds(line, to->password) || tap_holds(line, to->token) ||
	    tap_holds(line, secret);
}

void
tap_reply(const struct tap *t, const struct smtp_reply *r,
    const struct send_backend *to, struct str secret)
{
	char		enhanced[SMTP_ENHANCED_TEXT];
	struct buf	b = BUF_INIT;
	struct str	line;
	size_t		i, n = smtp_reply_lines(r);

	smtp_enhanced_text(r->enhanced, enhanced);
	for (i = 0; i < n || i == 0; i++) {
		line = i < n ? smtp_reply_line(r, i) : STR_NONE;
		buf_clear(&b);
		buf_printf(&b, "%d%c%s%s", r->code, i + 1 < n ? '-' : ' ',
		    enhanced, enhanced[0] != '\0' ? " " : "");
		/* A challenge may be made of a secret. */
		if (to != NULL && (r->code == 334 ||
		    tap_tells(line, to, secret)))
			buf_add_text(&b, HIDDEN);
		else
			buf_add_str(&b, line);
		t->line(t->arg, TAP_GOT, buf_str(&b));
	}
	if (r->endless)
		tap_note(t, "the end of this reply did not come");
	buf_free(&b);
}

/* ---- The connection ----------------------------------------------------- */

void
tap_tls(const struct tap *t, const struct attempt_connection *c,
    bool demanded)
{
	const struct attempt_tls	*tls = &c->tls;
	const struct tls_peer		*peer = &tls->peer;
	char				 subject[256] = "";
	const char			*result;

	if (peer->cert != NULL)
		(void)X509_NAME_oneline(X509_get_subject_name(peer->cert),
		    subject, (int)sizeof subject);
	result = !demanded ? "not checked, since tls does not ask for it" :
	    peer->error == X509_V_OK ? "verified" :
	    X509_verify_cert_error_string(peer->error);
	tap_note(t, "TLS: %s %s, %d bits", tls->protocol != NULL ?
	    tls->protocol : "?", tls->cipher != NULL ? tls->cipher : "?",
	    tls->keysize);
	tap_note(t, "certificate %s: %s", subject[0] != '\0' ? subject :
	    "(none)", result);
}

void
tap_reused(const struct tap *t, const struct attempt_connection *c, size_t n)
{
	tap_note(t, "connection %s to %.*s [%s]:%u is used again, for the "
	    "transaction %zu over it%s%s", c->id, (int)c->remotemx.len,
	    c->remotemx.len > 0 ? c->remotemx.p : "", c->remoteip,
	    c->remoteport, n, c->tls.started ? "; in " : "; in clear",
	    c->tls.started ? c->tls.protocol : "");
}
