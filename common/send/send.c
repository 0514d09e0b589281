/*
 * The life of a send, and its transaction:
 *
 *	STARTING -> the way to a connection (send_open.c) -> RUNNING -> done
 *
 * STARTING ends at the end of the turn, so that done() is never called inside
 * send_start().  From RUNNING there is one way back, to the look-up of its
 * host: when a connection used before fails, and no byte of the end was given
 * to the kernel.
 *
 * I1  A send has a grant, or a connection that has one, from the look-up on.
 * I2  After the end was given nothing is tried again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "event/tls.h"
#include "event/tls_client.h"
#include "event/tls_dane.h"

#include "send_private.h"

#define SPARE_MAX	256	/* sends kept with their memory */

/* ---- The end ----------------------------------------------------------- */

static void
send_free(struct send *s)
{
	timer_fini(&s->deadline);
	smtp_reply_fini(&s->reply);
	buf_free(&s->dane_names);
	free(s);
}

static void
send_release(struct send *s)
{
	struct send_engine	*e = s->engine;

	TAILQ_REMOVE(&e->sends, s, link);
	timer_stop(&s->deadline);
	loop_cancel(e->loop, &s->task);
	free(s->addrs);
	s->addrs = NULL;
	attempt_rcpts_free(&s->own, s->req.rcpt_count);
	send_forget(s);
	if (e->spare_count >= SPARE_MAX) {
		send_free(s);
		return;
	}
	TAILQ_INSERT_HEAD(&e->spare, s, link);
	e->spare_count++;
}

/* Its memory is used again after done(). */
void
send_finish(struct send *s)
{
	send_open_stop(s);
	timer_stop(&s->deadline);
	s->result.rcpts = s->own;
	s->result.rcpt_count = s->own != NULL ? s->req.rcpt_count : 0;
	s->result.duration_ms = loop_now_ms(s->engine->loop) - s->started_ms;
	s->result.open_ms = s->ready_ms > 0 ? s->ready_ms - s->started_ms : 0;
	s->req.done(s->req.arg, &s->result);
	send_release(s);
}

void
send_cancel(struct send **sp)
{
	struct send	*s = *sp;

	if (s == NULL)
		return;
	*sp = NULL;
	send_open_stop(s);
	send_release(s);
}

bool
send_end_given(const struct send *s)
{
	return s->pooled != NULL && client_end_given(s->pooled->client);
}

static void
send_on_deadline(void *arg)
{
	static const struct route_fault	no_answer = { ATTEMPT_DNS_OTHER, true,
	    "no answer before the deadline" };
	struct send			*s = arg;

	if (send_end_given(s))
		return;
	if (s->pooled != NULL) {
		s->result.state = client_where(s->pooled->client);
		send_note_connection(s);
	}
	if (s->stage == SEND_RESOLVING || s->stage == SEND_ROUTING)
		send_set_dns_error(s, &no_answer, false);
	else
		send_set_error(s, ATTEMPT_ERROR_NETWORK, true, "%s",
		    s->stage == SEND_WAITING ?
		    "deadline passed waiting for a connection" :
		    "deadline passed before the end of the message");
	if (s->stage == SEND_OPENING) {
		send_address_failed(s);
		send_address_last(s);
	} else if (s->stage == SEND_WAITING &&
	    s->best.error != ATTEMPT_ERROR_NONE)
		send_address_last(s);
	send_finish(s);
}

/* ---- The transaction --------------------------------------------------- */

/* REQUIRETLS is the one that another of the domain's hosts may offer (RFC 8689
 * 4.2.1); else one is as good as the other. */
static bool
send_unfit_here(const struct send *s)
{
	return s->req.requiretls && s->result.enhanced[1] == 7 &&
	    s->result.enhanced[2] == 30;
}

void
send_run(struct send *s)
{
	struct client		*c = s->pooled->client;
	struct client_report	 report;

	s->stage = SEND_RUNNING;
	s->ready_ms = loop_now_ms(s->engine->loop);
	if (client_begin(c, &s->req, s->own) == TXN_GOES_ON)
		return;
	send_note_connection(s);
	client_report(c, &report);
	send_set_unfit(s, &report);
	s->result.state = SMTP_STATE_NONE;
	pool_rest(s->pooled);
	s->pooled = NULL;
	if (send_unfit_here(s)) {
		send_host_failed(s);
		send_next_host(s);
	} else
		send_finish(s);
}

