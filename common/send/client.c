/*
 * A connection's bytes, times and life; what follows on what is drawn here and
 * stands in client_fsm.c and client_opening.c.
 *
 * States against events.  "bad" is bytes that are no reply, or a reply where
 * none was due; "closed" any end of the connection.
 *
 *	state	connected reply		tls	closed	timer	bad
 *	CONNECT	banner	  -		-	fault	fault	-
 *	PROXY	-	  -		-	fault	fault	fault
 *	BANNER	-	  220: EHLO	-	fault	fault	fault
 *	EHLO	-	  250: next,	-	fault	fault	fault
 *			  5yz: HELO
 *	HELO	-	  250: next	-	fault	fault	fault
 *	STARTTLS -	  220: TLS,	-	fault	fault	fault
 *			  else next
 *	TLS	-	  -		EHLO	fault	fault	-
 *	XCLIENT	-	  220: EHLO	-	fault	fault	fault
 *	AUTH	-	  334: answer,	-	fault	fault	fault
 *			  235: ready
 *	IDLE	-	  -		-	fault	rested	fault
 *	TXN	-	  to the txn	-	fault	fault	fault
 *	FLUSH	-	  dropped; 354:	-	fault	fault	fault
 *			  close
 *	RSET	-	  250: idle	-	fault	fault	fault
 *	QUIT	-	  gone		-	gone	gone	gone
 *
 * "connected" leads through PROXY where that is SOCKS5: what comes is no reply
 * until the proxy says that it is connected, too; all in connect_ms.
 *
 * "next" is the first of STARTTLS, XCLIENT, AUTH that the request asks of its
 * backend (backend.h) and that was not done yet, then ready; what it demands
 * and cannot have is a fault.
 *
 * I1  A connection in use that has bytes behind the reply it waited for is
 *     out of step and is not used again.
 * I2  client_free() inside a call back puts the memory off until the call
 *     backs under way have returned (depth).
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "event/tls.h"

#include "client_private.h"

#define QUIT_MS		5000
#define CMD_KEPT	8192	/* bytes of memory kept between commands */

/* ---- What is asked ----------------------------------------------------- */

void *
client_arg(const struct client *c)
{
	return c->arg;
}

void
client_set_arg(struct client *c, void *arg)
{
	c->arg = arg;
}

size_t
client_transactions(const struct client *c)
{
	return c->transactions;
}

const struct attempt_connection *
client_facts(const struct client *c)
{
	return c->facts;
}

const struct send_backend *
client_backend(const struct client *c)
{
	return c->backend;
}

/* ---- Times ------------------------------------------------------------- */

/* How long the reply to what was said last may take. */
int64_t
client_reply_ms(const struct client *c)
{
	const uint32_t	*ms = c->times->state_ms;
	enum smtp_state	 state = client_where(c);

	if (c->state == CLIENT_AUTH && ms[state] == 0)
		state = SMTP_STATE_AUTH;
	return ms[state] != 0 ? ms[state] : c->times->command_ms;
}

/* How long a reply to the end may take. */
int64_t
client_end_ms(const struct client *c)
{
	uint32_t	ms = c->times->state_ms[SMTP_STATE_EOD];

	return ms != 0 ? ms : c->times->end_ms;
}

/* ---- The stream's source ----------------------------------------------- */

static uint64_t
client_sent(const struct client *c)
{
	return stream_sent(c->stream) - c->sent_before;
}

bool
client_end_given(const struct client *c)
{
	return c->state == CLIENT_TXN && c->stream != NULL &&
	    feed_end_given(&c->feed, client_sent(c));
}

static int
client_peek(void *arg, struct iovec *iov, int max)
{
	struct client	*c = arg;

	if (c->state != CLIENT_TXN)
		return 0;
	c->feed.end_out = client_end_given(c);
	return feed_peek(&c->feed, iov, max);
}

static void
client_advance(void *arg, size_t n)
{
	struct client			*c = arg;
	const struct send_request	*req = c->feed.req;

	feed_advance(&c->feed, n);
	if (!client_end_given(c))
		timer_start(&c->timer, c->feed.body_left != 0 &&
		    c->times->block_ms != 0 ? c->times->block_ms :
		    client_reply_ms(c));
	else if (!c->end_told) {
		c->end_told = true;
		if (c->tap != NULL)
			tap_note(c->tap, "the message was sent, %" PRIu64
			    " bytes", req->body.size);
		timer_start(&c->timer, client_end_ms(c));
		if (req->end_sent != NULL)
			req->end_sent(req->arg);
	}
}

