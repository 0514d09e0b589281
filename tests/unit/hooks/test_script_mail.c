/*
 * Mail that scripts make: what is no message or no envelope is an exception,
 * with its place; what is stored is told to a service as cleanup is told, of
 * which the one here knows the answers only.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "body/body.h"
#include "conf/params.h"
#include "event/gate.h"
#include "fixture.h"
#include "hooks/queue_host.h"
#include "ipc/channel.h"
#include "schedule/transport.h"
#include "spool/entry.h"
#include "store/store.h"

/* A service that keeps what it was told last, and answers with `status`; or
 * not at all (-1). */
struct service {
	struct loop	*loop;
	char		 path[108];
	int		 fd;
	struct channel	*channel;
	struct buf	 body, edits, entry;
	int		 status;
	bool		 mean;		/* gives no credit */
	struct queue_host *reloads;	/* after the first message */
	int		 ends;
};

static struct params	params;
static char		dir[] = "/tmp/halyard-mail.XXXXXX";

/* As a worker does that is told of other transports. */
static void
transports_take(struct queue_host *q, struct str text)
{
	struct transports	*fresh;

	assert_int_equal(transports_compile(&fresh, "transport.cf", text,
	    &params, NULL, NULL), 0);
	transports_free(&q->transports);
	q->transports = fresh;
}

/* ---- The service --------------------------------------------------------- */

static int
service_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct service		*s = arg;
	struct ipc_STORE_HELLO	 hello;
	struct ipc_STORE_BEGIN	 begin;
	struct ipc_STORE_BODY	 body;
	struct ipc_STORE_EDITS	 edits;
	struct ipc_STORE_ENTRY	 entry;
	struct ipc_STORE_END	 end;

	assert_int_equal(fd, -1);
	switch (type) {
	case IPC_STORE_HELLO:
		assert_int_equal(ipc_get_STORE_HELLO(r, &hello), 0);
		if (!s->mean)
			CHANNEL_SEND(s->channel, STORE_CREDIT, -1,
			    { .bytes = 1 << 20 });
		break;
	case IPC_STORE_BEGIN:
		assert_int_equal(ipc_get_STORE_BEGIN(r, &begin), 0);
		assert_int_equal(begin.entries, 1);
		buf_clear(&s->body);
		buf_clear(&s->edits);
		buf_clear(&s->entry);
		break;
	case IPC_STORE_BODY:
		assert_int_equal(ipc_get_STORE_BODY(r, &body), 0);
		buf_add_str(&s->body, body.bytes);
		break;
	case IPC_STORE_EDITS:
		assert_int_equal(ipc_get_STORE_EDITS(r, &edits), 0);
		buf_add_str(&s->edits, edits.bytes);
		break;
	case IPC_STORE_ENTRY:
		assert_int_equal(ipc_get_STORE_ENTRY(r, &entry), 0);
		buf_add_str(&s->entry, entry.entry);
		break;
	default:
		assert_int_equal(type, IPC_STORE_END);
		assert_int_equal(ipc_get_STORE_END(r, &end), 0);
		s->ends++;
		if (s->reloads != NULL)
			transports_take(s->reloads,
			    STR("transport new mx -\n"));
		s->reloads = NULL;
		if (s->status != -1)
			CHANNEL_SEND(s->channel, STORE_DURABLE, -1,
			    { .store = end.store,
			    .status = (uint32_t)s->status,
			    .text = "the spool is full" });
	}
	return 0;
}

static void
service_on_end(void *arg)
{
	struct service	*s = arg;

	channel_free(&s->channel);
}

static void
service_accept(void *arg, struct gate *g)
{
	static const struct channel_ops	 ops = {
	    .on_frame = service_on_frame, .on_end = service_on_end };
	struct service			*s = arg;
	int				 fd = gate_take(g, NULL);

	if (fd == -1)
		return;
	assert_null(s->channel);
	s->channel = channel_new(s->loop, fd, IPC_CLEANUP, IPC_SMTPD, &ops, s);
}

static struct gate *
service_listen(struct service *s, struct loop *l)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };

	*s = (struct service){ .loop = l, .fd = socket(AF_UNIX,
	    SOCK_STREAM | SOCK_NONBLOCK, 0) };
	(void)snprintf(s->path, sizeof s->path, "%s/s", dir);
	(void)strlcpy(sun.sun_path, s->path, sizeof sun.sun_path);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&sun, sizeof sun), 0);
	assert_int_equal(listen(s->fd, 5), 0);
	return gate_new(l, s->fd, service_accept, s);
}

/* ---- One of each --------------------------------------------------------- */

struct all {
	struct fixture		 f;
	struct service		 service;
	struct gate		*gate;
	struct body_store	 bodies;
	struct queue_host	 queue;
	int			 queued, refused;
};

static struct all	*counted;

static void
all_count(bool durable)
{
	*(durable ? &counted->queued : &counted->refused) += 1;
}

