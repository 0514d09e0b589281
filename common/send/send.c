/*
 * The way of one send:
 *
 *	STARTING -> [WAITING] -> [RESOLVING -> OPENING]... -> RUNNING -> done
 *
 * STARTING ends at the end of the turn, so that done() is never called inside
 * send_start().  OPENING goes over the host's addresses in turn, whatever is
 * said there.  From RUNNING
 * there is one way back, to RESOLVING: when a connection used before fails,
 * and no byte of the end was given to the kernel.
 *
 * I1  A send holds a place of its backend from RESOLVING on: by `place`, or
 *     by its connection.
 * I2  After the end was given nothing is tried again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dns/dns.h"
#include "event/tls.h"

#include "send_private.h"

#define SPARE_MAX	256	/* sends kept with their memory */

static void	send_open(struct send *s);

/* ---- The end ----------------------------------------------------------- */

static void
send_release(struct send *s)
{
	struct send_engine	*e = s->engine;

	TAILQ_REMOVE(&e->sends, s, link);
	timer_stop(&s->deadline);
	loop_cancel(e->loop, &s->task);
	free(s->addrs);
	s->addrs = NULL;
	if (e->spare_count < SPARE_MAX) {
		TAILQ_INSERT_HEAD(&e->spare, s, link);
		e->spare_count++;
		return;
	}
	timer_fini(&s->deadline);
	smtp_reply_fini(&s->reply);
	free(s);
}

/* Lets go of all that the send holds outside itself. */
static void
send_let_go(struct send *s)
{
	if (s->stage == SEND_WAITING)
		pool_unwait(s->lane, s);
	dns_addresses_cancel(&s->lookup);
	if (s->pooled != NULL)
		pool_close(s->pooled, false);
	s->pooled = NULL;
	if (s->place)
		pool_give_place(s->lane);
	s->place = false;
}

/* Tells; s is gone for the caller, and its memory is used again after. */
static void
send_finish(struct send *s)
{
	send_let_go(s);
	timer_stop(&s->deadline);
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
	send_let_go(s);
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
	struct send	*s = arg;

	if (send_end_given(s))
		return;
	if (s->pooled != NULL) {
		s->result.state = client_where(s->pooled->client);
		send_note_connection(s);
	}
	if (s->stage == SEND_RESOLVING)
		send_set_dns_error(s, SEND_DNS_OTHER, false,
		    "no answer before the deadline");
	else
		send_set_error(s, SEND_ERROR_NETWORK, true, "%s",
		    s->stage == SEND_WAITING ?
		    "deadline passed waiting for a connection" :
		    "deadline passed before the end of the message");
	if (s->stage == SEND_OPENING) {
		send_address_failed(s);
		send_address_last(s);
	}
	send_finish(s);
}

/* ---- Opening a connection ---------------------------------------------- */

static const struct client_ops	send_client_ops;

/* The context that does what the mode demands; -1 with the result set. */
static int
send_choose_tls(struct send *s, struct client_setup *setup)
{
	const struct send_backend	*backend = &s->req.backend;
	const struct send_trust		*trust = &s->engine->trust;
	struct str			 cert = backend->tls_client_cert;

	if (backend->tls == SEND_TLS_DISABLED ||
	    (backend->tls == SEND_TLS_OPTIONAL && s->no_tls))
		return 0;
	setup->tls = s->engine->tls;
	if (send_backend_verifies(backend))
		setup->tls = backend->tls_own_ca ? trust->own : trust->system;
	if (setup->tls == NULL) {
		send_set_error(s, SEND_ERROR_CONFIG, true,
		    "no certificate authorities to verify with");
		return -1;
	}
	if (cert.len == 0)
		return 0;
	setup->identity = trust->identity(trust->arg, cert);
	if (setup->identity != NULL)
		return 0;
	send_set_error(s, SEND_ERROR_CONFIG, true,
	    "no client certificate \"%.*s\"", (int)cert.len, cert.p);
	return -1;
}

static int
send_check_source(struct send *s, const struct netaddr *to)
{
	char	text[NETADDR_TEXT];
	bool	barred;

	(void)send_backend_source(&s->req.backend, to, &barred);
	if (!barred)
		return 0;
	send_set_error(s, SEND_ERROR_CONFIG, true, "%s can't be reached from "
	    "an address of the other family", netaddr_text(to, text,
	    sizeof text));
	return -1;
}

