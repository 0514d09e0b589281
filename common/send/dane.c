/*
 * The questions of dane.h, one after the other.  A question that fails ends
 * the search, whatever it was: who can suppress an answer must gain nothing
 * (RFC 7672 2.1.2).
 *
 * Records are sorted, so that the same ones in another order make the same key
 * of a connection.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "event/tls_dane.h"

#include "dane.h"

struct dane {
	struct dns		*dns;
	struct dns_lookup	*lookup;
	struct dns_query	*query;
	dane_fn			*fn;
	void			*arg;
	uint16_t		 port;
	char			 host[DNS_NAME_TEXT];
	char			 base[DNS_NAME_TEXT];
	char			 why[256];
	struct buf		 records;
	struct dane_answer	 answer;
};

void
dane_free(struct dane **dp)
{
	struct dane	*d = *dp;

	if (d == NULL)
		return;
	*dp = NULL;
	dns_addresses_cancel(&d->lookup);
	dns_cancel(&d->query);
	buf_free(&d->records);
	free(d);
}

const struct dane_answer *
dane_answer(const struct dane *d)
{
	return &d->answer;
}

/* d may be gone afterwards. */
static void
dane_tell(struct dane *d, enum dane_found found, const char *why)
{
	d->answer.found = found;
	(void)strlcpy(d->why, why, sizeof d->why);
	d->answer.why = d->why;
	d->answer.base = str_of(d->base);
	d->answer.records = buf_str(&d->records);
	d->fn(d->arg, &d->answer);
}

/* ---- TLSA records ------------------------------------------------------ */

static int
dane_compare(const void *a, const void *b)
{
	const struct tls_tlsa	*x = a, *y = b;
	size_t			 n = x->data.len < y->data.len ? x->data.len :
				    y->data.len;
	int			 rc;

	if (x->usage != y->usage)
		return x->usage - y->usage;
	if (x->selector != y->selector)
		return x->selector - y->selector;
	if (x->mtype != y->mtype)
		return x->mtype - y->mtype;
	rc = n != 0 ? memcmp(x->data.p, y->data.p, n) : 0;
	return rc != 0 ? rc : (x->data.len > y->data.len) -
	    (x->data.len < y->data.len);
}

/* True: one of them can be used. */
static bool
dane_keep(struct dane *d, const struct dns_answer *a)
{
	struct tls_tlsa	list[DNS_RECORD_MAX];
	struct dns_tlsa	r;
	bool		usable = false;
	size_t		i, n = 0;

	for (i = 0; i < a->count; i++) {
		if (dns_read_tlsa(&a->records[i], &r) == -1)
			continue;
		list[n] = (struct tls_tlsa){ r.usage, r.selector, r.mtype,
		    { (const char *)r.data, r.len } };
		usable = usable || tls_tlsa_usable(&list[n]);
		n++;
	}
	qsort(list, n, sizeof list[0], dane_compare);
	for (i = 0; i < n; i++)
		tls_tlsa_add(&d->records, &list[i]);
	return usable;
}

static void	dane_on_tlsa(void *arg, const struct dns_answer *a);

static void
dane_ask_tlsa(struct dane *d)
{
	struct buf	name = BUF_INIT;

	d->answer.asked = true;
	buf_printf(&name, "_%u._tcp.%s", d->port, d->base);
	d->query = dns_query(d->dns, buf_str(&name), DNS_TLSA, dane_on_tlsa,
	    d);
	buf_free(&name);
}

static void
dane_on_tlsa(void *arg, const struct dns_answer *a)
{
	struct dane	*d = arg;

	d->query = NULL;
	if (a->status == DNS_TEMPORARY) {
		dane_tell(d, DANE_FAILED, a->why);
		return;
	}
	if (a->status == DNS_OK && a->secure) {
		dane_tell(d, dane_keep(d, a) ? DANE_USABLE : DANE_UNUSABLE,
		    "");
		return;
	}
	/* Where the name leads there is none: the name itself is next. */
	if (strcasecmp(d->base, d->host) == 0) {
		dane_tell(d, DANE_NONE, "");
		return;
	}
	(void)strlcpy(d->base, d->host, sizeof d->base);
	dane_ask_tlsa(d);
}

/* ---- The host ---------------------------------------------------------- */

static void
dane_on_alias(void *arg, const struct dns_answer *a)
{
	struct dane	*d = arg;

	d->query = NULL;
	if (a->status == DNS_TEMPORARY)
		dane_tell(d, DANE_FAILED, a->why);
	else if (a->status == DNS_OK && a->secure)
		dane_ask_tlsa(d);
	else
		dane_tell(d, DANE_NONE, "");
}

static void
dane_on_hosts(void *arg, const struct dns_hosts *h)
{
	struct dane	*d = arg;

	d->lookup = NULL;
	d->answer.address = h->status;
	if (h->status != DNS_OK)
		dane_tell(d, DANE_NO_ADDRESS, h->why);
	else if (h->secure) {
		(void)strlcpy(d->base, h->name, sizeof d->base);
		dane_ask_tlsa(d);
	} else if (strcasecmp(h->name, d->host) != 0)
		d->query = dns_query(d->dns, str_of(d->host), DNS_CNAME,
		    dane_on_alias, d);
	else
		dane_tell(d, DANE_NONE, "");
}

/* TLSA records are of names without a dot at their end. */
struct dane *
dane_ask(struct dns *dns, struct str host, uint16_t port, dane_fn *fn,
    void *arg)
{
	struct dane	*d = xcalloc(1, sizeof *d);

	if (host.len > 1 && host.p[host.len - 1] == '.')
		host.len--;
	/* What is longer is no name of DNS, and has no address. */
	if (host.len >= sizeof d->host)
		host.len = sizeof d->host - 1;
	memcpy(d->host, host.p, host.len);
	(void)strlcpy(d->base, d->host, sizeof d->base);
	d->dns = dns;
	d->port = port;
	d->fn = fn;
	d->arg = arg;
	d->records = (struct buf)BUF_INIT;
	d->lookup = dns_addresses(dns, host, port, dane_on_hosts, d);
	return d;
}
