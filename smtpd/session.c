/*
 * Bytes come in by session_on_read(), which hands them to the mode's reader
 * until it wants no more.  Replies collect in the stream and leave together:
 * a client that pipelines gets them in one write.  One that does not read
 * them is not read from either, until they have left.
 *
 * One timer per session serves three limits (silence, one message, the whole
 * session): it fires at the earliest of them, and is only a store to move.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "compat/peer.h"
#include "event/stream.h"
#include "hooks/eod.h"
#include "smtp/proxy_header.h"

#include "account.h"
#include "auth.h"
#include "crowding.h"
#include "input.h"
#include "naming.h"
#include "patience.h"
#include "receive.h"
#include "server.h"
#include "session.h"
#include "session_hook.h"
#include "tls.h"
#include "transaction.h"

#define LINGER_MS	5000
#define UNREAD_REPLIES	(64 * 1024)	/* a client with more must read first */

static size_t	session_on_read(void *arg, struct str data);
static void	session_on_close(void *arg, enum stream_close how,
		    const char *why);
static void	session_on_drain(void *arg);
static void	session_on_tls(void *arg);

static const struct stream_ops	session_stream_ops = {
	.on_read = session_on_read,
	.on_close = session_on_close,
	.on_drain = session_on_drain,
	.on_tls = session_on_tls,
};

/* ---- Replies ----------------------------------------------------------- */

void
session_write(struct session *s, const struct smtp_answer *a)
{
	struct buf	*b = &s->server->scratch;

	if (s->over || (s->peer_eof && s->mode == MODE_CLOSING))
		return;
	buf_clear(b);
	smtp_answer_write(b, a);
	if (!patience_hold(s, buf_str(b)))
		stream_write(s->stream, buf_data(b), b->len);
	farewell_reply(s, buf_str(b));
}

/* enhanced is "2.1.0", or NULL for none. */
void
session_answer(struct session *s, int code, const char *enhanced,
    const char *text)
{
	struct str		line = str_of(text);
	struct smtp_answer	a = { .code = code, .plain = enhanced == NULL,
	    .lines = &line, .line_count = 1 };

	if (enhanced != NULL) {
		a.enhanced[0] = enhanced[0] - '0';
		a.enhanced[1] = atoi(enhanced + 2);
		a.enhanced[2] = atoi(strchr(enhanced + 2, '.') + 1);
	}
	session_write(s, &a);
}

/* ---- The end ----------------------------------------------------------- */

void
session_forget_names(struct session *s)
{
	struct hook_connection	*c = &s->conn;

	free(c->helo_host);
	c->helo_host = NULL;
	c->helo_verb = NULL;
	s->offered = 0;
	free(c->auth_mechanism);
	c->auth_mechanism = NULL;
	free(c->auth_username);
	c->auth_username = NULL;
}

void
session_forget(struct session *s)
{
	struct server	*srv = s->server;

	hsl_frozen_free(&s->context);
	farewell_fini(&s->farewell);
	TAILQ_REMOVE(&srv->sessions, s, link);
	srv->session_count--;
	server_tidy(srv);
	session_forget_names(s);
	session_tls_forget(s);
	free(s->conn.remoteptr);
	free(s->conn.proxyip);
	free(s->conn.proxytlv);
	free(s->other_helo);
	free(s);
	server_session_gone(srv);
}

void
session_end(struct session *s)
{
	if (s->over)
		return;
	s->over = true;
	farewell_by(s, s->peer_eof ? "remote" : "local");
	account_cut(s);
	LOG(EV_DISCONNECT, &s->log, LOG_STR("client", s->conn.remoteip),
	    LOG_NUM("messages", s->messages),
	    LOG_NUM("commands", s->commands), LOG_NUM("errors", s->errors),
	    LOG_NUM("ms", loop_now_ms(s->server->loop) - s->opened_ms));
	board_add(COUNTER_sessions, -1);
	crowding_add(s->client, -1);
	naming_free(&s->naming);
	hook_cancel(&s->run);
	transaction_free(&s->txn);
	hsl_cache_free(&s->message_cache);
	s->log.txn = NULL;
	free(s->pending_helo);
	s->pending_helo = NULL;
	free(s->pending_line);
	s->pending_line = NULL;
	auth_free(&s->auth);
	buf_free(&s->held);
	stream_free(&s->stream);
	timer_fini(&s->timer);
	s->mode = MODE_CLOSING;
	session_disconnect(s);
}

