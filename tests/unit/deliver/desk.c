/*
 * The qmgr of tests of deliver's worker: frames as text, and jobs to give.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/net.h"
#include "compat/crc32c.h"
#include "deliver/attempt.h"
#include "deliver/deliver.h"
#include "deliver/drain.h"
#include "deliver/job.h"
#include "deliver/lease.h"
#include "deliver/lent.h"
#include "deliver/mailroom.h"
#include "deliver/numbered.h"
#include "deliver/own.h"
#include "deliver/routing.h"
#include "deliver/script.h"
#include "dns/dns.h"
#include "ipc/channel.h"
#include "job/nexthop.h"
#include "outbound/secret.h"
#include "queue/queue_trace.h"
#include "spool/fields.h"
#include "spool/record.h"

#include "desk.h"
#include "hop.h"
#include "zone.h"

struct deliver	deliver;

struct worker	worker;
struct desk	t;

/* ---- qmgr ---------------------------------------------------------------- */

static void
heard(const char *what, unsigned long long n)
{
	buf_printf(&t.heard, "%s %llu;", what, n);
	if (t.wanted != NULL && strstr(buf_cstr(&t.heard), t.wanted) != NULL)
		loop_stop(deliver.loop);
}

static void
heard_lease(const char *what, unsigned long long lease, uint32_t uses)
{
	char	text[64];

	(void)snprintf(text, sizeof text, "%s %llu/%u", what, lease, uses);
	buf_printf(&t.heard, "%s;", text);
	if (t.wanted != NULL && strstr(buf_cstr(&t.heard), t.wanted) != NULL)
		loop_stop(deliver.loop);
}

static void
put_pairs(struct str list)
{
	struct str	item;

	while (fields_list_next(&list, &item) == 0)
		buf_printf(&t.state, " %.*s", (int)item.len, item.p);
}

/* "retry 1 due 300 priority 1 ..." */
static void
put_state(const struct entry_state *s)
{
	buf_printf(&t.state, "retry %d", (int)s->retry);
	if (s->due_ms != 0)
		buf_printf(&t.state, " due %d", (int)(t.due_ms / 1000));
	if (s->notified != 0)
		buf_printf(&t.state, " notified %d", (int)s->notified);
	if ((s->changed & STATE_CHANGED_PRIORITY) != 0)
		buf_printf(&t.state, " priority %d", (int)s->priority);
	if ((s->changed & STATE_CHANGED_TRANSPORT) != 0)
		buf_printf(&t.state, " transport %.*s",
		    (int)s->transportid.len, s->transportid.p);
	if ((s->changed & STATE_CHANGED_TENANT) != 0)
		buf_printf(&t.state, " tenant %.*s", (int)s->tenantid.len,
		    s->tenantid.p);
	if ((s->changed & STATE_CHANGED_JOB) != 0)
		buf_printf(&t.state, " job %.*s", (int)s->jobid.len,
		    s->jobid.p);
	if ((s->changed & STATE_CHANGED_METADATA) != 0) {
		buf_add_text(&t.state, " metadata");
		put_pairs(s->metadata);
	}
	if ((s->changed & STATE_CHANGED_QUOTAS) != 0) {
		buf_add_text(&t.state, " quotas");
		put_pairs(s->quotas);
	}
}

static int
qmgr_on_verdict(struct rbuf *r)
{
	static const char *const	names[] = { "", "done", "defer",
	    "hold", "bounce", "delete", "again" };
	struct ipc_DELIVER_VERDICT	m;
	struct entry_state		s;
	struct spool_id			id;
	struct err			e;

	assert_int_equal(ipc_get_DELIVER_VERDICT(r, &m), 0);
	assert_in_range(m.verdict, JOB_DONE, JOB_AGAIN);
	assert_int_equal(m.id.len, SPOOL_ID_SIZE);
	assert_int_equal(state_get(&id, &s, m.state, &e), 0);
	t.due_ms = (int64_t)s.due_ms - 5000;	/* job_frame()'s now_ms */
	buf_clear(&t.verdict);
	buf_printf(&t.verdict, "%.*s|%.*s|%.*s", (int)s.remotemx.len,
	    s.remotemx.p, (int)s.grouping.len, s.grouping.p,
	    (int)s.reason.len, s.reason.p);
	buf_clear(&t.state);
	put_state(&s);
	heard(names[m.verdict], m.job);
	return 0;
}

