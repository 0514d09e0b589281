/*
 * queue_quota(), queue_policy() and their like from scripts, with a qmgr that
 * this test is: what they ask and return, what they throw, and what becomes of
 * a question when qmgr goes away.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "event/gate.h"
#include "fixture.h"
#include "ipc/channel.h"
#include "schedule/policy_wire.h"
#include "support/file.h"

/* How it answers. */
enum manner {
	ANSWERS,
	DROPS_FIRST,		/* it goes away over the first question */
	NOT_YET_FIRST,		/* it reads the spool yet */
	KNOWS_NOT,		/* too many names */
	IS_MUTE,
	LIES			/* a status that is none, then answers */
};

struct desk {
	struct fixture	 f;
	struct share	*quotas;
	struct channel	*channel;
	struct timer	 look;
	char		 path[64];
	int		 listener;
	enum manner	 manner;
	int		 asked, came;
	enum live_status live;		/* how LIVE_ADD and such are answered */
	struct buf	 got;		/* what was asked for, in words */
};

static int
desk_on_ask(struct desk *d, const struct ipc_QUOTA_ASK *m)
{
	struct ipc_QUOTA_ANSWER	a = { .id = m->id };
	bool			first = d->asked++ == 0;

	if (d->manner == IS_MUTE)
		return 0;
	if (first && d->manner == DROPS_FIRST)
		return -1;
	if (d->manner == KNOWS_NOT)
		a.status = QUOTA_UNKNOWN;
	else if (first && d->manner == NOT_YET_FIRST)
		a.status = QUOTA_NOT_YET;
	else if (first && d->manner == LIES)
		a.status = QUOTA_STATUSES;
	else if (str_eq(m->name, STR("used"))) {
		a.count = 3;
		a.bytes = 4096;
	}
	CHANNEL_PUT(d->channel, QUOTA_ANSWER, -1, &a);
	return 0;
}

static void
desk_put_values(struct buf *out, const struct policy_values *v)
{
	int	f;

	for (f = 0; f < POLICY_FIELDS; f++)
		if (v->of[f].len > 0)
			buf_printf(out, " %s=%.*s", policy_field_name(
			    (enum policy_field)f), (int)v->of[f].len,
			    v->of[f].p);
}

static void
desk_put_limits(struct buf *out, const struct policy_limits *m)
{
	if ((m->given >> POLICY_concurrency & 1) != 0)
		buf_printf(out, " concurrency=%u", m->limits.concurrency);
	if ((m->given >> POLICY_rate & 1) != 0)
		buf_printf(out, " rate=%llu/%lld",
		    (unsigned long long)m->limits.rate.thousandths,
		    (long long)m->limits.rate.per_ms);
	if ((m->given >> POLICY_rate_algorithm & 1) != 0)
		buf_printf(out, " algorithm=%d", (int)m->limits.algorithm);
	if ((m->given >> POLICY_connectinterval & 1) != 0)
		buf_printf(out, " interval=%u",
		    m->limits.connectinterval_ms);
	if ((m->given >> POLICY_stop & 1) != 0)
		buf_add_text(out, m->stop ? " stop" : " go-on");
}

static void
desk_put_tag(struct buf *out, struct str tag, const struct policy_property *p,
    size_t count)
{
	size_t	i;

	if (tag.len > 0)
		buf_printf(out, " tag=%.*s", (int)tag.len, tag.p);
	for (i = 0; i < count; i++)
		buf_printf(out, " %.*s=%.*s", (int)p[i].name.len, p[i].name.p,
		    (int)p[i].value.len, p[i].value.p);
}

static void
desk_put_rest(struct buf *out, struct str id, int64_t ttl_ms, bool keep)
{
	buf_printf(out, " ttl=%lld%s", (long long)ttl_ms, keep ? " keep" :
	    "");
	if (id.len > 0)
		buf_printf(out, " id=%.*s", (int)id.len, id.p);
}

