/* The backend of session_backend.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/net.h"

#include "session_backend.h"

/* ---- Replies ----------------------------------------------------------- */

/* One line, "250 text"; its code, or 0. */
static int
backend_code(struct str line)
{
	uint64_t	code;
	size_t		i;

	if (line.len < 4 || line.len > 500 || line.p[3] != ' ' ||
	    str_uint((struct str){ line.p, 3 }, 599, &code) == -1 ||
	    code < 200)
		return 0;
	for (i = 4; i < line.len; i++)
		if ((unsigned char)line.p[i] < ' ' || line.p[i] == 0x7f)
			return 0;
	return (int)code;
}

static void
backend_gone(struct backend_conn *c)
{
	stream_free(&c->stream);
	buf_free(&c->body);
	buf_free(&c->kept);
}

static void
backend_write(struct backend_conn *c, struct str bytes)
{
	if (c->keeps)
		buf_add_str(&c->kept, bytes);
	else
		stream_write(c->stream, bytes.p, bytes.len);
}

/* What the program says; a code, or 0 if there was no reply in it. */
static int
backend_say_odd(struct backend_conn *c, struct str reply)
{
	bool	close_it = false;
	int	code;

	if (reply.len != 0 && reply.p[reply.len - 1] == '*') {
		c->backend->odd = true;
		return 0;
	}
	if (reply.len != 0 && reply.p[reply.len - 1] == '!') {
		close_it = true;
		reply.len--;
	}
	code = backend_code(reply);
	if (reply.len != 0) {
		backend_write(c, reply);
		backend_write(c, STR("\r\n"));
		c->backend->odd |= code == 0;
	}
	if (close_it && !c->keeps) {
		stream_flush(c->stream);
		if (c->stream != NULL)
			backend_gone(c);
	}
	return code;
}

static int
backend_say(struct backend_conn *c, const char *usual)
{
	struct backend	*b = c->backend;
	struct str	 reply = STR_NONE;

	if (b->reply_next < b->reply_count)
		reply = b->replies[b->reply_next++];
	if (reply.len != 0 && reply.p[reply.len - 1] == '~') {
		c->keeps = true;
		reply.len--;
	}
	if (reply.p != NULL && reply.len != 0)
		return backend_say_odd(c, reply);
	backend_write(c, str_of(usual));
	return atoi(usual);
}

static bool
backend_said_yes(struct backend_conn *c, const char *usual)
{
	return backend_say(c, usual) / 100 == 2;
}

/* ---- Commands ---------------------------------------------------------- */

static void
backend_reset(struct backend_conn *c)
{
	c->rcpts = 0;
	c->mail = false;
	buf_clear(&c->body);
}

static void
backend_took(struct backend_conn *c)
{
	struct backend		*b = c->backend;
	struct backend_message	*m;

	if (b->message_count == BACKEND_MESSAGES)
		abort();
	m = &b->messages[b->message_count++];
	m->body = c->body;
	m->rcpts = c->rcpts;
	c->body = (struct buf)BUF_INIT;
	m->code = backend_say(c, "250 2.0.0 Ok: queued\r\n");
	backend_reset(c);
}

static void
backend_hello(struct backend_conn *c)
{
	char	text[300] = "250-backend\r\n";

	(void)strlcat(text, c->backend->ehlo, sizeof text);
	(void)strlcat(text, "250 HELP\r\n", sizeof text);
	(void)backend_say(c, text);
}

static void
backend_bdat(struct backend_conn *c, struct str line)
{
	struct str	rest;

	if (str_uint(str_split((struct str){ line.p + 5, line.len - 5 }, ' ',
	    &rest), UINT64_MAX, &c->chunk) == -1)
		abort();
	c->last = rest.len != 0;
	c->in_chunk = true;
}

static void
backend_transaction(struct backend_conn *c, struct str line)
{
	if (str_prefix(line, STR("MAIL"))) {
		backend_reset(c);
		c->mail = backend_said_yes(c, "250 2.1.0 Ok\r\n");
	} else if (str_prefix(line, STR("RCPT"))) {
		if (!c->mail)
			(void)backend_say(c, "503 5.5.1 MAIL first\r\n");
		else
			c->rcpts += backend_said_yes(c, "250 2.1.5 Ok\r\n");
	} else if (str_prefix(line, STR("BDAT ")))
		backend_bdat(c, line);
	else if (c->rcpts == 0)
		(void)backend_say(c, "503 5.5.1 RCPT first\r\n");
	else {
		smtp_data_init(&c->data);
		c->in_data = backend_say(c, "354 Go\r\n") == 354;
	}
}

static void
backend_command(struct backend_conn *c, struct str line)
{
	if (str_prefix(line, STR("EHLO")) || str_prefix(line, STR("LHLO")))
		backend_hello(c);
	else if (str_prefix(line, STR("HELO")))
		(void)backend_say(c, "250 backend\r\n");
	else if (str_prefix(line, STR("MAIL")) ||
	    str_prefix(line, STR("RCPT")) || str_prefix(line, STR("DATA")) ||
	    str_prefix(line, STR("BDAT ")))
		backend_transaction(c, line);
	else if (str_prefix(line, STR("RSET"))) {
		backend_reset(c);
		(void)backend_say(c, "250 2.0.0 Ok\r\n");
	} else if (str_prefix(line, STR("AUTH")))
		(void)backend_say(c, "235 2.7.0 Ok\r\n");
	else if (str_prefix(line, STR("XCLIENT")))
		(void)backend_say(c, "220 backend ESMTP\r\n");
	else if (str_prefix(line, STR("QUIT")))
		(void)backend_say_odd(c, STR("221 2.0.0 Bye!"));
	else
		(void)backend_say(c, "500 5.5.1 What\r\n");
}