void
session_reset(struct session *s)
{
	account_cut(s);
	if (s->txn != NULL)
		server_tidy(s->server);
	patience_transaction_over(s);
	transaction_free(&s->txn);
	hsl_cache_free(&s->message_cache);
	s->log.txn = NULL;
	s->data_since_ms = 0;
	if (s->state != STATE_START)
		s->state = STATE_READY;
}

void
session_close(struct session *s)
{
	if (s->mode == MODE_CLOSING)
		return;
	patience_end(s);
	session_reset(s);
	farewell_by(s, "local");
	s->mode = MODE_CLOSING;
	s->linger = true;
	stream_resume(s->stream);
	stream_kick(s->stream);
	timer_start(&s->timer, LINGER_MS);
}

void
session_cut(struct session *s, const char *enhanced, const char *text)
{
	if (s->mode == MODE_CLOSING)
		return;
	session_answer(s, 421, enhanced, text);
	session_close(s);
}

/*
 * All that was written has left.  A client that sends no more has had its
 * last reply now.  What it sent meanwhile is read away first: closing over
 * unread bytes would reset the connection and could take our last reply with
 * it.
 */
static void
session_on_drain(void *arg)
{
	struct session	*s = arg;

	if (s->mode == MODE_HANDSHAKE) {
		if (session_tls_start(s) == -1)
			session_end(s);
		return;
	}
	if (s->mode != MODE_CLOSING) {
		if (stream_unread(s->stream).len > 0)
			stream_more(s->stream);
		else if (s->peer_eof && s->mode != MODE_WAIT &&
		    s->mode != MODE_SLOW)
			session_end(s);
		return;
	}
	if (s->peer_eof || !s->linger)
		session_end(s);
	else
		stream_shutdown(s->stream);
}

/* Replies that nobody reads would be memory that a stranger takes. */
static bool
session_backed_up(const struct session *s)
{
	return (s->mode == MODE_COMMAND || s->mode == MODE_AUTH) &&
	    stream_unsent(s->stream) > UNREAD_REPLIES;
}

/* Commands that came before a FIN, left unread so far. */
static bool
session_has_more(const struct session *s)
{
	struct str	unread = stream_unread(s->stream);

	return (s->mode == MODE_COMMAND || s->mode == MODE_AUTH) &&
	    unread.len > 0 && memchr(unread.p, '\n', unread.len) != NULL;
}

/* False: a message whose end was given to a backend is waited for. */
static bool
session_abort_wait(struct session *s)
{
	if (s->naming == NULL && s->run == NULL && !session_abort_message(s))
		return false;
	naming_free(&s->naming);
	hook_cancel(&s->run);
	return true;
}

/*
 * Silence after a FIN is the end, unless commands that came before it (a
 * pipelined QUIT) wait for the hook.  A message whose end was given to a
 * backend is waited for in any case, so that its verdict is logged.
 */
static void
session_on_close(void *arg, enum stream_close how, const char *why)
{
	struct session	*s = arg;

	s->peer_eof = true;
	farewell_failed(s, how, why);
	if (how == STREAM_TLS)
		LOG(EV_TLS, &s->log, LOG_STR("result", "failed"),
		    LOG_STR("client", s->conn.remoteip),
		    LOG_STR("reason", why));
	if (s->mode == MODE_SLOW && how == STREAM_EOF)
		return;			/* its reply is still to come */
	if (s->mode == MODE_WAIT) {
		if (how == STREAM_EOF && stream_unread(s->stream).len > 0)
			return;
		if (!session_abort_wait(s))
			return;
	} else if (how == STREAM_EOF && session_has_more(s)) {
		stream_more(s->stream);
		return;
	}
	session_end(s);
}