/* ---- Transactions ------------------------------------------------------ */

/* True if nothing is left to read and the connection is not closed: all that
 * was sent has had its replies.  The kernel is asked, since the loop may not
 * have come to what is there. */
static bool
client_silent(void *arg)
{
	struct client	*c = arg;
	char		 byte;

	return stream_unread(c->stream).len == 0 &&
	    recv(stream_fd(c->stream), &byte, 1,
	    MSG_PEEK | MSG_DONTWAIT) == -1;
}

bool
client_usable(struct client *c)
{
	return c->state == CLIENT_IDLE && client_silent(c);
}

bool
client_suits(const struct client *c, const struct send_request *req)
{
	return c->transactions == 0 || !txn_needs_bdat(req) ||
	    (c->caps.exts & SMTP_EXT_CHUNKING) == 0;
}

enum txn_outcome
client_begin(struct client *c, const struct send_request *req,
    struct attempt_rcpt *own)
{
	bool			used = c->transactions != 0;
	bool			young = loop_now_ms(c->loop) -
				    c->last_reply_ms < 1000;
	struct txn_setup	setup = { req, own, &c->feed, &c->caps,
				    .fresh = young && !used,
				    .apart = young && c->told_apart &&
				    c->transactions > 1 };
	enum txn_outcome	out;

	out = txn_start(&c->txn, &setup);
	c->tap = out == TXN_GOES_ON ? req->tap : NULL;
	if (out != TXN_GOES_ON)
		return out;
	if (c->tap != NULL)
		tap_commands(c->tap, buf_str(&c->feed.cmd));
	c->doubtful = used && c->end_refused;
	if (used) {
		c->feed.in_step = client_silent;
		c->feed.in_step_arg = c;
	}
	c->transactions++;
	c->sent_before = stream_sent(c->stream);
	c->end_told = false;
	c->reader.bound = SMTP_REPLY_BOUND;
	c->times = &req->backend;
	c->state = CLIENT_TXN;
	timer_start(&c->timer, client_reply_ms(c));
	stream_kick(c->stream);
	return TXN_GOES_ON;
}

bool
client_doubts(const struct client *c)
{
	return c->doubtful && c->txn.verdict.code >= 400 &&
	    !client_end_given(c);
}

bool
client_may_have(const struct client *c)
{
	return client_end_given(c) &&
	    (c->txn.verdict_state != SMTP_STATE_MAIL ||
	    c->txn.verdict.code < 400);
}

enum client_next
client_end(struct client *c)
{
	struct txn	*t = &c->txn;

	c->end_refused = t->verdict_state == SMTP_STATE_EOD &&
	    t->verdict.code >= 400;
	c->told_apart = t->told_apart && t->after == TXN_KEEP;
	c->feed.req = NULL;
	c->tap = NULL;
	c->times = c->backend;
	if (c->feed.cmd.cap > CMD_KEPT)
		buf_free(&c->feed.cmd);
	if (t->after == TXN_CLOSE)
		return CLIENT_SPENT;
	if (t->after == TXN_KEEP) {
		c->state = CLIENT_IDLE;
		return CLIENT_KEPT;
	}
	c->flush = txn_outstanding(t);
	c->state = CLIENT_FLUSH;
	timer_start(&c->timer, client_reply_ms(c));
	if (c->flush == 0)
		client_reset(c);
	return CLIENT_CLEANS;
}

void
client_report(const struct client *c, struct client_report *r)
{
	const struct txn	*t = &c->txn;

	*r = (struct client_report){ .verdict = &t->verdict,
	    .state = t->verdict_state, .why = t->why, .code = t->code,
	    .client_gone = c->feed.gone, .unreadable = c->feed.unreadable,
	    .dsn_dropped = t->dsn_dropped };
	memcpy(r->enhanced, t->enhanced, sizeof r->enhanced);
}

void
client_rest(struct client *c, int64_t idle_ms)
{
	timer_start(&c->timer, idle_ms);
}

