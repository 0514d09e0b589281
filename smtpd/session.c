/*
 * A session's beginning, its replies and its end.  What lies between is
 * life.c's.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "compat/peer.h"
#include "event/stream.h"
#include "smtp/proxy_header.h"

#include "account.h"
#include "auth.h"
#include "crowding.h"
#include "naming.h"
#include "server.h"
#include "session.h"
#include "tls.h"
#include "transaction.h"
#include "transcript.h"

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
	farewell_stage(s, "CONNECT");
	s->log.conn = c->id;
}

void
session_begin(struct session *s)
{
	s->greeted = true;
	xclient_begin(s);
	transcript_begin(s);
	session_name(s);
	life_restart(s);
}

void
session_turn_away(int fd, const struct netaddr *peer, const char *reason,
    const char *reply)
{
	char	ip[NETADDR_TEXT];

	COUNT(sessions_refused);
	LOG(EV_REFUSE, NULL, LOG_STR("reason", reason),
	    LOG_STR("client", netaddr_ip(peer, ip, sizeof ip)));
	(void)send(fd, reply, strlen(reply), MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)close(fd);
}

/* A PROXY header's addresses take the place of those of the balancer. */
static void
session_proxied(struct session *s, const struct proxy_header *h)
{
	struct hook_connection	*c = &s->conn;
	struct buf		 hex = BUF_INIT;

	if (h == NULL || !h->has_addresses)
		return;
	c->proxyip = xstrdup(c->remoteip);
	netaddr_ip(&h->from, c->remoteip, sizeof c->remoteip);
	c->remoteport = netaddr_port(&h->from);
	netaddr_ip(&h->to, c->localip, sizeof c->localip);
	c->localport = netaddr_port(&h->to);
	buf_add_hex(&hex, h->tlv.p, h->tlv.len);
	if (hex.len != 0)
		c->proxytlv = xstrdup(buf_cstr(&hex));
	buf_free(&hex);
}

/* By a Unix socket: the user is the client. */
static bool
session_admits_user(struct server *srv, int fd, const struct netaddr *from,
    uint64_t *client)
{
	uid_t	uid;

	*client = 0;
	if (peer_uid(fd, &uid) == -1 || !local_user_welcome(srv, uid)) {
		session_turn_away(fd, from, "not one of sendmail_users",
		    "521 5.7.1 You may not send mail here\r\n");
		return false;
	}
	if (!crowding_user_full(srv, uid, client))
		return true;
	session_turn_away(fd, from, "too many connections",
	    "421 4.7.0 Too many connections of this user\r\n");
	return false;
}

static bool
session_admits(struct server *srv, int fd, const struct netaddr *from,
    uint64_t *client)
{
	if (from->u.sa.sa_family == AF_UNIX)
		return session_admits_user(srv, fd, from, client);
	if (!crowding_client_full(srv, from, client))
		return true;
	session_turn_away(fd, from, "too many connections",
	    "421 4.7.0 Too many connections from your address\r\n");
	return false;
}

void
session_open(struct server *srv, int fd, const struct netaddr *peer,
    const struct proxy_header *h)
{
	const struct netaddr	*from = h != NULL && h->has_addresses ?
				    &h->from : peer;
	struct session		*s;
	uint64_t		 client;

	if (!session_admits(srv, fd, from, &client))
		return;
	crowding_add(client, 1);
	s = xcalloc(1, sizeof *s);
	s->crowd = client;
	s->server = srv;
	s->opened_ms = loop_now_ms(srv->loop);
	session_facts(s, fd, peer);
	session_proxied(s, h);
	s->stream = stream_new(srv->loop, fd, &life_stream_ops, s);
	life_init(s);
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
		session_destroy(s);
	else
		life_restart(s);
}

/* ---- Replies ----------------------------------------------------------- */