static void
all_init(struct all *a)
{
	memset(a, 0, sizeof *a);
	counted = a;
	fixture_init(&a->f);
	a->gate = service_listen(&a->service, a->f.loop);
	a->bodies = (struct body_store){ .message_limit = 1 << 20,
	    .total_limit = 1 << 20, .directory = -1 };
	a->queue = (struct queue_host){ .bodies = &a->bodies,
	    .store = store_client_new(a->f.loop, IPC_SMTPD, a->service.path),
	    .hostname = "mx.example.org", .serverid = "test",
	    .size_limit = 2000, .hop_limit = 2, .received = true,
	    .on_queued = all_count };
	transports_take(&a->queue, STR("transport mx mx -\n"));
	a->f.queue = &a->queue;
}

static void
all_fini(struct all *a)
{
	fixture_fini(&a->f);
	transports_free(&a->queue.transports);
}

/* Before the loop goes. */
static void
all_close(struct all *a)
{
	hook_free(&a->f.hook);
	store_client_free(&a->queue.store);
	channel_free(&a->service.channel);
	gate_free(&a->gate);
	(void)close(a->service.fd);
	(void)unlink(a->service.path);
	buf_free(&a->service.body);
	buf_free(&a->service.edits);
	buf_free(&a->service.entry);
	assert_int_equal(a->bodies.used, 0);
	all_fini(a);
}

/* What the script rejects with: its exception, or its result. */
static const char *
all_said(struct all *a, const char *script)
{
	char	text[4000];

	(void)snprintf(text, sizeof text, "try { %s }\n"
	    "catch ($e) { Reject($e->toString()); }", script);
	assert_int_equal(fixture_run(&a->f, text), VERDICT_REJECT);
	return a->f.runs[0].reason;
}

/* ---- Tests --------------------------------------------------------------- */

static void
test_refused(void **state)
{
	static const struct {
		const char	*script, *want;
	} cases[] = {
		{ "MailMessage::String(5);", "String(): argument "
		    "1 is a number, not a string" },
		{ "MailMessage::File(\"x\");", "argument 1 is a string, not "
		    "a File" },
		{ "$f = File::String(\"a\"); $f->close(); "
		    "MailMessage::File($f);", "the file is closed" },
		{ "$m->queue(\"a@\", \"b@c\", \"mx\");", "sender is not an" },
		{ "$m->queue(\"\", \"\", \"mx\");", "recipient is not an" },
		{ "$m->queue(\"\", \"b@c\", \"no\");", "there is no transport "
		    "'no'" },
		{ "$m->queue(\"\", \"b@c\", 1);", "transportid is the id" },
		{ "$m->queue(\"\", \"b@c\", \"mx\", 1);", "options is an "
		    "array" },
		{ "$m->queue(\"\", \"b@c\", \"mx\", [\"hodl\" => 1]);",
		    "hodl" },
		{ "$m->queue(\"\", \"b@c\", \"mx\", [\"metadata\" => "
		    "[\"a\" => 1]]);", "an array of texts by texts" },
		{ "$m->queue(\"\", \"b@c\", \"mx\", [\"priority\" => 7]);",
		    "priority is 0 or 1" },
		{ "MailMessage::String(\"a\\x00b\")->queue(\"\", \"b@c\", "
		    "\"mx\");", "has a NUL" },
		{ "MailMessage::String(str_repeat(\"a\", 2001))->queue(\"\", "
		    "\"b@c\", \"mx\");", "larger than message_size_limit" },
		{ "MailMessage::String(str_repeat(\"Received: x\\n\", 3))->"
		    "queue(\"\", \"b@c\", \"mx\");", "this is a loop" },
	};
	struct all	a;
	char		script[1000];
	const char	*said;
	size_t		i;

	(void)state;
	all_init(&a);
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		(void)snprintf(script, sizeof script, "$m = MailMessage::"
		    "String(\"S: x\\n\\nx\\n\");\n%s", cases[i].script);
		said = all_said(&a, script);
		if (strstr(said, cases[i].want) == NULL ||
		    strstr(said, " in t:2:") == NULL)
			fail_msg("%s: %s", cases[i].script, said);
	}
	assert_int_equal(a.service.ends, 0);
	all_close(&a);
}

static void
test_no_queue(void **state)
{
	static const char	script[] = "MailMessage::String(\"\")->"
				    "queue(\"\", \"b@c\", \"mx\");";
	struct all		a;

	(void)state;
	all_init(&a);
	a.f.queue = NULL;
	assert_non_null(strstr(all_said(&a, script), "no queue here"));
	a.f.queue = &a.queue;
	(void)unlink(a.service.path);
	assert_non_null(strstr(all_said(&a, script), "no service cleanup"));
	assert_int_equal(a.refused, 1);
	all_close(&a);
}