enum smtp_state
client_where(const struct client *c)
{
	static const enum smtp_state	states[CLIENT_STATE_MAX] = {
		[CLIENT_BANNER] = SMTP_STATE_BANNER,
		[CLIENT_EHLO] = SMTP_STATE_EHLO,
		[CLIENT_HELO] = SMTP_STATE_HELO,
		[CLIENT_STARTTLS] = SMTP_STATE_STARTTLS,
		[CLIENT_TLS] = SMTP_STATE_STARTTLS,
		[CLIENT_XCLIENT] = SMTP_STATE_XCLIENT,
		[CLIENT_FLUSH] = SMTP_STATE_RSET,
		[CLIENT_RSET] = SMTP_STATE_RSET,
		[CLIENT_QUIT] = SMTP_STATE_QUIT,
	};

	if (c->state == CLIENT_AUTH)
		return sasl_state(&c->sasl);
	if (c->state == CLIENT_EHLO && c->backend->lmtp)
		return SMTP_STATE_LHLO;
	return c->state == CLIENT_TXN ?
	    txn_where(&c->txn, client_sent(c)) : states[c->state];
}

void
client_quit(struct client *c)
{
	uint32_t	ms = c->backend->state_ms[SMTP_STATE_QUIT];

	c->state = CLIENT_QUIT;
	stream_write(c->stream, "QUIT\r\n", 6);
	timer_start(&c->timer, ms != 0 ? ms : QUIT_MS);
}

/* ---- Life -------------------------------------------------------------- */

/* What AUTH said last. */
void
client_forget_auth(struct client *c)
{
	if (c->auth_said.mem != NULL)
		explicit_bzero(c->auth_said.mem, c->auth_said.cap);
	buf_free(&c->auth_said);
}

static void
client_enter(struct client *c)
{
	if (c->depth++ == 0 && c->ops->work != NULL)
		c->ops->work(c->work_arg, c);
}

/* I2 */
static void
client_give_back(struct client *c)
{
	if (c->depth != 0 || !c->dead)
		return;
	smtp_reader_fini(&c->reader);
	feed_fini(&c->feed);
	txn_fini(&c->txn);
	free(c->socks);
	client_forget_auth(c);
	send_backend_free(&c->backend);
	attempt_connection_unref(c->facts);
	free(c);
}

static void
client_leave(struct client *c)
{
	if (--c->depth != 0)
		return;
	if (c->ops->work != NULL)
		c->ops->work(c->work_arg, NULL);
	client_give_back(c);
}

void
client_free(struct client **cp)
{
	struct client	*c = *cp;

	if (c == NULL)
		return;
	*cp = NULL;
	stream_free(&c->stream);
	timer_fini(&c->timer);
	c->dead = true;
	client_give_back(c);
}

/* ---- Events from the stream -------------------------------------------- */

static size_t
client_on_read(void *arg, struct str data)
{
	struct client	*c = arg;
	const char	*why = "";
	enum smtp_read	 got;
	size_t		 n, used = 0;

	client_enter(c);
	if (c->state == CLIENT_IDLE) {
		used = data.len;
		client_event(c, CLIENT_EV_BAD, "reply to nothing");
	} else if (c->state == CLIENT_PROXY)
		used = client_read_proxy(c, data);
	while (!c->dead && c->state != CLIENT_PROXY && used < data.len) {
		if (client_end_given(c))
			c->reader.bound = SMTP_REPLY_LAST_BOUND;
		got = smtp_reader_feed(&c->reader, (struct str){
		    data.p + used, data.len - used }, &n, &why);
		used += n;
		c->more = used < data.len || c->reader.reply.endless;
		if (got == SMTP_READ_MORE)
			break;
		if (got == SMTP_READ_BAD) {
			used = data.len;
			client_event(c, CLIENT_EV_BAD, why);
			break;
		}
		c->last_reply_ms = loop_now_ms(c->loop);
		if (c->tap != NULL)
			tap_reply(c->tap, &c->reader.reply,
			    c->backend->username.len > 0 ? c->backend : NULL,
			    buf_str(&c->auth_said));
		client_event(c, CLIENT_EV_REPLY, NULL);
	}
	client_leave(c);
	return used;
}