static void
desk_put_policy(struct buf *out, struct str what)
{
	struct policy_dynamic_in	in;

	assert_int_equal(policy_dynamic_get(&in, what), 0);
	buf_add_text(out, "policy ");
	policy_fields_put(out, in.fields);
	desk_put_values(out, &in.on);
	desk_put_limits(out, &in.limits);
	desk_put_tag(out, in.limits.tag, in.limits.properties,
	    in.limits.property_count);
	desk_put_rest(out, in.id, in.ttl_ms, in.keep);
	if (in.type.len > 0)
		buf_printf(out, " type=%.*s", (int)in.type.len, in.type.p);
	policy_wire_free(&in.limits.properties);
}

static void
desk_put_suspension(struct buf *out, struct str what)
{
	struct policy_suspend_in	in;

	assert_int_equal(policy_suspend_get(&in, what), 0);
	buf_add_text(out, "suspend");
	desk_put_values(out, &in.on);
	desk_put_tag(out, in.tag, in.properties, in.property_count);
	desk_put_rest(out, in.id, in.ttl_ms, in.keep);
	policy_wire_free(&in.properties);
}

static int
desk_answer_live(struct desk *d, uint64_t ask)
{
	struct ipc_LIVE_ANSWER	a = { .ask = ask,
				    .status = (uint32_t)d->live };

	if (d->asked++ == 0 && d->manner == DROPS_FIRST)
		return -1;
	if (d->manner == NOT_YET_FIRST && d->asked == 1)
		a.status = LIVE_NOT_YET;
	if (d->manner == LIES && d->asked == 1)
		a.status = LIVE_STATUSES;
	if (a.status == LIVE_DONE)
		(void)strlcpy(a.id, "made", sizeof a.id);
	else
		(void)strlcpy(a.text, "qmgr says why", sizeof a.text);
	CHANNEL_PUT(d->channel, LIVE_ANSWER, -1, &a);
	return 0;
}

static int
desk_on_live(struct desk *d, int type, struct rbuf *r)
{
	struct ipc_LIVE_ADD	add;
	struct ipc_LIVE_DELETE	gone;

	buf_clear(&d->got);
	if (type == IPC_LIVE_ADD) {
		assert_int_equal(ipc_get_LIVE_ADD(r, &add), 0);
		if (add.kind == LIVE_KIND_POLICY)
			desk_put_policy(&d->got, add.what);
		else
			desk_put_suspension(&d->got, add.what);
		return desk_answer_live(d, add.ask);
	}
	assert_int_equal(ipc_get_LIVE_DELETE(r, &gone), 0);
	assert_int_equal(gone.kind, LIVE_KIND_POLICY);
	buf_printf(&d->got, "delete %s", gone.id);
	return desk_answer_live(d, gone.ask);
}

static int
desk_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct ipc_QUOTA_HELLO	hello;
	struct ipc_QUOTA_ASK	m;

	(void)fd;
	if (type == IPC_QUOTA_HELLO) {
		assert_int_equal(ipc_get_QUOTA_HELLO(r, &hello), 0);
		assert_int_equal(hello.table_hash, ipc_table_hash());
		return 0;
	}
	if (type == IPC_LIVE_ADD || type == IPC_LIVE_DELETE)
		return desk_on_live(arg, type, r);
	assert_int_equal(type, IPC_QUOTA_ASK);
	assert_int_equal(ipc_get_QUOTA_ASK(r, &m), 0);
	return desk_on_ask(arg, &m);
}

static void
desk_on_end(void *arg)
{
	struct desk	*d = arg;

	channel_free(&d->channel);
	timer_start(&d->look, 1);
}

static void
desk_look(void *arg)
{
	static const struct channel_ops	 ops = { .on_frame = desk_on_frame,
	    .on_end = desk_on_end };
	struct desk			*d = arg;
	int				 fd = accept(d->listener, NULL, NULL);

	if (fd == -1) {
		timer_start(&d->look, 1);
		return;
	}
	d->came++;
	d->channel = channel_new(d->f.loop, fd, IPC_QMGR, IPC_SMTPD, &ops, d);
}