static void
test_stored(void **state)
{
	static const char	script[] =
	    "$m = MailMessage::String(\"Subject: x\\nDate: d\\n\\nb\\xff\\n\");"
	    "$r = $m->queue(\"\", [\"localpart\" => \"b\", \"domain\" => "
	    "\"c\"], \"mx\", [\"hold\" => true, \"metadata\" => [\"k\" => "
	    "\"v\"]]);"
	    "Reject($r[\"transaction\"] . \":\" . $r[\"queue\"]);";
	struct all		a;
	struct spool_entry	n;
	struct err		e;
	const char		*said, *fields;
	char			text[200];

	(void)state;
	all_init(&a);
	said = all_said(&a, script);
	/* Behind numbers in bytes. */
	fields = memchr(buf_cstr(&a.service.edits), 'R', a.service.edits.len);
	assert_non_null(fields);
	assert_int_equal(strlen(said), UUID_TEXT - 1 + 2);
	assert_int_equal(a.service.ends, 1);
	assert_int_equal(a.queued, 1);
	assert_string_equal(buf_cstr(&a.service.body),
	    "Subject: x\r\nDate: d\r\n\r\nb\xff\r\n");
	(void)snprintf(text, sizeof text, "Message-ID: <%.36s@mx.example.org>"
	    "\r\n", said);
	assert_non_null(strstr(fields, "Received: by mx.example.org id "));
	assert_non_null(strstr(fields, text));
	assert_null(strstr(fields, "\nDate: "));
	assert_int_equal(spool_entry_get(&n, buf_str(&a.service.entry), &e),
	    0);
	assert_true(str_eq(n.recipient, STR("b@c")));
	assert_true(str_eq(n.serverid, STR("test")));
	assert_int_equal(n.sender.len, 0);
	assert_int_equal(n.flags, ENTRY_HOLD | ENTRY_8BITMIME |
	    ENTRY_HAS_8BIT);
	assert_true(n.ts_us > 0 && n.edits == 1 && n.queue == 1);
	all_close(&a);
}

/* A run holds on to the transports that it began with; the next one has those
 * that came meanwhile. */
static void
test_reloaded(void **state)
{
	static const char	before[] =
	    "$m = MailMessage::String(\"\");"
	    "$m->queue(\"\", \"b@c\", \"mx\");"
	    "$m->queue(\"\", \"b@c\", \"mx\");"
	    "$m->queue(\"\", \"b@c\", \"new\");";
	static const char	after[] =
	    "$m = MailMessage::String(\"\");"
	    "$m->queue(\"\", \"b@c\", \"new\");"
	    "$m->queue(\"\", \"b@c\", \"mx\");";
	struct all		a;

	(void)state;
	all_init(&a);
	a.service.reloads = &a.queue;
	assert_non_null(strstr(all_said(&a, before),
	    "there is no transport 'new'"));
	assert_int_equal(a.service.ends, 2);
	assert_non_null(strstr(all_said(&a, after),
	    "there is no transport 'mx'"));
	assert_int_equal(a.service.ends, 3);
	all_close(&a);
}

/* By the service, by the run's limit of time, and by its end. */
static void
test_not_stored(void **state)
{
	static const char	script[] = "try { MailMessage::String(\"\")->"
	    "queue(\"\", \"b@c\", \"mx\"); } catch ($e) { "
	    "Reject($e->toString()); }";
	struct all		a;
	struct timer		t;

	(void)state;
	all_init(&a);
	a.service.status = STORE_FULL;
	assert_non_null(strstr(all_said(&a, script), "the spool is full"));
	assert_int_equal(a.refused, 1);
	a.service.status = -1;
	fixture_script_ms(&a.f, script, 50);
	fixture_start(&a.f, 0);
	fixture_wait(&a.f);
	assert_int_equal(a.f.runs[0].action, VERDICT_DEFER);
	assert_int_equal(a.refused, 2);
	fixture_script_ms(&a.f, script, 0);
	fixture_start(&a.f, 0);
	timer_init(&t, a.f.loop, (void (*)(void *))loop_stop, a.f.loop);
	timer_start(&t, 50);
	fixture_wait(&a.f);
	fixture_cancel(&a.f, 0);
	assert_int_equal(a.service.ends, 3);
	timer_fini(&t);
	all_close(&a);
}

/* Whether it has heard of the message or not. */
static void
test_silent(void **state)
{
	static const char	script[] = "MailMessage::String(\"\")->"
				    "queue(\"\", \"b@c\", \"mx\");";
	struct all		a;
	const char		*said;

	(void)state;
	for (int mean = 0; mean < 2; mean++) {
		all_init(&a);
		a.service.status = -1;
		a.service.mean = mean == 1;
		store_client_limit(a.queue.store, 50);
		for (int i = 0; i < 2; i++) {
			said = all_said(&a, script);
			assert_non_null(strstr(said, "cleanup does not "
			    "answer"));
			assert_int_equal(strstr(said, "all the same") == NULL,
			    mean);
		}
		assert_int_equal(a.refused, 2);
		assert_int_equal(a.service.ends, mean ? 0 : 2);
		all_close(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_queue),
		cmocka_unit_test(test_stored),
		cmocka_unit_test(test_reloaded),
		cmocka_unit_test(test_not_stored),
		cmocka_unit_test(test_silent),
	};
	int			 rc;

	params_init(&params);
	if (mkdtemp(dir) == NULL)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	params_fini(&params);
	(void)rmdir(dir);
	return rc;
}