/*
 * Only a connection that was used before may fail because it was old; a new
 * one that fails does so for a reason that the next would meet too.
 */
static bool
send_retry(struct send *s)
{
	const struct client	*c = s->pooled->client;
	const struct send_body	*body = &s->req.body;
	struct client_report	 report;

	client_report(c, &report);
	if (s->retried || client_transactions(c) < 2 || client_may_have(c) ||
	    report.client_gone || report.unreadable)
		return false;
	if (body->rewind(body->arg) == -1)
		return false;
	s->retried = true;
	if (s->req.tap != NULL)
		tap_note(s->req.tap, "the connection is of no more use: "
		    "once more, over a new one");
	if (s->own != NULL)
		attempt_rcpts_clear(s->own, s->req.rcpt_count);
	send_open_again(s);
	return true;
}

static void
send_fail_running(struct send *s, const struct client_fault *f)
{
	struct client_report	report;

	if (send_retry(s))
		return;
	send_note_connection(s);
	client_report(s->pooled->client, &report);
	s->result.state = f->state;
	s->result.client_gone = report.client_gone;
	if (report.client_gone)
		send_set_error(s, ATTEMPT_ERROR_NETWORK, true,
		    "the client left before the end was sent");
	else if (report.unreadable)
		send_set_error(s, ATTEMPT_ERROR_CONFIG, true,
		    "the message can't be read");
	else
		send_set_error(s, f->error, true, "%s", f->why);
	send_finish(s);
}

/* ---- Call backs of the connection -------------------------------------- */

static void
send_on_ready(struct client *c)
{
	struct pooled	*p = client_arg(c);

	send_run(p->send);
}

static void
send_on_fault(struct client *c, const struct client_fault *f)
{
	struct pooled	*p = client_arg(c);
	struct send	*s = p->send;

	if (s == NULL)
		pool_close(p);
	else if (s->stage == SEND_OPENING)
		send_open_failed(s, f);
	else
		send_fail_running(s, f);
}

static void
send_let_go(struct send *s)
{
	struct pooled	*p = s->pooled;

	s->pooled = NULL;
	p->send = NULL;
	switch (client_end(p->client)) {
	case CLIENT_KEPT:
		pool_rest(p);
		break;
	case CLIENT_SPENT:
		pool_close(p);
		break;
	case CLIENT_CLEANS:
		break;
	}
}

static void
send_on_done(struct client *c, enum txn_outcome out)
{
	struct client_report	 report;
	struct client_fault	 f = { .error = ATTEMPT_ERROR_PROTOCOL,
				    .state = client_where(c) };
	struct pooled		*p = client_arg(c);
	struct send		*s = p->send;

	client_report(c, &report);
	f.why = report.why;
	if (out == TXN_PROTOCOL) {
		send_fail_running(s, &f);
		return;
	}
	if ((report.verdict->code == 421 || client_doubts(c)) &&
	    send_retry(s))
		return;
	send_note_connection(s);
	send_set_reply(s, report.state, report.verdict);
	send_let_go(s);
	send_finish(s);
}

static void
send_on_idle(struct client *c)
{
	pool_rest(client_arg(c));
}

static void
send_on_rested(struct client *c)
{
	pool_quit(client_arg(c));
}

static void
send_on_gone(struct client *c)
{
	pool_close(client_arg(c));
}

static void
send_working(struct send_engine *e, const struct send *s)
{
	if (e->working != NULL)
		e->working(e->working_arg, s != NULL ? s->req.arg : NULL);
}

static void
send_on_work(void *arg, const struct client *c)
{
	const struct pooled	*p = c != NULL ? client_arg(c) : NULL;

	send_working(arg, p != NULL ? p->send : NULL);
}

const struct client_ops	send_client_ops = {
	.work = send_on_work,
	.ready = send_on_ready,
	.fault = send_on_fault,
	.done = send_on_done,
	.idle = send_on_idle,
	.rested = send_on_rested,
	.gone = send_on_gone,
};

