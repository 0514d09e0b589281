/*
 * What a question's answers mean:
 *
 *	we are among the exchangers	they and all worse ones are left out
 *					(RFC 5321 5.1)
 *	no exchanger has an address	nodata, or nxdomain of one host alone
 *	... but one could not be asked	other, temporary
 *	... but of another family	ipfamily, temporary
 */
#include <stdlib.h>
#include <string.h>

#include "deliver.h"
#include "own.h"
#include "routing_private.h"

/* ---- Sources ------------------------------------------------------------- */

static int
routing_family(const struct netaddr *a)
{
	return a->u.sa.sa_family == AF_INET6 ? ROUTING_V6 : ROUTING_V4;
}

static struct hop_source *
question_source(struct question *q, struct str id)
{
	size_t	i;

	for (i = 0; i < q->source_count; i++)
		if (str_eq(q->source[i].id, id))
			return &q->source[i];
	return NULL;
}

/* One that is named again weighs more. */
static void
question_add_source(struct question *q, const struct hop_source *from,
    struct hop_source *known)
{
	int	order = q->want.transport->options.source_order;

	if (q->source == NULL)
		q->source = arena_alloc(&q->arena, HOP_SOURCES_MAX *
		    sizeof *q->source);
	q->source_count = hops_add_source(q->source, q->source_count, from,
	    known, order == TRANSPORT_ORDER_STRICT);
}

static void
question_add_sources(struct question *q)
{
	const struct transport_address	*from;
	struct str			 rest, id;

	rest = q->want.transport->options.source;
	while (option_list_next(&rest, &id)) {
		from = transports_address(q->want.outlet->all, id);
		if (from != NULL)
			question_add_source(q, &(struct hop_source){
			    .address = from->address, .id = from->id,
			    .helo = from->helo }, question_source(q, id));
	}
}

/* By address: some have no id. */
static struct hop_source *
question_source_at(struct question *q, const struct hop_source *from)
{
	size_t	i;

	for (i = 0; i < q->source_count; i++)
		if (netaddr_eq(&q->source[i].address, &from->address) &&
		    str_eq(q->source[i].id, from->id) &&
		    str_eq(q->source[i].helo, from->helo))
			return &q->source[i];
	return NULL;
}

static void
question_add_wished(struct question *q, struct str list)
{
	struct hop_source	from = { .weight = 1 };
	struct str		ip;

	while (wish_list_next(&list, &ip) == 0 &&
	    wish_list_next(&list, &from.id) == 0 &&
	    wish_list_next(&list, &from.helo) == 0)
		if (netaddr_parse_ip(&from.address, ip, 0) == 0)
			question_add_source(q, &from,
			    question_source_at(q, &from));
}

void
question_sources(struct question *q)
{
	int	families = q->want.transport->options.families;
	bool	from[ROUTING_FAMILIES] = { false, false };
	size_t	i;

	if (q->want.wish != NULL && q->want.wish->of[WISH_sourceip].p != NULL)
		question_add_wished(q, q->want.wish->of[WISH_sourceip]);
	else
		question_add_sources(q);
	for (i = 0; i < q->source_count; i++)
		from[routing_family(&q->source[i].address)] = true;
	q->usable[ROUTING_V6] = families != TRANSPORT_IPV4 &&
	    (q->source_count == 0 || from[ROUTING_V6]);
	q->usable[ROUTING_V4] = families != TRANSPORT_IPV6 &&
	    (q->source_count == 0 || from[ROUTING_V4]);
}

/* ---- Exchangers ---------------------------------------------------------- */

struct exchanger {
	uint16_t	preference;
	char		name[256];
};

static int
exchanger_compare(const void *a, const void *b)
{
	const struct exchanger	*x = a, *y = b;

	return (x->preference > y->preference) -
	    (x->preference < y->preference);
}

static void
question_loops(struct question *q, uint16_t preference)
{
	if (!q->loops || preference < q->loops_at)
		q->loops_at = preference;
	q->loops = true;
}

