/*
 * mtactl sink: a backend to try things with.  It takes every message on
 * loopback, says a line of each, and keeps none.
 *
 * A session is a line reader and a body reader (smtp/data.h); what is not
 * understood is answered 5xx and forgotten.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/net.h"
#include "event/gate.h"
#include "event/loop.h"
#include "event/stream.h"
#include "options.h"
#include "report.h"
#include "smtp/command.h"
#include "smtp/data.h"
#include "verb.h"

#define BACKLOG		128
#define LINE_MAX_BYTES	65536
#define RCPT_LIST_MAX	4096	/* bytes of recipients that are shown */
#define SHOWN_MAX	(64 * 1024)	/* of a message */

enum guest_mode { GUEST_LINE, GUEST_DATA, GUEST_CHUNK };

struct guest {
	TAILQ_ENTRY(guest)	 link;
	struct sink		*sink;
	struct stream		*stream;
	enum guest_mode		 mode;
	struct smtp_data	 reader;
	uint64_t		 chunk_left;
	bool			 chunk_last;
	bool			 mail;		/* MAIL was taken */
	uint64_t		 size;
	unsigned		 rcpt_count;
	struct buf		 from;
	struct buf		 rcpts;
	struct buf		 text;		/* for --show */
	struct task		 bye;
};

struct sink {
	struct loop	*loop;
	TAILQ_HEAD(, guest) guests;
	bool		 json;
	bool		 show;
	uint64_t	 left;		/* messages until the end; 0: no end */
};

static void
guest_free(void *arg)
{
	struct guest	*g = arg;

	TAILQ_REMOVE(&g->sink->guests, g, link);
	loop_cancel(g->sink->loop, &g->bye);
	stream_free(&g->stream);
	buf_free(&g->from);
	buf_free(&g->rcpts);
	buf_free(&g->text);
	free(g);
}

static void
guest_reset(struct guest *g)
{
	g->mail = false;
	g->size = 0;
	g->rcpt_count = 0;
	buf_clear(&g->from);
	buf_clear(&g->rcpts);
	buf_clear(&g->text);
}

static void
guest_say(struct guest *g, const char *reply)
{
	stream_printf(g->stream, "%s\r\n", reply);
}

/* ---- A message --------------------------------------------------------- */

