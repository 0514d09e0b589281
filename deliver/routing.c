/*
 * A question's life:
 *
 *	WAITING --turn--> exchangers --> addresses --> [other family] --> told
 *
 * So many are looked up at once, the others wait in order.  The exchangers of
 * a domain (or the one host that the transport or an address literal names)
 * are looked up together; when all have answered it is decided
 * (routing_judge.c).  The family that may not be used is asked for only where
 * the other one has nothing: to tell an unusable address from none.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ipc/channel.h"

#include "deliver.h"
#include "mailroom.h"
#include "own.h"
#include "routing_private.h"

#define QUESTIONS_MAX	10000
#define AT_ONCE		256

static struct {
	struct question_list	waiting, asking;
	size_t			count;		/* of both */
	size_t			under_way;	/* of asking */
	struct task		turn;
} routing;

static void	routing_turn(void *arg);
static void	question_look(struct question *q);

void
routing_init(void)
{
	TAILQ_INIT(&routing.waiting);
	TAILQ_INIT(&routing.asking);
	task_init(&routing.turn, routing_turn, NULL);
}

size_t
routing_open(void)
{
	return routing.count;
}

/* ---- Life ---------------------------------------------------------------- */

static void
question_free(struct question *q)
{
	size_t	i;
	int	f;

	dns_cancel(&q->query);
	for (i = 0; i < q->host_count; i++)
		for (f = 0; f < ROUTING_FAMILIES; f++)
			dns_cancel(&q->host[i].query[f]);
	TAILQ_REMOVE(q->begun ? &routing.asking : &routing.waiting, q, link);
	routing.count--;
	if (q->begun)
		routing.under_way--;
	if (q->outlet != NULL)
		outlet_give(&q->outlet);
	free(q->address);
	arena_free(&q->arena);
	free(q);
	if (!TAILQ_EMPTY(&routing.waiting))
		loop_defer(deliver.loop, &routing.turn);
}

void
routing_forget(void)
{
	struct question	*q;

	while ((q = TAILQ_FIRST(&routing.waiting)) != NULL ||
	    (q = TAILQ_FIRST(&routing.asking)) != NULL)
		question_free(q);
}

void
routing_fini(void)
{
	routing_forget();
	loop_cancel(deliver.loop, &routing.turn);
}

/* ---- The answer ---------------------------------------------------------- */

static void
question_tell(struct question *q, const struct nexthops *n)
{
	struct channel	*c = mailroom_channel();
	struct buf	 bytes = BUF_INIT;
	struct nexthops	 none = { .ttl_s = NEXTHOPS_TTL_MIN_S,
			    .error = ATTEMPT_ERROR_DNS,
			    .dns = ATTEMPT_DNS_OTHER, .temporary = true,
			    .why = STR("its route is too long") };

	if (nexthops_put(&bytes, n) == -1) {
		buf_clear(&bytes);
		n = &none;
		(void)nexthops_put(&bytes, n);
	}
	if (q->done != NULL)
		q->done(q->arg, n);
	else if (c != NULL)
		CHANNEL_SEND(c, DELIVER_HOPS, -1, { .number = q->number,
		    .hops = buf_str(&bytes) });
	buf_free(&bytes);
	question_free(q);
}

void
question_fail(struct question *q, const struct routing_fault *f)
{
	struct nexthops	n = { .ttl_s = ROUTING_FAULT_S, .error =
			    (uint8_t)f->error, .dns = (uint8_t)f->dns,
			    .temporary = f->temporary };
	struct str	name = q->name;
	struct buf	why = BUF_INIT;

	/* The operator's own host: he can mend it. */
	if (q->ours && f->error == ATTEMPT_ERROR_DNS)
		n.temporary = true;
	if (f->error == ATTEMPT_ERROR_DNS)
		buf_printf(&why, "DNS: %.*s: %s", (int)name.len, name.p,
		    f->why);
	else
		buf_printf(&why, f->why, (int)name.len, name.p);
	n.why = buf_str(&why);
	question_tell(q, &n);
	buf_free(&why);
}

void
question_answer(struct question *q, struct nexthop *hops, size_t count)
{
	struct nexthops	n = { .secure = q->secure, .hop = hops,
			    .count = count };

	n.ttl_s = q->ttl_s > NEXTHOPS_TTL_MAX_S ? NEXTHOPS_TTL_MAX_S :
	    q->ttl_s < NEXTHOPS_TTL_MIN_S ? NEXTHOPS_TTL_MIN_S : q->ttl_s;
	question_tell(q, &n);
}

/* ---- Addresses ----------------------------------------------------------- */