/*
 * A backend may refuse a message in its middle and close.  Our next write then
 * fails before the refusal was read, but the kernel still has it.
 */
static void
client_last_words(struct client *c)
{
	char	words[4096];
	ssize_t	n;

	while (!c->dead && c->state == CLIENT_TXN &&
	    (n = recv(stream_fd(c->stream), words, sizeof words,
	    MSG_DONTWAIT)) > 0)
		(void)client_on_read(c, (struct str){ words, (size_t)n });
}

static void
client_on_close(void *arg, enum stream_close how, const char *why)
{
	struct client	*c = arg;

	client_enter(c);
	if (how == STREAM_RESET && !c->facts->tls.started)
		client_last_words(c);
	if (!c->dead)
		client_event(c, how == STREAM_TLS ? CLIENT_EV_TLS_FAILED :
		    CLIENT_EV_CLOSED, why);
	client_leave(c);
}

static void
client_on_connect(void *arg)
{
	struct client	*c = arg;
	struct netaddr	 local;

	if (netaddr_local(&local, stream_fd(c->stream)) == 0)
		(void)netaddr_ip(&local, c->facts->localip,
		    sizeof c->facts->localip);
	if (c->tap != NULL)
		tap_note(c->tap, "connected%s, from %s", c->proxy.len != 0 ?
		    " to the proxy" : "", c->facts->localip);
	client_enter(c);
	client_event(c, CLIENT_EV_CONNECTED, NULL);
	client_leave(c);
}

static void
client_on_tls(void *arg)
{
	struct client		*c = arg;
	struct attempt_tls	*tls = &c->facts->tls;

	tls->started = true;
	tls->protocol = stream_tls_protocol(c->stream);
	tls->cipher = stream_tls_cipher(c->stream);
	tls->keysize = stream_tls_keysize(c->stream);
	tls_peer_take(&tls->peer, c->stream);
	if (c->tap != NULL)
		tap_tls(c->tap, c->facts, send_backend_verifies(c->backend));
	client_enter(c);
	client_event(c, CLIENT_EV_TLS, NULL);
	client_leave(c);
}

static void
client_on_timer(void *arg)
{
	struct client	*c = arg;

	client_enter(c);
	client_event(c, CLIENT_EV_TIMER, NULL);
	client_leave(c);
}

static const struct stream_ops	client_stream_ops = {
	.on_read = client_on_read,
	.on_close = client_on_close,
	.on_connect = client_on_connect,
	.on_tls = client_on_tls,
};

static struct stream *
client_connect(struct client *c, struct err *e)
{
	const struct netaddr	*source;
	struct stream_from	 from = { .nonlocal = c->backend->nonlocal };
	bool			 barred;

	if (c->proxy.len != 0)
		return stream_connect(c->loop, &c->proxy.u.sa, NULL,
		    &client_stream_ops, c, e);
	source = send_backend_source(c->backend, &c->to, &barred);
	if (source != NULL)
		from.address = &source->u.sa;
	return stream_connect(c->loop, &c->to.u.sa,
	    source != NULL ? &from : NULL, &client_stream_ops, c, e);
}

struct client *
client_new(const struct client_setup *s, struct err *e)
{
	struct client	*c = xcalloc(1, sizeof *c);

	c->arg = s->arg;
	c->work_arg = s->work_arg;
	c->ops = s->ops;
	c->loop = s->loop;
	c->tls = s->tls;
	c->identity = s->identity;
	c->tap = s->tap;
	c->to = s->to;
	c->proxy = s->proxy;
	c->backend = send_backend_copy(s->backend);
	c->times = c->backend;
	c->facts = s->facts;
	c->facts->tls.tried |= c->tls != NULL;
	c->state = CLIENT_CONNECT;
	c->source = (struct source){ client_peek, client_advance, c };
	smtp_reader_init(&c->reader);
	feed_init(&c->feed);
	txn_init(&c->txn);
	timer_init(&c->timer, s->loop, client_on_timer, c);
	c->stream = client_connect(c, e);
	if (c->stream == NULL) {
		client_free(&c);
		return NULL;
	}
	uuid_v7(c->facts->id);
	stream_source(c->stream, &c->source);
	timer_start(&c->timer, c->backend->connect_ms);
	return c;
}
