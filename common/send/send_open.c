/*
 * The way of a send to a connection:
 *
 *	[ROUTING] -> host -> idle connection -----------------------> RUNNING
 *		      ^ |                                                ^
 *		      | `--> [WAITING] -> [RESOLVING] -> address -> OPENING
 *		      |                                   ^ |          |
 *		      |                            next   | v          |
 *		      `---- none is left -------------- [WAITING] <----'
 *							     it failed
 *
 * Each host is taken in turn, of each its addresses, whatever is said there.
 * Before its idle connections are looked at, its TLSA records may be asked for
 * (send_dane.c), in RESOLVING too.  WAITING is for a grant (grant.h): before a
 * host is looked up, and for each of its addresses; the line that is built in
 * answers the first question only.  A connection that was used before and fails
 * leads back to its host.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dns/dns.h"
#include "event/tls_client.h"

#include "send_private.h"

/* ---- Grants ------------------------------------------------------------ */

static void
send_drop_grant(struct send *s)
{
	struct granter	*g = &s->engine->pool.granter;

	if (s->grant == NULL)
		return;
	if (s->stage == SEND_WAITING)
		s->engine->waiting--;
	g->told(g->arg, s->grant, GRANT_DROPPED);
	free(s->grant);
	s->grant = NULL;
}

/* To `to`, or, if that is NULL, to what the host's name leads to. */
static enum grant_answer
send_ask(struct send *s, const struct netaddr *to)
{
	struct send_engine	*e = s->engine;
	struct granter		*by = &e->pool.granter;
	enum grant_answer	 answer;

	if (s->grant == NULL) {
		s->grant = xcalloc(1, sizeof *s->grant);
		s->grant->id = ++e->last_grant;
		s->grant->send = s;
		s->grant->asker = s->req.arg;
	}
	s->grant->backend = &s->req.backend;
	s->grant->candidate = s->route.next - 1;
	s->grant->to = to != NULL ? *to : (struct netaddr){ .len = 0 };
	answer = by->ask(by->arg, s->grant);
	if (answer == GRANT_LATER && s->req.tap != NULL)
		tap_note(s->req.tap, "waits for leave to connect");
	s->grant->state = answer == GRANT_YES ? GRANT_HELD : GRANT_ASKED;
	if (answer == GRANT_LATER) {
		s->stage = SEND_WAITING;
		e->waiting++;
	} else if (answer == GRANT_NO) {
		free(s->grant);
		s->grant = NULL;
	}
	return answer;
}

static void
send_use(struct send *s, struct pooled *p)
{
	send_drop_grant(s);
	s->pooled = p;
	p->send = s;
	if (s->req.tap != NULL) {
		s->req.tap->connection(s->req.tap->arg,
		    client_facts(p->client));
		tap_reused(s->req.tap, client_facts(p->client),
		    client_transactions(p->client) + 1);
	}
	send_run(s);
}

bool
grant_reuse(struct grant *g)
{
	struct send	*s = g->send;
	struct pooled	*p = pool_take(&s->engine->pool, &s->req);

	if (p != NULL)
		send_use(s, p);
	return p != NULL;
}

/* ---- Connecting -------------------------------------------------------- */

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
	if (backend->tls == SEND_TLS_TLSA)
		setup->tls = s->engine->tls_dane;
	else if (send_backend_verifies(backend))
		setup->tls = backend->tls_own_ca ? trust->own : trust->system;
	if (setup->tls == NULL) {
		send_set_error(s, ATTEMPT_ERROR_CONFIG, true,
		    "no certificate authorities to verify with");
		return -1;
	}
	if (cert.len == 0)
		return 0;
	setup->identity = trust->identity(trust->arg, cert);
	if (setup->identity != NULL)
		return 0;
	send_set_error(s, ATTEMPT_ERROR_CONFIG, true,
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
	send_set_error(s, ATTEMPT_ERROR_CONFIG, true, "%s can't be reached "
	    "from an address of the other family", netaddr_text(to, text,
	    sizeof text));
	return -1;
}