void
question_address(struct question *q, const struct routing_host *h,
    const struct netaddr *a, bool secure)
{
	if (q->address_count == q->address_cap) {
		q->address_cap = q->address_cap == 0 ? 16 :
		    q->address_cap * 2;
		q->address = xreallocarray(q->address, q->address_cap,
		    sizeof *q->address);
	}
	q->address[q->address_count++] = (struct hop_address){
	    .preference = h->preference, .mx = h->name, .address = *a,
	    .secure = secure };
}

static void
question_lasts(struct question *q, uint32_t ttl_s)
{
	if (ttl_s < q->ttl_s)
		q->ttl_s = ttl_s;
}

static void
question_on_address(struct routing_host *h, int family,
    const struct dns_answer *a)
{
	struct question	*q = h->question;
	struct netaddr	 to;
	size_t		 i, n = 0;

	h->query[family] = NULL;
	h->status[family] = a->status;
	if (a->status == DNS_OK)
		question_lasts(q, a->ttl_s);
	else if (a->status == DNS_TEMPORARY)
		question_lasts(q, ROUTING_FAULT_S);
	for (i = 0; i < a->count && n < ROUTING_ADDRESSES_MAX; i++)
		if (dns_read_address(&a->records[i], q->port, &to) == 0) {
			question_address(q, h, &to, a->secure);
			n++;
		}
	q->outstanding--;
	question_look(q);
}

static void
question_on_v6(void *arg, const struct dns_answer *a)
{
	question_on_address(arg, ROUTING_V6, a);
}

static void
question_on_v4(void *arg, const struct dns_answer *a)
{
	question_on_address(arg, ROUTING_V4, a);
}

static void
question_ask_family(struct question *q, int family)
{
	struct routing_host	*h;
	size_t			 i;

	q->asked[family] = true;
	for (i = 0; i < q->host_count; i++) {
		h = &q->host[i];
		if (h->numeric)
			continue;
		q->outstanding++;
		h->query[family] = family == ROUTING_V6 ?
		    dns_query(deliver.dns, h->name, DNS_AAAA, question_on_v6,
		    h) : dns_query(deliver.dns, h->name, DNS_A,
		    question_on_v4, h);
	}
}

/* Something is known: is all? */
static void
question_look(struct question *q)
{
	int	f;

	if (q->outstanding != 0)
		return;
	if (!question_found(q) && !question_doubtful(q))
		for (f = 0; f < ROUTING_FAMILIES; f++)
			if (!q->asked[f])
				question_ask_family(q, f);
	if (q->outstanding == 0)
		question_judge(q);
}

static void
question_ask_addresses(struct question *q)
{
	int	f;

	for (f = 0; f < ROUTING_FAMILIES; f++)
		if (q->usable[f])
			question_ask_family(q, f);
	question_look(q);
}

/* ---- Hosts --------------------------------------------------------------- */

/* Each name once, by its best preference: they come in that order. */
static bool
question_knows(const struct question *q, struct str name)
{
	size_t	i;

	for (i = 0; i < q->host_count; i++)
		if (str_caseeq(q->host[i].name, name))
			return true;
	return false;
}

struct routing_host *
question_host(struct question *q, uint16_t preference, struct str name)
{
	struct routing_host	*h;
	size_t			 i;

	if (q->host_count == ROUTING_HOSTS_MAX || question_knows(q, name))
		return NULL;
	h = &q->host[q->host_count++];
	*h = (struct routing_host){ .question = q, .preference = preference,
	    .name = arena_str(&q->arena, name) };
	/* As policies and lists compare it. */
	for (i = 0; i < name.len; i++)
		((char *)(uintptr_t)h->name.p)[i] =
		    (char)ascii_lower((unsigned char)name.p[i]);
	return h;
}

/* Without an exchanger the domain is its own (RFC 5321 5.1). */
static void
question_itself(struct question *q)
{
	if (!question_takes(q, q->name)) {
		question_fail(q, &routing_excluded);
		return;
	}
	(void)question_host(q, 0, q->name);
	question_ask_addresses(q);
}

static void
question_on_mx(void *arg, const struct dns_answer *a)
{
	struct question			*q = arg;
	static const struct routing_fault bad = ROUTING_DNS(OTHER, false,
					    "not a domain name");
	static const struct routing_fault none = ROUTING_DNS(NXDOMAIN, false,
					    "no such name");
	struct routing_fault		 late = ROUTING_DNS(OTHER, true,
					    a->why);

	q->query = NULL;
	q->secure = a->secure;
	switch (a->status) {
	case DNS_OK:
		question_lasts(q, a->ttl_s);
		if (question_exchangers(q, a))
			question_ask_addresses(q);
		break;
	case DNS_NODATA:
		question_itself(q);
		break;
	case DNS_NXDOMAIN:
		question_fail(q, &none);
		break;
	case DNS_BAD_NAME:
		question_fail(q, &bad);
		break;
	case DNS_TEMPORARY:
		question_fail(q, &late);
		break;
	}
}