static void
guest_print_json(struct guest *g)
{
	json_t	*o = json_pack("{s:o,s:o,s:I,s:I}",
	    "from", json_text(buf_cstr(&g->from)),
	    "to", json_text(buf_cstr(&g->rcpts)),
	    "recipients", (json_int_t)g->rcpt_count,
	    "size", (json_int_t)g->size);

	if (g->sink->show)
		json_object_set_new(o, "text", json_text(buf_cstr(&g->text)));
	(void)json_dumpf(o, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
	(void)putchar('\n');
	json_decref(o);
}

static void
guest_print(struct guest *g)
{
	if (g->sink->json) {
		guest_print_json(g);
		return;
	}
	(void)printf("message from=<%s> to=%s size=%" PRIu64 "\n",
	    buf_cstr(&g->from), buf_cstr(&g->rcpts), g->size);
	if (g->sink->show)
		(void)printf("%s%s\n", buf_cstr(&g->text),
		    g->size > g->text.len ? "...\n" : "");
}

static void
guest_end_message(struct guest *g)
{
	guest_print(g);
	(void)fflush(stdout);
	guest_reset(g);
	g->mode = GUEST_LINE;
	guest_say(g, "250 2.0.0 Taken, and thrown away");
	if (g->sink->left > 0 && --g->sink->left == 0) {
		stream_flush(g->stream);
		loop_stop(g->sink->loop);
	}
}

static void
guest_keep(struct guest *g, struct str run)
{
	size_t	room = SHOWN_MAX - g->text.len;

	g->size += run.len;
	if (!g->sink->show)
		return;
	if (run.len > room)
		run.len = room;
	buf_add_str(&g->text, run);
}

/* ---- Commands ---------------------------------------------------------- */

static void
guest_rcpt(struct guest *g, const struct smtp_command *c)
{
	if (!g->mail) {
		guest_say(g, "503 5.5.1 MAIL first");
		return;
	}
	if (g->rcpts.len < RCPT_LIST_MAX) {
		buf_add_text(&g->rcpts, g->rcpt_count > 0 ? ",<" : "<");
		smtp_path_add(&g->rcpts, &c->path);
		buf_add_byte(&g->rcpts, '>');
	}
	g->rcpt_count++;
	guest_say(g, "250 2.1.5 Ok");
}

static void
guest_mail(struct guest *g, const struct smtp_command *c)
{
	guest_reset(g);
	g->mail = true;
	smtp_path_add(&g->from, &c->path);
	guest_say(g, "250 2.1.0 Ok");
}

static void
guest_data(struct guest *g)
{
	if (g->rcpt_count == 0) {
		guest_say(g, "503 5.5.1 RCPT first");
		return;
	}
	g->mode = GUEST_DATA;
	smtp_data_init(&g->reader);
	guest_say(g, "354 Go on");
}

/* The octets come in any case; without recipients they are passed over. */
static void
guest_bdat(struct guest *g, const struct smtp_command *c)
{
	g->mode = GUEST_CHUNK;
	g->chunk_left = c->chunk_size;
	g->chunk_last = c->chunk_last;
}

static void
guest_end_chunk(struct guest *g)
{
	g->mode = GUEST_LINE;
	if (g->rcpt_count == 0)
		guest_say(g, "503 5.5.1 RCPT first");
	else if (g->chunk_last)
		guest_end_message(g);
	else
		guest_say(g, "250 2.0.0 Ok");
}

static void
guest_do(struct guest *g, const struct smtp_command *c)
{
	switch (c->verb) {
	case SMTP_EHLO:
		guest_reset(g);
		guest_say(g, "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
		    "250-SMTPUTF8\r\n250-CHUNKING\r\n"
		    "250 ENHANCEDSTATUSCODES");
		break;
	case SMTP_HELO:
	case SMTP_RSET:
		guest_reset(g);
		guest_say(g, "250 2.0.0 Ok");
		break;
	case SMTP_NOOP:
		guest_say(g, "250 2.0.0 Ok");
		break;
	case SMTP_MAIL:
		guest_mail(g, c);
		break;
	case SMTP_RCPT:
		guest_rcpt(g, c);
		break;
	case SMTP_DATA:
		guest_data(g);
		break;
	case SMTP_BDAT:
		guest_bdat(g, c);
		break;
	case SMTP_QUIT:
		guest_say(g, "221 2.0.0 Bye");
		stream_shutdown(g->stream);
		break;
	default:
		guest_say(g, "502 5.5.1 Not here");
		break;
	}
}

static void
guest_line(struct guest *g, struct str line)
{
	struct arena		 a = ARENA_INIT;
	struct smtp_command	 c;
	struct smtp_refusal	 why;

	if (smtp_command_parse(&c, line, NULL, &a, &why) == -1)
		stream_printf(g->stream, "%d %d.%d.%d %s\r\n", why.code,
		    why.enhanced[0] != 0 ? why.enhanced[0] : 5,
		    why.enhanced[1], why.enhanced[2], why.text);
	else
		guest_do(g, &c);
	arena_free(&a);
}

/* ---- Bytes ------------------------------------------------------------- */

static size_t
guest_read_line(struct guest *g, struct str in)
{
	const char	*lf = memchr(in.p, '\n', in.len);
	size_t		 n;

	if (lf == NULL && in.len < LINE_MAX_BYTES)
		return 0;
	if (lf == NULL) {
		guest_say(g, "500 5.5.2 Line too long");
		stream_shutdown(g->stream);
		return in.len;
	}
	n = (size_t)(lf - in.p) + 1;
	in.len = n - 1;
	if (in.len > 0 && in.p[in.len - 1] == '\r')
		in.len--;
	guest_line(g, in);
	return n;
}

static size_t
guest_read_data(struct guest *g, struct str in)
{
	struct str	run;
	size_t		n = smtp_data_read(&g->reader, in, &run);

	guest_keep(g, run);
	if (smtp_data_done(&g->reader))
		guest_end_message(g);
	return n;
}

static size_t
guest_read_chunk(struct guest *g, struct str in)
{
	if (in.len > g->chunk_left)
		in.len = (size_t)g->chunk_left;
	g->chunk_left -= in.len;
	guest_keep(g, in);
	if (g->chunk_left == 0)
		guest_end_chunk(g);
	return in.len;
}

static size_t
guest_on_read(void *arg, struct str in)
{
	struct guest	*g = arg;
	size_t		 used = 0, n;

	for (;;) {
		struct str	rest = { in.p + used, in.len - used };

		if (rest.len == 0 && (g->mode != GUEST_CHUNK ||
		    g->chunk_left > 0))
			return used;
		if (g->mode == GUEST_LINE)
			n = guest_read_line(g, rest);
		else if (g->mode == GUEST_DATA)
			n = guest_read_data(g, rest);
		else
			n = guest_read_chunk(g, rest);
		used += n;
		if (n == 0 && g->mode != GUEST_CHUNK)
			return used;
	}
}

static void
guest_on_close(void *arg, enum stream_close how, const char *why)
{
	struct guest	*g = arg;

	(void)how;
	(void)why;
	loop_defer(g->sink->loop, &g->bye);
}

static void
sink_accept(void *arg, struct gate *gate)
{
	static const struct stream_ops	 ops = { .on_read = guest_on_read,
	    .on_close = guest_on_close };
	struct sink			*s = arg;
	struct guest			*g;
	int				 fd = gate_take(gate, NULL);

	if (fd == -1)
		return;
	g = xcalloc(1, sizeof *g);
	g->sink = s;
	task_init(&g->bye, guest_free, g);
	TAILQ_INSERT_TAIL(&s->guests, g, link);
	g->stream = stream_new(s->loop, fd, &ops, g);
	stream_read_limit(g->stream, LINE_MAX_BYTES);
	guest_say(g, "220 sink ESMTP");
}

/* ---- The verb ---------------------------------------------------------- */

static int
sink_listen(unsigned port, struct err *e)
{
	struct netaddr	a;
	int		fd, on = 1;

	(void)netaddr_parse_ip(&a, STR("127.0.0.1"), (uint16_t)port);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return err_errno(e, "socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, &a.u.sa, a.len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	(void)err_errno(e, "127.0.0.1:%u", port);
	(void)close(fd);
	return -1;
}

static void
sink_end(struct sink *s)
{
	struct guest	*g;

	while ((g = TAILQ_FIRST(&s->guests)) != NULL)
		guest_free(g);
	loop_free(&s->loop);
}

static int
sink_run(struct sink *s, unsigned port, struct err *e)
{
	struct gate	*gate;
	int		 fd = sink_listen(port, e);

	if (fd == -1)
		return -1;
	TAILQ_INIT(&s->guests);
	s->loop = loop_new(e);
	if (s->loop == NULL) {
		(void)close(fd);
		return -1;
	}
	gate = gate_new(s->loop, fd, sink_accept, s);
	if (!s->json)
		(void)printf("Taking mail on 127.0.0.1:%u; Ctrl-C ends it.\n",
		    port);
	(void)fflush(stdout);
	(void)loop_run(s->loop);
	gate_free(&gate);
	(void)close(fd);
	sink_end(s);
	return 0;
}

int
verb_sink(const struct ctl *c, int argc, char **argv)
{
	struct sink	s = { .left = 0 };
	struct options	o;
	struct err	e;
	uint64_t	port;

	(void)c;
	if (options_parse(&o, "jwc", argc, argv) == -1 || o.argc != 1 ||
	    (o.count != NULL && (str_uint(str_of(o.count), 1000000000,
	    &s.left) == -1 || s.left == 0)))
		return verb_usage();
	if (str_uint(str_of(o.argv[0]), 65535, &port) == -1 || port == 0) {
		(void)err_set(&e, "%s: not a port", o.argv[0]);
		return verb_fail(&e);
	}
	s.json = o.json;
	s.show = o.show;
	return sink_run(&s, (unsigned)port, &e) == 0 ? CTL_OK : verb_fail(&e);
}