static bool
question_in_loop(const struct question *q, uint16_t preference)
{
	return q->loops && preference >= q->loops_at;
}

/* "." says that no mail is taken, if it is alone (RFC 7505); beside others it
 * is nothing. */
static size_t
exchangers_read(const struct dns_answer *a, struct exchanger *list)
{
	char	name[DNS_NAME_TEXT];
	size_t	i, n = 0;

	for (i = 0; i < a->count; i++) {
		if (dns_read_mx(&a->records[i], &list[n].preference, name) ==
		    -1 || strcmp(name, ".") == 0 ||
		    strlcpy(list[n].name, name, sizeof list[n].name) >=
		    sizeof list[n].name)
			continue;
		n++;
	}
	qsort(list, n, sizeof *list, exchanger_compare);
	return n;
}

static bool
exchangers_null(const struct dns_answer *a)
{
	char		name[DNS_NAME_TEXT];
	uint16_t	preference;
	size_t		i;

	for (i = 0; i < a->count; i++)
		if (dns_read_mx(&a->records[i], &preference, name) == -1 ||
		    strcmp(name, ".") != 0)
			return false;
	return true;
}

static const struct routing_fault	routing_loop = { ATTEMPT_ERROR_CONFIG,
    ATTEMPT_DNS_NONE, false, "mail for %.*s loops back to myself" };

const struct routing_fault	routing_excluded = ROUTING_DNS(EXCLUDED, true,
    "all that it has was left out by the script");

bool
question_takes(struct question *q, struct str name)
{
	if (q->want.wish == NULL || wish_takes_mx(q->want.wish, name))
		return true;
	q->excluded = true;
	return false;
}

bool
question_exchangers(struct question *q, const struct dns_answer *a)
{
	static const struct routing_fault	nullmx = ROUTING_DNS(NULLMX,
	    false, "the domain takes no mail");
	static const struct routing_fault	none = ROUTING_DNS(OTHER,
	    true, "no MX record can be used");
	struct str				self;
	struct exchanger			list[DNS_RECORD_MAX];
	size_t					i, n;

	n = exchangers_read(a, list);
	self = str_of(deliver.params->myhostname);
	for (i = 0; i < n; i++)
		if (own_name(str_of(list[i].name), self))
			question_loops(q, list[i].preference);
	for (i = 0; i < n; i++)
		if (!question_in_loop(q, list[i].preference) &&
		    question_takes(q, str_of(list[i].name)))
			(void)question_host(q, list[i].preference,
			    str_of(list[i].name));
	if (q->host_count != 0)
		return true;
	question_fail(q, q->excluded ? &routing_excluded : n != 0 ?
	    &routing_loop : exchangers_null(a) ? &nullmx : &none);
	return false;
}

/* ---- The end ------------------------------------------------------------- */

static bool
question_uses(const struct question *q, const struct hop_address *a)
{
	return !question_in_loop(q, a->preference) &&
	    (q->want.wish == NULL ||
	    wish_takes_ip(q->want.wish, &a->address)) &&
	    (a->address.u.sa.sa_family == AF_UNIX ||
	    q->usable[routing_family(&a->address)]);
}

bool
question_found(const struct question *q)
{
	size_t	i;

	for (i = 0; i < q->address_count; i++)
		if (q->address[i].address.u.sa.sa_family == AF_UNIX ||
		    q->usable[routing_family(&q->address[i].address)])
			return true;
	return false;
}

bool
question_doubtful(const struct question *q)
{
	size_t	i;
	int	f;

	for (i = 0; i < q->host_count; i++)
		for (f = 0; f < ROUTING_FAMILIES; f++)
			if (q->asked[f] && !question_in_loop(q,
			    q->host[i].preference) &&
			    q->host[i].status[f] == DNS_TEMPORARY)
				return true;
	return false;
}

