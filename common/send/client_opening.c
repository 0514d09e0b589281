/*
 * The cells of client.c's table from the connection to a client that is ready
 * for its first transaction: banner, EHLO or HELO, STARTTLS, XCLIENT, AUTH.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/net.h"
#include "event/tls_client.h"

#include "client_private.h"

/* ---- Opening ----------------------------------------------------------- */

static void
client_hello(struct client *c)
{
	client_command(c, CLIENT_EHLO, c->backend->lmtp ? "LHLO" : "EHLO",
	    c->backend->helo.p);
}

/* Where the backend sees it come from; NULL: that is not known. */
static void
client_note_local(struct client *c, const struct netaddr *from)
{
	c->facts->localip[0] = '\0';
	if (from != NULL)
		(void)netaddr_ip(from, c->facts->localip,
		    sizeof c->facts->localip);
	if (c->tap != NULL)
		tap_note(c->tap, "the proxy connects, from %s", from != NULL ?
		    c->facts->localip : "where it likes");
}

static void
client_await_banner(struct client *c)
{
	c->state = CLIENT_BANNER;
	timer_start(&c->timer, client_reply_ms(c));
}

/* Its timer goes on: the proxy has no more time to connect than we have. */
static void
client_begin_proxy(struct client *c)
{
	const struct netaddr	*from;
	struct buf		 out = BUF_INIT;
	bool			 barred;

	if (c->backend->proxy.kind == SEND_PROXY_SOCKS5) {
		c->socks = xcalloc(1, sizeof *c->socks);
		proxy_socks_begin(c->socks, &c->to, &out);
		c->state = CLIENT_PROXY;
	} else {
		from = send_backend_source(c->backend, &c->to, &barred);
		proxy_put_header(&out, from != NULL ? from :
		    &(struct netaddr){ .len = 0 }, &c->to);
		client_note_local(c, from);
		client_await_banner(c);
	}
	stream_write(c->stream, buf_data(&out), out.len);
	buf_free(&out);
}

void
client_connected(struct client *c, const char *why)
{
	(void)why;
	if (c->proxy.len != 0)
		client_begin_proxy(c);
	else
		client_await_banner(c);
}

size_t
client_read_proxy(struct client *c, struct str data)
{
	const char	*why = "";
	struct buf	 out = BUF_INIT;
	struct netaddr	 from;
	enum proxy_said	 said;
	size_t		 used;

	said = proxy_socks_feed(c->socks, data, &used, &out, &why);
	if (out.len > 0)
		stream_write(c->stream, buf_data(&out), out.len);
	buf_free(&out);
	if (said == PROXY_SOCKS_FAILED) {
		client_event(c, CLIENT_EV_BAD, why);
		return data.len;
	}
	if (said == PROXY_SOCKS_OPEN) {
		proxy_socks_from(c->socks, &from);
		client_note_local(c, from.len != 0 ? &from : NULL);
		client_await_banner(c);
	}
	return used;
}

void
client_on_banner(struct client *c, const char *why)
{
	(void)why;
	if (!client_reply_ok(c, 220))
		return;
	smtp_reply_copy(&c->facts->greeting, &c->reader.reply);
	client_hello(c);
}

/* ---- What the backend is asked for beyond SMTP ------------------------- */

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

void
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

/* Its last word, which a reply may repeat. */
static void
client_keep_auth(struct client *c, struct str line)
{
	size_t	i = line.len;

	client_forget_auth(c);
	while (i > 0 && line.p[i - 1] != ' ')
		i--;
	buf_add_str(&c->auth_said, (struct str){ line.p + i, line.len - i });
}

/* The line holds the password: once the stream has taken it, the buffer's copy
 * is wiped. */
static void
client_send_sasl(struct client *c, struct buf *line)
{
	if (c->tap != NULL)
		tap_auth(c->tap, buf_str(line), c->state != CLIENT_AUTH);
	client_keep_auth(c, buf_str(line));
	buf_add_text(line, "\r\n");
	stream_write(c->stream, buf_data(line), line->len);
	explicit_bzero(line->mem, line->cap);
	buf_free(line);
	c->state = CLIENT_AUTH;
	timer_start(&c->timer, client_reply_ms(c));
}

/* In a mode in which someone on the way can make us go on in clear, a password
 * is not sent in clear. */
static void
client_send_auth(struct client *c)
{
	const struct send_backend	*v = c->backend;
	struct buf			 line = BUF_INIT;

	c->sasl = (struct sasl){ .username = v->username,
	    .password = v->password, .token = v->token };
	if (sasl_choose(&c->sasl, &c->caps, c->facts->tls.started ||
	    v->tls == SEND_TLS_DISABLED) == -1) {
		client_config(c, "backend offers no AUTH that is fit to use",
		    c->facts->tls.started ? "over TLS" : "in clear");
		return;
	}
	sasl_command(&c->sasl, &line);
	client_send_sasl(c, &line);
}