/* In its place, to the address whose turn it is; -1 with the result set. */
static int
send_connect(struct send *s)
{
	struct client_setup	 setup = { .loop = s->engine->loop,
				    .ops = &send_client_ops,
				    .backend = &s->req.backend,
				    .to = s->addrs[s->addr_next] };
	struct client		*c;
	struct err		 err;
	char			 text[NETADDR_TEXT];

	send_address_begin(s, &setup.to);
	if (send_choose_tls(s, &setup) == -1 ||
	    send_check_source(s, &setup.to) == -1)
		return -1;
	c = client_new(&setup, &err);
	if (c == NULL) {
		send_set_error(s, SEND_ERROR_NETWORK, true, "%s: %s",
		    netaddr_text(&setup.to, text, sizeof text), err.text);
		return -1;
	}
	s->place = false;
	s->stage = SEND_OPENING;
	s->pooled = pool_add(s->lane, c);
	s->pooled->send = s;
	return 0;
}

/* The addresses from addr_next on. */
static void
send_connect_some(struct send *s)
{
	for (; s->addr_next < s->addr_count; s->addr_next++) {
		if (send_connect(s) == 0)
			return;
		send_address_failed(s);
		s->no_tls = false;
	}
	send_address_last(s);
	send_finish(s);
}

/* The connection is given up, its place is kept. */
static void
send_drop_connection(struct send *s)
{
	pool_close(s->pooled, true);
	s->pooled = NULL;
	s->place = true;
}

static void
send_on_hosts(void *arg, const struct dns_hosts *h)
{
	static const struct {
		enum send_dns	dns;
		bool		ours;	/* the operator names no such host */
	} errors[] = {
		[DNS_NXDOMAIN] = { SEND_DNS_NXDOMAIN, true },
		[DNS_NODATA] = { SEND_DNS_NODATA, true },
		[DNS_TEMPORARY] = { SEND_DNS_OTHER, false },
		[DNS_BAD_NAME] = { SEND_DNS_OTHER, true },
	};
	struct send	*s = arg;

	s->lookup = NULL;
	if (h->status != DNS_OK) {
		send_set_dns_error(s, errors[h->status].dns,
		    errors[h->status].ours, h->why);
		send_finish(s);
		return;
	}
	free(s->addrs);
	s->addrs = xmemdup(h->list, h->count * sizeof *h->list);
	s->addr_count = h->count;
	s->addr_next = 0;
	s->no_tls = false;
	s->best.error = SEND_ERROR_NONE;
	send_connect_some(s);
}

static void
send_open(struct send *s)
{
	s->stage = SEND_RESOLVING;
	s->lookup = dns_addresses(s->engine->dns, s->req.backend.host,
	    s->req.backend.port, send_on_hosts, s);
}

/* ---- The transaction --------------------------------------------------- */

static void
send_run(struct send *s)
{
	struct client	*c = s->pooled->client;

	s->stage = SEND_RUNNING;
	if (client_begin(c, &s->req) == TXN_GOES_ON)
		return;
	send_note_connection(s);
	send_set_unfit(s, &c->txn);
	s->result.state = SMTP_STATE_NONE;
	pool_rest(s->pooled);
	s->pooled = NULL;
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

	if (s->retried || c->info.transactions < 2 || client_end_given(c) ||
	    c->feed.gone || c->feed.unreadable)
		return false;
	if (body->rewind(body->arg) == -1)
		return false;
	s->retried = true;
	send_drop_connection(s);
	send_open(s);
	return true;
}

static void
send_fail_running(struct send *s, const struct client_fault *f)
{
	const struct feed	*feed = &s->pooled->client->feed;

	if (send_retry(s))
		return;
	send_note_connection(s);
	s->result.state = f->state;
	s->result.client_gone = feed->gone;
	if (feed->gone)
		send_set_error(s, SEND_ERROR_NETWORK, true,
		    "the client left before the end was sent");
	else if (feed->unreadable)
		send_set_error(s, SEND_ERROR_CONFIG, true,
		    "the message can't be read");
	else
		send_set_error(s, f->error, true, "%s", f->why);
	send_finish(s);
}

/* ---- Call backs of the connection -------------------------------------- */

static struct send *
send_of(struct client *c)
{
	return ((struct pooled *)c->arg)->send;
}

static void
send_on_ready(struct client *c)
{
	send_run(send_of(c));
}

