/*
 * sink - an SMTP server that takes everything, for demo, tests and bench
 *
 * With --print, --log or --dump a message is kept until its end; without, its
 * bytes are only counted.  Prints its counts when SIGTERM or SIGINT ends it.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/net.h"
#include "smtp/command.h"
#include "smtp/ext.h"
#include "smtp/option.h"
#include "smtp/reply.h"
#include "sink_keep.h"
#include "sink_rules.h"

#define SINK_LINE_MAX	16384
#define SINK_KEPT	65536	/* memory kept from message to message */

/* ---- Messages ---------------------------------------------------------- */

static void
client_reset(struct client *c)
{
	c->mail = false;
	c->rcpts = 0;
	c->size = 0;
	c->slow = false;
	buf_clear(&c->envelope);
	buf_clear(&c->message);
	if (c->message.cap > SINK_KEPT)
		buf_free(&c->message);
	arena_free(&c->arena);
}

/* Written down before it is acknowledged. */
static void
client_take(struct client *c)
{
	struct sink	*s = c->sink;

	if (s->replies[SINK_EOD] != NULL) {
		stream_printf(c->stream, "%s\r\n", s->replies[SINK_EOD]);
		client_reset(c);
		return;
	}
	s->messages++;
	s->recipients += c->rcpts;
	s->bytes += c->size;
	s->count->messages++;
	s->count->recipients += c->rcpts;
	s->count->slow += c->slow;
	sink_ledger_take(c);
	if (s->dump != NULL)
		sink_dump(s, c, s->messages);
	if (s->log != NULL)
		sink_log(s, c, s->messages);
	if (s->print)
		sink_print(c, s->messages);
	stream_printf(c->stream, "250 2.0.0 Ok: %lu taken\r\n",
	    s->messages);
	client_reset(c);
}

static void
client_on_slow(void *arg)
{
	struct client	*c = arg;

	c->mode = SINK_COMMAND;
	client_take(c);
	stream_resume(c->stream);
	stream_more(c->stream);
}

/* The whole message is there. */
static void
client_message(struct client *c)
{
	if (!c->slow) {
		client_take(c);
		return;
	}
	c->mode = SINK_SLOW;
	stream_pause(c->stream);
	timer_start(&c->timer, c->sink->slow_ms);
}

static void
client_keep(struct client *c, struct str bytes)
{
	c->size += bytes.len;
	if (c->sink->keep)
		buf_add_str(&c->message, bytes);
}

static size_t
client_data(struct client *c, struct str in)
{
	struct str	run;
	size_t		n = smtp_data_read(&c->data, in, &run);

	client_keep(c, run);
	if (smtp_data_done(&c->data)) {
		c->mode = SINK_COMMAND;
		client_message(c);
	}
	return n;
}

static size_t
client_chunk(struct client *c, struct str in)
{
	size_t	n = in.len < c->chunk ? in.len : (size_t)c->chunk;

	client_keep(c, (struct str){ in.p, n });
	c->chunk -= n;
	if (c->chunk != 0)
		return n;
	c->mode = SINK_COMMAND;
	if (c->last)
		client_message(c);
	else
		stream_printf(c->stream, "250 2.0.0 Ok\r\n");
	return n;
}

/* ---- Commands ---------------------------------------------------------- */

static void
client_ehlo(struct client *c)
{
	static const char *const	texts[] = {
#define EXT_TEXT(id, text)	text,
		SMTP_EXTS(EXT_TEXT)
#undef EXT_TEXT
	};
	size_t	i;

	client_reset(c);
	stream_printf(c->stream, "250-sink\r\n");
	for (i = 0; i < SMTP_EXT_COUNT; i++)
		if ((c->sink->exts & 1u << i) != 0)
			stream_printf(c->stream, "250-%s\r\n", texts[i]);
	stream_printf(c->stream, "250 ENHANCEDSTATUSCODES\r\n");
}

static void
client_mail(struct client *c, const struct smtp_command *cmd)
{
	if (c->mail) {
		stream_printf(c->stream, "503 5.5.1 Nested MAIL\r\n");
		return;
	}
	c->mail = true;
	smtp_path_add(&c->envelope, &cmd->path);
	buf_add_byte(&c->envelope, '\t');
	stream_printf(c->stream, "250 2.1.0 Ok\r\n");
}