/* The earliest of the limits that apply now. */
static void
session_set_timer(struct session *s)
{
	const struct params	*p = s->server->params;
	int64_t			 now = loop_now_ms(s->server->loop);
	int64_t			 left = p->smtpd_idle_timeout, until;

	until = s->opened_ms + p->smtpd_session_timeout - now;
	left = until < left ? until : left;
	if (s->data_since_ms != 0) {
		until = s->data_since_ms + p->smtpd_data_timeout - now;
		left = until < left ? until : left;
	}
	timer_start(&s->timer, left);
}

/* The reply that was held back has left; on with what came meanwhile. */
static void
session_slowed(struct session *s)
{
	patience_end(s);
	if (s->peer_eof && stream_unread(s->stream).len == 0)
		session_close(s);
	else
		session_set_timer(s);
}

static void
session_on_timer(void *arg)
{
	struct session		*s = arg;
	const struct params	*p = s->server->params;
	int64_t			 now = loop_now_ms(s->server->loop);

	if (s->mode == MODE_CLOSING || s->mode == MODE_HANDSHAKE) {
		session_end(s);
		return;
	}
	if (s->mode == MODE_WAIT) {
		timer_start(&s->timer, p->smtpd_idle_timeout);
		return;
	}
	if (s->mode == MODE_SLOW) {
		session_slowed(s);
		return;
	}
	LOG(EV_REFUSE, &s->log, LOG_STR("reason", "timeout"),
	    LOG_STR("client", s->conn.remoteip),
	    LOG_NUM("ms", now - s->opened_ms));
	session_cut(s, "4.4.2", "Timeout");
}

/* ---- Bytes in ---------------------------------------------------------- */

/* A command that dribbles in byte by byte is silence. */
static bool
session_progressed(const struct session *s, struct str data, struct str rest)
{
	return rest.len < data.len && s->mode != MODE_DISCARD;
}

static size_t
session_on_read(void *arg, struct str data)
{
	struct session	*s = arg;
	struct str	 in = data;
	size_t		 n;

	while (in.len > 0 && !session_backed_up(s) &&
	    (n = input_read(s, in)) > 0) {
		in.p += n;
		in.len -= n;
	}
	if (s->mode == MODE_WAIT || s->mode == MODE_SLOW)
		stream_pause(s->stream);
	else if (s->peer_eof && s->mode != MODE_CLOSING &&
	    !session_backed_up(s)) {
		farewell_by(s, "remote");
		if (stream_unsent(s->stream) > 0)
			session_close(s);
		else
			session_end(s);
	}
	else if (s->mode != MODE_CLOSING && session_progressed(s, data, in))
		session_set_timer(s);
	return data.len - in.len;
}

/* ---- TLS --------------------------------------------------------------- */

static void
session_on_tls(void *arg)
{
	struct session	*s = arg;
	bool		 greeted = s->greeted;

	if (s->mode != MODE_HANDSHAKE) {	/* cut off meanwhile */
		session_end(s);
		return;
	}
	session_tls_done(s);
	if (!greeted)
		session_begin(s);
	else
		session_set_timer(s);
}

/* ---- The beginning ----------------------------------------------------- */

static void
session_facts(struct session *s, int fd, const struct netaddr *peer)
{
	struct hook_connection	*c = &s->conn;
	struct netaddr		 local;

	uuid_v4(c->id);
	if (peer->u.sa.sa_family != AF_UNIX)
		netaddr_ip(peer, c->remoteip, sizeof c->remoteip);
	c->remoteport = netaddr_port(peer);
	if (peer->u.sa.sa_family == AF_UNIX)
		c->has_remoteuid = peer_uid(fd, &c->remoteuid) == 0;
	else if (netaddr_local(&local, fd) == 0) {
		netaddr_ip(&local, c->localip, sizeof c->localip);
		c->localport = netaddr_port(&local);
	}
	c->serverid = s->server->serverid;
	s->farewell.stage = "CONNECT";
	s->log.conn = c->id;
}