static void
send_fail_opening(struct send *s, const struct client_fault *f)
{
	send_note_connection(s);
	s->result.state = f->state;
	if (f->reply != NULL)
		send_set_refusal(s, f->reply);
	else
		send_set_error(s, f->error, true, "%s: %s",
		    s->result.connection.remoteip, f->why);
	send_address_failed(s);
	send_drop_connection(s);
	if (f->tls_failed && s->req.backend.tls == SEND_TLS_OPTIONAL)
		s->no_tls = true;
	else {
		s->no_tls = false;
		s->addr_next++;
	}
	send_connect_some(s);
}

static void
send_on_fault(struct client *c, const struct client_fault *f)
{
	struct pooled	*p = c->arg;
	struct send	*s = p->send;

	if (s == NULL)
		pool_close(p, false);
	else if (s->stage == SEND_OPENING)
		send_fail_opening(s, f);
	else
		send_fail_running(s, f);
}

static void
send_on_done(struct client *c, enum txn_outcome out)
{
	struct client_fault	 f = { .error = SEND_ERROR_PROTOCOL,
				    .state = client_where(c),
				    .why = c->txn.why };
	struct pooled		*p = c->arg;
	struct send		*s = p->send;

	if (out == TXN_PROTOCOL) {
		send_fail_running(s, &f);
		return;
	}
	if ((c->txn.verdict.code == 421 || client_doubts(c)) &&
	    send_retry(s))
		return;
	send_note_connection(s);
	send_set_reply(s, c->txn.verdict_state, &c->txn.verdict);
	s->pooled = NULL;
	p->send = NULL;
	if (client_end(c))
		pool_rest(p);
	else if (c->txn.after == TXN_CLOSE)
		pool_close(p, false);
	send_finish(s);
}

static void
send_on_idle(struct client *c)
{
	pool_rest(c->arg);
}

static void
send_on_rested(struct client *c)
{
	pool_quit(c->arg);
}

static void
send_on_gone(struct client *c)
{
	pool_close(c->arg, false);
}

static const struct client_ops	send_client_ops = {
	.ready = send_on_ready,
	.fault = send_on_fault,
	.done = send_on_done,
	.idle = send_on_idle,
	.rested = send_on_rested,
	.gone = send_on_gone,
};

/* ---- The beginning ----------------------------------------------------- */

static void
send_serve(struct send *s, struct pooled *p)
{
	if (p == NULL) {
		s->place = true;
		send_open(s);
		return;
	}
	s->pooled = p;
	p->send = s;
	send_run(s);
}

static const struct send_request *
send_request_of(const struct send *s)
{
	return &s->req;
}

static void
send_begin(void *arg)
{
	struct send	*s = arg;
	struct pooled	*p;

	if (send_check_request(s) == -1) {
		send_finish(s);
		return;
	}
	if (s->req.deadline_ms != 0 &&
	    s->req.deadline_ms <= loop_now_ms(s->engine->loop)) {
		send_on_deadline(s);
		return;
	}
	s->lane = pool_lane(&s->engine->pool, &s->req.backend);
	if (!pool_has_line(s->lane)) {
		p = pool_take(s->lane, &s->req);
		if (p != NULL || pool_take_place(s->lane)) {
			send_serve(s, p);
			return;
		}
	}
	s->stage = SEND_WAITING;
	pool_wait(s->lane, s);
}

static struct send *
send_alloc(struct send_engine *e)
{
	struct send	*s = TAILQ_FIRST(&e->spare);

	if (s != NULL) {
		TAILQ_REMOVE(&e->spare, s, link);
		e->spare_count--;
		s->result = (struct send_result){ .reply = NULL };
		s->retried = false;
		s->stage = SEND_STARTING;
		return s;
	}
	s = xcalloc(1, sizeof *s);
	s->engine = e;
	smtp_reply_init(&s->reply);
	task_init(&s->task, send_begin, s);
	timer_init(&s->deadline, e->loop, send_on_deadline, s);
	return s;
}

struct send *
send_start(struct send_engine *e, const struct send_request *req)
{
	struct send	*s = send_alloc(e);

	s->req = *req;
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
	pool_init(&e->pool, l, limits);
	e->pool.serve = send_serve;
	e->pool.request_of = send_request_of;
	e->tls = tls_client_unverified(err);
	if (e->tls == NULL)
		send_engine_free(&e);
	return e;
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
	while ((s = TAILQ_FIRST(&e->spare)) != NULL) {
		TAILQ_REMOVE(&e->spare, s, link);
		timer_fini(&s->deadline);
		smtp_reply_fini(&s->reply);
		free(s);
	}
	tls_context_free(&e->tls);
	free(e);
}
