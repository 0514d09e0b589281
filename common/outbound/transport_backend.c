/*
 * Each option that shapes a connection or a transaction is put into the
 * backend here, and nowhere else.
 */
#include <string.h>

#include "transport_backend.h"

#define PORT_LMTP	24

static int
transport_tls(const struct transport *t, struct send_backend *server,
    struct err *e)
{
	struct str	word = transport_text(t, TRANSPORT_tls);

	if (send_tls_find(word, &server->tls) == 0)
		return 0;
	return err_set(e, "transport '%.*s': tls=%.*s", (int)t->id.len,
	    t->id.p, (int)word.len, word.p);
}

/* Where TLS is verified, what that needs is set: a name is asked for. */
static void
transport_names(const struct transport_options *o,
    struct send_backend *server)
{
	if (str_eq(o->tls_sni, STR("no")))
		server->tls_no_sni = !send_backend_verifies(server) &&
		    !send_tls_asks_dane(server->tls);
	else if (!str_eq(o->tls_sni, STR("yes")))
		server->tls_sni = o->tls_sni;
	server->tls_name = o->tls_verify_name;
	server->tls_without = o->tls_protocols;
	server->tls_ciphers = o->tls_ciphers;
	server->tls_client_cert = o->tls_client_cert;
}

static void
transport_times(const struct transport_options *o,
    struct send_backend *server)
{
	const struct {
		enum smtp_state	state;
		int64_t		ms;
	} times[] = {
		{ SMTP_STATE_BANNER, o->timeout_BANNER },
		{ SMTP_STATE_EHLO, o->timeout_EHLO },
		{ SMTP_STATE_HELO, o->timeout_HELO },
		{ SMTP_STATE_LHLO, o->timeout_LHLO },
		{ SMTP_STATE_STARTTLS, o->timeout_STARTTLS },
		{ SMTP_STATE_XCLIENT, o->timeout_XCLIENT },
		{ SMTP_STATE_AUTH_CRAM_MD5, o->timeout_AUTH },
		{ SMTP_STATE_AUTH_PLAIN, o->timeout_AUTH },
		{ SMTP_STATE_AUTH_LOGIN, o->timeout_AUTH },
		{ SMTP_STATE_AUTH_LOGIN_USER, o->timeout_AUTH },
		{ SMTP_STATE_AUTH, o->timeout_AUTH },
		{ SMTP_STATE_MAIL, o->timeout_MAIL },
		{ SMTP_STATE_RCPT, o->timeout_RCPT },
		{ SMTP_STATE_DATA, o->timeout_DATA },
		{ SMTP_STATE_BDAT, o->timeout_BDAT },
		{ SMTP_STATE_RSET, o->timeout_RSET },
		/* 0 is "as the engine has it". */
		{ SMTP_STATE_QUIT, o->timeout_QUIT != 0 ? o->timeout_QUIT :
		    1 },
	};
	size_t	i;

	for (i = 0; i < sizeof times / sizeof times[0]; i++)
		server->state_ms[times[i].state] = (uint32_t)times[i].ms;
	server->connect_ms = o->timeout_connect;
	server->end_ms = o->timeout_EOD;
	server->block_ms = o->timeout_BLOCK;
}

/* The first of each family. */
static void
transport_source(const struct transports *all, const struct transport *t,
    struct send_backend *server)
{
	const struct transport_address	*from;
	struct str			 rest = t->options.source, id;
	struct netaddr			*to;

	while (option_list_next(&rest, &id)) {
		from = transports_address(all, id);
		to = from->address.u.sa.sa_family == AF_INET6 ?
		    &server->source6 : &server->source4;
		if (to->len != 0)
			continue;
		*to = from->address;
		if (server->source_id.len == 0)
			server->source_id = from->id;
		if (from->helo.len != 0)
			server->helo = from->helo;
	}
}

static void
transport_proxy(const struct transport_options *o,
    struct send_backend *server)
{
	server->proxy.kind = o->proxyprotocol.len > 0 ? SEND_PROXY_HEADER :
	    o->socks5.len > 0 ? SEND_PROXY_SOCKS5 : SEND_PROXY_NONE;
	/* That it is one was checked when it was read. */
	(void)option_host_split(o->proxyprotocol.len > 0 ? o->proxyprotocol :
	    o->socks5, &server->proxy.host, &server->proxy.port);
}

/* A socket lies in run_directory unless its path is whole. */
static int
transport_target(const struct transport *t, const char *run_directory,
    struct send_backend *server, struct err *e)
{
	char	path[1100] = "";

	server->host = t->host;
	if (t->port != 0)
		server->port = t->port;
	else if (server->lmtp)
		server->port = PORT_LMTP;
	if (t->socket.p == NULL)
		return 0;
	server->host = t->target;
	server->port = 0;
	if (t->socket.p[0] != '/') {
		(void)strlcpy(path, run_directory, sizeof path);
		(void)strlcat(path, "/", sizeof path);
	}
	/* Both are far shorter than this. */
	(void)strlcat(path, t->socket.p, sizeof path);
	if (netaddr_unix(&server->address, path, e) == -1)
		return err_wrap(e, "transport '%.*s'", (int)t->id.len,
		    t->id.p);
	return 0;
}

int
transport_backend(const struct transports *all, const struct transport *t,
    const char *run_directory, struct send_backend *server, struct err *e)
{
	server->lmtp = t->mode == TRANSPORT_LMTP;
	if (t->options.helo.len != 0)
		server->helo = t->options.helo;
	server->no_chunking = !t->options.chunking;
	server->username = t->options.saslusername;
	if (transport_tls(t, server, e) == -1 ||
	    transport_target(t, run_directory, server, e) == -1)
		return -1;
	transport_names(&t->options, server);
	transport_times(&t->options, server);
	transport_source(all, t, server);
	if (t->socket.p == NULL)
		transport_proxy(&t->options, server);
	return 0;
}

void
transport_keep(const struct transport *t, struct send_backend *server)
{
	const struct transport_options	*o = &t->options;

	server->keep = (struct send_keep){ .never = !o->pooling,
	    .idle_ms = o->pooling_timeout,
	    .transactions = (size_t)o->pooling_transactions,
	    .lifetime_ms = o->pooling_lifetime,
	    .fixed = !o->pooling_evictable };
}
