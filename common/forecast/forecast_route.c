/*
 * A route's hosts are those that the log saw; its hops are made of them as
 * deliver(8) makes them of what DNS says.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "forecast_private.h"

#define ROUTE_KIND	3
#define ROUTE_LIST	4

struct froute *
froute_take(struct forecast *f, uint32_t transport, uint32_t domain)
{
	const struct transport	*t;
	struct froute		*r;
	uint32_t		 key[2] = { transport, domain };
	struct str		 bytes = { (const char *)key, sizeof key };

	t = transports_find(f->transports, f->name[transport]);
	if (t == NULL)
		return NULL;
	if (t->mode != TRANSPORT_MX || t->host.len > 0)
		key[1] = 0;
	r = (struct froute *)hmap_find(&f->routes, ROUTE_KIND, bytes);
	if (r != NULL)
		return r;
	r = arena_alloc(&f->arena, sizeof *r);
	memcpy(r->key, key, sizeof r->key);
	r->transport = t;
	r->hash.key = (const char *)r->key;
	r->hash.len = sizeof r->key;
	r->hash.kind = ROUTE_KIND;
	hmap_insert(&f->routes, &r->hash);
	return r;
}

/* By preference.  Beyond so many there is no room for more. */
void
froute_host(struct forecast *f, struct froute *r, const struct hop_address *a)
{
	size_t	i;

	for (i = 0; i < r->hosts; i++)
		if (netaddr_eq(&r->host[i].address, &a->address) &&
		    r->host[i].preference == a->preference &&
		    str_eq(r->host[i].mx, a->mx))
			return;
	if (r->hosts == NEXTHOPS_MAX)
		return;
	if (r->hosts == r->host_cap) {
		r->host_cap = r->host_cap == 0 ? 1 : r->host_cap * 2;
		r->host = xreallocarray(r->host, r->host_cap,
		    sizeof *r->host);
	}
	for (i = r->hosts++; i > 0 &&
	    r->host[i - 1].preference > a->preference; i--)
		r->host[i] = r->host[i - 1];
	r->host[i] = *a;
	r->host[i].mx = arena_str(&f->arena, a->mx);
}

/* ---- Hops ---------------------------------------------------------------- */

static struct hop_source *
froute_source(struct hop_source *s, size_t count, struct str id)
{
	size_t	i;

	for (i = 0; i < count; i++)
		if (str_eq(s[i].id, id))
			return &s[i];
	return NULL;
}

static size_t
froute_sources(const struct forecast *f, const struct transport *t,
    struct hop_source s[HOP_SOURCES_MAX])
{
	const struct transport_address	*from;
	struct str			 rest = t->options.source, id;
	size_t				 n = 0;

	while (option_list_next(&rest, &id)) {
		from = transports_address(f->transports, id);
		if (from != NULL)
			n = hops_add_source(s, n, &(struct hop_source){
			    .address = from->address, .id = from->id,
			    .helo = from->helo }, froute_source(s, n, id),
			    t->options.source_order ==
			    TRANSPORT_ORDER_STRICT);
	}
	return n;
}

static bool
froute_is_preferred(const struct froute *r, const struct hop_address *a)
{
	int	family = r->transport->options.families ==
		    TRANSPORT_IPV4_IPV6 ? AF_INET : AF_INET6;

	return a->address.u.sa.sa_family == family;
}

/* Hosts that have an address of the family that is preferred, too. */
static void
froute_second(struct froute *r)
{
	size_t	i, k;

	for (i = 0; i < r->hosts; i++)
		for (k = 0; k < r->hosts; k++)
			if (froute_is_preferred(r, &r->host[k]) &&
			    !froute_is_preferred(r, &r->host[i]) &&
			    str_eq(r->host[i].mx, r->host[k].mx))
				r->host[i].second = true;
}

/* Equal ones are one, and share their connections. */
static const struct flist *
froute_list(struct forecast *f, const struct nexthops *n)
{
	struct flist	*l;
	struct str	 bytes;

	buf_clear(&f->text);
	if (n->count == 0 || nexthops_put(&f->text, n) == -1)
		return NULL;
	bytes = buf_str(&f->text);
	l = (struct flist *)hmap_find(&f->lists, ROUTE_LIST, bytes);
	if (l != NULL)
		return l;
	l = arena_alloc(&f->arena, sizeof *l);
	bytes = arena_str(&f->arena, bytes);
	if (nexthops_get(&l->hops, bytes) == -1)
		return NULL;
	hop_texts_make(&l->texts, &l->hops);
	l->hash.key = bytes.p;
	l->hash.len = (uint32_t)bytes.len;
	l->hash.kind = ROUTE_LIST;
	hmap_insert(&f->lists, &l->hash);
	l->digest = f->lists.count;
	return l;
}

void
froute_make(struct forecast *f, struct froute *r)
{
	static struct hop_source	s[HOP_SOURCES_MAX];
	static struct nexthop		hop[NEXTHOPS_MAX];
	struct nexthops			n = { .hop = hop };
	size_t				sources;

	if (r->made)
		return;
	r->made = true;
	sources = froute_sources(f, r->transport, s);
	froute_second(r);
	n.count = hops_make(r->host, r->hosts, s, sources, hop);
	r->list = froute_list(f, &n);
}

static void
froute_fini(void *arg, struct hmap_entry *e)
{
	(void)arg;
	free(((struct froute *)e)->host);
}

static void
flist_fini(void *arg, struct hmap_entry *e)
{
	struct flist	*l = (struct flist *)e;

	(void)arg;
	hop_texts_fini(&l->texts);
	nexthops_free(&l->hops);
}

void
froutes_fini(struct forecast *f)
{
	hmap_walk(&f->routes, f->routes.size, froute_fini, NULL);
	hmap_walk(&f->lists, f->lists.size, flist_fini, NULL);
	hmap_fini(&f->routes);
	hmap_fini(&f->lists);
}

struct policy_hop
flist_hop(const struct flist *l, size_t n)
{
	const struct nexthop	*h = &l->hops.hop[n];
	const struct hop_text	*t = &l->texts.of[n];

	return (struct policy_hop){ .name = t->name, .host = t->host,
	    .localip = t->localip, .remoteip = t->remoteip,
	    .remotemx = h->mx, .preference = h->preference,
	    .order = h->order, .weight = h->weight };
}