static void
client_rcpt(struct client *c, const struct smtp_command *cmd)
{
	const char	*refusal = sink_refuse(c->sink, cmd->path.domain);

	if (!c->mail || refusal != NULL) {
		stream_printf(c->stream, "%s\r\n", c->mail ? refusal :
		    "503 5.5.1 MAIL first");
		return;
	}
	sink_ledger_note(c, cmd->path.localpart);
	if (c->rcpts++ != 0)
		buf_add_byte(&c->envelope, ',');
	c->slow = c->slow || (c->sink->slow_ms > 0 &&
	    str_caseprefix(cmd->path.domain, STR("slow")));
	smtp_path_add(&c->envelope, &cmd->path);
	stream_printf(c->stream, "250 2.1.5 Ok\r\n");
}

static void
client_start_data(struct client *c)
{
	if (c->rcpts == 0) {
		stream_printf(c->stream, "503 5.5.1 RCPT first\r\n");
		return;
	}
	smtp_data_init(&c->data);
	c->mode = SINK_DATA;
	stream_printf(c->stream, "354 Go ahead\r\n");
}

/* A chunk without recipients is read and refused at its end. */
static void
client_bdat(struct client *c, const struct smtp_command *cmd)
{
	if (c->rcpts == 0) {
		stream_printf(c->stream, "503 5.5.1 RCPT first\r\n");
		stream_shutdown(c->stream);
		c->quit = true;
		return;
	}
	c->chunk = cmd->chunk_size;
	c->last = cmd->chunk_last;
	c->mode = SINK_CHUNK;
}

static void
client_do(struct client *c, const struct smtp_command *cmd)
{
	switch (cmd->verb) {
	case SMTP_EHLO:
		client_ehlo(c);
		break;
	case SMTP_MAIL:
		client_mail(c, cmd);
		break;
	case SMTP_RCPT:
		client_rcpt(c, cmd);
		break;
	case SMTP_DATA:
		client_start_data(c);
		break;
	case SMTP_BDAT:
		client_bdat(c, cmd);
		break;
	case SMTP_QUIT:
		stream_printf(c->stream, "221 2.0.0 Bye\r\n");
		stream_shutdown(c->stream);
		c->quit = true;
		break;
	case SMTP_HELO: case SMTP_RSET:
		client_reset(c);
		/* FALLTHROUGH */
	case SMTP_NOOP:
		stream_printf(c->stream, "250 2.0.0 Ok\r\n");
		break;
	default:
		stream_printf(c->stream, "502 5.5.1 Not here\r\n");
		break;
	}
}

static void
client_command(struct client *c, struct str line)
{
	struct smtp_refusal	 why;
	struct smtp_command	 cmd;
	const char		*reply;
	int			 rc;

	rc = smtp_command_parse(&cmd, line, NULL, &c->arena, &why);
	reply = c->sink->replies[cmd.verb];
	if (rc == 0 && reply != NULL) {
		stream_printf(c->stream, "%s\r\n", reply);
		return;
	}
	if (rc == 0) {
		client_do(c, &cmd);
		return;
	}
	stream_printf(c->stream, "%d %d.%d.%d %s\r\n", why.code,
	    why.enhanced[0], why.enhanced[1], why.enhanced[2], why.text);
	if (why.close) {
		stream_shutdown(c->stream);
		c->quit = true;
	}
}

/* ---- Connections ------------------------------------------------------- */

static void
client_end(struct client *c)
{
	client_reset(c);
	timer_fini(&c->timer);
	buf_free(&c->envelope);
	buf_free(&c->message);
	free(c->numbers);
	stream_free(&c->stream);
	free(c);
}

static size_t
client_on_read(void *arg, struct str data)
{
	struct client	*c = arg;
	struct str	 in = data;
	const char	*lf;
	size_t		 n = 0;

	while (!c->quit && c->mode != SINK_SLOW && (in.len != 0 ||
	    (c->mode == SINK_CHUNK && c->chunk == 0))) {
		if (c->mode == SINK_DATA)
			n = client_data(c, in);
		else if (c->mode == SINK_CHUNK)
			n = client_chunk(c, in);
		else if ((lf = memchr(in.p, '\n', in.len)) != NULL) {
			n = (size_t)(lf - in.p) + 1;
			client_command(c, (struct str){ in.p,
			    n > 1 && lf[-1] == '\r' ? n - 2 : n });
		} else if (in.len > SINK_LINE_MAX)
			c->quit = true;
		else
			break;
		if (!c->quit)
			in = (struct str){ in.p + n, in.len - n };
	}
	return c->quit ? data.len : data.len - in.len;
}