/* What is known of a connection before it is made. */
static struct attempt_connection *
send_facts(struct send *s, const struct netaddr *to)
{
	const struct send_backend	*b = &s->req.backend;
	struct attempt_connection	*c;

	c = attempt_connection_new(b->host, b->helo, b->source_id);
	(void)netaddr_ip(to, c->remoteip, sizeof c->remoteip);
	c->remoteport = b->port;
	c->tls.tried = s->no_tls;
	c->tls.tlsrpt = s->tlsrpt;
	send_dane_facts(s, c);
	send_address_begin(s, c);
	if (s->req.tap != NULL) {
		s->req.tap->connection(s->req.tap->arg, c);
		tap_note(s->req.tap, "connecting to %.*s [%s]:%u",
		    (int)b->host.len, b->host.len > 0 ? b->host.p : "",
		    c->remoteip, c->remoteport);
	}
	return c;
}

/* With a grant, to the address whose turn it is; -1 with the result set. */
static int
send_connect(struct send *s)
{
	struct client_setup	 setup = { .loop = s->engine->loop,
				    .ops = &send_client_ops,
				    .work_arg = s->engine,
				    .tap = s->req.tap,
				    .backend = &s->req.backend,
				    .to = s->addrs[s->addr_next],
				    .proxy = s->proxy };
	struct client		*c;
	struct err		 err;
	char			 text[NETADDR_TEXT];

	setup.facts = send_facts(s, &setup.to);
	if (send_choose_tls(s, &setup) == -1 ||
	    send_check_source(s, &setup.to) == -1) {
		attempt_connection_unref(setup.facts);
		return -1;
	}
	c = client_new(&setup, &err);
	if (c == NULL) {
		send_set_error(s, ATTEMPT_ERROR_NETWORK, true, "%s: %s",
		    netaddr_text(&setup.to, text, sizeof text), err.text);
		/* With a source it may be that one which is not there. */
		s->result.unreachable = s->proxy.len == 0 &&
		    s->req.backend.source4.len == 0 &&
		    s->req.backend.source6.len == 0;
		return -1;
	}
	s->stage = SEND_OPENING;
	s->pooled = pool_add(&s->engine->pool, &s->req, c, s->grant);
	s->pooled->send = s;
	s->grant = NULL;
	return 0;
}

/* ---- Proxies ------------------------------------------------------------- */

static void	send_connect_some(struct send *s, bool granted);

/* It is the same one for all hosts: without it there is no way. */
static void
send_on_proxy(void *arg, const struct dns_hosts *h)
{
	struct send	*s = arg;
	struct str	 host = s->req.backend.proxy.host;

	s->lookup = NULL;
	s->stage = SEND_ROUTING;
	if (h->status == DNS_OK) {
		s->proxy = h->list[0];
		send_connect_some(s, true);
		return;
	}
	attempt_connection_unref(send_facts(s, &s->addrs[s->addr_next]));
	send_set_error(s, ATTEMPT_ERROR_NETWORK, true, "proxy %.*s: DNS: %s",
	    (int)host.len, host.p, h->why);
	send_address_failed(s);
	send_address_last(s);
	send_finish(s);
}

/* False: it is known, or there is none. */
static bool
send_resolve_proxy(struct send *s)
{
	const struct send_backend	*b = &s->req.backend;

	if (b->proxy.kind == SEND_PROXY_NONE || s->proxy.len != 0 ||
	    netaddr_parse_ip(&s->proxy, b->proxy.host, b->proxy.port) == 0)
		return false;
	s->stage = SEND_RESOLVING;
	s->lookup = dns_addresses(s->engine->dns, b->proxy.host,
	    b->proxy.port, send_on_proxy, s);
	return true;
}

/* ---- Addresses --------------------------------------------------------- */

static void
send_refused_grant(struct send *s, const struct netaddr *to)
{
	if (to == NULL)
		send_address_begin(s, &attempt_no_connection);
	else
		attempt_connection_unref(send_facts(s, to));
	send_set_error(s, ATTEMPT_ERROR_NETWORK, true,
	    "no connection is granted");
	if (to == NULL)
		send_host_failed(s);
	else
		send_address_failed(s);
}

/* So much was tried that no other address is. */
static bool
send_spent(const struct send *s)
{
	const struct send_request	*req = &s->req;

	return (req->address_limit != 0 &&
	    s->addr_tried >= req->address_limit) ||
	    (req->session_limit != 0 && s->sessions >= req->session_limit);
}

