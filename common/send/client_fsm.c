/*
 * The table that client.c draws, what its cells share, and the cells of a
 * client that is open; those before that are in client_opening.c.
 */
#include <stdio.h>
#include <string.h>

#include "client_private.h"

/* ---- Faults ------------------------------------------------------------ */

void
client_fault(struct client *c, enum attempt_error error, const char *why)
{
	const struct client_fault	f = { .error = error,
					    .state = client_where(c),
					    .why = why, .unreachable =
					    c->state == CLIENT_CONNECT };

	c->ops->fault(c, &f);
}

/* Before it is connected to the backend: the proxy's fault, unless it says
 * that nobody is there. */
static void
client_proxy_fault(struct client *c, const char *why)
{
	char				at[NETADDR_TEXT];
	char				text[NETADDR_TEXT + 200];
	const struct client_fault	f = { .error = ATTEMPT_ERROR_NETWORK,
					    .state = client_where(c),
					    .why = text, .unreachable =
					    c->socks != NULL &&
					    c->socks->unreachable };

	(void)snprintf(text, sizeof text, "proxy %s: %s",
	    netaddr_text(&c->proxy, at, sizeof at), why);
	c->ops->fault(c, &f);
}

static bool
client_at_proxy(const struct client *c)
{
	return c->proxy.len != 0 && c->state <= CLIENT_PROXY;
}

void
client_refused(struct client *c)
{
	const struct client_fault	f = { .error = ATTEMPT_ERROR_SMTP,
					    .state = client_where(c),
					    .reply = &c->reader.reply,
					    .why = "refused" };

	c->ops->fault(c, &f);
}

/* What the request asks for, this backend does not offer. */
void
client_config(struct client *c, const char *why, const char *what)
{
	char	text[256];

	(void)snprintf(text, sizeof text, "%s %s", why, what);
	client_fault(c, ATTEMPT_ERROR_CONFIG, text);
}

/*
 * XCLIENT, AUTH and LHLO come from our configuration, not from the message.
 * That they are refused is no verdict on it: once the operator has mended a
 * password the message goes.
 */
void
client_refusal(struct client *c, const char *what)
{
	const struct smtp_reply	*r = &c->reader.reply;
	char			 text[256], summary[SMTP_REPLY_SUMMARY];
	struct client_fault	 f = { .error = ATTEMPT_ERROR_CONFIG,
				    .state = client_where(c), .reply = r,
				    .why = text };
	size_t			 i;

	for (i = 0; i < smtp_reply_lines(r); i++)
		if (tap_tells(smtp_reply_line(r, i), c->backend,
		    buf_str(&c->auth_said)))
			f.reply = NULL;
	if (f.reply == NULL)
		(void)snprintf(summary, sizeof summary,
		    "%d (what it said holds a secret of ours)", r->code);
	else
		(void)smtp_reply_summary(r, summary);
	(void)snprintf(text, sizeof text, "%s: %s", what, summary);
	c->ops->fault(c, &f);
}

/*
 * The connection ended in the middle of a reply.  If that was the reply to the
 * end of the message and its code is known, the code counts: nobody can ask
 * for it again.
 */
static bool
client_take_half(struct client *c)
{
	if (!client_end_given(c) || !smtp_reader_give_up(&c->reader))
		return false;
	c->more = true;
	client_event(c, CLIENT_EV_REPLY, NULL);
	/* Over LMTP others may still be without theirs. */
	return c->dead || c->state != CLIENT_TXN;
}

static void
client_on_txn_closed(struct client *c, const char *why)
{
	if (!client_take_half(c))
		client_fault(c, ATTEMPT_ERROR_NETWORK, why);
}

static void
client_on_closed(struct client *c, const char *why)
{
	if (client_at_proxy(c))
		client_proxy_fault(c, why);
	else
		client_fault(c, ATTEMPT_ERROR_NETWORK, why);
}