static void
client_on_close(void *arg, enum stream_close how, const char *why)
{
	(void)how;
	(void)why;
	client_end(arg);
}

static const struct stream_ops	client_ops = {
	.on_read = client_on_read,
	.on_close = client_on_close,
};

static void
sink_on_accept(void *arg)
{
	struct sink	*s = arg;
	struct client	*c;
	int		 fd, left = 64;

	while (left-- > 0 && (fd = accept4(s->fd, NULL, NULL,
	    SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
		s->connections++;
		c = xcalloc(1, sizeof *c);
		c->sink = s;
		timer_init(&c->timer, s->loop, client_on_slow, c);
		c->stream = stream_new(s->loop, fd, &client_ops, c);
		stream_printf(c->stream, "220 sink ESMTP\r\n");
	}
}

/* ---- Start and end ----------------------------------------------------- */

static void
sink_on_signal(void *arg)
{
	loop_stop(arg);
}

static int
usage(int status)
{
	fputs(
"usage: sink [options]\n"
"  --listen ADDRESS:PORT  default 127.0.0.1:0, any free port\n"
"  --port-file FILE       write the port there once it accepts\n"
"  --print                print each message\n"
"  --log FILE             a line a message: number, from, to, size, sha256\n"
"  --dump DIR             a file a message\n"
"  --without EXTENSION    do not offer it (PIPELINING, CHUNKING, ...)\n"
"  --with EXTENSION       offer it too (DSN)\n"
"  --reply VERB=TEXT      always answer a verb (not BDAT), or EOD, with that\n"
"  --count FILE           64-bit counts: messages, recipients, slow messages\n"
"  --slow MS              answer late where a domain begins with \"slow\"\n"
"  --refuse PREFIX=FROM-TO:TEXT  answer RCPT so where a domain begins with\n"
"                         PREFIX, from and to these seconds (0: for ever)\n"
"  --ledger FILE:COUNT    a byte a number: how often n0@... and so on came\n"
"  --help\n", status == 0 ? stdout : stderr);
	return status;
}

static int
sink_listen(struct sink *s, const char *where)
{
	struct netaddr	 a;
	const char	*colon = strrchr(where, ':');
	uint64_t	 port;
	int		 on = 1;

	if (colon == NULL || str_uint(str_of(colon + 1), 65535, &port) == -1 ||
	    netaddr_parse_ip(&a, (struct str){ where,
	    (size_t)(colon - where) }, (uint16_t)port) == -1) {
		fprintf(stderr, "sink: %s: not ADDRESS:PORT\n", where);
		return -1;
	}
	s->fd = socket(a.u.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);
	if (s->fd == -1 || setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on,
	    sizeof on) == -1 || bind(s->fd, &a.u.sa, a.len) == -1 ||
	    listen(s->fd, 4096) == -1) {
		perror(where);
		return -1;
	}
	return 0;
}

static int
sink_write_port(const struct sink *s, const char *path)
{
	struct netaddr	 a;
	char		*name = xasprintf("%s.new", path);
	FILE		*f = fopen(name, "we");
	int		 rc = -1;

	if (f != NULL && netaddr_local(&a, s->fd) == 0) {
		fprintf(f, "%u\n", netaddr_port(&a));
		rc = fclose(f) == 0 ? rename(name, path) : -1;
	}
	if (rc == -1)
		perror(path);
	free(name);
	return rc;
}

static int
sink_switch(struct sink *s, const char *name, bool on)
{
	static const struct str	texts[] = {
#define EXT_STR(id, text)	STR(text),
		SMTP_EXTS(EXT_STR)
#undef EXT_STR
	};
	size_t	i;

	for (i = 0; i < SMTP_EXT_COUNT; i++)
		if (str_caseeq(str_of(name), texts[i]))
			break;
	if (i == SMTP_EXT_COUNT) {
		fprintf(stderr, "sink: %s: no such extension\n", name);
		return -1;
	}
	s->exts = on ? s->exts | 1u << i : s->exts & ~(1u << i);
	return 0;
}

static int
sink_reply(struct sink *s, const char *text)
{
	struct str	rest, verb = str_split(str_of(text), '=', &rest);
	int		i;

	for (i = 0; i < SMTP_UNKNOWN; i++)
		if (str_caseeq(verb, str_of(smtp_verb_name(i))))
			break;
	if (str_caseeq(verb, STR("EOD")))
		i = SINK_EOD;
	if (i == SMTP_UNKNOWN || i == SMTP_BDAT || rest.len == 0) {
		fprintf(stderr, "sink: %s: not VERB=TEXT\n", text);
		return -1;
	}
	s->replies[i] = rest.p;
	return 0;
}

struct sink_options {
	const char	*listen;
	const char	*port_file;
};

static int
sink_option(struct sink *s, struct sink_options *o, int opt, const char *arg)
{
	switch (opt) {
	case 'l':
		o->listen = arg;
		return 0;
	case 'f':
		o->port_file = arg;
		return 0;
	case 'p':
		s->print = s->keep = true;
		return 0;
	case 'L':
		s->keep = true;
		s->log = fopen(arg, "ae");
		if (s->log == NULL)
			perror(arg);
		return s->log != NULL ? 0 : -1;
	case 'd':
		s->keep = true;
		s->dump = arg;
		(void)mkdir(arg, 0700);
		return 0;
	case 'w':
		return sink_switch(s, arg, true);
	case 'W':
		return sink_switch(s, arg, false);
	case 'r':
		return sink_reply(s, arg);
	case 'c':
		s->count = sink_map(arg, sizeof *s->count);
		return s->count != NULL ? 0 : -1;
	case 's':
		s->slow_ms = strtol(arg, NULL, 10);
		return 0;
	case 'R':
		return sink_refusal_add(s, arg);
	case 'e':
		return sink_ledger_open(s, arg);
	default:
		return -1;
	}
}

static int
sink_options(struct sink *s, struct sink_options *o, int argc, char **argv)
{
	static const struct option	longs[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "port-file", required_argument, NULL, 'f' },
		{ "print", no_argument, NULL, 'p' },
		{ "log", required_argument, NULL, 'L' },
		{ "dump", required_argument, NULL, 'd' },
		{ "with", required_argument, NULL, 'w' },
		{ "without", required_argument, NULL, 'W' },
		{ "reply", required_argument, NULL, 'r' },
		{ "count", required_argument, NULL, 'c' },
		{ "slow", required_argument, NULL, 's' },
		{ "refuse", required_argument, NULL, 'R' },
		{ "ledger", required_argument, NULL, 'e' },
		{ "help", no_argument, NULL, 'h' },
		{ .name = NULL },
	};
	int	opt;

	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (opt == 'h')
			exit(usage(0));
		if (opt == '?')
			return usage(2);
		if (sink_option(s, o, opt, optarg) == -1)
			return 2;
	}
	return optind == argc ? 0 : usage(2);
}

