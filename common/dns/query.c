/*
 * One question.  libunbound may answer inside ub_resolve_event(), and its own
 * ub_cancel() is not made for the event interface: so the packet is copied,
 * our call back is put off to the end of the turn, and a cancelled question
 * waits, mute, for libunbound to be done with it.
 *
 *	asked --libunbound--> answered --task--> call back, freed
 *	  ^ | dns_cancel          | dns_cancel  \
 *	  | v                     v              | a CNAME alone
 *	  | mute --libunbound-->  freed          |
 *	  `--------------------------------------'
 *
 * libunbound follows CNAMEs of the net, and gives those of local data as they
 * are, so an answer with nothing but a CNAME is asked on, CNAME_MAX times.
 */
#include <stdlib.h>
#include <string.h>
#include <unbound.h>
#include <unbound-event.h>

#include "base/log.h"
#include "base/mem.h"

#include "dns_private.h"

#define QUERY_NAME_MAX	255	/* as text */
#define CNAME_MAX	16
#define RCODE_NXDOMAIN	3

struct dns_query {
	TAILQ_ENTRY(dns_query)	 link;
	struct dns		*dns;
	struct dns_context	*context;	/* that was asked last */
	struct task		 task;
	dns_answer_fn		*fn;	/* NULL: cancelled */
	void			*arg;
	enum dns_type		 type;
	enum dns_status		 status;
	bool			 answered;
	bool			 secure;
	bool			 bogus;
	bool			 insecure;	/* one of the names before */
	int			 hops;
	uint32_t		 ttl_s;		/* the least so far */
	unsigned char		*packet;
	size_t			 packet_len;
	char			*why;
	char			*asked;		/* NULL: nobody reads of it */
	int64_t			 since_ms;
};

static void
query_free(struct dns_query *q)
{
	TAILQ_REMOVE(&q->dns->queries, q, link);
	loop_cancel(q->dns->loop, &q->task);
	free(q->packet);
	free(q->why);
	free(q->asked);
	free(q);
}

void
dns_queries_free(struct dns *d)
{
	struct dns_query	*q;

	while ((q = TAILQ_FIRST(&d->queries)) != NULL)
		query_free(q);
}

/* ---- Reading the answer ------------------------------------------------ */

static void
query_lasts(struct dns_query *q, const struct dns_record *rr)
{
	if (rr->ttl < q->ttl_s)
		q->ttl_s = rr->ttl;
}

/* Finds the CNAME of `name` and puts its target there: 1, 0 none, -1. */
static int
query_cname(struct dns_query *q, struct dns_packet packet,
    char name[DNS_NAME_TEXT])
{
	struct dns_record	rr;
	struct dns_walk		w;
	char			owner[DNS_NAME_TEXT];
	int			rc;

	if (dns_walk_init(&w, packet) == -1)
		return -1;
	while ((rc = dns_walk_next(&w, &rr, owner)) == 1)
		if (rr.type == DNS_CNAME && strcasecmp(owner, name) == 0) {
			query_lasts(q, &rr);
			return dns_read_name(&rr, name) == 0 ? 1 : -1;
		}
	return rc;
}

/* The records of q's type that belong to `name`; their number, or -1. */
static int
query_collect(struct dns_query *q, struct dns_packet packet,
    const char *name, struct dns_record *list)
{
	struct dns_record	rr;
	struct dns_walk		w;
	char			owner[DNS_NAME_TEXT];
	int			rc, n = 0;

	if (dns_walk_init(&w, packet) == -1)
		return -1;
	while ((rc = dns_walk_next(&w, &rr, owner)) == 1)
		if (rr.type == q->type && n < DNS_RECORD_MAX &&
		    strcasecmp(owner, name) == 0) {
			query_lasts(q, &rr);
			list[n++] = rr;
		}
	return rc == -1 ? -1 : n;
}

/* Follows CNAMEs to the name that holds the records, and takes them. */
static void
query_read(struct dns_query *q, struct dns_answer *a,
    char name[DNS_NAME_TEXT], struct dns_record *list)
{
	struct dns_packet	packet = { q->packet, q->packet_len };
	struct dns_walk		w;
	int			i = 0, rc, n = -1;

	if (dns_walk_init(&w, packet) == 0) {
		(void)strlcpy(name, w.question, DNS_NAME_TEXT);
		do
			rc = q->type == DNS_CNAME ? 0 :
			    query_cname(q, packet, name);
		while (rc == 1 && i++ < CNAME_MAX);
		if (rc == 0)
			n = query_collect(q, packet, name, list);
	}
	if (n == -1) {
		a->status = DNS_TEMPORARY;
		a->why = "malformed answer";
		return;
	}
	a->count = (size_t)n;
	a->status = n > 0 ? DNS_OK : DNS_NODATA;
	a->why = dns_status_text(a->status);
}

/* ---- Life -------------------------------------------------------------- */

static void	query_ask(struct dns_query *q, struct str name);

/* True if the answer led to another name and said nothing more of it: then
 * that name was asked for. */