/* From addr_next on; `granted`: that one has its grant. */
static void
send_connect_some(struct send *s, bool granted)
{
	const struct netaddr	*to;

	for (; s->addr_next < s->addr_count; s->addr_next++) {
		if (send_spent(s))
			break;
		to = &s->addrs[s->addr_next];
		if (!granted)
			switch (send_ask(s, to)) {
			case GRANT_LATER:
				return;
			case GRANT_NO:
				send_refused_grant(s, to);
				continue;
			case GRANT_YES:
				break;
			}
		granted = false;
		if (send_resolve_proxy(s) || send_connect(s) == 0)
			return;
		send_address_failed(s);
		s->no_tls = false;
		s->tlsrpt = NULL;
		s->addr_tried++;
	}
	send_next_host(s);
}

static void
send_use_addresses(struct send *s, const struct netaddr *list, size_t count)
{
	free(s->addrs);
	s->addrs = xmemdup(list, count * sizeof *list);
	s->addr_count = count;
	s->addr_next = 0;
	s->no_tls = false;
	s->tlsrpt = NULL;
	send_connect_some(s, false);
}

static void
send_tell_addresses(const struct send *s, const struct dns_hosts *h)
{
	char		text[NETADDR_TEXT];
	struct netaddr	ip;
	struct buf	b = BUF_INIT;
	size_t		i;

	if (netaddr_parse_ip(&ip, s->req.backend.host, 0) == 0)
		return;		/* it is its own */
	for (i = 0; i < h->count; i++)
		buf_printf(&b, "%s%s", i > 0 ? ", " : "",
		    netaddr_text(&h->list[i], text, sizeof text));
	tap_note(s->req.tap, "%.*s is %s", (int)s->req.backend.host.len,
	    s->req.backend.host.p, buf_cstr(&b));
	buf_free(&b);
}

void
send_host_unknown(struct send *s, enum dns_status status, const char *why)
{
	static const enum attempt_dns	kinds[] = {
		[DNS_NXDOMAIN] = ATTEMPT_DNS_NXDOMAIN,
		[DNS_NODATA] = ATTEMPT_DNS_NODATA,
		[DNS_TEMPORARY] = ATTEMPT_DNS_OTHER,
		[DNS_BAD_NAME] = ATTEMPT_DNS_OTHER,
	};
	struct route_fault		 f = { kinds[status],
	    status == DNS_TEMPORARY, why };

	send_address_begin(s, &attempt_no_connection);
	/* An exchanger that is not there is not the domain's last word. */
	if (s->req.lookup_mx && !s->route.implicit)
		f.temporary = true;
	send_set_dns_error(s, &f, !s->req.lookup_mx);
	send_host_failed(s);
	send_next_host(s);
}

static void
send_on_hosts(void *arg, const struct dns_hosts *h)
{
	struct send	*s = arg;

	s->lookup = NULL;
	if (h->status != DNS_OK) {
		send_host_unknown(s, h->status, h->why);
		return;
	}
	if (s->req.tap != NULL)
		send_tell_addresses(s, h);
	send_use_addresses(s, h->list, h->count);
}

static void
send_resolve(struct send *s)
{
	s->stage = SEND_RESOLVING;
	s->lookup = dns_addresses(s->engine->dns, s->req.backend.host,
	    s->req.backend.port, send_on_hosts, s);
}

/* ---- Hosts ------------------------------------------------------------- */

/* A connection to the host whose turn it is. */
static void
send_open_host(struct send *s)
{
	struct send_backend	*b = &s->req.backend;

	if (b->address.len != 0) {
		send_use_addresses(s, &b->address, 1);
		return;
	}
	switch (send_ask(s, NULL)) {
	case GRANT_YES:
		send_resolve(s);
		break;
	case GRANT_NO:
		send_refused_grant(s, NULL);
		send_next_host(s);
		break;
	case GRANT_LATER:
		break;
	}
}

void
send_pick(struct send *s)
{
	struct pool	*pool = &s->engine->pool;
	struct pooled	*p = NULL;

	if ((s->has_leave || !route_asks(&s->route)) &&
	    (s->engine->waiting == 0 ||
	    !pool_has_line(pool, &s->req.backend)))
		p = pool_take(pool, &s->req);
	if (p != NULL)
		send_use(s, p);
	else
		send_open_host(s);
}

/*
 * Names that anybody on the way may have made up are no hosts of the domain:
 * TLS with such a one protects nothing (RFC 8689 4.2.1).
 */
