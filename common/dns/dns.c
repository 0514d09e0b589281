/*
 * The libunbound context: servers, limits, local answers.
 */
#include <stdlib.h>
#include <string.h>
#include <unbound.h>
#include <unbound-event.h>

#include "base/mem.h"

#include "dns_private.h"

#define DNS_OTHERS	8	/* resolvers kept for servers asked by name */

static const struct {
	const char	*name, *value;
} dns_options[] = {
	/* By default libunbound does not ask servers on this host, where the
	 * resolver usually is. */
	{ "do-not-query-localhost:", "no" },
	/* The defaults (16 sockets, 512 questions) are for a program that asks
	 * now and then. */
	{ "outgoing-range:", "1024" },
	{ "num-queries-per-thread:", "2048" },
	{ "use-syslog:", "no" },
};

/*
 * Zones that libunbound answers itself.  Whoever names servers may have
 * these there.  localhost stays.
 */
static const char *const	dns_freed_zones[] = {
	"test.", "invalid.", "10.in-addr.arpa.", "168.192.in-addr.arpa.",
	"16.172.in-addr.arpa.", "17.172.in-addr.arpa.",
	"18.172.in-addr.arpa.", "19.172.in-addr.arpa.",
	"20.172.in-addr.arpa.", "21.172.in-addr.arpa.",
	"22.172.in-addr.arpa.", "23.172.in-addr.arpa.",
	"24.172.in-addr.arpa.", "25.172.in-addr.arpa.",
	"26.172.in-addr.arpa.", "27.172.in-addr.arpa.",
	"28.172.in-addr.arpa.", "29.172.in-addr.arpa.",
	"30.172.in-addr.arpa.", "31.172.in-addr.arpa.",
};

static int
dns_add_server(struct ub_ctx *ctx, struct str server, struct err *e)
{
	char	*text = xstrndup(server.p, server.len);
	int	 rc = ub_ctx_set_fwd(ctx, text);

	if (rc != 0)
		(void)err_set(e, "dns server %s: %s", text, ub_strerror(rc));
	free(text);
	return rc == 0 ? 0 : -1;
}

/* Without any libunbound asks the roots itself. */
int
dns_set_servers(struct ub_ctx *ctx, const char *servers, struct err *e)
{
	struct str	rest = str_trim(str_of(servers)), word;

	for (; rest.len != 0; rest = str_trim(rest)) {
		word = str_split(rest, ' ', &rest);
		if (dns_add_server(ctx, str_trim(word), e) == -1)
			return -1;
	}
	return 0;
}

int
dns_set_options(struct ub_ctx *ctx, struct err *e)
{
	size_t	i;
	int	rc;

	for (i = 0; i < sizeof dns_options / sizeof dns_options[0]; i++) {
		rc = ub_ctx_set_option(ctx, dns_options[i].name,
		    dns_options[i].value);
		if (rc != 0)
			return err_set(e, "resolver option %s %s",
			    dns_options[i].name, ub_strerror(rc));
	}
	return 0;
}

void
dns_free_zones(struct ub_ctx *ctx)
{
	size_t	i;

	for (i = 0; i < sizeof dns_freed_zones / sizeof dns_freed_zones[0];
	    i++)
		(void)ub_ctx_zone_remove(ctx, dns_freed_zones[i]);
}

static bool
dns_named(const char *path)
{
	return path != NULL && path[0] != '\0';
}

/*
 * libunbound reads anchors when it closes its options: taking out a zone that
 * is not there makes it do that, and say whether it could.
 */
static int
dns_trust(struct dns *d, const char *path, struct err *e)
{
	if (dns_anchors_load(d, path, e) == -1)
		return -1;
	if (d->anchors.len == 0 ||
	    ub_ctx_zone_remove(d->ctx, "none.invalid.") != 0)
		return err_set(e, "%s: no trust anchors", path);
	return 0;
}

static void
dns_keep_servers(struct dns *d, const char *servers)
{
	struct buf	system = BUF_INIT;

	d->named = str_trim(str_of(servers)).len != 0;
	if (!d->named)
		dns_system_servers(&system);
	d->forwards = xstrdup(d->named ? servers : buf_cstr(&system));
	buf_free(&system);
}

/* One with a parent (dns_other()) has no local answers, but its anchors.
 * Order matters: after the first zone or record the options are closed. */
