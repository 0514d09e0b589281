/*
 * The addresses of a host: A and AAAA are asked together, the answer is given
 * when both are there, or a second after one of them brought addresses: there
 * are resolvers that drop the other question (RFC 8305 3).  IPv4 comes first:
 * where IPv6 is configured but broken, each connection would wait for its
 * time-out.  Within a family the order is shuffled, so that connections spread
 * over a backend's addresses.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "dns_private.h"

#define HOST_OTHER_MS	1000	/* to wait for the other family */

struct dns_lookup {
	TAILQ_ENTRY(dns_lookup)	 link;
	struct dns		*dns;
	struct task		 task;		/* a numeric address */
	struct timer		 timer;		/* for the other family */
	dns_hosts_fn		*fn;
	void			*arg;
	struct dns_query	*v4;
	struct dns_query	*v6;
	struct dns_hosts	 hosts;
	enum dns_status		 status[2];
	size_t			 count4;
	uint16_t		 port;
	struct netaddr		 list[DNS_ADDRESS_MAX];
	char			 name[DNS_NAME_TEXT];
};

static void
host_shuffle(struct netaddr *list, size_t n)
{
	struct netaddr	swap;
	size_t		i, k;

	for (i = n; i > 1; i--) {
		k = arc4random_uniform((uint32_t)i);
		swap = list[i - 1];
		list[i - 1] = list[k];
		list[k] = swap;
	}
}

/* In doubt the failure is temporary: of two lookups the one that failed might
 * have brought addresses. */
static enum dns_status
host_status(const struct dns_lookup *lk)
{
	if (lk->hosts.count != 0)
		return DNS_OK;
	if (lk->status[0] == DNS_TEMPORARY || lk->status[1] == DNS_TEMPORARY)
		return DNS_TEMPORARY;
	return lk->status[0] == lk->status[1] ? lk->status[0] : DNS_NODATA;
}

static void
host_report(void *arg)
{
	struct dns_lookup	*lk = arg;

	lk->hosts.list = lk->list;
	lk->hosts.status = host_status(lk);
	lk->hosts.why = dns_status_text(lk->hosts.status);
	lk->hosts.secure = lk->hosts.secure && lk->hosts.count != 0;
	lk->hosts.name = lk->name;
	TAILQ_REMOVE(&lk->dns->lookups, lk, link);
	lk->fn(lk->arg, &lk->hosts);
	timer_fini(&lk->timer);
	free(lk);
}

static void
host_all(struct dns_lookup *lk)
{
	host_shuffle(lk->list, lk->count4);
	host_shuffle(lk->list + lk->count4, lk->hosts.count - lk->count4);
	host_report(lk);
}

static void
host_other_late(void *arg)
{
	struct dns_lookup	*lk = arg;

	dns_cancel(&lk->v4);
	dns_cancel(&lk->v6);
	host_all(lk);
}

static void
host_answered(struct dns_lookup *lk)
{
	if (lk->v4 == NULL && lk->v6 == NULL)
		host_all(lk);
	else if (lk->hosts.count != 0)
		timer_start(&lk->timer, HOST_OTHER_MS);
}

/*
 * An answer without addresses has no say in whether the list is secure:
 * otherwise who suppresses one answer could make the other look unsigned, and
 * so turn DANE off.
 */
static void
host_vouch(struct dns_lookup *lk, const struct dns_answer *a)
{
	if (a->count == 0)
		return;
	lk->hosts.secure = lk->hosts.secure && a->secure;
	(void)strlcpy(lk->name, a->name, sizeof lk->name);
}

/* Each call brings one family.  IPv4 goes to the front, and IPv6 that came
 * before it moves to the end. */
static void
host_on_v4(void *arg, const struct dns_answer *a)
{
	struct dns_lookup	*lk = arg;
	struct netaddr		 addr;
	size_t			 i;

	lk->v4 = NULL;
	lk->status[0] = a->status;
	host_vouch(lk, a);
	for (i = 0; i < a->count && lk->hosts.count < DNS_ADDRESS_MAX; i++) {
		if (dns_read_address(&a->records[i], lk->port, &addr) == -1)
			continue;
		lk->list[lk->hosts.count++] = lk->list[lk->count4];
		lk->list[lk->count4++] = addr;
	}
	host_answered(lk);
}

static void
host_on_v6(void *arg, const struct dns_answer *a)
{
	struct dns_lookup	*lk = arg;
	size_t			 i;

	lk->v6 = NULL;
	lk->status[1] = a->status;
	host_vouch(lk, a);
	for (i = 0; i < a->count && lk->hosts.count < DNS_ADDRESS_MAX; i++)
		if (dns_read_address(&a->records[i], lk->port,
		    &lk->list[lk->hosts.count]) == 0)
			lk->hosts.count++;
	host_answered(lk);
}

struct dns_lookup *
dns_addresses(struct dns *d, struct str host, uint16_t port,
    dns_hosts_fn *fn, void *arg)
{
	struct dns_lookup	*lk = xcalloc(1, sizeof *lk);

	lk->dns = d;
	lk->fn = fn;
	lk->arg = arg;
	lk->port = port;
	task_init(&lk->task, host_report, lk);
	timer_init(&lk->timer, d->loop, host_other_late, lk);
	TAILQ_INSERT_TAIL(&d->lookups, lk, link);
	if (netaddr_parse_ip(&lk->list[0], host, port) == 0) {
		lk->hosts.count = 1;
		loop_defer(d->loop, &lk->task);
		return lk;
	}
	lk->hosts.secure = true;
	lk->v4 = dns_query(d, host, DNS_A, host_on_v4, lk);
	lk->v6 = dns_query(d, host, DNS_AAAA, host_on_v6, lk);
	return lk;
}

static void
host_free(struct dns_lookup *lk)
{
	TAILQ_REMOVE(&lk->dns->lookups, lk, link);
	loop_cancel(lk->dns->loop, &lk->task);
	timer_fini(&lk->timer);
	free(lk);
}

void
dns_addresses_cancel(struct dns_lookup **lkp)
{
	struct dns_lookup	*lk = *lkp;

	if (lk == NULL)
		return;
	*lkp = NULL;
	dns_cancel(&lk->v4);
	dns_cancel(&lk->v6);
	host_free(lk);
}

void
dns_lookups_free(struct dns *d)
{
	struct dns_lookup	*lk;

	while ((lk = TAILQ_FIRST(&d->lookups)) != NULL)
		host_free(lk);
}
