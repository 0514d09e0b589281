/*
 * Asks for the client's name while the session is in MODE_NAMING; a question
 * without an answer in time is dropped.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dns/dns.h"

#include "naming.h"
#include "server.h"
#include "session.h"

struct naming {
	struct session		*session;
	struct dns_naming	*question;
	struct timer		 timer;
};

void
naming_free(struct naming **np)
{
	struct naming	*n = *np;

	if (n == NULL)
		return;
	*np = NULL;
	dns_names_cancel(&n->question);
	timer_fini(&n->timer);
	free(n);
}

void
naming_look_at(struct server *srv, struct str script)
{
	static const char	word[] = "remoteptr";

	if (script.len != 0 &&
	    memmem(script.p, script.len, word, sizeof word - 1) != NULL)
		srv->hooks_ask_name = true;
}

static bool
naming_wanted(const struct server *srv)
{
	int	lookup = srv->params->smtpd_peer_lookup;

	return lookup == PARAM_SMTPD_PEER_LOOKUP_YES ||
	    (lookup == PARAM_SMTPD_PEER_LOOKUP_AUTO && srv->hooks_ask_name);
}

/* The connect hook reads conn.names before session_connect() returns. */
static void
naming_go_on(struct session *s, const struct dns_names *names)
{
	naming_free(&s->naming);
	if (names != NULL && names->confirmed != -1)
		s->conn.remoteptr = xstrdup(names->name[names->confirmed]);
	life_enter(s, MODE_COMMAND);
	s->conn.names = names;
	session_connect(s);
	s->conn.names = NULL;
}

static void
naming_answered(void *arg, const struct dns_names *names)
{
	struct naming	*n = arg;

	n->question = NULL;
	naming_go_on(n->session, names);
}

static void
naming_late(void *arg)
{
	struct naming	*n = arg;

	naming_go_on(n->session, NULL);
}

void
session_name(struct session *s)
{
	struct server	*srv = s->server;
	struct naming	*n;
	struct netaddr	 a;

	if (!s->spoken.named) {
		free(s->conn.remoteptr);
		s->conn.remoteptr = NULL;
	}
	if (s->spoken.named || !naming_wanted(srv) ||
	    netaddr_parse_ip(&a, str_of(s->conn.remoteip), 0) == -1) {
		session_connect(s);
		return;
	}
	n = xcalloc(1, sizeof *n);
	n->session = s;
	timer_init(&n->timer, srv->loop, naming_late, n);
	timer_start(&n->timer, srv->params->smtpd_peer_lookup_timeout);
	n->question = dns_names(srv->dns, &a, naming_answered, n);
	s->naming = n;
	life_enter(s, MODE_NAMING);
}