static bool
query_ask_on(struct dns_query *q, const struct dns_answer *a)
{
	struct dns_packet	packet = { q->packet, q->packet_len };
	struct dns_walk		w;
	char			name[DNS_NAME_TEXT];

	if (a->status != DNS_NODATA || q->hops >= CNAME_MAX ||
	    dns_walk_init(&w, packet) == -1 ||
	    strcasecmp(w.question, a->name) == 0)
		return false;
	(void)strlcpy(name, a->name, sizeof name);
	q->hops++;
	q->insecure = q->insecure || !q->secure;
	q->answered = false;
	free(q->packet);
	q->packet = NULL;
	query_ask(q, str_of(name));
	return true;
}

static void
query_log(const struct dns_query *q, const struct dns_answer *a)
{
	if (q->asked != NULL)
		LOG(EV_DNS_ANSWER, NULL, LOG_STR("name", q->asked),
		    LOG_NUM("type", q->type), LOG_STR("result", a->why),
		    LOG_NUM("ms", loop_now_ms(q->dns->loop) - q->since_ms));
}

static void
query_report(void *arg)
{
	struct dns_query	*q = arg;
	struct dns_record	 list[DNS_RECORD_MAX];
	char			 name[DNS_NAME_TEXT] = "";
	struct dns_answer	 a = { .status = q->status,
				    .secure = q->secure, .bogus = q->bogus,
				    .why = dns_status_text(q->status),
				    .name = name, .records = list };

	if (q->why != NULL)
		a.why = q->why;
	if (q->status == DNS_OK)
		query_read(q, &a, name, list);
	if (query_ask_on(q, &a))
		return;
	a.ttl_s = q->ttl_s;
	a.secure = a.secure && !q->insecure;
	query_log(q, &a);
	/* The call back may cancel this query or free the resolver: neither
	 * may find it in the list. */
	TAILQ_REMOVE(&q->dns->queries, q, link);
	q->fn(q->arg, &a);
	free(q->packet);
	free(q->why);
	free(q->asked);
	free(q);
}

static void
query_on_answer(void *arg, int rcode, void *packet, int len, int sec,
    char *why, int ratelimited)
{
	struct dns_query	*q = arg;

	(void)ratelimited;
	dns_context_done(q->context);
	if (q->fn == NULL) {
		query_free(q);
		return;
	}
	q->answered = true;
	q->secure = sec == 2;
	q->bogus = sec == 1;
	/* A name that is not there comes as success, with the packet's own
	 * code; the argument is for failures of the search. */
	if (rcode == 0 && packet != NULL && len > 3)
		rcode = ((const unsigned char *)packet)[3] & 15;
	if (rcode == RCODE_NXDOMAIN && !q->bogus)
		q->status = DNS_NXDOMAIN;
	else if (rcode != 0 || q->bogus || packet == NULL || len < 0)
		q->status = DNS_TEMPORARY;
	else {
		q->packet = xmemdup(packet, (size_t)len);
		q->packet_len = (size_t)len;
	}
	if (q->bogus && why != NULL)
		q->why = xstrdup(why);
	loop_defer(q->dns->loop, &q->task);
}

/* Labels of what a name may hold in mail; libunbound checks the lengths. */
static bool
query_name_ok(struct str name)
{
	size_t	i;

	if (name.len == 0 || name.len > QUERY_NAME_MAX)
		return false;
	for (i = 0; i < name.len; i++) {
		unsigned char	c = (unsigned char)name.p[i];

		if (c <= ' ' || c >= 0x7f || c == '\\' || c == '"' ||
		    c == ';' || c == '(' || c == ')')
			return false;
	}
	return true;
}

static int
query_resolve(struct dns_query *q, const char *name)
{
	int	rc;

	q->context = q->dns->now;
	q->context->open++;
	rc = ub_resolve_event(q->context->ctx, name, (int)q->type, 1, q,
	    query_on_answer, NULL);
	if (rc != 0 && !q->answered)
		dns_context_done(q->context);
	return rc;
}

static void
query_ask(struct dns_query *q, struct str name)
{
	char	text[QUERY_NAME_MAX + 1];
	int	rc = UB_SYNTAX;

	if (query_name_ok(name)) {
		memcpy(text, name.p, name.len);
		text[name.len] = '\0';
		rc = !dns_ready(q->dns) ? UB_INITFAIL :
		    query_resolve(q, text);
	}
	if (rc == 0 || q->answered)
		return;
	q->answered = true;
	q->status = rc == UB_SYNTAX ? DNS_BAD_NAME : DNS_TEMPORARY;
	loop_defer(q->dns->loop, &q->task);
}

struct dns_query *
dns_query(struct dns *d, struct str name, enum dns_type type,
    dns_answer_fn *fn, void *arg)
{
	struct dns_query	*q = xcalloc(1, sizeof *q);

	q->dns = d;
	q->fn = fn;
	q->arg = arg;
	q->type = type;
	q->ttl_s = UINT32_MAX;
	if (log_wants(EV_DNS_ANSWER))
		q->asked = xstrndup(name.p, name.len);
	q->since_ms = loop_now_ms(d->loop);
	task_init(&q->task, query_report, q);
	TAILQ_INSERT_TAIL(&d->queries, q, link);
	query_ask(q, name);
	return q;
}

void
dns_cancel(struct dns_query **qp)
{
	struct dns_query	*q = *qp;

	if (q == NULL)
		return;
	*qp = NULL;
	if (q->answered)
		query_free(q);
	else
		q->fn = NULL;
}