static int
dns_configure(struct dns *d, const struct dns_config *c,
    const struct dns *parent, struct err *e)
{
	dns_keep_servers(d, c->servers);
	if (dns_set_options(d->ctx, e) == -1 ||
	    dns_set_servers(d->ctx, d->forwards, e) == -1)
		return -1;
	if (parent != NULL)
		dns_anchors_copy(d, parent);
	else if (dns_named(c->trust_anchor) &&
	    dns_trust(d, c->trust_anchor, e) == -1)
		return -1;
	if (parent == NULL)
		dns_hosts_load(d);
	if (d->named)
		dns_free_zones(d->ctx);
	if (dns_named(c->local_data))
		return dns_local_load(d, c->local_data, e);
	return 0;
}

static struct dns *
dns_bare(struct loop *l)
{
	struct dns	*d = xcalloc(1, sizeof *d);

	d->loop = l;
	TAILQ_INIT(&d->queries);
	TAILQ_INIT(&d->lookups);
	TAILQ_INIT(&d->others);
	TAILQ_INIT(&d->old);
	return d;
}

/* Makes the context; NULL if it can't be as configured. */
static int
dns_start(struct dns *d, const struct dns_config *c, const struct dns *parent,
    struct err *e)
{
	d->ctx = ub_ctx_create_event(loop_base(d->loop));
	if (d->ctx == NULL)
		return err_set(e, "libunbound does not start");
	/* What libunbound would print on stderr comes back in *e. */
	(void)ub_ctx_debugout(d->ctx, NULL);
	if (dns_configure(d, c, parent, e) == 0) {
		dns_context_begin(d);
		return 0;
	}
	ub_ctx_delete(d->ctx);
	d->ctx = NULL;
	return -1;
}

static struct dns *
dns_make(struct loop *l, const struct dns_config *c, const struct dns *parent,
    struct err *e)
{
	struct dns	*d = dns_bare(l);

	if (dns_start(d, c, parent, e) == -1)
		dns_free(&d);
	return d;
}

struct dns *
dns_new(struct loop *l, const struct dns_config *c, struct err *e)
{
	return dns_make(l, c, NULL, e);
}

struct dns *
dns_new_late(struct loop *l)
{
	return dns_bare(l);
}

bool
dns_ready(struct dns *d)
{
	const struct dns_config	system = { .servers = NULL };

	return d->ctx != NULL || dns_start(d, &system, NULL, NULL) == 0;
}

/* ---- Other servers ----------------------------------------------------- */

/* Makes room for one more: of the idle ones that goes which was not used for
 * the longest time. */
static int
dns_make_room(struct dns *d, struct err *e)
{
	struct dns	*o;
	size_t		 n = 0;

	TAILQ_FOREACH(o, &d->others, link)
		n++;
	if (n < DNS_OTHERS)
		return 0;
	TAILQ_FOREACH_REVERSE(o, &d->others, dns_list, link)
		if (TAILQ_EMPTY(&o->queries) && TAILQ_EMPTY(&o->lookups)) {
			TAILQ_REMOVE(&d->others, o, link);
			dns_free(&o);
			return 0;
		}
	return err_set(e, "too many DNS servers are asked at once");
}

struct dns *
dns_other(struct dns *d, const char *servers, struct err *e)
{
	struct dns_config	 c = { .servers = servers };
	struct dns		*o;

	TAILQ_FOREACH(o, &d->others, link)
		if (strcmp(o->servers, servers) == 0)
			break;
	if (o != NULL)
		TAILQ_REMOVE(&d->others, o, link);
	else if (dns_make_room(d, e) == -1 ||
	    (o = dns_make(d->loop, &c, d, e)) == NULL)
		return NULL;
	else
		o->servers = xstrdup(servers);
	TAILQ_INSERT_HEAD(&d->others, o, link);
	return o;
}

void
dns_free(struct dns **dp)
{
	struct dns	*d = *dp, *o;

	if (d == NULL)
		return;
	*dp = NULL;
	while ((o = TAILQ_FIRST(&d->others)) != NULL) {
		TAILQ_REMOVE(&d->others, o, link);
		dns_free(&o);
	}
	dns_contexts_free(d);
	dns_queries_free(d);
	dns_lookups_free(d);
	free(d->servers);
	free(d->forwards);
	buf_free(&d->anchors);
	buf_free(&d->records);
	free(d);
}

const char *
dns_status_text(enum dns_status status)
{
	static const char *const	texts[] = {
		[DNS_OK] = "found", [DNS_NXDOMAIN] = "no such name",
		[DNS_NODATA] = "no such record",
		[DNS_TEMPORARY] = "no answer",
		[DNS_BAD_NAME] = "not a domain name",
	};

	return texts[status];
}