static void
client_on_timeout(struct client *c, const char *why)
{
	(void)why;
	if (client_at_proxy(c))
		client_proxy_fault(c, "connection timed out");
	else
		client_fault(c, ATTEMPT_ERROR_NETWORK, c->state ==
		    CLIENT_CONNECT ? "connection timed out" :
		    "timed out waiting for a reply");
}

static void
client_on_bad(struct client *c, const char *why)
{
	client_fault(c, ATTEMPT_ERROR_PROTOCOL, why);
}

static void
client_on_tls_error(struct client *c, const char *why)
{
	client_fault(c, ATTEMPT_ERROR_TLS, why);
}

/* The handshake failed: where TLS is optional, the next connection is made
 * without it. */
static void
client_on_no_tls(struct client *c, const char *why)
{
	struct client_fault		 f = { .error = ATTEMPT_ERROR_TLS,
					    .state = SMTP_STATE_STARTTLS,
					    .why = why != NULL ? why :
					    "TLS handshake timed out",
					    .tls_failed = true };
	struct attempt_tls		*tls = &c->facts->tls;

	tls_peer_take(&tls->peer, c->stream);
	tls->tlsrpt = send_backend_verifies(c->backend) ?
	    tls_peer_fault(&tls->peer) : "validation-failure";
	if (c->backend->tls == SEND_TLS_TLSA && tls->peer.error != 0)
		f.error = ATTEMPT_ERROR_DANE;
	c->ops->fault(c, &f);
}

static void
client_on_nothing(struct client *c, const char *why)
{
	(void)c;
	(void)why;
}

static void
client_on_gone(struct client *c, const char *why)
{
	(void)why;
	c->ops->gone(c);
}

/* ---- What cells share -------------------------------------------------- */

void
client_command(struct client *c, enum client_state next, const char *verb,
    const char *arg)
{
	c->state = next;
	if (c->tap != NULL)
		tap_command(c->tap, verb, arg);
	stream_printf(c->stream, "%s%s%s\r\n", verb, arg != NULL ? " " : "",
	    arg != NULL ? arg : "");
	timer_start(&c->timer, client_reply_ms(c));
}

void
client_ready(struct client *c)
{
	c->state = CLIENT_IDLE;
	c->ops->ready(c);
}

/* True for the reply that is wanted.  A refusal or anything else has then been
 * told as a fault. */
bool
client_reply_ok(struct client *c, int wanted)
{
	int	code = c->reader.reply.code;

	if (code == wanted && !c->more)
		return true;
	if (code >= 400)
		client_refused(c);
	else
		client_fault(c, ATTEMPT_ERROR_PROTOCOL, code == wanted ?
		    "more replies than commands" : "unexpected reply");
	return false;
}

/* ---- Transactions and after -------------------------------------------- */

static void
client_on_txn_reply(struct client *c, const char *why)
{
	size_t			said = c->feed.cmd.len;
	enum txn_outcome	out;

	(void)why;
	out = txn_reply(&c->txn, &c->reader.reply,
	    stream_sent(c->stream) - c->sent_before, c->more);
	if (out != TXN_GOES_ON) {
		c->ops->done(c, out);
		return;
	}
	if (c->tap != NULL)
		tap_commands(c->tap, (struct str){ buf_data(&c->feed.cmd) +
		    said, c->feed.cmd.len - said });
	if (!client_end_given(c))
		timer_start(&c->timer, client_reply_ms(c));
	else if (c->txn.ended != 0)	/* LMTP: the next one has as long */
		timer_start(&c->timer, client_end_ms(c));
	if (!feed_empty(&c->feed))
		stream_kick(c->stream);
}

static void
client_on_txn_timeout(struct client *c, const char *why)
{
	(void)why;
	if (client_take_half(c))
		return;
	client_fault(c, ATTEMPT_ERROR_NETWORK, client_end_given(c) ?
	    "timed out waiting for the reply to the end of the message" :
	    "timed out waiting for a reply");
}

void
client_reset(struct client *c)
{
	client_command(c, CLIENT_RSET, "RSET", NULL);
}

