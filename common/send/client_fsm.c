/*
 * The table that client.c draws, and its cells.
 */
#include <stdio.h>
#include <string.h>

#include "base/net.h"
#include "event/tls_client.h"

#include "client_private.h"

typedef void	client_fn(struct client *c, const char *why);

/* ---- Faults ------------------------------------------------------------ */

static void
client_fault(struct client *c, enum send_error error, const char *why)
{
	const struct client_fault	f = { .error = error,
					    .state = client_where(c),
					    .why = why };

	c->ops->fault(c, &f);
}

static void
client_refused(struct client *c)
{
	const struct client_fault	f = { .error = SEND_ERROR_SMTP,
					    .state = client_where(c),
					    .reply = &c->reader.reply,
					    .why = "refused" };

	c->ops->fault(c, &f);
}

/* What the script asked for, this backend does not have. */
static void
client_config(struct client *c, const char *why, const char *what)
{
	char	text[256];

	(void)snprintf(text, sizeof text, "%s %s", why, what);
	client_fault(c, SEND_ERROR_CONFIG, text);
}

/*
 * A refusal of what the client of ours has no part in is no verdict on its
 * message: the operator mends the password, and the message comes again.
 */
static void
client_refusal(struct client *c, const char *what)
{
	const struct smtp_reply	*r = &c->reader.reply;
	struct str		 line = smtp_reply_line(r, 0);
	char			 text[256];

	(void)snprintf(text, sizeof text, "%s: %d %.*s", what, r->code,
	    (int)(line.len < 200 ? line.len : 200), line.p);
	client_fault(c, SEND_ERROR_CONFIG, text);
}

/* The end of a reply whose code is known did not come: that code counts. */
static bool
client_take_half(struct client *c)
{
	if (!client_end_given(c) || !smtp_reader_give_up(&c->reader))
		return false;
	c->more = true;
	client_event(c, CLIENT_EV_REPLY, NULL);
	return true;
}

static void
client_on_txn_closed(struct client *c, const char *why)
{
	if (!client_take_half(c))
		client_fault(c, SEND_ERROR_NETWORK, why);
}

static void
client_on_closed(struct client *c, const char *why)
{
	client_fault(c, SEND_ERROR_NETWORK, why);
}

static void
client_on_timeout(struct client *c, const char *why)
{
	(void)why;
	client_fault(c, SEND_ERROR_NETWORK, c->state == CLIENT_CONNECT ?
	    "connection timed out" : "timed out waiting for a reply");
}

static void
client_on_bad(struct client *c, const char *why)
{
	client_fault(c, SEND_ERROR_PROTOCOL, why);
}

static void
client_on_tls_error(struct client *c, const char *why)
{
	client_fault(c, SEND_ERROR_TLS, why);
}