void
client_on_auth(struct client *c, const char *why)
{
	const struct smtp_reply	*r = &c->reader.reply;
	struct buf		 line = BUF_INIT;

	(void)why;
	if (r->code == 334 && !c->more) {
		if (sasl_answer(&c->sasl, smtp_reply_line(r, 0), &line) == 0)
			client_send_sasl(c, &line);
		else
			client_fault(c, ATTEMPT_ERROR_PROTOCOL,
			    "a challenge that can't be answered");
		return;
	}
	if (r->code >= 400)
		client_refusal(c, "authentication refused");
	else if (client_reply_ok(c, 235))
		client_ready(c);
}

/* STARTTLS that was refused is not offered either, but something was said. */
static void
client_lacks_tls(struct client *c)
{
	const struct smtp_reply		*r = &c->reader.reply;
	const struct client_fault	 f = { .error = ATTEMPT_ERROR_TLS,
					    .state = client_where(c),
					    .reply = c->state ==
					    CLIENT_STARTTLS && r->code >= 400 ?
					    r : NULL,
					    .why = "TLS is not offered" };

	c->ops->fault(c, &f);
}

static void
client_next(struct client *c)
{
	const struct send_backend	*v = c->backend;
	bool				 offered;

	offered = (c->caps.exts & SMTP_EXT_STARTTLS) != 0;
	if (c->tls != NULL && !c->facts->tls.started && !offered)
		c->facts->tls.tlsrpt = "starttls-not-supported";
	if (c->tls != NULL && !c->facts->tls.started && offered)
		client_command(c, CLIENT_STARTTLS, "STARTTLS", NULL);
	else if (send_backend_needs_tls(v) && !c->facts->tls.started)
		client_lacks_tls(c);
	else if (v->xclient && !c->xclient_done)
		client_send_xclient(c);
	else if (v->username.len > 0)
		client_send_auth(c);
	else
		client_ready(c);
}

/* A backend that does not know LHLO speaks no LMTP, which says nothing of the
 * message. */
void
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
	/* In clear that is nobody's promise (RFC 8689 2). */
	if (!c->facts->tls.started)
		c->caps.exts &= ~(unsigned)SMTP_EXT_REQUIRETLS;
	client_next(c);
}

void
client_on_helo(struct client *c, const char *why)
{
	(void)why;
	if (!client_reply_ok(c, 250))
		return;
	c->caps = (struct smtp_caps){ .exts = 0 };
	client_next(c);
}

/* TLS knows hosts' names without a dot at their end (RFC 6066 3). */
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

/* SNI holds names, never an address (RFC 6066 3). */
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

	if (v->tls == SEND_TLS_TLSA) {
		d.dane_base = v->dane_base.p;
		d.dane_records = v->dane_records;
		d.name = client_names(&name, v->dane_names);
	} else if (v->tls_sni.len > 0)
		d.sni = client_names(&sni, v->tls_sni);
	else if (!v->tls_no_sni && netaddr_parse_ip(&ip, v->host, 0) == -1)
		d.sni = client_names(&sni, v->host);
	if (v->tls != SEND_TLS_TLSA && send_backend_verifies(v) &&
	    !v->tls_any_name)
		d.name = client_names(&name, v->tls_name.len > 0 ?
		    v->tls_name : v->host);
	c->state = CLIENT_TLS;
	timer_start(&c->timer, client_reply_ms(c));
	/* What fails here is of our own making: no reason to go on in clear. */
	if (stream_tls_connect(c->stream, c->tls, &d, &e) == -1)
		client_fault(c, ATTEMPT_ERROR_CONFIG, e.text);
	buf_free(&sni);
	buf_free(&name);
}

/*
 * Bytes in clear behind the 220 are someone's injection: they would be read
 * as if they came through TLS.
 */
void
client_on_starttls(struct client *c, const char *why)
{
	int	code = c->reader.reply.code;

	(void)why;
	if (code == 421) {
		client_refused(c);
		return;
	}
	if (c->more) {
		client_fault(c, ATTEMPT_ERROR_PROTOCOL,
		    "bytes in clear behind the reply to STARTTLS");
		return;
	}
	if (code != 220) {
		/* Offered and then refused is taken as not offered. */
		c->caps.exts &= ~(unsigned)SMTP_EXT_STARTTLS;
		client_next(c);
		return;
	}
	client_handshake(c);
}

void
client_on_tls_done(struct client *c, const char *why)
{
	(void)why;
	client_hello(c);
}

