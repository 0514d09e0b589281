#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sending.h"

/* ---- The body ---------------------------------------------------------- */

static int
sending_peek(void *arg, struct iovec *iov, int max)
{
	struct sending	*f = arg;
	size_t		 at = f->offset, n;
	int		 i;

	for (i = 0; i < max && at < f->message.len; i++, at += n) {
		n = f->message.len - at;
		n = n < f->piece ? n : f->piece;
		iov[i].iov_base = (void *)(uintptr_t)(f->message.p + at);
		iov[i].iov_len = n;
	}
	return i;
}

static void
sending_advance(void *arg, size_t n)
{
	struct sending	*f = arg;

	f->offset += n;
	assert_true(f->offset <= f->message.len);
}

static int
sending_rewind(void *arg)
{
	struct sending	*f = arg;

	f->offset = 0;
	f->rewinds++;
	return 0;
}

/* ---- The request ------------------------------------------------------- */

static bool
sending_present(void *arg)
{
	struct sending	*f = arg;

	f->present_asked++;
	return !f->absent;
}

static void
sending_end_sent(void *arg)
{
	((struct sending *)arg)->ends++;
}

static void
sending_tried(void *arg, const struct attempt *r)
{
	struct sending	*f = arg;

	assert_true(r->temporary && r->connection->remoteip[0] != '\0');
	f->tried++;
}

static void
sending_note_each(struct sending *f, const struct attempt *r)
{
	struct attempt	of;
	size_t		i;

	buf_clear(&f->each);
	for (i = 0; i < r->rcpt_count; i++) {
		of = attempt_of(r, i);
		assert_true(of.reply != NULL || of.temporary);
		if (of.reply != NULL)
			buf_printf(&f->each, "%d@%s ", of.reply->code,
			    smtp_state_name(of.state));
		else
			buf_printf(&f->each, "%s ",
			    attempt_error_name(of.error));
	}
}

static void
sending_done(void *arg, const struct attempt *r)
{
	struct sending	*f = arg;
	struct str	 line;
	size_t		 i;

	f->send = NULL;
	sending_note_each(f, r);
	f->dsn_dropped = r->dsn_dropped;
	attempt_connection_unref(f->connection);
	f->connection = attempt_connection_ref(r->connection);
	f->transactions = r->transactions;
	f->code = r->code;
	memcpy(f->enhanced, r->enhanced, sizeof f->enhanced);
	if (r->reply != NULL) {
		buf_printf(&f->result, "%d %d.%d.%d %s:", r->reply->code,
		    r->enhanced[0], r->enhanced[1], r->enhanced[2],
		    smtp_state_name(r->state));
		for (i = 0; i < smtp_reply_lines(r->reply); i++) {
			line = smtp_reply_line(r->reply, i);
			buf_printf(&f->result, " %.*s", (int)line.len, line.p);
		}
	} else
		buf_printf(&f->result, "%s%s%s %s %s: %s",
		    attempt_error_name(r->error),
		    r->dns != ATTEMPT_DNS_NONE ? "/" : "",
		    attempt_dns_name(r->dns),
		    r->temporary ? "temporary" : "permanent",
		    smtp_state_name(r->state), r->message);
	buf_add_byte(&f->result, '\n');
	assert_int_equal(r->client_gone, f->absent);
	if (++f->done == f->wanted)
		loop_stop(f->loop);
}

void
sending_message(struct sending *f, struct str m, size_t n)
{
	struct smtp_scan	s;
	size_t			i;
	static char		names[100][24];

	smtp_scan_init(&s);
	smtp_scan_add(&s, m);
	f->message = m;
	f->offset = 0;
	f->req.body.size = m.len;
	f->req.body.dot_lines = s.dot_lines;
	f->req.body.ends_crlf = smtp_scan_ends_crlf(&s);
	f->req.body.eight_bit = s.eight_bit;
	for (i = 0; i < n; i++) {
		(void)snprintf(names[i], sizeof names[i], "r%zu", i + 1);
		(void)smtp_path_set(&f->rcpts[i].path, str_of(names[i]),
		    STR("x"));
	}
	f->req.rcpt_count = n;
}

