/*
 * Addresses, groups and transports.
 */
#include <stddef.h>

#include "import.h"

#define STATE(name)	{ "timeout.smtp." #name, "timeout_" #name,	\
			    IMPORT_SECONDS }

#define SHAPE	{ "tls.mode", "tls", IMPORT_TEXT },			\
	{ "tls.protocols", "tls_protocols", IMPORT_WORDS },		\
	{ "tls.ciphers", "tls_ciphers", IMPORT_TEXT },			\
	{ "pooling.enabled", "pooling", IMPORT_BOOL },			\
	{ "pooling.timeout", "pooling_timeout", IMPORT_SECONDS },	\
	{ "pooling.evictable", "pooling_evictable", IMPORT_BOOL },	\
	{ "pooling.transactions", "pooling_transactions", IMPORT_NUMBER }, \
	{ "timeout.connect", "timeout_connect", IMPORT_SECONDS },	\
	STATE(BANNER), STATE(EHLO), STATE(HELO), STATE(LHLO),		\
	STATE(STARTTLS), STATE(AUTH), STATE(XCLIENT), STATE(MAIL),	\
	STATE(RCPT), STATE(DATA), STATE(BDAT), STATE(EOD), STATE(RSET),	\
	STATE(NOOP), STATE(QUIT),					\
	{ "retry.count", "retry_count", IMPORT_NUMBER },		\
	{ "retry.intervals", "retry", IMPORT_RETRY }

const struct import_key	import_transport_keys[] = {
	SHAPE,
	{ NULL, NULL, IMPORT_TEXT },
};

/* A group's, and a transport's. */
static const struct import_key	group_keys[] = {
	SHAPE,
	{ "id", NULL, IMPORT_PASSED },
	{ "transports", NULL, IMPORT_PASSED },
	{ "connection.server", NULL, IMPORT_PASSED },
	{ "connection.port", NULL, IMPORT_PASSED },
	{ "connection.sourceip.ipv6", "families", IMPORT_IPV6 },
	{ "connection.proxyprotocol", "proxyprotocol", IMPORT_PROXY },
	{ "session.tls.mode", "tls", IMPORT_TEXT },
	{ "session.tls.protocols", "tls_protocols", IMPORT_WORDS },
	{ "dsn.transport", "dsn_transport", IMPORT_TEXT },
	{ NULL, NULL, IMPORT_TEXT },
};

static bool
transport_is_list(struct import *im, const struct yaml_node *n)
{
	if (n->kind == YAML_LIST)
		return true;
	if (n->kind != YAML_NULL)
		import_fault(im, n, NULL, "it is no list");
	return false;
}

void
import_addresses(struct import *im, const struct yaml_node *list)
{
	static const struct import_key	keys[] = {
		{ "id", NULL, IMPORT_PASSED },
		{ "address", NULL, IMPORT_PASSED },
		{ "hostname", "helo", IMPORT_TEXT },
		{ NULL, NULL, IMPORT_TEXT },
	};
	struct buf			*out = &im->part[IMPORT_ADDRESS];
	const struct yaml_node		*n, *address;
	struct str			 id;

	if (!transport_is_list(im, list))
		return;
	for (n = list->first; n != NULL; n = n->next) {
		address = yaml_get(n, "address");
		if (address == NULL || !import_is_word(address->text)) {
			import_fault(im, n, "addresses", "it has no address");
			continue;
		}
		id = import_id(im, IMPORT_ADDRESS, yaml_get(n, "id"),
		    "address");
		buf_printf(out, "address %.*s - %.*s", (int)id.len, id.p,
		    (int)address->text.len, address->text.p);
		import_options(im, n, keys, out);
		buf_add_byte(out, '\n');
	}
}

/* Mode and target: to a host that is named, or as MX records say. */
static void
transport_target(struct import *im, const struct yaml_node *n,
    const struct yaml_node *group, struct buf *out)
{
	const struct yaml_node	*c = yaml_get(n, "connection");
	const struct yaml_node	*g = yaml_get(group, "connection");
	const struct yaml_node	*server = yaml_get(c, "server");
	const struct yaml_node	*port = yaml_get(c, "port");

	if (server == NULL)
		server = yaml_get(g, "server");
	if (port == NULL)
		port = yaml_get(g, "port");
	if (server != NULL && !import_is_word(server->text)) {
		import_fault(im, server, "connection.server", "it is no host");
		server = NULL;
	}
	if (server == NULL && port != NULL)
		import_fault(im, port, "connection.port", "a transport that "
		    "goes by MX has the port that main.cf sets");
	if (server == NULL)
		buf_add_text(out, " mx -");
	else if (port == NULL)
		buf_printf(out, " host %.*s", (int)server->text.len,
		    server->text.p);
	else
		buf_printf(out, " host %.*s:%.*s", (int)server->text.len,
		    server->text.p, (int)port->text.len, port->text.p);
}

static void
transport_one(struct import *im, const struct yaml_node *n,
    const struct yaml_node *group, struct str group_id)
{
	struct buf	*out = &im->part[IMPORT_TRANSPORT];
	struct str	 id = import_id(im, IMPORT_TRANSPORT,
			    yaml_get(n, "id"), "transport");

	buf_printf(out, "transport %.*s", (int)id.len, id.p);
	transport_target(im, n, group, out);
	(void)import_option(out, "group", group_id);
	import_options(im, n, group_keys, out);
	buf_add_byte(out, '\n');
}

void
import_groups(struct import *im, const struct yaml_node *list)
{
	struct buf		*out = &im->part[IMPORT_TRANSPORT];
	const struct yaml_node	*g, *n;
	struct str		 id;

	if (!transport_is_list(im, list))
		return;
	for (g = list->first; g != NULL; g = g->next) {
		/* A group's ids are another kind's than a transport's. */
		id = import_id(im, IMPORT_PARTS, yaml_get(g, "id"), "group");
		buf_printf(out, "group %.*s - -", (int)id.len, id.p);
		import_options(im, g, group_keys, out);
		buf_add_byte(out, '\n');
		n = yaml_get(g, "transports");
		if (n == NULL || !transport_is_list(im, n))
			continue;
		for (n = n->first; n != NULL; n = n->next)
			transport_one(im, n, g, id);
	}
}