/* Of a trace: what it begins with, what it has of the commands, its end. */
static int
qmgr_on_traced(struct rbuf *r)
{
	struct ipc_DELIVER_TRACED	m;

	assert_int_equal(ipc_get_DELIVER_TRACED(r, &m), 0);
	assert_in_range(m.what, QUEUE_TRACED_BEGIN, QUEUE_TRACED_END);
	assert_int_equal(m.id.len, SPOOL_ID_SIZE);
	assert_int_equal(m.dropped, 0);
	assert_null(memmem(m.text.p, m.text.len, "body", 4));
	if (m.what == QUEUE_TRACED_SENT) {
		t.commands++;
		buf_add_str(&t.sent, m.text);
		buf_add_byte(&t.sent, '|');
	}
	else if (m.what == QUEUE_TRACED_BEGIN)
		heard("traced", m.attempt);
	else if (m.what == QUEUE_TRACED_END)
		heard("shown", m.attempt);
	return 0;
}

static void
put_hop(const struct nexthop *h)
{
	char	text[NETADDR_TEXT];

	buf_printf(&t.hops, " | %u", h->preference);
	if (h->order != 0)
		buf_printf(&t.hops, "+%u", h->order);
	buf_printf(&t.hops, " %.*s %s%s", (int)h->mx.len, h->mx.p,
	    netaddr_text(&h->address, text, sizeof text),
	    h->secure ? " secure" : "");
	if (h->source.len > 0)
		buf_printf(&t.hops, " < %.*s", (int)h->source_id.len,
		    h->source_id.p);
	if (h->weight != 1)
		buf_printf(&t.hops, "*%u", h->weight);
	if (h->helo.len > 0)
		buf_printf(&t.hops, " as %.*s", (int)h->helo.len, h->helo.p);
}

bool
are_hops(const char *got, const char *want)
{
	char	*got_rest, *want_rest;
	long	 passed = strtol(want, &want_rest, 10) -
	    strtol(got, &got_rest, 10);

	return passed >= 0 && passed < 5 && strcmp(got_rest, want_rest) == 0;
}

static void
put_hops(struct str bytes)
{
	struct nexthops	n;
	size_t		i;

	assert_int_equal(nexthops_get(&n, bytes), 0);
	buf_clear(&t.bytes);
	buf_add_str(&t.bytes, bytes);
	buf_clear(&t.hops);
	if (n.error != 0)
		buf_printf(&t.hops, "%s/%s %s: %.*s",
		    attempt_error_name((enum attempt_error)n.error),
		    attempt_dns_name((enum attempt_dns)n.dns),
		    n.temporary ? "temporary" : "permanent",
		    (int)n.why.len, n.why.p);
	else
		buf_printf(&t.hops, "%u%s", n.ttl_s, n.secure ? " secure" :
		    "");
	for (i = 0; i < n.count; i++)
		put_hop(&n.hop[i]);
	nexthops_free(&n);
}

static int
qmgr_on_hops(struct rbuf *r)
{
	struct ipc_DELIVER_HOPS	m;

	assert_int_equal(ipc_get_DELIVER_HOPS(r, &m), 0);
	put_hops(m.hops);
	heard("hops", m.number);
	return 0;
}

static int
qmgr_on_prepared(struct rbuf *r)
{
	struct ipc_DELIVER_PREPARED	m;

	assert_int_equal(ipc_get_DELIVER_PREPARED(r, &m), 0);
	assert_int_equal(m.id.len, SPOOL_ID_SIZE);
	put_hops(m.hops);
	buf_clear(&t.try);
	buf_add_str(&t.try, m.try);
	buf_clear(&t.context);
	buf_add_str(&t.context, m.context);
	buf_clear(&t.own);
	buf_printf(&t.own, "%u %u %s %s", m.recipients, m.changed,
	    m.tenantid, m.jobid);
	heard("prepared", m.job);
	return 0;
}