/* ---- What is asked ------------------------------------------------------- */

/* A host that is named by an address needs no DNS. */
static void
question_one_host(struct question *q, const struct netaddr *a)
{
	struct routing_host	*h = question_host(q, 0, q->name);

	q->secure = true;
	if (a == NULL) {
		question_ask_addresses(q);
		return;
	}
	h->numeric = true;
	q->asked[ROUTING_V4] = q->asked[ROUTING_V6] = true;
	q->ttl_s = NEXTHOPS_TTL_MAX_S;
	question_address(q, h, a, true);
	question_judge(q);
}

/* "[192.0.2.1]", "[IPv6:2001:db8::1]" (RFC 5321 4.1.3). */
static int
question_literal(const struct question *q, struct netaddr *a)
{
	static const struct str	v6 = { "IPv6:", 5 };
	struct str		ip = q->name;

	if (ip.len < 3 || ip.p[ip.len - 1] != ']')
		return -1;
	ip = (struct str){ ip.p + 1, ip.len - 2 };
	if (str_caseprefix(ip, v6))
		ip = (struct str){ ip.p + v6.len, ip.len - v6.len };
	else if (memchr(ip.p, ':', ip.len) != NULL)
		return -1;
	return netaddr_parse_ip(a, ip, q->port);
}

static void
question_domain(struct question *q)
{
	static const struct routing_fault	refused = ROUTING_DNS(OTHER,
	    false, "mail to address literals is not sent");
	static const struct routing_fault	bad = ROUTING_DNS(OTHER,
	    false, "not an address literal");
	struct netaddr				a;

	if (q->name.len == 0 || q->name.p[0] != '[')
		q->query = dns_query(deliver.dns, q->name, DNS_MX,
		    question_on_mx, q);
	else if (!deliver.params->resolve_address_literals)
		question_fail(q, &refused);
	else if (question_literal(q, &a) == -1)
		question_fail(q, &bad);
	else
		question_one_host(q, &a);
}

static void
question_begin(struct question *q)
{
	const struct transport	*t = q->want.transport;
	struct netaddr		 a;

	q->port = q->want.port;
	q->ttl_s = UINT32_MAX;
	q->name = str_of(q->domain);
	question_sources(q);
	if (t->mode == TRANSPORT_MX) {
		q->exchangers = true;
		q->ours = t->host.len > 0;
		if (q->ours)
			q->name = t->host;
		question_domain(q);
		return;
	}
	q->ours = true;
	q->name = t->socket.p != NULL ? t->target : t->host;
	if (t->socket.p != NULL)
		question_one_host(q, &q->want.outlet->backend.address);
	else
		question_one_host(q, netaddr_parse_ip(&a, t->host, q->port) ==
		    0 ? &a : NULL);
}

static void
routing_turn(void *arg)
{
	struct question	*q;

	(void)arg;
	while (routing.under_way < AT_ONCE &&
	    (q = TAILQ_FIRST(&routing.waiting)) != NULL) {
		TAILQ_REMOVE(&routing.waiting, q, link);
		TAILQ_INSERT_TAIL(&routing.asking, q, link);
		routing.under_way++;
		q->begun = true;
		question_begin(q);
	}
}

struct question *
routing_start(const struct routing_want *want, routing_done_fn *done,
    void *arg)
{
	struct question	*q;

	if (routing.count >= QUESTIONS_MAX)
		return NULL;
	q = xcalloc(1, sizeof *q);
	q->want = *want;
	q->done = done;
	q->arg = arg;
	(void)strlcpy(q->domain, want->domain, sizeof q->domain);
	TAILQ_INSERT_TAIL(&routing.waiting, q, link);
	routing.count++;
	loop_defer(deliver.loop, &routing.turn);
	return q;
}

void
routing_cancel(struct question **qp)
{
	struct question	*q = *qp;

	*qp = NULL;
	if (q != NULL)
		question_free(q);
}

int
routing_ask(const struct ipc_DELIVER_ASK *m)
{
	struct routing_want	 want = { .domain = m->domain };
	struct question		*q;
	struct outlet		*o = outlet_take(m->transport);

	if (o == NULL)
		return -1;
	want.outlet = o;
	want.transport = o->transport;
	want.port = o->backend.port;
	if ((q = routing_start(&want, NULL, NULL)) == NULL) {
		outlet_give(&o);
		return -1;
	}
	q->number = m->number;
	q->outlet = o;
	return 0;
}