int
main(int argc, char **argv)
{
	struct sink_options	 o = { "127.0.0.1:0", NULL };
	struct sink_count	 uncounted = { .messages = 0 };
	struct sink		 s = { .count = &uncounted,
				    .start = clock_mono_ms(),
				    .exts = SMTP_EXT_PIPELINING |
				    SMTP_EXT_SIZE | SMTP_EXT_8BITMIME |
				    SMTP_EXT_SMTPUTF8 | SMTP_EXT_CHUNKING };
	struct watch		*term, *intr;
	struct err		 e;
	int			 status;

	status = sink_options(&s, &o, argc, argv);
	if (status != 0)
		return status;
	s.loop = loop_new(&e);
	if (s.loop == NULL)
		fatal("%s", e.text);
	if (sink_listen(&s, o.listen) == -1)
		return 1;
	s.watch = watch_readable(s.loop, s.fd, sink_on_accept, &s);
	term = watch_signal(s.loop, SIGTERM, sink_on_signal, s.loop);
	intr = watch_signal(s.loop, SIGINT, sink_on_signal, s.loop);
	if (o.port_file != NULL && sink_write_port(&s, o.port_file) == -1)
		return 1;
	(void)loop_run(s.loop);
	printf("connections %lu messages %lu recipients %lu bytes %llu\n",
	    s.connections, s.messages, s.recipients, s.bytes);
	watch_free(&term);
	watch_free(&intr);
	watch_free(&s.watch);
	/* What clients still have ends with the process. */
	(void)fflush(stdout);
	_exit(0);
}