static int
qmgr_on_next(struct rbuf *r)
{
	struct ipc_DELIVER_NEXT	m;

	assert_int_equal(ipc_get_DELIVER_NEXT(r, &m), 0);
	heard_lease("next", m.job, m.hop);
	return 0;
}

static int
qmgr_on_dead(struct rbuf *r)
{
	struct ipc_DELIVER_DEAD	m;

	assert_int_equal(ipc_get_DELIVER_DEAD(r, &m), 0);
	buf_printf(&t.heard, "dead %s;", m.address);
	assert_true(m.job > 0);
	assert_int_equal(m.ms, 60000);
	return 0;
}

static int
qmgr_on_quota(struct rbuf *r)
{
	struct ipc_QUOTA_ASK	m;

	assert_int_equal(ipc_get_QUOTA_ASK(r, &m), 0);
	CHANNEL_SEND(t.channel, QUOTA_ANSWER, -1, { .id = m.id,
	    .status = QUOTA_KNOWN, .count = 3, .bytes = 1000 });
	return 0;
}

static int
qmgr_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct ipc_DELIVER_HELD		held;
	struct ipc_DELIVER_LEASED	leased;
	struct ipc_DELIVER_LEASE	lease;

	(void)arg;
	(void)fd;
	switch (type) {
	case IPC_DELIVER_VERDICT:
		return qmgr_on_verdict(r);
	case IPC_DELIVER_HOPS:
		return qmgr_on_hops(r);
	case IPC_QUOTA_ASK:
		return qmgr_on_quota(r);
	case IPC_DELIVER_PREPARED:
		return qmgr_on_prepared(r);
	case IPC_DELIVER_NEXT:
		return qmgr_on_next(r);
	case IPC_DELIVER_DEAD:
		return qmgr_on_dead(r);
	case IPC_DELIVER_TRACED:
		return qmgr_on_traced(r);
	case IPC_DELIVER_HELD:
		assert_int_equal(ipc_get_DELIVER_HELD(r, &held), 0);
		heard("held", held.job);
		return 0;
	case IPC_DELIVER_LEASED:
		assert_int_equal(ipc_get_DELIVER_LEASED(r, &leased), 0);
		assert_string_equal(leased.transportid, "hop");
		buf_clear(&t.fields);
		buf_add_str(&t.fields, leased.fields);
		heard_lease(leased.idle ? "leased idle" : "leased",
		    leased.lease, leased.uses);
		return 0;
	case IPC_DELIVER_LEASE:
		assert_int_equal(ipc_get_DELIVER_LEASE(r, &lease), 0);
		heard_lease(lease.event == LEASE_RESTS ? "rests" : "closed",
		    lease.lease, lease.uses);
		return 0;
	default:
		heard(type == IPC_DELIVER_HELLO ? "hello" : type ==
		    IPC_DELIVER_READY ? "ready" : "drain", 0);
		return 0;
	}
}

static void
qmgr_on_end(void *arg)
{
	(void)arg;
	channel_free(&t.channel);
	heard("END", 0);
}

static void
qmgr_accept(void *arg)
{
	static const struct channel_ops	ops = { .on_frame = qmgr_on_frame,
	    .on_end = qmgr_on_end };

	(void)arg;
	channel_free(&t.channel);
	t.channel = channel_new(deliver.loop, accept(t.listening, NULL, NULL),
	    IPC_QMGR, IPC_DELIVER, &ops, NULL);
}

static void
on_limit(void *arg)
{
	(void)arg;
	loop_stop(deliver.loop);
}

const char *
hear(const char *wanted)
{
	static struct buf	all;

	t.wanted = wanted;
	timer_start(&t.limit, 20000);
	if (strstr(buf_cstr(&t.heard), wanted) == NULL)
		assert_int_equal(loop_run(deliver.loop), 0);
	timer_stop(&t.limit);
	buf_clear(&all);
	buf_add_str(&all, buf_str(&t.heard));
	buf_clear(&t.heard);
	if (strstr(buf_cstr(&all), wanted) == NULL)
		fail_msg("heard \"%s\", not \"%s\"", buf_cstr(&all), wanted);
	return buf_cstr(&all);
}