/*
 * A 354 here means that the backend waits for a message to the recipients it
 * took.  A lone dot would deliver an empty one, so the connection is closed.
 */
static void
client_on_flush(struct client *c, const char *why)
{
	int	code = c->reader.reply.code;

	(void)why;
	if (code == 421 || (code >= 300 && code < 400) ||
	    c->reader.reply.endless) {
		client_fault(c, ATTEMPT_ERROR_PROTOCOL,
		    "left open by a refusal");
		return;
	}
	if (--c->flush != 0)
		return;
	if (c->more)
		client_fault(c, ATTEMPT_ERROR_PROTOCOL,
		    "more replies than commands");
	else
		client_reset(c);
}

static void
client_on_rset(struct client *c, const char *why)
{
	(void)why;
	if (!client_reply_ok(c, 250))
		return;
	c->state = CLIENT_IDLE;
	c->ops->idle(c);
}

static void
client_on_idle_timer(struct client *c, const char *why)
{
	(void)why;
	c->ops->rested(c);
}

/* ---- The table --------------------------------------------------------- */

#define NOTHING		client_on_nothing
#define CLOSED		client_on_closed
#define TIMEOUT		client_on_timeout
#define BAD		client_on_bad
#define TLS_ERR		client_on_tls_error
#define NO_TLS		client_on_no_tls
#define GONE		client_on_gone

/* connected, reply, tls, closed, tls failed, timer, bad */
static client_fn *const	client_table[CLIENT_STATE_MAX][CLIENT_EV_MAX] = {
	[CLIENT_CONNECT] = { client_connected, NOTHING, NOTHING, CLOSED,
		TLS_ERR, TIMEOUT, NOTHING },
	[CLIENT_PROXY] = { NOTHING, NOTHING, NOTHING, CLOSED,
		CLOSED, TIMEOUT, client_proxy_fault },
	[CLIENT_BANNER] = { NOTHING, client_on_banner, NOTHING, CLOSED,
		TLS_ERR, TIMEOUT, BAD },
	[CLIENT_EHLO] = { NOTHING, client_on_ehlo, NOTHING, CLOSED,
		TLS_ERR, TIMEOUT, BAD },
	[CLIENT_HELO] = { NOTHING, client_on_helo, NOTHING, CLOSED,
		TLS_ERR, TIMEOUT, BAD },
	[CLIENT_STARTTLS] = { NOTHING, client_on_starttls, NOTHING, CLOSED,
		TLS_ERR, TIMEOUT, BAD },
	[CLIENT_TLS] = { NOTHING, NOTHING, client_on_tls_done, NO_TLS,
		NO_TLS, NO_TLS, NOTHING },
	[CLIENT_XCLIENT] = { NOTHING, client_on_xclient, NOTHING, CLOSED,
		TLS_ERR, TIMEOUT, BAD },
	[CLIENT_AUTH] = { NOTHING, client_on_auth, NOTHING, CLOSED,
		TLS_ERR, TIMEOUT, BAD },
	[CLIENT_IDLE] = { NOTHING, NOTHING, NOTHING, CLOSED,
		TLS_ERR, client_on_idle_timer, BAD },
	[CLIENT_TXN] = { NOTHING, client_on_txn_reply, NOTHING,
		client_on_txn_closed,
		TLS_ERR, client_on_txn_timeout, BAD },
	[CLIENT_FLUSH] = { NOTHING, client_on_flush, NOTHING, CLOSED,
		TLS_ERR, TIMEOUT, BAD },
	[CLIENT_RSET] = { NOTHING, client_on_rset, NOTHING, CLOSED,
		TLS_ERR, TIMEOUT, BAD },
	[CLIENT_QUIT] = { NOTHING, GONE, NOTHING, GONE, GONE, GONE, GONE },
};

void
client_event(struct client *c, enum client_ev ev, const char *why)
{
	client_table[c->state][ev](c, why);
}