void
session_write(struct session *s, const struct smtp_answer *a)
{
	struct buf	*b = &s->server->scratch;

	if (!life_is_heard(s))
		return;
	buf_clear(b);
	smtp_answer_write(b, a);
	if (!patience_hold(s, buf_str(b)))
		stream_write(s->stream, buf_data(b), b->len);
	farewell_reply(s, buf_str(b));
	transcript_reply(s, buf_str(b));
}

/* enhanced is "2.1.0"; NULL: the reply has none. */
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

/* ---- Between two transactions ------------------------------------------ */

void
session_forget_names(struct session *s)
{
	struct hook_connection	*c = &s->conn;

	free(c->helo_host);
	c->helo_host = NULL;
	c->helo_verb = NULL;
	s->hello.offered = 0;
	free(c->auth_mechanism);
	c->auth_mechanism = NULL;
	free(c->auth_username);
	c->auth_username = NULL;
}

static void
session_drop_transaction(struct session *s)
{
	transaction_free(&s->txn);
	hsl_cache_free(&s->hooking.message_cache);
	s->log.txn = NULL;
}

void
session_reset(struct session *s)
{
	account_cut(s);
	if (s->txn != NULL)
		server_tidy(s->server);
	patience_transaction_over(s);
	session_drop_transaction(s);
	s->intake.since_ms = 0;
	if (s->state != STATE_START)
		s->state = STATE_READY;
}

/* ---- The end ----------------------------------------------------------- */

void
session_close(struct session *s)
{
	if (life_is_closing(s))
		return;
	patience_end(s);
	session_reset(s);
	farewell_by(s, "local");
	life_enter(s, MODE_CLOSING);
}

void
session_cut(struct session *s, const char *enhanced, const char *text)
{
	if (life_is_closing(s))
		return;
	session_answer(s, 421, enhanced, text);
	session_close(s);
}

void
session_stop(struct session *s)
{
	naming_free(&s->naming);
	hook_cancel(&s->hooking.run);
	if (s->txn != NULL)
		eod_cancel(&s->txn->run);
}

/* What is told of a session, while all that it had is there. */
static void
session_account(struct session *s)
{
	farewell_by(s, stream_eof(s->stream) ? "remote" : "local");
	account_cut(s);
	LOG(EV_DISCONNECT, &s->log, LOG_STR("client", s->conn.remoteip),
	    LOG_NUM("messages", s->messages),
	    LOG_NUM("commands", s->request.count),
	    LOG_NUM("errors", s->patience.errors),
	    LOG_NUM("ms", loop_now_ms(s->server->loop) - s->opened_ms));
	board_add(COUNTER_sessions, -1);
	crowding_add(s->crowd, -1);
}

/* What the disconnect hook has no use for. */
static void
session_drop(struct session *s)
{
	session_drop_transaction(s);
	auth_free(&s->auth);
	patience_fini(&s->patience);
	stream_free(&s->stream);
	life_fini(s);
}

void
session_forget(struct session *s)
{
	struct server	*srv = s->server;

	TAILQ_REMOVE(&srv->sessions, s, link);
	srv->session_count--;
	server_tidy(srv);
	session_forget_names(s);
	session_tls_forget(s);
	hello_fini(&s->hello);
	hooking_fini(&s->hooking);
	farewell_fini(&s->farewell);
	xclient_fini(&s->spoken);
	free(s->conn.remoteptr);
	free(s->conn.proxyip);
	free(s->conn.proxytlv);
	free(s);
	drain_session_gone(srv);
}

static void
session_disconnected(struct session *s, const struct verdict *v)
{
	(void)v;
	session_forget(s);
}

/*
 * The one way out, in this order: nothing calls back any more; what was is
 * told; what is held is given back; the disconnect hook, if any, runs; and
 * behind it the rest goes.
 */
void
session_destroy(struct session *s)
{
	struct hook_arguments	args;

	session_stop(s);
	session_account(s);
	session_drop(s);
	life_enter(s, MODE_GONE);
	args = farewell_arguments(s);
	session_hook(s, HOOK_DISCONNECT, &args, session_disconnected);
}
