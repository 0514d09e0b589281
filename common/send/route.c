/*
 * The three kinds of hosts: candidates are there, one host is there, mail
 * exchangers are asked for.  Each becomes the request's backend with what is
 * its own put over it; what it does not say is the request's.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dns/dns.h"

#include "route.h"

void
route_init(struct route *r)
{
	*r = (struct route){ .names = BUF_INIT };
}

void
route_fini(struct route *r)
{
	dns_cancel(&r->query);
	buf_free(&r->names);
	free(r->hosts);
	free(r->saved);
	route_init(r);
}

/* ---- Mail exchangers --------------------------------------------------- */

static void
route_add(struct route *r, uint16_t preference, struct str name)
{
	r->hosts[r->count++] = (struct route_host){ preference, r->names.len,
	    name.len };
	buf_add_str(&r->names, name);
}

static int
route_compare(const void *a, const void *b)
{
	const struct route_host	*x = a, *y = b;

	return (x->preference > y->preference) -
	    (x->preference < y->preference);
}

/* The best first; those of one preference in an order of their own each time,
 * so that they share the load. */
static void
route_sort(struct route *r)
{
	struct route_host	h;
	size_t			i, j, end;

	for (i = r->count; i > 1; i--) {
		j = arc4random_uniform((uint32_t)i);
		h = r->hosts[i - 1];
		r->hosts[i - 1] = r->hosts[j];
		r->hosts[j] = h;
	}
	for (i = 1; i < r->count; i++) {
		h = r->hosts[i];
		for (end = i; end > 0 &&
		    route_compare(&r->hosts[end - 1], &h) > 0; end--)
			r->hosts[end] = r->hosts[end - 1];
		r->hosts[end] = h;
	}
}

static void
route_read(struct route *r, const struct dns_answer *a)
{
	char		host[DNS_NAME_TEXT];
	uint16_t	preference;
	size_t		i;

	for (i = 0; i < a->count && r->count < ROUTE_HOSTS_MAX; i++)
		if (dns_read_mx(&a->records[i], &preference, host) == 0 &&
		    strcmp(host, ".") != 0 && strlen(host) <= 255)
			route_add(r, preference, str_of(host));
	route_sort(r);
}

/* "." says that the domain takes no mail if it is the only record. */
static bool
route_is_null(const struct dns_answer *a)
{
	char		host[DNS_NAME_TEXT];
	uint16_t	preference;

	return a->count == 1 &&
	    dns_read_mx(&a->records[0], &preference, host) == 0 &&
	    strcmp(host, ".") == 0;
}

static void
route_on_mx(void *arg, const struct dns_answer *a)
{
	static const struct route_fault	nullmx = { ATTEMPT_DNS_NULLMX, false,
	    "the domain takes no mail" };
	static const struct route_fault	none = { ATTEMPT_DNS_OTHER, true,
	    "no MX record can be used" };
	struct route_fault		 f = { ATTEMPT_DNS_OTHER, true,
	    a->why };
	struct route			*r = arg;

	r->query = NULL;
	r->secure = a->secure;
	r->hosts = xcalloc(ROUTE_HOSTS_MAX, sizeof *r->hosts);
	buf_add_text(&r->names, a->name);
	r->alias_len = r->names.len;
	if (a->status == DNS_OK) {
		route_read(r, a);
		r->fn(r->arg, r->count != 0 ? NULL : route_is_null(a) ?
		    &nullmx : &none);
		return;
	}
	if (a->status == DNS_NODATA) {
		r->implicit = true;
		route_add(r, 0, r->req->backend.host);
		r->fn(r->arg, NULL);
		return;
	}
	if (a->status == DNS_NXDOMAIN)
		f = (struct route_fault){ ATTEMPT_DNS_NXDOMAIN, false,
		    a->why };
	else if (a->status == DNS_BAD_NAME)
		f.temporary = false;
	r->fn(r->arg, &f);
}

/* ---- One after the other ----------------------------------------------- */

bool
route_begin(struct route *r, struct dns *d, const struct send_request *req,
    route_fn *fn, void *arg)
{
	r->req = req;
	r->fn = fn;
	r->arg = arg;
	r->next = 0;
	if (req->candidate_count != 0) {
		r->count = req->candidate_count;
		r->saved = xmemdup(&req->backend, sizeof *r->saved);
		return true;
	}
	if (!req->lookup_mx) {
		r->count = 1;
		return true;
	}
	r->saved = xmemdup(&req->backend, sizeof *r->saved);
	r->query = dns_query(d, req->backend.host, DNS_MX, route_on_mx, r);
	return false;
}

static void
route_put_source(struct send_backend *b, const struct send_candidate *c)
{
	static const struct netaddr	none;

	b->source4 = b->source6 = none;
	if (c->source.u.sa.sa_family == AF_INET6)
		b->source6 = c->source;
	else
		b->source4 = c->source;
	b->source_id = c->source_id;
}

static void
route_put_candidate(struct send_backend *b, const struct send_candidate *c)
{
	b->host = c->host;
	b->address = c->address;
	if (c->port != 0)
		b->port = c->port;
	if (c->address.len != 0 && c->address.u.sa.sa_family != AF_UNIX)
		netaddr_set_port(&b->address, b->port);
	if (c->source.len != 0)
		route_put_source(b, c);
	if (c->helo.len != 0)
		b->helo = c->helo;
}

bool
route_next(struct route *r, struct send_backend *b)
{
	const struct route_host	*h;

	if (r->next >= r->count)
		return false;
	if (r->saved != NULL)
		*b = *r->saved;
	if (r->req->candidate_count != 0)
		route_put_candidate(b, &r->req->candidates[r->next]);
	else if (r->req->lookup_mx) {
		h = &r->hosts[r->next];
		b->host = (struct str){ buf_data(&r->names) + h->at, h->len };
	}
	r->next++;
	return true;
}

/* Is the domain its own host? */
static bool
route_is_domain(const struct route *r)
{
	const struct send_request	*req = r->req;
	size_t				 i;

	if (req->candidate_count == 0)
		return r->implicit;
	for (i = 0; i < req->candidate_count; i++)
		if (!str_caseeq(req->candidates[i].host, r->saved->host))
			return false;
	return true;
}

/* The operator's own host is not anybody's claim. */
bool
route_is_secure(const struct route *r)
{
	const struct send_request	*req = r->req;

	if (req->candidate_count != 0)
		return req->secure;
	return !req->lookup_mx || r->secure;
}

/* Nor is a domain's own name, which a certificate can have; but that it has no
 * other host is such a claim. */
bool
route_names_secure(const struct route *r)
{
	return route_is_secure(r) || route_is_domain(r);
}

void
route_add_names(struct route *r, struct buf *out)
{
	if (r->saved == NULL)
		return;
	buf_add_byte(out, ' ');
	buf_add_str(out, r->saved->host);
	if (r->alias_len == 0)
		return;
	buf_add_byte(out, ' ');
	buf_add_str(out, (struct str){ buf_data(&r->names), r->alias_len });
}

bool
route_asks(const struct route *r)
{
	return r->req->candidate_count != 0 &&
	    r->req->candidates[r->next - 1].asks;
}

void
route_change(struct route *r, struct send_backend *b)
{
	if (r->req->candidate_count == 0)
		return;
	*r->saved = *b;
	route_put_candidate(b, &r->req->candidates[r->next - 1]);
}