/* ---- The beginning ----------------------------------------------------- */

/* -1 with the result set if the request can't be written in SMTP. */
static int
send_check(struct send *s)
{
	size_t		 n;
	const char	*why = send_request_fault(&s->req, &n);

	if (why == NULL)
		return 0;
	if (n == 0)
		send_set_error(s, ATTEMPT_ERROR_CONFIG, true, "%s", why);
	else
		send_set_error(s, ATTEMPT_ERROR_CONFIG, true,
		    "recipient %zu %s", n, why);
	return -1;
}

static void
send_begin(void *arg)
{
	struct send		*s = arg;
	struct send_engine	*e = s->engine;

	send_working(e, s);
	if (send_check(s) == -1)
		send_finish(s);
	else if (s->req.deadline_ms != 0 &&
	    s->req.deadline_ms <= loop_now_ms(s->engine->loop))
		send_on_deadline(s);
	else {
		if (s->req.each)
			s->own = attempt_rcpts_new(s->req.rcpt_count);
		send_open(s);
	}
	send_working(e, NULL);
}

static struct send *
send_alloc(struct send_engine *e)
{
	struct send	*s = TAILQ_FIRST(&e->spare);

	if (s != NULL) {
		TAILQ_REMOVE(&e->spare, s, link);
		e->spare_count--;
		s->retried = false;
		s->addr_tried = s->sessions = 0;
		s->failed = s->no_requiretls = 0;
		s->stage = SEND_STARTING;
		return s;
	}
	s = xcalloc(1, sizeof *s);
	s->engine = e;
	send_forget(s);
	route_init(&s->route);
	smtp_reply_init(&s->reply);
	s->dane_names = (struct buf)BUF_INIT;
	task_init(&s->task, send_begin, s);
	timer_init(&s->deadline, e->loop, send_on_deadline, s);
	return s;
}

struct send *
send_start(struct send_engine *e, const struct send_request *req)
{
	struct send	*s = send_alloc(e);

	s->req = *req;
	s->proxy.len = 0;
	send_request_choose_tls(&s->req);
	s->started_ms = loop_now_ms(e->loop);
	s->ready_ms = 0;
	TAILQ_INSERT_TAIL(&e->sends, s, link);
	loop_defer(e->loop, &s->task);
	if (req->deadline_ms != 0)
		timer_start(&s->deadline,
		    req->deadline_ms - loop_now_ms(e->loop));
	return s;
}

/* ---- Engines ----------------------------------------------------------- */

struct send_engine *
send_engine_new(struct loop *l, struct dns *d,
    const struct send_limits *limits, const struct send_trust *trust,
    struct err *err)
{
	struct send_engine	*e = xcalloc(1, sizeof *e);

	e->loop = l;
	e->dns = d;
	e->trust = *trust;
	TAILQ_INIT(&e->sends);
	TAILQ_INIT(&e->spare);
	line_init(&e->line, l, limits->connections);
	pool_init(&e->pool, l, limits);
	e->pool.granter = line_granter(&e->line);
	e->tls = tls_client_unverified(err);
	e->tls_dane = e->tls != NULL ? tls_client_dane(err) : NULL;
	if (e->tls_dane == NULL)
		send_engine_free(&e);
	return e;
}

void
send_engine_set_granter(struct send_engine *e, const struct granter *g)
{
	e->pool.granter = *g;
}

void
send_engine_set_working(struct send_engine *e,
    void (*fn)(void *arg, void *request), void *arg)
{
	e->working = fn;
	e->working_arg = arg;
}

void
send_engine_free(struct send_engine **ep)
{
	struct send_engine	*e = *ep;
	struct send		*s;

	if (e == NULL)
		return;
	*ep = NULL;
	while ((s = TAILQ_FIRST(&e->sends)) != NULL)
		send_cancel(&s);
	pool_fini(&e->pool);
	line_fini(&e->line);
	while ((s = TAILQ_FIRST(&e->spare)) != NULL) {
		TAILQ_REMOVE(&e->spare, s, link);
		send_free(s);
	}
	tls_context_free(&e->tls);
	tls_context_free(&e->tls_dane);
	free(e);
}
