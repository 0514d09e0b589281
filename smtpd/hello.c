/*
 * HELO, EHLO and LHLO (RFC 5321 4.1.1.1, RFC 2033): a new beginning, whatever
 * went before.
 *
 * What is offered is a list of lines; the hook may replace it.  A parameter
 * of MAIL and RCPT is understood only when its extension is in the list.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "smtp/ext.h"

#include "auth.h"
#include "server.h"
#include "session.h"

#define HELO_SHOWN_MAX	255
#define HELLO_LINES	40

/* The extensions that this server can honour, on or off by the list. */
static const struct {
	const char	*word;
	unsigned	 bit;
} hello_exts[] = {
	{ "SIZE", SMTP_EXT_SIZE },
	{ "8BITMIME", SMTP_EXT_8BITMIME },
	{ "SMTPUTF8", SMTP_EXT_SMTPUTF8 },
	{ "CHUNKING", SMTP_EXT_CHUNKING },
	{ "DSN", SMTP_EXT_DSN },
	{ "AUTH", SMTP_EXT_AUTH },
	{ "DELIVERBY", SMTP_EXT_DELIVERBY },
	{ "REQUIRETLS", SMTP_EXT_REQUIRETLS },
};

struct hello_list {
	struct str	lines[HELLO_LINES];
	size_t		count;
	char		size[32];
	char		auth[320];
};

static void
hello_usual(const struct session *s, struct hello_list *l)
{
	(void)snprintf(l->size, sizeof l->size, "SIZE %llu",
	    (unsigned long long)s->server->params->message_size_limit);
	l->lines[0] = STR("PIPELINING");
	l->lines[1] = str_of(l->size);
	l->lines[2] = STR("8BITMIME");
	l->lines[3] = STR("SMTPUTF8");
	l->lines[4] = STR("ENHANCEDSTATUSCODES");
	l->lines[5] = STR("CHUNKING");
	l->count = 6;
	if (s->server->tls != NULL && s->conn.tls_protocol == NULL)
		l->lines[l->count++] = STR("STARTTLS");
	if (s->server->params->smtpd_deliverby)
		l->lines[l->count++] = STR("DELIVERBY");
	if (s->server->params->smtpd_requiretls &&
	    s->conn.tls_protocol != NULL)
		l->lines[l->count++] = STR("REQUIRETLS");
	if (s->spoken.allowed)
		l->lines[l->count++] = STR(XCLIENT_OFFER);
	if (auth_available(s)) {
		(void)snprintf(l->auth, sizeof l->auth, "AUTH %s",
		    s->server->params->smtpd_auth_mechanisms);
		l->lines[l->count++] = str_of(l->auth);
	}
}

static unsigned
hello_bits(const struct str *lines, size_t count)
{
	struct str	word, rest;
	unsigned	bits = 0;
	size_t		i, k;

	for (i = 0; i < count; i++) {
		word = str_split(lines[i], ' ', &rest);
		for (k = 0; k < sizeof hello_exts / sizeof hello_exts[0]; k++)
			if (str_caseeq(word, str_of(hello_exts[k].word)))
				bits |= hello_exts[k].bit;
	}
	return bits;
}

static void
hello_answer(struct session *s, const struct verdict *v)
{
	struct hello_list	l;
	struct str		all[HELLO_LINES + 1];
	struct smtp_answer	a = { .code = v->code != 0 ? v->code : 250,
	    .plain = true,
	    .lines = all, .line_count = 1 };

	all[0] = v->line_count != 0 ? v->lines[0] :
	    str_of(s->server->params->myhostname);
	s->hello.offered = 0;
	if (strcmp(s->conn.helo_verb, "HELO") != 0) {
		hello_usual(s, &l);
		if (v->has_extensions) {
			l.count = v->extension_count;
			memcpy(l.lines, v->extensions,
			    l.count * sizeof l.lines[0]);
		}
		memcpy(all + 1, l.lines, l.count * sizeof l.lines[0]);
		a.line_count += l.count;
		s->hello.offered = hello_bits(l.lines, l.count);
		/* Whatever a hook offers: outside of TLS it is none. */
		if (s->conn.tls_protocol == NULL)
			s->hello.offered &= ~(unsigned)SMTP_EXT_REQUIRETLS;
	}
	session_write(s, &a);
	if (v->disconnect)
		session_close(s);
}

static void
hello_done(struct session *s, const struct verdict *v)
{
	char		*host = s->hello.host;
	const char	*verb = s->hello.verb;

	s->hello.host = NULL;
	if (v->action != VERDICT_ACCEPT) {
		free(host);
		session_refuse_verdict(s, HOOK_HELO, v);
		return;
	}
	if (v->host != NULL) {
		free(host);
		host = xstrdup(v->host);
	}
	free(s->conn.helo_host);
	s->conn.helo_host = host;
	s->conn.helo_verb = verb;
	s->state = STATE_READY;
	hello_answer(s, v);
}

void
hello_fini(struct hello *h)
{
	free(h->host);
}

void
session_hello(struct session *s, struct smtp_command *c)
{
	struct hello_list	l;
	struct hook_arguments	args = { .host = c->arg };

	session_reset(s);
	if (s->spoken.helo != NULL)
		args.host = str_of(s->spoken.helo);
	if (args.host.len > HELO_SHOWN_MAX)
		args.host.len = HELO_SHOWN_MAX;
	free(s->hello.host);
	s->hello.host = xstrndup(args.host.p, args.host.len);
	s->hello.verb = smtp_verb_name(c->verb);
	args.verb = s->hello.verb;
	if (c->verb != SMTP_HELO) {
		hello_usual(s, &l);
		args.extensions = l.lines;
		args.extension_count = l.count;
	}
	session_hook(s, HOOK_HELO, &args, hello_done);
}
