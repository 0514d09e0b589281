/* The scripted server of script.h; test programs include this file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/net.h"
#include "event/tls.h"

#include "script.h"

/* What to say instead of the usual, or NULL. */
static const char *
script_rule(struct script_conn *c, const char *verb)
{
	const struct rule	*r;
	const char		*at;
	int			 n = 0;

	if (c->script->chaos != NULL)
		return c->script->chaos(c, verb);
	(void)strlcat(c->counts, verb, sizeof c->counts);
	(void)strlcat(c->counts, " ", sizeof c->counts);
	for (at = c->counts; (at = strstr(at, verb)) != NULL; at++)
		n++;
	for (r = c->script->rules; r != NULL && r->verb != NULL; r++)
		if (strcmp(r->verb, verb) == 0 &&
		    (r->nth == 0 || r->nth == n) &&
		    (r->conn == 0 || r->conn == c->number))
			return r->reply;
	return NULL;
}

static void
script_end(struct script_conn *c, bool reset)
{
	struct linger	hard = { 1, 0 };

	stream_flush(c->stream);
	if (reset)
		(void)setsockopt(stream_fd(c->stream), SOL_SOCKET, SO_LINGER,
		    &hard, sizeof hard);
	stream_free(&c->stream);
}

static void
script_say(struct script_conn *c, const char *text)
{
	const char	*act = strrchr(text, '!');

	stream_write(c->stream, text, act != NULL ? (size_t)(act - text) :
	    strlen(text));
	if (act == NULL)
		return;
	if (strcmp(act, "!hang") == 0)
		c->hung = true;
	else
		script_end(c, strcmp(act, "!reset") == 0);
}

/* False if a rule spoke instead of the usual. */
static bool
script_answer(struct script_conn *c, const char *verb, const char *usual)
{
	const char	*special = script_rule(c, verb);

	if (special != NULL)
		script_say(c, special);
	else if (usual != NULL)
		script_say(c, usual);
	return special == NULL;
}

/* True if what was said is a 2yz. */
static bool
script_accept(struct script_conn *c, const char *verb, const char *usual)
{
	const char	*special = script_rule(c, verb);

	script_say(c, special != NULL ? special : usual);
	return special == NULL || special[0] == '2';
}

static void
script_accepted(struct script_conn *c, const char *verb)
{
	const char	*special = script_rule(c, verb);
	struct script	*s = c->script;
	int		 i;

	buf_clear(&s->body);
	if (c->message.len != 0)
		buf_add_str(&s->body, buf_str(&c->message));
	buf_clear(&c->message);
	if (s->on_message != NULL)
		s->on_message(s, special == NULL || special[0] == '!');
	s->messages += special == NULL;
	for (i = 0; i < (c->lmtp && special == NULL ? c->rcpts : 1); i++)
		script_say(c, special != NULL ? special :
		    "250 2.0.0 Ok: queued\r\n");
}

static void
script_ehlo(struct script_conn *c)
{
	struct str	word, rest = str_of(c->script->ehlo);
	struct buf	b = BUF_INIT;

	buf_add_text(&b, "250-script\r\n");
	while (rest.len != 0) {
		word = str_split(rest, ',', &rest);
		buf_printf(&b, "250-%.*s\r\n", (int)word.len, word.p);
	}
	buf_add_text(&b, "250 HELP\r\n");
	(void)script_answer(c, "EHLO", buf_cstr(&b));
	buf_free(&b);
}

static void
script_bdat(struct script_conn *c, struct str line)
{
	struct str	rest;

	(void)str_uint(str_split((struct str){ line.p + 5, line.len - 5 },
	    ' ', &rest), UINT64_MAX, &c->chunk);
	c->last = rest.len != 0;
	c->in_chunk = true;
	(void)script_answer(c, "CHUNK", NULL);
}

static void
script_command(struct script_conn *c, struct str line)
{
	struct err	e;

	if (c->script->chaos == NULL) {
		buf_add_str(&c->script->log, line);
		buf_add_byte(&c->script->log, ';');
	}
	c->mails += str_prefix(line, STR("MAIL"));
	if (str_prefix(line, STR("MAIL")) || str_prefix(line, STR("RSET"))) {
		c->rcpts = 0;
		c->mail = false;
		buf_clear(&c->message);
	}
	if (str_prefix(line, STR("EHLO")))
		script_ehlo(c);
	else if (str_prefix(line, STR("LHLO"))) {
		c->lmtp = true;
		script_ehlo(c);
	} else if (str_prefix(line, STR("HELO")))
		(void)script_answer(c, "HELO", "250 script\r\n");
	else if (str_prefix(line, STR("MAIL")))
		c->mail = script_accept(c, "MAIL", "250 2.1.0 Ok\r\n");
	else if (str_prefix(line, STR("RCPT")) && !c->mail)
		(void)script_answer(c, "RCPT", "503 5.5.1 MAIL first\r\n");
	else if (str_prefix(line, STR("RCPT")))
		c->rcpts += script_accept(c, "RCPT", "250 2.1.5 Ok\r\n");
	else if (str_prefix(line, STR("RSET")))
		(void)script_answer(c, "RSET", "250 2.0.0 Ok\r\n");
	else if (str_prefix(line, STR("AUTH")))
		(void)script_answer(c, "AUTH", "504 5.5.4 No\r\n");
	else if (str_prefix(line, STR("QUIT")))
		(void)script_answer(c, "QUIT", "221 Bye\r\n!close");
	else if (str_prefix(line, STR("BDAT ")))
		script_bdat(c, line);
	else if (str_prefix(line, STR("DATA"))) {
		smtp_data_init(&c->data);
		c->in_data = script_answer(c, "DATA", "354 Go\r\n");
	} else if (str_prefix(line, STR("STARTTLS"))) {
		if (script_answer(c, "STARTTLS", "220 Go\r\n")) {
			stream_flush(c->stream);
			(void)stream_tls_accept(c->stream, c->script->tls,
			    &e);
		}
	} else
		stream_printf(c->stream, "500 What\r\n");
}