static void
desk_init(struct desk *d, enum manner manner)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };

	memset(d, 0, sizeof *d);
	fixture_init(&d->f);
	d->manner = manner;
	(void)snprintf(d->path, sizeof d->path, "/tmp/halyard.%ld.sock",
	    (long)getpid());
	(void)unlink(d->path);
	(void)strlcpy(sun.sun_path, d->path, sizeof sun.sun_path);
	d->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(d->listener, (struct sockaddr *)&sun,
	    sizeof sun), 0);
	assert_int_equal(listen(d->listener, 5), 0);
	timer_init(&d->look, d->f.loop, desk_look, d);
	timer_start(&d->look, 0);
	d->quotas = share_connect_queue(d->f.loop, d->path);
	d->f.quotas = d->quotas;
}

static void
desk_fini(struct desk *d)
{
	assert_int_equal(share_open_tickets(d->quotas), 0);
	share_free(&d->quotas);
	channel_free(&d->channel);
	buf_free(&d->got);
	timer_fini(&d->look);
	fixture_fini(&d->f);
	(void)close(d->listener);
	(void)unlink(d->path);
}

/* The reply's text is what the script made of it. */
static void
desk_expect_call(struct desk *d, const char *call, const char *text)
{
	char	script[1024];

	(void)snprintf(script, sizeof script, "try { $q = %s; "
	    "Reject(json_encode($q)); } catch ($e) { Reject($e->message()); }",
	    call);
	fixture_script_ms(&d->f, script, d->manner == IS_MUTE ? 50 : 0);
	fixture_start(&d->f, 0);
	fixture_wait(&d->f);
	if (strcmp(d->f.runs[0].reason, text) != 0)
		fail_msg("%s: \"%s\" instead of \"%s\"", call,
		    d->f.runs[0].reason, text);
}

static void
desk_expect(struct desk *d, const char *name, const char *text)
{
	char	call[128];

	(void)snprintf(call, sizeof call, "queue_quota(%s)", name);
	desk_expect_call(d, call, text);
}

#define USED	"{\"count\":3,\"bytes\":4096}"
#define UNUSED	"{\"count\":0,\"bytes\":0}"

/* ---- Tests --------------------------------------------------------------- */

static void
test_answers(void **state)
{
	struct desk	d;

	(void)state;
	desk_init(&d, ANSWERS);
	desk_expect(&d, "\"used\"", USED);
	desk_expect(&d, "\"unused\"", UNUSED);
	desk_expect(&d, "\"\"", UNUSED);
	/* Nobody is asked for a name that can't be. */
	d.asked = 0;
	desk_expect(&d, "str_repeat(\"x\", 2000)", UNUSED);
	assert_int_equal(d.asked, 0);
	assert_int_equal(d.came, 1);
	desk_fini(&d);
}

static void
test_asked_again(void **state)
{
	static const enum manner	manners[] = { DROPS_FIRST,
	    NOT_YET_FIRST, LIES };
	struct desk			d;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof manners / sizeof manners[0]; i++) {
		desk_init(&d, manners[i]);
		desk_expect(&d, "\"used\"", USED);
		assert_int_equal(d.asked, 2);
		assert_int_equal(d.came, manners[i] == NOT_YET_FIRST ? 1 : 2);
		desk_expect(&d, "\"used\"", USED);
		desk_fini(&d);
	}
}

static void
test_refused(void **state)
{
	struct desk	d;

	(void)state;
	desk_init(&d, KNOWS_NOT);
	desk_expect(&d, "\"used\"", "queue_quota(): there are too many names "
	    "for this one to be known");
	desk_expect(&d, "7", "queue_quota(): argument 1 is a number, not a "
	    "string");
	desk_fini(&d);
	desk_init(&d, ANSWERS);
	(void)close(d.listener);
	(void)unlink(d.path);
	timer_stop(&d.look);
	desk_expect(&d, "\"used\"", "queue_quota(): there is no queue: "
	    "master.cf needs a row for qmgr.sock");
	d.f.quotas = NULL;
	desk_expect(&d, "\"used\"", "queue_quota(): there is no queue here");
	desk_fini(&d);
}

/* A run that is given up takes its question along. */
static void
test_given_up(void **state)
{
	struct desk	d;

	(void)state;
	desk_init(&d, IS_MUTE);
	fixture_script_ms(&d.f, "\n  queue_quota(\"used\");", 60000);
	fixture_start(&d.f, 0);
	fixture_cancel(&d.f, 0);
	assert_int_equal(share_open_tickets(d.quotas), 0);
	desk_fini(&d);
}