/* We are one of these addresses: as we listen, or as we connect from. */
static bool
question_own(const struct question *q, const struct netaddr *a)
{
	struct netaddr	from;
	size_t		i;

	for (i = 0; i < q->source_count; i++) {
		from = q->source[i].address;
		netaddr_set_port(&from, netaddr_port(a));
		if (netaddr_eq(&from, a))
			return true;
	}
	return own_address(a);
}

static bool
question_all_missing(const struct question *q)
{
	size_t	i;
	int	f;

	for (i = 0; i < q->host_count; i++)
		for (f = 0; f < ROUTING_FAMILIES; f++)
			if (q->asked[f] &&
			    q->host[i].status[f] != DNS_NXDOMAIN)
				return false;
	return true;
}

static void
question_nowhere(struct question *q)
{
	static const struct routing_fault	late = ROUTING_DNS(OTHER,
	    true, "no answer");
	static const struct routing_fault	family = ROUTING_DNS(
	    IPFAMILY, true, "no address of a family that can be used");
	static const struct routing_fault	missing = ROUTING_DNS(
	    NXDOMAIN, false, "no such name");
	static const struct routing_fault	nodata = ROUTING_DNS(NODATA,
	    false, "no host has an address");

	if (question_doubtful(q))
		question_fail(q, &late);
	else if (q->loops)
		question_fail(q, &routing_loop);
	else if (question_found(q))
		question_fail(q, &routing_excluded);
	else if (q->address_count != 0)
		question_fail(q, &family);
	else if (!q->exchangers && question_all_missing(q))
		question_fail(q, &missing);
	else
		question_fail(q, &nodata);
}

/* The same answers in any order make the same route. */
static int
hop_address_compare(const void *a, const void *b)
{
	const struct hop_address	*x = a, *y = b;
	unsigned char			 xip[16] = "", yip[16] = "";
	size_t				 n = x->mx.len < y->mx.len ?
					    x->mx.len : y->mx.len;
	int				 c;

	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	if (x->second != y->second)
		return x->second ? 1 : -1;
	if (n > 0 && (c = memcmp(x->mx.p, y->mx.p, n)) != 0)
		return c;
	if (x->mx.len != y->mx.len)
		return x->mx.len < y->mx.len ? -1 : 1;
	(void)netaddr_bytes(&x->address, xip);
	(void)netaddr_bytes(&y->address, yip);
	return memcmp(xip, yip, sizeof xip);
}

/* Of a host with addresses of both families those of one come second. */
static void
question_order_families(struct question *q)
{
	int	families = q->want.transport->options.families;
	int	first = families == TRANSPORT_IPV4_IPV6 ||
		    families == TRANSPORT_IPV4 ? ROUTING_V4 : ROUTING_V6;
	size_t	i, k;

	for (i = 0; i < q->address_count; i++)
		for (k = 0; k < q->address_count && routing_family(
		    &q->address[i].address) != first; k++)
			if (q->address[k].mx.p == q->address[i].mx.p &&
			    routing_family(&q->address[k].address) == first)
				q->address[i].second = true;
	qsort(q->address, q->address_count, sizeof *q->address,
	    hop_address_compare);
}

static void
question_drop_unused(struct question *q)
{
	size_t	i, n = 0;

	for (i = 0; i < q->address_count; i++)
		if (question_uses(q, &q->address[i]))
			q->address[n++] = q->address[i];
	q->address_count = n;
}

void
question_judge(struct question *q)
{
	struct nexthop	hops[NEXTHOPS_MAX];
	size_t		i, n;

	for (i = 0; q->exchangers && i < q->address_count; i++)
		if (question_own(q, &q->address[i].address))
			question_loops(q, q->address[i].preference);
	for (i = 0; i < q->address_count; i++)
		if (question_uses(q, &q->address[i]))
			break;
	if (i == q->address_count) {
		question_nowhere(q);
		return;
	}
	question_drop_unused(q);
	question_order_families(q);
	n = hops_make(q->address, q->address_count, q->source,
	    q->source_count, hops);
	question_answer(q, hops, n);
}
