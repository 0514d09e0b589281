/*
 * A mode of TLS that asks for DANE becomes one that does not, by what DNS says
 * of the host, before a connection to it is looked for: so that one made under
 * a weaker demand has another key.
 *
 *	the mode			no records	none usable	usable
 *	dane				optional	require		TLSA
 *	dane_fallback_require_verify	require_verify	require_verify	TLSA
 *	dane_require			-		-		TLSA
 *
 * "-": nothing is sent to this host.  A question that fails says the same of
 * every mode: records that nobody can see now are not records that are not
 * there.
 */
#include "send_private.h"

#define NOTHING	SEND_TLS_DISABLED

static const enum send_tls	dane_modes[][DANE_USABLE + 1] = {
	[SEND_TLS_DANE] = { SEND_TLS_OPTIONAL, SEND_TLS_REQUIRE,
		SEND_TLS_TLSA },
	[SEND_TLS_DANE_FALLBACK_REQUIRE_VERIFY] = { SEND_TLS_REQUIRE_VERIFY,
		SEND_TLS_REQUIRE_VERIFY, SEND_TLS_TLSA },
	[SEND_TLS_DANE_REQUIRE] = { NOTHING, NOTHING, SEND_TLS_TLSA },
};

/* ---- Facts ------------------------------------------------------------- */

/* What a connection was made with, or would have been. */
void
send_dane_facts(const struct send *s, struct attempt_connection *c)
{
	const struct dane_answer	*a;

	if (s->dane == NULL)
		return;
	a = dane_answer(s->dane);
	if (!a->asked)
		return;
	attempt_connection_set_tlsa(c, a->records);
	c->tls.tlsa.failed = c->tls.tlsa.temporary = a->found == DANE_FAILED;
	if (a->found == DANE_UNUSABLE)
		c->tls.tlsrpt = "tlsa-invalid";
}

/* ---- Failures ---------------------------------------------------------- */

/* No connection is made to this host, because of what RFC 8460 calls that. */
static void
send_dane_fail(struct send *s, const char *tlsrpt, const char *what,
    const char *why)
{
	const struct send_backend	*b = &s->req.backend;
	struct attempt_connection	*c;

	c = attempt_connection_new(b->host, b->helo, b->source_id);
	c->remoteport = b->port;
	c->tls.tried = true;
	send_dane_facts(s, c);
	c->tls.tlsrpt = tlsrpt;
	send_address_begin(s, c);
	attempt_connection_unref(c);
	send_set_error(s, ATTEMPT_ERROR_DANE, true, "DANE: %.*s: %s%s",
	    (int)b->host.len, b->host.p, what, why);
	send_host_failed(s);
	send_next_host(s);
}

/* ---- The decision ------------------------------------------------------ */

static void
send_dane_names(struct send *s, const struct dane_answer *a)
{
	struct send_backend	*b = &s->req.backend;

	buf_clear(&s->dane_names);
	buf_add_str(&s->dane_names, b->host);
	route_add_names(&s->route, &s->dane_names);
	(void)buf_cstr(&s->dane_names);
	b->dane_base = a->base;
	b->dane_records = a->records;
	b->dane_names = buf_str(&s->dane_names);
}

/* To a host whose records, if any, are known. */
static void
send_dane_decide(struct send *s, const struct dane_answer *a)
{
	struct send_backend	*b = &s->req.backend;
	enum send_tls		 mode = dane_modes[b->tls][a->found];

	if (mode == NOTHING) {
		send_dane_fail(s, a->found == DANE_NONE ? "dane-required" :
		    "tlsa-invalid", a->found == DANE_NONE ?
		    "no TLSA record that DNSSEC vouches for" :
		    "no TLSA record that can be used", "");
		return;
	}
	b->tls = mode;
	if (a->found != DANE_NONE)
		send_dane_names(s, a);
	send_pick(s);
}

static void
send_on_dane(void *arg, const struct dane_answer *a)
{
	static const char *const	texts[DANE_FOUND_MAX] = {
		[DANE_NONE] = "no TLSA records",
		[DANE_UNUSABLE] = "TLSA records that can't be used",
		[DANE_USABLE] = "TLSA records",
		[DANE_NO_ADDRESS] = "no address",
		[DANE_FAILED] = "TLSA records not known",
	};
	struct send			*s = arg;
	struct str			 host = s->req.backend.host;

	if (s->req.tap != NULL)
		tap_note(s->req.tap, "DANE of %.*s: %s", (int)host.len,
		    host.p, texts[a->found]);
	switch (a->found) {
	case DANE_NO_ADDRESS:
		send_host_unknown(s, a->address, a->why);
		break;
	case DANE_FAILED:
		send_dane_fail(s, "dnssec-invalid", "TLSA records: ", a->why);
		break;
	default:
		send_dane_decide(s, a);
	}
}

bool
send_dane_begin(struct send *s)
{
	static const struct dane_answer	none = { .found = DANE_NONE };
	const struct send_backend	*b = &s->req.backend;
	struct netaddr			 ip;

	dane_free(&s->dane);
	if (!send_tls_asks_dane(b->tls))
		return false;
	if (route_is_secure(&s->route) && b->address.u.sa.sa_family !=
	    AF_UNIX && netaddr_parse_ip(&ip, b->host, 0) == -1) {
		s->stage = SEND_RESOLVING;
		s->dane = dane_ask(s->engine->dns, b->host, b->port,
		    send_on_dane, s);
	} else
		send_dane_decide(s, &none);
	return true;
}