static size_t
script_data(struct script_conn *c, struct str in)
{
	struct str	run;
	size_t		n = smtp_data_read(&c->data, in, &run);

	buf_add_str(&c->message, run);
	if (smtp_data_done(&c->data)) {
		c->in_data = false;
		script_accepted(c, "EOD");
	} else if (c->data.scan.size != 0)
		(void)script_answer(c, "BODY", NULL);
	return n;
}

static size_t
script_chunk(struct script_conn *c, struct str in)
{
	size_t	n = in.len < c->chunk ? in.len : (size_t)c->chunk;

	buf_add(&c->message, in.p, n);
	c->chunk -= n;
	if (c->chunk != 0)
		return n;
	c->in_chunk = false;
	if (c->last && c->rcpts == 0) {
		buf_clear(&c->message);
		(void)script_answer(c, "LAST", "503 5.5.1 No recipients\r\n");
	} else if (c->last)
		script_accepted(c, "LAST");
	else
		(void)script_answer(c, "BDAT", "250 2.0.0 Ok\r\n");
	return n;
}

static size_t
script_on_read(void *arg, struct str data)
{
	struct script_conn	*c = arg;
	struct str		 in = data;
	const char		*lf;
	size_t			 n;

	while (c->stream != NULL && !c->hung &&
	    (in.len != 0 || (c->in_chunk && c->chunk == 0))) {
		if (c->in_data)
			n = script_data(c, in);
		else if (c->in_chunk)
			n = script_chunk(c, in);
		else if ((lf = memchr(in.p, '\n', in.len)) == NULL)
			break;
		else {
			n = (size_t)(lf - in.p) + 1;
			script_command(c, (struct str){ in.p, n - 2 });
		}
		in = (struct str){ in.p + n, in.len - n };
	}
	return c->hung ? data.len : data.len - in.len;
}

static void
script_on_close(void *arg, enum stream_close how, const char *why)
{
	struct script_conn	*c = arg;

	(void)how;
	(void)why;
	stream_free(&c->stream);
}

static const struct stream_ops	script_ops = {
	.on_read = script_on_read,
	.on_close = script_on_close,
};

static void
script_on_accept(void *arg)
{
	struct script		*s = arg;
	struct script_conn	*c;
	int			 fd = accept4(s->fd, NULL, NULL,
				    SOCK_NONBLOCK);

	if (fd == -1)
		return;
	if (s->connections == SCRIPT_CONNS)
		abort();
	c = &s->conns[s->connections++];
	c->script = s;
	c->number = s->connections;
	c->stream = stream_new(s->loop, fd, &script_ops, c);
	buf_printf(&s->log, "%d;", c->number);
	(void)script_answer(c, "BANNER", "220 script ESMTP\r\n");
}

void
script_open(struct script *s, struct loop *l, const char *where)
{
	struct netaddr	a;

	memset(s, 0, sizeof *s);
	s->loop = l;
	s->ehlo = "";
	if (where[0] == '/' ? netaddr_unix(&a, where, NULL) == -1 :
	    netaddr_parse_ip(&a, str_of(where), 0) == -1)
		abort();
	s->fd = socket(a.u.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (bind(s->fd, &a.u.sa, a.len) == -1 || listen(s->fd, 64) == -1 ||
	    netaddr_local(&a, s->fd) == -1)
		abort();
	if (where[0] != '/')
		s->port = netaddr_port(&a);
	s->watch = watch_readable(l, s->fd, script_on_accept, s);
}

void
script_close(struct script *s)
{
	int	i;

	for (i = 0; i < s->connections; i++) {
		stream_free(&s->conns[i].stream);
		buf_free(&s->conns[i].message);
	}
	watch_free(&s->watch);
	(void)close(s->fd);
	tls_context_free(&s->tls);
	buf_free(&s->log);
	buf_free(&s->body);
}

const char *
script_log(struct script *s)
{
	return buf_cstr(&s->log);
}

uint16_t
script_dead_port(void)
{
	struct netaddr	a;
	int		fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)netaddr_parse_ip(&a, STR("127.0.0.1"), 0);
	if (bind(fd, &a.u.sa, a.len) == -1 || netaddr_local(&a, fd) == -1)
		abort();
	(void)close(fd);
	return netaddr_port(&a);
}
