/*
 * The questions that names.h describes: PTR of the address, then the addresses
 * of each name, all at once; the answer is given when none of them is open.
 */
#include <stdlib.h>

#include "base/mem.h"

#include "dns.h"
#include "names.h"

/* The question for the addresses of one name. */
struct naming_host {
	struct dns_naming	*naming;
	struct dns_lookup	*lookup;
	struct netaddr		 list[DNS_ADDRESS_MAX];
	size_t			 count;
};

struct dns_naming {
	struct dns		*dns;
	struct netaddr		 wanted;
	struct dns_query	*ptr;
	struct naming_host	 host[DNS_NAMES_MAX];
	size_t			 open;		/* hosts not answered yet */
	struct dns_names	 names;
	dns_names_fn		*fn;
	void			*arg;
};

int
dns_reverse(const struct netaddr *a, struct buf *out)
{
	const struct in6_addr	*in6 = &a->u.in6.sin6_addr;
	const unsigned char	*p = in6->s6_addr;
	int			 i;

	if (a->u.sa.sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(in6)) {
		for (i = 15; i >= 0; i--)
			buf_printf(out, "%x.%x.", p[i] & 15, p[i] >> 4);
		buf_add_text(out, "ip6.arpa");
		return 0;
	}
	if (a->u.sa.sa_family == AF_INET6)
		p += 12;
	else if (a->u.sa.sa_family == AF_INET)
		p = (const unsigned char *)&a->u.in4.sin_addr;
	else
		return -1;
	buf_printf(out, "%d.%d.%d.%d.in-addr.arpa", p[3], p[2], p[1], p[0]);
	return 0;
}

/* ---- The end ----------------------------------------------------------- */

static bool
naming_leads_back(const struct dns_naming *n, const struct naming_host *h)
{
	size_t	i;

	for (i = 0; i < h->count; i++)
		if (netaddr_eq(&h->list[i], &n->wanted))
			return true;
	return false;
}

static void
naming_done(struct dns_naming *n)
{
	struct netaddr	all[DNS_NAMES_MAX * DNS_ADDRESS_MAX];
	size_t		i, k;

	n->names.confirmed = -1;
	n->names.address = all;
	for (i = 0; i < n->names.count; i++) {
		for (k = 0; k < n->host[i].count; k++)
			all[n->names.address_count++] = n->host[i].list[k];
		if (n->names.confirmed == -1 &&
		    naming_leads_back(n, &n->host[i]))
			n->names.confirmed = (int)i;
	}
	n->fn(n->arg, &n->names);
	free(n);
}

/* ---- The questions ----------------------------------------------------- */

static void
naming_on_hosts(void *arg, const struct dns_hosts *hosts)
{
	struct naming_host	*h = arg;
	struct dns_naming	*n = h->naming;

	h->lookup = NULL;
	for (h->count = 0; h->count < hosts->count; h->count++)
		h->list[h->count] = hosts->list[h->count];
	if (--n->open == 0)
		naming_done(n);
}

/* A PTR record may hold an address as its name.  Such a name would always lead
 * back, so it is left out. */
static void
naming_add(struct dns_naming *n, const struct dns_record *rr)
{
	struct netaddr	ip;
	char		*name = n->names.name[n->names.count];

	if (dns_read_name(rr, name) == 0 &&
	    netaddr_parse_ip(&ip, str_of(name), 0) == -1)
		n->names.count++;
}

static void
naming_on_ptr(void *arg, const struct dns_answer *a)
{
	struct dns_naming	*n = arg;
	size_t			 i;

	n->ptr = NULL;
	for (i = 0; a->status == DNS_OK && i < a->count &&
	    n->names.count < DNS_NAMES_MAX; i++)
		naming_add(n, &a->records[i]);
	n->open = n->names.count;
	if (n->open == 0) {
		naming_done(n);
		return;
	}
	for (i = 0; i < n->names.count; i++) {
		n->host[i].naming = n;
		n->host[i].lookup = dns_addresses(n->dns,
		    str_of(n->names.name[i]), 0, naming_on_hosts,
		    &n->host[i]);
	}
}

struct dns_naming *
dns_names(struct dns *d, const struct netaddr *a, dns_names_fn *fn, void *arg)
{
	struct dns_naming	*n = xcalloc(1, sizeof *n);
	struct buf		 name = BUF_INIT;

	n->dns = d;
	n->wanted = *a;
	netaddr_set_port(&n->wanted, 0);
	n->fn = fn;
	n->arg = arg;
	/* What has no reverse name, as a Unix socket, gives an empty one here,
	 * and the answer is that nothing was found. */
	(void)dns_reverse(a, &name);
	n->ptr = dns_query(d, buf_str(&name), DNS_PTR, naming_on_ptr, n);
	buf_free(&name);
	return n;
}

void
dns_names_cancel(struct dns_naming **np)
{
	struct dns_naming	*n = *np;
	size_t			 i;

	if (n == NULL)
		return;
	*np = NULL;
	dns_cancel(&n->ptr);
	for (i = 0; i < n->names.count; i++)
		dns_addresses_cancel(&n->host[i].lookup);
	free(n);
}
