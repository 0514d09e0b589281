/*
 * server_concurrency(): how many sessions an SMTP server has now.
 */
#include "base/net.h"

#include "library.h"

#define CHARGE		100
#define CHARGE_MANY	20000	/* it looks at all clients of each worker */

/* What a text says of clients; an exception if it is neither an address nor a
 * network. */
static bool
server_network(struct hsl_call *c, struct netaddr_network *n)
{
	struct str	text;

	if (!hsl_arg_string(c, 1, &text))
		return false;
	if (netaddr_network(n, text) == 0)
		return true;
	(void)hsl_throw(c, "server_concurrency(): '%.*s' is neither an address "
	    "nor a network", (int)(text.len < 64 ? text.len : 64), text.p);
	return false;
}

enum hsl_rc
library_server_concurrency(struct hsl_call *c)
{
	const struct library_host	*h = &library_of(c->x)->host;
	struct netaddr_network		 n;
	struct str			 server;
	uint64_t			 count;
	bool				 all = c->argc < 2;

	if (!hsl_arg_string(c, 0, &server) || (!all && !server_network(c, &n)))
		return HSL_THROW;
	if (!hsl_charge(c->x, all || n.bits == n.bytes * 8 ? CHARGE :
	    CHARGE_MANY))
		return HSL_THROW;
	if (h->sessions == NULL)
		return hsl_throw(c, "server_concurrency(): there is no server "
		    "here");
	*c->ret = h->sessions(h->worker, server, all ? NULL : &n, &count) ?
	    hsl_number((double)count) : hsl_none();
	return HSL_OK;
}