/* ---- What it gives ------------------------------------------------------- */

static void
put_record(uint64_t at, enum record_type type, struct str payload)
{
	struct spool_place	place = { SEGMENT, at };
	struct record		r = { .type = type,
				    .len = (uint32_t)payload.len,
				    .crc = crc32c(0, payload.p, payload.len) };
	unsigned char		head[RECORD_HEAD];

	record_put(head, &r, &place);
	assert_int_equal(pwrite(t.segment, head, sizeof head, (off_t)at),
	    sizeof head);
	assert_int_equal(pwrite(t.segment, payload.p, payload.len,
	    (off_t)at + RECORD_HEAD), payload.len);
}

void
give_all(uint64_t number, const char *options)
{
	struct buf	text = BUF_INIT;

	buf_printf(&text, "transport hop host 127.0.0.1:%u -o tls=disabled "
	    "-o retry=1h %s\n", t.port, options);
	CHANNEL_SEND(t.channel, DELIVER_TRANSPORT, -1, { .number = number,
	    .text = buf_str(&text) });
	CHANNEL_SEND(t.channel, DELIVER_SEGMENT, t.segment,
	    { .segment = SEGMENT });
	buf_free(&text);
}

void
give_entry(uint64_t job, uint32_t queue, const char *to)
{
	struct spool_entry	entry = t.entry;
	struct entry_state	state = t.before;
	struct spool_id		id = { .queue = queue };
	struct buf		s = BUF_INIT, e = BUF_INIT;
	unsigned char		key[SPOOL_ID_SIZE];

	entry.queue = queue;
	entry.flags |= t.flags;
	if (entry.sender.p == NULL)
		entry.sender = STR("s@x");
	entry.recipient = str_of(to);
	if (state.accepted_ms == 0)
		state.accepted_ms = 1000;
	memcpy(id.txn, &job, sizeof job);
	spool_id_put(key, &id);
	assert_int_equal(state_put(&s, &id, &state, NULL), 0);
	assert_int_equal(spool_entry_put(&e, &entry, NULL), 0);
	CHANNEL_SEND(t.channel, DELIVER_JOB_ENTRY, -1, { .job = job,
	    .id = { (char *)key, sizeof key }, .state = buf_str(&s),
	    .entry = buf_str(&e), .context = buf_str(&t.context) });
	buf_free(&s);
	buf_free(&e);
}

struct ipc_DELIVER_JOB
job_frame(uint64_t job, uint64_t lease, uint32_t uses)
{
	return (struct ipc_DELIVER_JOB){ .job = job, .kind = JOB_ATTEMPT,
	    .transport = 1, .lease = lease, .uses = uses,
	    .segment = SEGMENT, .body = 4096, .entries = 1, .now_ms = 5000 };
}

void
give(uint64_t job, uint64_t lease, uint32_t uses, const char *to)
{
	struct ipc_DELIVER_JOB	m = job_frame(job, lease, uses);

	CHANNEL_PUT(t.channel, DELIVER_JOB, -1, &m);
	give_entry(job, 1, to);
}

void
give_prepare(uint64_t job, const char *to)
{
	struct ipc_DELIVER_JOB	m = job_frame(job, 0, 0);

	m.kind = JOB_PREPARE;
	buf_clear(&t.context);
	CHANNEL_PUT(t.channel, DELIVER_JOB, -1, &m);
	give_entry(job, 1, to);
}

void
give_safe(uint64_t job)
{
	CHANNEL_SEND(t.channel, DELIVER_SAFE, -1, { .job = job });
}

