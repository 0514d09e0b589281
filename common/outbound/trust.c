/*
 * Loads what send() needs for TLS: authorities, and client certificates.  A
 * script names a certificate by a word that stands for its file:
 *
 *	send_tls_client_certs = gateway=certs/gateway.pem other=/etc/o.pem
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "event/tls_client.h"

#include "proc/daemon.h"

#include "trust.h"

struct identity {
	STAILQ_ENTRY(identity)	 link;
	struct tls_identity	*identity;
	char			*name;
};

static STAILQ_HEAD(, identity)	identities =
    STAILQ_HEAD_INITIALIZER(identities);

static int
trust_refuse(struct worker *w, const char *parameter, const struct err *e)
{
	worker_refuse_value(w, parameter, e->text);
	return -1;
}

static const struct tls_identity *
trust_identity(void *arg, struct str name)
{
	const struct identity	*i;

	(void)arg;
	STAILQ_FOREACH(i, &identities, link)
		if (str_eq(name, str_of(i->name)))
			return i->identity;
	return NULL;
}

static int
trust_add(struct worker *w, struct str word, struct err *e)
{
	struct str	 file, name = str_split(word, '=', &file);
	char		 given[PATH_MAX], path[PATH_MAX];
	struct identity	*i;

	if (file.len == 0 || name.len == 0 || file.len >= sizeof given)
		return err_set(e, "\"%.*s\" is not NAME=FILE", (int)word.len,
		    word.p);
	memcpy(given, file.p, file.len);
	given[file.len] = '\0';
	i = xcalloc(1, sizeof *i);
	i->name = xstrndup(name.p, name.len);
	i->identity = tls_identity_load(worker_path(w, given, path,
	    sizeof path), e);
	STAILQ_INSERT_TAIL(&identities, i, link);
	if (i->identity == NULL)
		return -1;
	worker_certificate(w, "send_tls_client_certs", path,
	    tls_identity_not_after(i->identity));
	return 0;
}

static int
trust_load_identities(struct worker *w)
{
	struct str	rest = str_of(w->params.send_tls_client_certs);
	struct err	e;

	while ((rest = str_trim(rest)).len > 0)
		if (trust_add(w, str_split(rest, ' ', &rest), &e) == -1)
			return trust_refuse(w, "send_tls_client_certs", &e);
	return 0;
}

/* Without any file of the system's, verified modes say so when used. */
int
trust_load(struct worker *w, struct send_trust *trust)
{
	const struct params	*p = &w->params;
	const char		*system = tls_system_authorities();
	const char		*own = NULL;
	char			 a[PATH_MAX], b[PATH_MAX];
	struct str		 bad;
	struct err		 e;

	if (send_sources_check(p->send_source_addresses, &bad) == -1) {
		(void)err_set(&e, "%.*s is not ID=ADDRESS", (int)bad.len,
		    bad.p);
		return trust_refuse(w, "send_source_addresses", &e);
	}
	*trust = (struct send_trust){ .identity = trust_identity };
	if (p->tls_default_ca_file[0] != '\0')
		system = worker_path(w, p->tls_default_ca_file, a,
		    sizeof a);
	if (p->send_tls_ca_file[0] != '\0')
		own = worker_path(w, p->send_tls_ca_file, b, sizeof b);
	/* Our own alone first, so that what is wrong with both together is
	 * the system's fault. */
	if (own != NULL) {
		trust->own = tls_client_verified(NULL, own, &e);
		if (trust->own == NULL)
			return trust_refuse(w, "send_tls_ca_file", &e);
	}
	if (system != NULL || own != NULL) {
		trust->system = tls_client_verified(system, own, &e);
		if (trust->system == NULL)
			return trust_refuse(w, "tls_default_ca_file", &e);
	}
	return trust_load_identities(w);
}