void
session_begin(struct session *s)
{
	struct netaddr	a;

	s->greeted = true;
	s->may_xclient = netaddr_parse_ip(&a, str_of(s->conn.remoteip), 0) ==
	    0 && netaddr_within(&a, s->server->params->xclient_hosts);
	session_name(s);
	if (s->mode == MODE_WAIT)
		stream_pause(s->stream);
	session_set_timer(s);
}

void
session_turn_away(int fd, const struct netaddr *peer, const char *reply)
{
	char	ip[NETADDR_TEXT];

	COUNT(sessions_refused);
	LOG(EV_REFUSE, NULL, LOG_STR("reason", "too many connections"),
	    LOG_STR("client", netaddr_ip(peer, ip, sizeof ip)));
	(void)send(fd, reply, strlen(reply), MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)close(fd);
}

/* The sender's own addresses, or those it says its client has. */
static void
session_proxied(struct session *s, const struct proxy_header *h)
{
	struct hook_connection	*c = &s->conn;
	size_t			 i;
	struct buf		 hex = BUF_INIT;

	if (h == NULL || !h->has_addresses)
		return;
	c->proxyip = xstrdup(c->remoteip);
	netaddr_ip(&h->from, c->remoteip, sizeof c->remoteip);
	c->remoteport = netaddr_port(&h->from);
	netaddr_ip(&h->to, c->localip, sizeof c->localip);
	c->localport = netaddr_port(&h->to);
	for (i = 0; i < h->tlv.len; i++)
		buf_printf(&hex, "%02x", (unsigned char)h->tlv.p[i]);
	if (hex.len != 0)
		c->proxytlv = xstrdup(buf_cstr(&hex));
	buf_free(&hex);
}

void
session_open(struct server *srv, int fd, const struct netaddr *peer,
    const struct proxy_header *h)
{
	const struct netaddr	*from = h != NULL && h->has_addresses ?
				    &h->from : peer;
	struct session		*s;
	uint64_t		 client;

	if (crowding_client_full(srv, from, &client)) {
		session_turn_away(fd, from, "421 4.7.0 Too many connections "
		    "from your address\r\n");
		return;
	}
	crowding_add(client, 1);
	s = xcalloc(1, sizeof *s);
	s->client = client;
	s->server = srv;
	s->opened_ms = loop_now_ms(srv->loop);
	session_facts(s, fd, peer);
	session_proxied(s, h);
	s->stream = stream_new(srv->loop, fd, &session_stream_ops, s);
	timer_init(&s->timer, srv->loop, session_on_timer, s);
	TAILQ_INSERT_TAIL(&srv->sessions, s, link);
	srv->session_count++;
	COUNT(sessions);
	COUNT(sessions_total);
	LOG(EV_CONNECT, &s->log, LOG_STR("server", srv->serverid),
	    LOG_STR("client", s->conn.remoteip),
	    LOG_NUM_IF("client_port", s->conn.remoteport),
	    LOG_STR("proxy", s->conn.proxyip));
	if (!srv->params->smtpd_tls_wrapper)
		session_begin(s);
	else if (srv->tls == NULL || session_tls_start(s) == -1)
		session_end(s);
	else
		session_set_timer(s);
}

/* ---- Drain ------------------------------------------------------------- */

void
session_drain(struct session *s)
{
	struct server	*srv = s->server;

	if (s->over && srv->hard_passed) {
		hook_cancel(&s->run);
		session_forget(s);
		return;
	}
	if (s->mode == MODE_CLOSING)
		return;
	if (s->mode == MODE_WAIT && srv->hard_passed) {
		if (!session_abort_wait(s))
			return;
	}
	if (srv->hard_passed)
		session_cut(s, "4.3.2", "Service shutting down");
	else if (srv->soft_passed && s->txn == NULL &&
	    (s->mode == MODE_COMMAND || s->mode == MODE_SLOW))
		session_cut(s, "4.3.2", "Service shutting down");
}