/* ---- The fixture ------------------------------------------------------- */

static void
sending_too_long(void *arg)
{
	struct sending	*f = arg;

	fail_msg("no end; log %s, results %s", script_log(&f->script),
	    buf_cstr(&f->result));
}

static void
sending_pause_over(void *arg)
{
	loop_stop(((struct sending *)arg)->loop);
}

int
sending_setup(void **state)
{
	struct sending	*f = calloc(1, sizeof *f);
	struct send_trust none = { .system = NULL };
	struct err	 e;

	f->loop = loop_new(&e);
	f->dns = dns_new(f->loop, &(struct dns_config){
	    .servers = "127.0.0.1@9" }, &e);
	f->limits = (struct send_limits){ .connections = 10,
	    .idle_ms = 60000, .transactions = 1000 };
	f->engine = send_engine_new(f->loop, f->dns, &f->limits, &none, &e);
	assert_non_null(f->engine);
	script_open(&f->script, f->loop, "127.0.0.1");
	timer_init(&f->limit, f->loop, sending_too_long, f);
	timer_init(&f->pause, f->loop, sending_pause_over, f);
	timer_start(&f->limit, 20000);
	f->piece = SIZE_MAX;
	f->req = (struct send_request){
		.backend = { .host = STR("127.0.0.1"), .port = f->script.port,
		    .helo = STR("us"), .connect_ms = 5000, .command_ms = 5000,
		    .end_ms = 5000 },
		.rcpts = f->rcpts,
		.body = { .peek = sending_peek, .advance = sending_advance,
		    .rewind = sending_rewind, .arg = f },
		.present = sending_present, .tried = sending_tried,
		.end_sent = sending_end_sent, .done = sending_done,
		.arg = f,
	};
	(void)smtp_path_set(&f->req.sender, STR("s"), STR("x"));
	sending_message(f, STR("Subject: t\r\n\r\nhi\r\n"), 1);
	*state = f;
	return 0;
}

int
sending_teardown(void **state)
{
	struct sending	*f = *state;

	send_engine_free(&f->engine);
	dns_free(&f->dns);
	script_close(&f->script);
	timer_fini(&f->limit);
	timer_fini(&f->pause);
	loop_free(&f->loop);
	attempt_connection_unref(f->connection);
	buf_free(&f->result);
	buf_free(&f->each);
	free(f);
	return 0;
}

void
sending_names(struct sending *f, const char *records)
{
	struct send_trust none = { .system = NULL };
	char		 path[] = "/tmp/test_send.XXXXXX";
	struct err	 e;
	int		 fd = mkstemp(path);
	ssize_t		 n = (ssize_t)strlen(records);

	assert_true(write(fd, records, (size_t)n) == n);
	(void)close(fd);
	send_engine_free(&f->engine);
	dns_free(&f->dns);
	f->dns = dns_new(f->loop, &(struct dns_config){ .local_data = path },
	    &e);
	(void)unlink(path);
	assert_non_null(f->dns);
	f->engine = send_engine_new(f->loop, f->dns, &f->limits, &none, &e);
	assert_non_null(f->engine);
}

void
sending_start(struct sending *f)
{
	f->offset = 0;
	f->send = send_start(f->engine, &f->req);
}

void
sending_wait(struct sending *f, int more)
{
	f->wanted = f->done + more;
	assert_int_equal(loop_run(f->loop), 0);
	assert_int_equal(f->done, f->wanted);
	f->wanted = 0;
}

const char *
sending_run(struct sending *f)
{
	buf_clear(&f->result);
	sending_start(f);
	sending_wait(f, 1);
	f->result.len--;		/* the newline */
	return buf_cstr(&f->result);
}

void
sending_settle(struct sending *f, int ms)
{
	timer_start(&f->pause, ms);
	assert_int_equal(loop_run(f->loop), 0);
}