/* ---- Policies and suspensions -------------------------------------------- */

static const struct {
	const char	*call, *got;
} asked[] = {
	{ "queue_policy([], [], [\"concurrency\" => 5], 60)",
	  "policy - concurrency=5 ttl=60000" },
	{ "queue_policy([\"remotemx\", \"localip\"], "
	  "[\"remotemx\" => \"#google\"], [\"concurrency\" => \"7\", "
	  "\"rate\" => [100, 60]], \"1.5\")",
	  "policy localip,remotemx remotemx=#google concurrency=7 "
	  "rate=100000/60000 ttl=1500" },
	{ "queue_policy([\"jobid\"], [\"jobid\" => 17], [\"rate\" => 0.5, "
	  "\"rate_algorithm\" => \"fixedwindow\"], 0)",
	  "policy jobid jobid=17 rate=500/1000 algorithm=2 ttl=0" },
	{ "queue_policy([\"jobid\"], [], [\"rate\" => \"10\"], 0)",
	  "policy jobid rate=10000/1000 ttl=0" },
	{ "queue_policy([\"jobid\"], [], [\"rate\" => \"10/60\"], 0)",
	  "policy jobid rate=10000/60000 ttl=0" },
	{ "queue_policy([\"jobid\"], [], [\"rate\" => [\"1\", 0.25]], 0)",
	  "policy jobid rate=1000/250 ttl=0" },
	{ "queue_policy([\"jobid\"], [], [\"connectinterval\" => 1.5, "
	  "\"stop\" => true, \"cluster\" => false, \"tag\" => \"t\", "
	  "\"properties\" => [\"a\" => \"text\", \"b\" => 5, \"c\" => true]]"
	  ", 1, [\"id\" => \"mine\", \"type\" => \"backoff\", "
	  "\"update\" => false])",
	  "policy jobid interval=1500 stop tag=t a=text b=5 c=true "
	  "ttl=1000 keep id=mine type=backoff" },
	{ "queue_suspend([], 60)", "suspend ttl=60000" },
	{ "queue_suspend([\"remotemx\" => \"*.example.com\"], 0, "
	  "[\"tag\" => \"why\", \"properties\" => [\"x\" => 1], "
	  "\"id\" => \"i\", \"update\" => false])",
	  "suspend remotemx=*.example.com tag=why x=1 ttl=0 keep id=i" },
};

static void
test_policies_asked(void **state)
{
	struct desk	d;
	size_t		i;

	(void)state;
	desk_init(&d, ANSWERS);
	for (i = 0; i < sizeof asked / sizeof asked[0]; i++) {
		desk_expect_call(&d, asked[i].call, "{\"id\":\"made\"}");
		assert_string_equal(buf_cstr(&d.got), asked[i].got);
	}
	desk_expect_call(&d, "queue_policy_delete(\"made\")", "true");
	assert_string_equal(buf_cstr(&d.got), "delete made");
	d.live = LIVE_NONE;
	desk_expect_call(&d, asked[0].call, "null");
	desk_expect_call(&d, "queue_policy_delete(\"made\")", "false");
	d.asked = 0;
	desk_expect_call(&d, "queue_policy_delete(\"\")", "false");
	desk_expect_call(&d, "queue_policy_delete(\"x\" * 65)", "false");
	assert_int_equal(d.asked, 0);
	d.live = LIVE_REFUSED;
	desk_expect_call(&d, asked[0].call, "queue_policy(): qmgr says why");
	desk_expect_call(&d, "queue_suspend([], 1)",
	    "queue_suspend(): qmgr says why");
	desk_expect_call(&d, "queue_policy_delete(\"made\")",
	    "queue_policy_delete(): qmgr says why");
	desk_fini(&d);
}