static bool
send_may_go(struct send *s)
{
	struct str	host = s->req.backend.host;

	if (!s->req.requiretls || route_names_secure(&s->route))
		return true;
	send_set_requiretls(s, "REQUIRETLS: DNSSEC does not vouch for the "
	    "mail exchangers of %.*s", (int)host.len, host.p);
	send_finish(s);
	return false;
}

void
send_next_host(struct send *s)
{
	s->has_leave = false;
	if (send_spent(s) || !route_next(&s->route, &s->req.backend)) {
		send_address_last(s);
		send_finish(s);
	} else if (!send_dane_begin(s))
		send_pick(s);
}

static void
send_on_route(void *arg, const struct route_fault *f)
{
	struct send	*s = arg;

	if (f == NULL) {
		if (send_may_go(s))
			send_next_host(s);
		return;
	}
	send_set_dns_error(s, f, false);
	send_finish(s);
}

void
send_open(struct send *s)
{
	s->stage = SEND_ROUTING;
	s->no_tls = false;
	s->tlsrpt = NULL;
	if (route_begin(&s->route, s->engine->dns, &s->req, send_on_route,
	    s) && send_may_go(s))
		send_next_host(s);
}

/* ---- Answers and failures ---------------------------------------------- */

void
grant_answer(struct grant *g, bool yes)
{
	struct send	*s = g->send;
	bool		 host = g->to.len == 0;

	s->engine->waiting--;
	s->stage = SEND_ROUTING;
	if (yes) {
		g->state = GRANT_HELD;
		if (host)
			send_resolve(s);
		else
			send_connect_some(s, true);
		return;
	}
	free(s->grant);
	s->grant = NULL;
	if (host) {
		send_refused_grant(s, NULL);
		send_next_host(s);
		return;
	}
	send_refused_grant(s, &s->addrs[s->addr_next++]);
	send_connect_some(s, false);
}

void
grant_skip(struct grant *g)
{
	struct send	*s = g->send;

	s->engine->waiting--;
	s->stage = SEND_ROUTING;
	g->state = GRANT_HELD;
	if (s->req.tap != NULL)
		tap_note(s->req.tap, "passed over: no leave to connect");
	s->addr_next = s->addr_count;
	send_next_host(s);
}

void
grant_change(struct grant *g, const struct send_backend *b)
{
	struct send	*s = g->send;

	s->engine->waiting--;
	s->stage = SEND_ROUTING;
	g->state = GRANT_HELD;
	s->has_leave = true;
	s->req.backend = *b;
	send_request_choose_tls(&s->req);
	route_change(&s->route, &s->req.backend);
	if (!send_dane_begin(s))
		send_pick(s);
}

/* The connection is given up, its grant is kept. */
static void
send_drop_connection(struct send *s)
{
	s->grant = pool_fail(s->pooled);
	s->grant->send = s;
	s->grant->backend = &s->req.backend;
	s->pooled = NULL;
}

void
send_open_again(struct send *s)
{
	send_drop_connection(s);
	s->best.error = ATTEMPT_ERROR_NONE;
	send_open_host(s);
}

void
send_open_failed(struct send *s, const struct client_fault *f)
{
	send_note_connection(s);
	s->result.state = f->state;
	s->result.unreachable = f->unreachable;
	if (f->error == ATTEMPT_ERROR_SMTP)
		send_set_refusal(s, f->reply);
	else
		send_set_error(s, f->error, true, "%s: %s",
		    s->result.connection->remoteip, f->why);
	if (f->reply != NULL)
		send_keep_refusal(s, f->reply);
	send_address_failed(s);
	s->no_tls = f->tls_failed &&
	    s->req.backend.tls == SEND_TLS_OPTIONAL;
	s->tlsrpt = s->no_tls ? s->result.connection->tls.tlsrpt : NULL;
	send_drop_connection(s);
	if (!s->no_tls) {
		s->addr_next++;
		s->addr_tried++;
		s->sessions += f->state != SMTP_STATE_NONE;
	}
	send_connect_some(s, false);
}

void
send_open_stop(struct send *s)
{
	route_fini(&s->route);
	dns_addresses_cancel(&s->lookup);
	if (s->pooled != NULL)
		pool_close(s->pooled);
	s->pooled = NULL;
	send_drop_grant(s);
	dane_free(&s->dane);
}
