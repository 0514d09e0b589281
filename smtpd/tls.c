/*
 * Certificates for the worker, and a session's handshake with what it says of
 * the client.
 */
#include <limits.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "event/stream.h"
#include "event/tls_server.h"

#include "server.h"
#include "session.h"
#include "tls.h"

#define CHAIN_MAX	10

static void
tls_tell(void *arg, const char *file, int64_t not_after)
{
	worker_certificate(arg, "smtpd_tls_cert_file", file, not_after);
}

int
server_load_tls(struct server *srv)
{
	static const char *const parameters[] = {
		[TLS_FAULT_CERT] = "smtpd_tls_cert_file",
		[TLS_FAULT_KEY] = "smtpd_tls_key_file",
		[TLS_FAULT_DIR] = "smtpd_tls_cert_dir",
		[TLS_FAULT_PROTOCOLS] = "smtpd_tls_protocols",
		[TLS_FAULT_CIPHERS] = "smtpd_tls_ciphers",
		[TLS_FAULT_CA] = "smtpd_tls_ca_file",
	};
	const struct params	*p = srv->params;
	char			 cert[PATH_MAX], key[PATH_MAX], ca[PATH_MAX];
	char			 dir[PATH_MAX];
	struct tls_server_options o = { .protocols = p->smtpd_tls_protocols,
	    .ciphers = p->smtpd_tls_ciphers, .ask_cert = p->smtpd_tls_ask_cert,
	    .session_s = (long)(p->tls_ticket_lifetime / 1000) };
	enum tls_fault		 fault;
	struct err		 e;

	if (p->smtpd_tls_cert_file[0] == '\0')
		return 0;
	o.cert_file = worker_path(srv->worker, p->smtpd_tls_cert_file, cert,
	    sizeof cert);
	o.key_file = worker_path(srv->worker, p->smtpd_tls_key_file, key,
	    sizeof key);
	o.cert_dir = worker_path(srv->worker, p->smtpd_tls_cert_dir, dir,
	    sizeof dir);
	o.ca_file = worker_path(srv->worker, p->smtpd_tls_ca_file, ca,
	    sizeof ca);
	srv->tls = tls_server_new(&o, &fault, &e);
	if (srv->tls != NULL) {
		tls_server_certificates(srv->tls, tls_tell, srv->worker);
		return 0;
	}
	worker_refuse_value(srv->worker, parameters[fault], e.text);
	return -1;
}

int
session_tls_start(struct session *s)
{
	life_enter(s, MODE_HANDSHAKE);
	return stream_tls_accept(s->stream, s->server->tls, NULL);
}

void
session_tls_forget(struct session *s)
{
	struct hook_connection	*c = &s->conn;
	size_t			 i;

	free(c->tls_sni);
	c->tls_sni = NULL;
	X509_free(c->tls_cert);
	c->tls_cert = NULL;
	for (i = 0; c->tls_chain != NULL && c->tls_chain[i] != NULL; i++)
		X509_free(c->tls_chain[i]);
	free(c->tls_chain);
	c->tls_chain = NULL;
}

static void
tls_facts(struct session *s)
{
	struct hook_connection	*c = &s->conn;
	const char		*sni = stream_tls_sni(s->stream);
	int			 i = 0;

	c->tls_protocol = stream_tls_protocol(s->stream);
	c->tls_cipher = stream_tls_cipher(s->stream);
	c->tls_keysize = stream_tls_keysize(s->stream);
	c->tls_sni = sni != NULL ? xstrdup(sni) : NULL;
	c->tls_verify = stream_tls_verify_result(s->stream);
	c->tls_cert = stream_tls_peer_cert(s->stream);
	c->tls_chain = xcalloc(CHAIN_MAX + 1, sizeof *c->tls_chain);
	while (c->tls_cert != NULL && i < CHAIN_MAX &&
	    (c->tls_chain[i] = stream_tls_peer_chain(s->stream, i)) != NULL)
		(void)X509_up_ref(c->tls_chain[i++]);
}

/* RFC 3207 4.2: everything learnt in clear is forgotten. */
void
session_tls_done(struct session *s)
{
	session_reset(s);
	s->state = STATE_START;
	life_enter(s, MODE_COMMAND);
	session_forget_names(s);
	tls_facts(s);
	COUNT(tls_sessions);
	LOG(EV_TLS, &s->log, LOG_STR("result", "started"),
	    LOG_STR("tls", s->conn.tls_protocol),
	    LOG_STR("cipher", s->conn.tls_cipher),
	    LOG_STR("sni", s->conn.tls_sni),
	    LOG_STR("resumed", stream_tls_resumed(s->stream) ? "yes" : "no"),
	    LOG_STR("client", s->conn.remoteip));
}