/* A question that got lost is asked once more: the same one. */
static void
test_policies_again(void **state)
{
	static const enum manner	manners[] = { DROPS_FIRST,
	    NOT_YET_FIRST, LIES };
	struct desk			d;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof manners / sizeof manners[0]; i++) {
		desk_init(&d, manners[i]);
		desk_expect_call(&d, asked[1].call, "{\"id\":\"made\"}");
		assert_string_equal(buf_cstr(&d.got), asked[1].got);
		assert_int_equal(d.asked, 2);
		desk_fini(&d);
	}
}

static const struct {
	const char	*call, *text;
} wrong[] = {
	{ "queue_policy(\"x\", [], [], 1)",
	  "queue_policy(): argument 1 is a string, not an array" },
	{ "queue_policy([\"remotemy\"], [], [], 1)", "queue_policy(): fields: "
	  "\"remotemy\" is not a field; did you mean remotemx?" },
	{ "queue_policy([5], [], [], 1)",
	  "queue_policy(): fields: a list of names is expected" },
	{ "queue_policy([], [\"jobid\" => \"\"], [], 1)",
	  "queue_policy(): condition: jobid: the value is empty" },
	{ "queue_policy([], [\"jobid\" => []], [], 1)",
	  "queue_policy(): condition: a value is text or a number" },
	{ "queue_policy([], [], [\"concurency\" => 1], 1)",
	  "queue_policy(): policy: there is no \"concurency\"; did you mean "
	  "concurrency?" },
	{ "queue_policy([], [], [\"window\" => \"x\"], 1)",
	  "queue_policy(): policy: there is no \"window\"" },
	{ "queue_policy([], [], [\"concurrency\" => 1.5], 1)",
	  "queue_policy(): policy: concurrency: \"1.5\" is not a "
	  "number" },
	{ "queue_policy([], [], [\"rate\" => [1]], 1)",
	  "queue_policy(): policy: rate can't be an array" },
	{ "queue_policy([], [], [\"rate\" => \"fast\"], 1)",
	  "queue_policy(): policy: rate: \"fast\" is not a rate, such as "
	  "10/1s or 0.5" },
	{ "queue_policy([], [], [\"tag\" => \"x\" * 33], 1)",
	  "queue_policy(): policy: tag: tag is longer than 32 bytes" },
	{ "queue_policy([], [], [\"properties\" => [\"a b\" => 1]], 1)",
	  "queue_policy(): properties: the name of a property is 1 to 64 "
	  "letters, digits or \"._-\"" },
	{ "queue_policy([], [], [], \"soon\")",
	  "queue_policy(): argument 4 is a string, not a number" },
	{ "queue_policy([], [], [], -1)", "queue_policy(): ttl: not a number "
	  "of seconds, or more than ten years" },
	{ "queue_policy([], [], [], 1, [\"tag\" => \"x\"])",
	  "queue_policy(): options: they are id, type and update" },
	{ "queue_policy([], [], [], 1, [\"update\" => 0])",
	  "queue_policy(): update: a boolean is expected" },
	{ "queue_policy([], [], [], 1, [\"id\" => 0])",
	  "queue_policy(): id: text without NUL is expected" },
	{ "queue_suspend([\"jobid\" => \"\"], 1)",
	  "queue_suspend(): fields: jobid: the value is empty" },
	{ "queue_suspend([\"x\"], 1)",
	  "queue_suspend(): fields: not by names" },
	{ "queue_suspend([], 1, [\"type\" => \"x\"])", "queue_suspend(): "
	  "options: they are id, tag, properties and update" },
};

static void
test_policies_wrong(void **state)
{
	struct desk	d;
	size_t		i;

	(void)state;
	desk_init(&d, ANSWERS);
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		desk_expect_call(&d, wrong[i].call, wrong[i].text);
	assert_int_equal(d.asked, 0);
	d.f.quotas = NULL;
	desk_expect_call(&d, asked[0].call,
	    "queue_policy(): there is no queue here");
	desk_expect_call(&d, "queue_suspend([], 1)",
	    "queue_suspend(): there is no queue here");
	desk_expect_call(&d, "queue_policy_delete(\"x\")",
	    "queue_policy_delete(): there is no queue here");
	desk_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_asked_again),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_policies_asked),
		cmocka_unit_test(test_policies_again),
		cmocka_unit_test(test_policies_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