void
give_trace(uint64_t trace, uint32_t attempts, const char *name,
    const char *value)
{
	struct ipc_DELIVER_TRACE_TERM	m = { .trace = trace,
					    .value = str_of(value) };

	(void)strlcpy(m.name, name, sizeof m.name);
	CHANNEL_PUT(t.channel, DELIVER_TRACE_TERM, -1, &m);
	CHANNEL_SEND(t.channel, DELIVER_TRACE, -1, { .trace = trace,
	    .attempts = attempts });
}

/* ---- The fixture --------------------------------------------------------- */

static void
working(void *arg, void *request)
{
	(void)arg;
	(void)attempt_working(request);
}

static void
start_engine(void)
{
	static const struct send_limits	limits = { SIZE_MAX, 5000, 100, 0, 0 };
	const struct granter		by = lease_granter();
	const struct dns_config		names = { .servers =
	    zone_start(deliver.loop), .local_data = "", .trust_anchor = "" };
	struct err			e;

	deliver.dns = dns_new(deliver.loop, &names, &e);
	assert_non_null(deliver.dns);
	deliver.engine = send_engine_new(deliver.loop, deliver.dns, &limits,
	    &deliver.trust, &e);
	assert_non_null(deliver.engine);
	send_engine_set_granter(deliver.engine, &by);
	send_engine_set_working(deliver.engine, working, NULL);
}

static void
start_qmgr(void)
{
	struct netaddr	a;

	(void)snprintf(t.path, sizeof t.path, "/tmp/test_worker.%ld",
	    (long)getpid());
	(void)unlink(t.path);
	assert_int_equal(netaddr_unix(&a, t.path, NULL), 0);
	t.listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(t.listening, &a.u.sa, a.len), 0);
	assert_int_equal(listen(t.listening, 8), 0);
	t.watch = watch_readable(deliver.loop, t.listening, qmgr_accept,
	    NULL);
}

int
desk_setup(void **state)
{
	char	segment[] = "/tmp/test_worker.XXXXXX";

	(void)state;
	memset(&t, 0, sizeof t);
	memset(&deliver, 0, sizeof deliver);
	t.hop = hop_start(&t.port);
	worker.loop = deliver.loop = loop_new(NULL);
	params_init(&worker.params);
	assert_int_equal(params_set(&worker.params, "myhostname",
	    "us.example", NULL), 0);
	assert_int_equal(params_set(&worker.params, "dsn_transport", "m",
	    NULL), 0);
	worker.params.deliver_concurrency = 1000;
	deliver.worker = &worker;
	deliver.params = &worker.params;
	deliver.secrets = secrets_new(-1);
	timer_init(&t.limit, deliver.loop, on_limit, NULL);
	t.segment = mkstemp(segment);
	(void)unlink(segment);
	put_record(4096, RECORD_BODY, STR("Subject: s\r\n\r\nbody\r\n"));
	numbered_init();
	routing_init();
	lents_init();
	leases_init();
	jobs_init();
	drain_init();
	start_engine();
	start_qmgr();
	mailroom_open(t.path);
	assert_string_equal(hear("ready"), "hello 0;ready 0;");
	give_all(1, "");
	return 0;
}

int
desk_teardown(void **state)
{
	(void)state;
	mailroom_close();
	jobs_fini();
	script_fini();
	send_engine_free(&deliver.engine);
	leases_fini();
	routing_fini();
	numbered_fini();
	lents_fini();
	channel_free(&t.channel);
	watch_free(&t.watch);
	(void)close(t.listening);
	(void)unlink(t.path);
	(void)close(t.segment);
	timer_fini(&t.limit);
	buf_free(&t.heard);
	buf_free(&t.hops);
	buf_free(&t.bytes);
	buf_free(&t.try);
	buf_free(&t.context);
	buf_free(&t.own);
	buf_free(&t.sent);
	buf_free(&t.verdict);
	buf_free(&t.fields);
	buf_free(&t.state);
	own_fini();
	dns_free(&deliver.dns);
	zone_stop();
	secrets_free(&deliver.secrets);
	params_fini(&worker.params);
	loop_free(&deliver.loop);
	(void)kill(t.hop, SIGKILL);
	(void)waitpid(t.hop, NULL, 0);
	return 0;
}