/* The handshake came to nothing: optional TLS may go on in clear. */
static void
client_on_no_tls(struct client *c, const char *why)
{
	const struct client_fault	f = { .error = SEND_ERROR_TLS,
					    .state = SMTP_STATE_STARTTLS,
					    .why = why != NULL ? why :
					    "TLS handshake timed out",
					    .tls_failed = true };

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

/* ---- Opening ----------------------------------------------------------- */

static void
client_command(struct client *c, enum client_state next, const char *verb,
    const char *arg)
{
	c->state = next;
	stream_printf(c->stream, "%s%s%s\r\n", verb, arg != NULL ? " " : "",
	    arg != NULL ? arg : "");
	timer_start(&c->timer, client_reply_ms(c));
}

static void
client_hello(struct client *c)
{
	client_command(c, CLIENT_EHLO, c->backend->lmtp ? "LHLO" : "EHLO",
	    c->backend->helo.p);
}

static void
client_ready(struct client *c)
{
	c->state = CLIENT_IDLE;
	c->ops->ready(c);
}

static void
client_connected(struct client *c, const char *why)
{
	(void)why;
	c->state = CLIENT_BANNER;
	timer_start(&c->timer, client_reply_ms(c));
}

/* Replies of 2yz and 4yz 5yz are sorted out; what is left is broken. */
static bool
client_reply_ok(struct client *c, int wanted)
{
	int	code = c->reader.reply.code;

	if (code == wanted && !c->more)
		return true;
	if (code >= 400)
		client_refused(c);
	else
		client_fault(c, SEND_ERROR_PROTOCOL, code == wanted ?
		    "more replies than commands" : "unexpected reply");
	return false;
}

static void
client_on_banner(struct client *c, const char *why)
{
	(void)why;
	if (client_reply_ok(c, 220))
		client_hello(c);
}

/* ---- What the server asks for beyond SMTP ------------------------------ */

static void
client_send_xclient(struct client *c)
{
	const struct send_backend	*v = c->backend;
	struct buf			 line = BUF_INIT;
	unsigned			 i;

	for (i = 0; i < SMTP_XCLIENT_COUNT; i++) {
		if (v->xclient_values[i].len == 0)
			continue;
		if ((c->caps.xclient & 1u << i) == 0) {
			buf_free(&line);
			client_config(c, "backend takes no XCLIENT",
			    smtp_xclient_name(i));
			return;
		}
		if (line.len > 0)
			buf_add_byte(&line, ' ');
		buf_printf(&line, "%s=", smtp_xclient_name(i));
		buf_add_str(&line, v->xclient_values[i]);
	}
	client_command(c, CLIENT_XCLIENT, "XCLIENT", buf_cstr(&line));
	buf_free(&line);
}

static void
client_on_xclient(struct client *c, const char *why)
{
	(void)why;
	if (c->reader.reply.code >= 400) {
		client_refusal(c, "XCLIENT refused");
		return;
	}
	if (!client_reply_ok(c, 220))
		return;
	c->xclient_done = true;
	client_hello(c);
}

/* The line holds the password: stream and buffer are the only copies. */
static void
client_send_sasl(struct client *c, struct buf *line)
{
	buf_add_text(line, "\r\n");
	stream_write(c->stream, buf_data(line), line->len);
	explicit_bzero(line->mem, line->cap);
	buf_free(line);
	c->state = CLIENT_AUTH;
	timer_start(&c->timer, client_reply_ms(c));
}

/* A mode that allows TLS to be stripped must not give the password away. */
static void
client_send_auth(struct client *c)
{
	const struct send_backend	*v = c->backend;
	struct buf			 line = BUF_INIT;

	c->sasl = (struct sasl){ .username = v->username,
	    .password = v->password };
	if (sasl_choose(&c->sasl, &c->caps, c->info.tls_started ||
	    v->tls == SEND_TLS_DISABLED) == -1) {
		client_config(c, "backend offers no AUTH that is fit to use",
		    c->info.tls_started ? "over TLS" : "in clear");
		return;
	}
	sasl_command(&c->sasl, &line);
	client_send_sasl(c, &line);
}

static void
client_on_auth(struct client *c, const char *why)
{
	const struct smtp_reply	*r = &c->reader.reply;
	struct buf		 line = BUF_INIT;

	(void)why;
	if (r->code == 334 && !c->more) {
		if (sasl_answer(&c->sasl, smtp_reply_line(r, 0), &line) == 0)
			client_send_sasl(c, &line);
		else
			client_fault(c, SEND_ERROR_PROTOCOL,
			    "a challenge that can't be answered");
		return;
	}
	if (r->code >= 400)
		client_refusal(c, "authentication refused");
	else if (client_reply_ok(c, 235))
		client_ready(c);
}

static void
client_next(struct client *c)
{
	const struct send_backend	*v = c->backend;
	bool				 offered;

	offered = (c->caps.exts & SMTP_EXT_STARTTLS) != 0;
	if (c->tls != NULL && !c->info.tls_started && offered)
		client_command(c, CLIENT_STARTTLS, "STARTTLS", NULL);
	else if (send_backend_needs_tls(v) && !c->info.tls_started)
		client_fault(c, SEND_ERROR_TLS, "TLS is not offered");
	else if (v->xclient && !c->xclient_done)
		client_send_xclient(c);
	else if (v->username.len > 0)
		client_send_auth(c);
	else
		client_ready(c);
}

/* A server that does not know LHLO speaks no LMTP: not the message's fault. */
static void
client_on_ehlo(struct client *c, const char *why)
{
	int	code = c->reader.reply.code;

	(void)why;
	if (code >= 500 && c->backend->lmtp) {
		client_refusal(c, "LHLO refused");
		return;
	}
	if (code >= 500 && !c->more) {
		client_command(c, CLIENT_HELO, "HELO", c->backend->helo.p);
		return;
	}
	if (!client_reply_ok(c, 250))
		return;
	smtp_caps_read(&c->caps, &c->reader.reply);
	client_next(c);
}

static void
client_on_helo(struct client *c, const char *why)
{
	(void)why;
	if (!client_reply_ok(c, 250))
		return;
	c->caps = (struct smtp_caps){ .exts = 0 };
	client_next(c);
}

/* Hosts' names as TLS knows them: without the dot at the end of each (RFC 6066
 * 3). */
static const char *
client_names(struct buf *room, struct str names)
{
	struct str	name;

	while ((names = str_trim(names)).len > 0) {
		name = str_split(names, ' ', &names);
		if (name.len > 1 && name.p[name.len - 1] == '.')
			name.len--;
		if (room->len != 0)
			buf_add_byte(room, ' ');
		buf_add_str(room, name);
	}
	return buf_cstr(room);
}

/* A name in SNI only where there is a name. */
static void
client_handshake(struct client *c)
{
	const struct send_backend	*v = c->backend;
	struct tls_demand		 d = { .without = v->tls_without,
					    .ciphers = v->tls_ciphers.p,
					    .identity = c->identity };
	struct netaddr			 ip;
	struct err			 e;
	struct buf			 sni = BUF_INIT, name = BUF_INIT;

	if (v->tls_sni.len > 0)
		d.sni = client_names(&sni, v->tls_sni);
	else if (!v->tls_no_sni && netaddr_parse_ip(&ip, v->host, 0) == -1)
		d.sni = client_names(&sni, v->host);
	if (send_backend_verifies(v) && !v->tls_any_name)
		d.name = client_names(&name, v->tls_name.len > 0 ?
		    v->tls_name : v->host);
	c->state = CLIENT_TLS;
	timer_start(&c->timer, client_reply_ms(c));
	/* Our own mistake: no reason to go on in clear. */
	if (stream_tls_connect(c->stream, c->tls, &d, &e) == -1)
		client_fault(c, SEND_ERROR_CONFIG, e.text);
	buf_free(&sni);
	buf_free(&name);
}

/*
 * Bytes in clear behind the 220 are someone's injection: they would be read
 * as if they came through TLS.
 */
static void
client_on_starttls(struct client *c, const char *why)
{
	int	code = c->reader.reply.code;

	(void)why;
	if (code == 421) {
		client_refused(c);
		return;
	}
	if (c->more) {
		client_fault(c, SEND_ERROR_PROTOCOL,
		    "bytes in clear behind the reply to STARTTLS");
		return;
	}
	if (code != 220) {
		/* It was offered and is refused: as if not offered. */
		c->caps.exts &= ~(unsigned)SMTP_EXT_STARTTLS;
		client_next(c);
		return;
	}
	client_handshake(c);
}

static void
client_on_tls_done(struct client *c, const char *why)
{
	(void)why;
	client_hello(c);
}

/* ---- Transactions and after -------------------------------------------- */

static void
client_on_txn_reply(struct client *c, const char *why)
{
	enum txn_outcome	out;

	(void)why;
	out = txn_reply(&c->txn, &c->reader.reply,
	    stream_sent(c->stream) - c->sent_before, c->more);
	if (out != TXN_GOES_ON) {
		c->ops->done(c, out);
		return;
	}
	if (!client_end_given(c))
		timer_start(&c->timer, client_reply_ms(c));
	if (!feed_empty(&c->feed))
		stream_kick(c->stream);
}

static void
client_on_txn_timeout(struct client *c, const char *why)
{
	(void)why;
	if (client_take_half(c))
		return;
	client_fault(c, SEND_ERROR_NETWORK, client_end_given(c) ?
	    "timed out waiting for the reply to the end of the message" :
	    "timed out waiting for a reply");
}

void
client_reset(struct client *c)
{
	client_command(c, CLIENT_RSET, "RSET", NULL);
}

/*
 * A 354 here means that the backend waits for a message of the recipients it
 * took, and a lone dot would deliver an empty one: only closing is safe.
 */
static void
client_on_flush(struct client *c, const char *why)
{
	int	code = c->reader.reply.code;

	(void)why;
	if (code == 421 || (code >= 300 && code < 400) ||
	    c->reader.reply.endless) {
		client_fault(c, SEND_ERROR_PROTOCOL, "left open by a refusal");
		return;
	}
	if (--c->flush != 0)
		return;
	if (c->more)
		client_fault(c, SEND_ERROR_PROTOCOL,
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