/* ---- Bytes ------------------------------------------------------------- */

static size_t
backend_data(struct backend_conn *c, struct str in)
{
	struct str	run;
	size_t		n = smtp_data_read(&c->data, in, &run);

	buf_add_str(&c->body, run);
	if (smtp_data_done(&c->data)) {
		c->in_data = false;
		backend_took(c);
	}
	return n;
}

static size_t
backend_chunk(struct backend_conn *c, struct str in)
{
	size_t	n = in.len < c->chunk ? in.len : (size_t)c->chunk;

	buf_add(&c->body, in.p, n);
	c->chunk -= n;
	if (c->chunk != 0)
		return n;
	c->in_chunk = false;
	if (c->rcpts == 0) {
		buf_clear(&c->body);
		(void)backend_say(c, "503 5.5.1 No recipients\r\n");
	} else if (c->last)
		backend_took(c);
	else if (!backend_said_yes(c, "250 2.0.0 Ok\r\n"))
		backend_reset(c);
	return n;
}

static size_t
backend_on_read(void *arg, struct str data)
{
	struct backend_conn	*c = arg;
	struct str		 in = data;
	const char		*lf;
	size_t			 n;

	c->backend->moved = true;
	while (c->stream != NULL &&
	    (in.len != 0 || (c->in_chunk && c->chunk == 0))) {
		if (c->in_data)
			n = backend_data(c, in);
		else if (c->in_chunk)
			n = backend_chunk(c, in);
		else if ((lf = memchr(in.p, '\n', in.len)) == NULL)
			break;
		else {
			n = (size_t)(lf - in.p) + 1;
			if (n < 2 || lf[-1] != '\r')
				abort();
			backend_command(c, (struct str){ in.p, n - 2 });
		}
		in = (struct str){ in.p + n, in.len - n };
	}
	return data.len - in.len;
}

static void
backend_on_close(void *arg, enum stream_close how, const char *why)
{
	struct backend_conn	*c = arg;

	(void)how;
	(void)why;
	c->backend->moved = true;
	backend_gone(c);
}

static const struct stream_ops	backend_ops = {
	.on_read = backend_on_read,
	.on_close = backend_on_close,
};

static void
backend_accept(void *arg)
{
	struct backend		*b = arg;
	struct backend_conn	*c;
	int			 i, fd = accept4(b->fd, NULL, NULL,
				    SOCK_NONBLOCK);

	if (fd == -1)
		return;
	b->moved = true;
	for (i = 0; b->conns[i].stream != NULL; i++)
		if (i == BACKEND_CONNS - 1)
			abort();
	c = &b->conns[i];
	*c = (struct backend_conn){ .backend = b };
	c->stream = stream_new(b->loop, fd, &backend_ops, c);
	(void)backend_say(c, "220 backend ESMTP\r\n");
}

/* ---- Life -------------------------------------------------------------- */

void
backend_open(struct backend *b, struct loop *l)
{
	struct netaddr	a;

	*b = (struct backend){ .loop = l };
	(void)netaddr_parse_ip(&a, STR("127.0.0.1"), 0);
	b->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (bind(b->fd, &a.u.sa, a.len) == -1 || listen(b->fd, 64) == -1 ||
	    netaddr_local(&a, b->fd) == -1)
		abort();
	b->port = netaddr_port(&a);
	b->watch = watch_readable(l, b->fd, backend_accept, b);
}

bool
backend_go_on(struct backend *b)
{
	struct backend_conn	*c;
	bool			 any = false;

	for (c = b->conns; c < b->conns + BACKEND_CONNS; c++) {
		any |= c->keeps;
		c->keeps = false;
		if (c->stream != NULL && c->kept.len > 0)
			stream_write(c->stream, buf_data(&c->kept),
			    c->kept.len);
		buf_clear(&c->kept);
	}
	return any;
}

/* By a reset: a thousand programs a second leave no TIME_WAIT behind. */
void
backend_hang_up(struct backend *b)
{
	struct linger	hard = { 1, 0 };
	int		i;

	for (i = 0; i < BACKEND_CONNS; i++)
		if (b->conns[i].stream != NULL) {
			(void)setsockopt(stream_fd(b->conns[i].stream),
			    SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
			backend_gone(&b->conns[i]);
		}
}

void
backend_begin(struct backend *b, const char *ehlo)
{
	while (b->message_count > 0)
		buf_free(&b->messages[--b->message_count].body);
	b->reply_count = b->reply_next = 0;
	b->ehlo = ehlo;
	b->odd = false;
}

void
backend_queue(struct backend *b, struct str reply)
{
	if (b->reply_count < BACKEND_REPLIES)
		b->replies[b->reply_count++] = reply;
}
