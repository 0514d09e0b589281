/*
 * Counts over workers: what this one has, and what the pages of its siblings
 * say.  Pages are read while their owners write them, so that a limit may be
 * passed by as many connections as are accepted in the same moment.
 */
#include <string.h>

#include "base/net.h"

#include "crowding.h"
#include "server.h"

/* A page that another service has now is not ours to count. */
bool
crowding_sibling(const struct server *srv, const struct page *p)
{
	return strncmp(p->board->service, srv->worker->service,
	    BOARD_SERVICE_MAX - 1) == 0;
}

bool
crowding_full(const struct server *srv)
{
	const struct params	*p = srv->params;
	const struct page	*page;
	uint64_t		 all = srv->session_count;

	if (srv->session_count >= (size_t)p->smtpd_connection_limit)
		return true;
	STAILQ_FOREACH(page, &srv->worker->pages, link)
		if (crowding_sibling(srv, page))
			all += board_get(page->board, COUNTER_sessions);
	return all >= (uint64_t)p->smtpd_total_connection_limit;
}

/* Of one client, with all workers of the service. */
static uint64_t
crowding_sessions(const struct server *srv, uint64_t client)
{
	uint64_t		 all = crowd_count(&board_self()->crowd,
				    client);
	const struct page	*page;

	STAILQ_FOREACH(page, &srv->worker->pages, link)
		if (crowding_sibling(srv, page))
			all += crowd_count(&page->board->crowd, client);
	return all;
}

bool
crowding_client_full(const struct server *srv, const struct netaddr *a,
    uint64_t *client)
{
	const struct params	*p = srv->params;

	*client = 0;
	if (a->u.sa.sa_family != AF_INET && a->u.sa.sa_family != AF_INET6)
		return false;
	*client = crowd_client(a);
	if (p->smtpd_client_connection_limit == 0 ||
	    netaddr_within(a, p->smtpd_client_limit_exempt))
		return false;
	return crowding_sessions(srv, *client) >=
	    (uint64_t)p->smtpd_client_connection_limit;
}

bool
crowding_user_full(const struct server *srv, uid_t uid, uint64_t *client)
{
	int64_t	limit = srv->params->smtpd_user_connection_limit;

	*client = limit == 0 ? 0 : crowd_user(uid);
	return limit != 0 &&
	    crowding_sessions(srv, *client) >= (uint64_t)limit;
}

bool
crowding_move(const struct server *srv, uint64_t *client,
    const struct netaddr *a)
{
	crowding_add(*client, -1);
	*client = 0;
	if (crowding_client_full(srv, a, client)) {
		*client = 0;
		return false;
	}
	crowding_add(*client, 1);
	return true;
}

void
crowding_add(uint64_t client, int n)
{
	if (client != 0)
		crowd_add(&board_self()->crowd, client, n);
}
