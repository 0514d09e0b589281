/*
 * Entries before their attempt: what the worker says of where they go, and
 * what becomes of that in the attempt.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <signal.h>

#include <cmocka.h>

#include "base/log.h"
#include "deliver/job.h"
#include "job/job.h"
#include "proc/board.h"
#include "spool/fields.h"

#include "desk.h"
#include "zone.h"

/* Without a hook it is as if that had said Try(). */
static void
test_no_hook(void **state)
{
	char	want[64];

	(void)state;
	(void)snprintf(want, sizeof want, "3600 secure | 0 127.0.0.1 "
	    "127.0.0.1:%u secure", t.port);
	give_prepare(7, "r@a.example");
	assert_string_equal(hear("prepared"), "prepared 7;");
	assert_string_equal(buf_cstr(&t.hops), want);
	assert_int_equal(t.try.len, 0);
	assert_int_equal(t.context.len, 0);
	assert_string_equal(buf_cstr(&t.own), "0 0  ");
	assert_int_equal(jobs_all(), 0);
}

/* With the connection goes what is being prepared; nobody says HELD. */
static void
test_lost(void **state)
{
	(void)state;
	worker.params.deliver_concurrency = 1;
	give(1, 11, 1, "slow@a.example");
	give_prepare(2, "r@a.example");
	give(3, 12, 1, "r@a.example");
	CHANNEL_SEND(t.channel, DELIVER_ASK, -1, { .number = 5,
	    .transport = 1 });
	(void)hear("hops 5");
	assert_int_equal(jobs_all(), 3);
	channel_free(&t.channel);
	assert_null(strstr(hear("ready"), "held 2;"));
	assert_int_equal(jobs_all(), 2);
	(void)hear("rests 11/1");
}

/* What no honest qmgr says. */
static void
test_bad(void **state)
{
	static const struct ipc_DELIVER_JOB	bad[] = {
		{ .kind = JOB_PREPARE, .lease = 1, .uses = 1, .entries = 1 },
		{ .kind = JOB_PREPARE, .route = 3, .entries = 1 },
		{ .kind = JOB_PREPARE, .row = 3, .entries = 1 },
		{ .kind = JOB_PREPARE, .try = 3, .entries = 1 },
		{ .kind = JOB_PREPARE, .entries = 2 },
		{ .kind = JOB_ATTEMPT, .lease = 1, .uses = 1, .try = 99,
		    .entries = 1 },
		{ .kind = 4, .entries = 1 },
	};
	struct ipc_DELIVER_JOB			m;
	size_t					i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		m = bad[i];
		m.job = 1;
		m.transport = 1;
		m.segment = SEGMENT;
		m.body = 4096;
		CHANNEL_PUT(t.channel, DELIVER_JOB, -1, &m);
		(void)hear("END");
		(void)hear("ready");
		give_all(1, "");
	}
	assert_int_equal(jobs_all(), 0);
}

/* What no honest worker asks for, and qmgr hands on unread: the job goes
 * back, and the connection stays. */
static void
test_another(void **state)
{
	struct ipc_DELIVER_JOB	m = job_frame(1, 11, 1);

	(void)state;
	CHANNEL_SEND(t.channel, DELIVER_TRY, -1, { .number = 4,
	    .text = STR("xx") });
	m.try = 4;
	CHANNEL_PUT(t.channel, DELIVER_JOB, -1, &m);
	give_entry(1, 1, "r@a.example");
	assert_string_equal(hear("closed"), "again 1;closed 11/1;");
	give_safe(1);
	give(2, 12, 1, "r@a.example");
	(void)hear("done 2");
}

#define TRANSPORTS	"transport hop host 127.0.0.1\n"		\
	"transport other mx -\n"					\
	"address ip1 - 192.0.2.7 -o helo=one.example\n"			\
	"address ip6 - 2001:db8::7\n"

/* ---- Other ends ---------------------------------------------------------- */

struct option {
	const char	*options, *want;
};

struct ending {
	const char	*script, *want, *why, *state;
};

static void
check_ending(const struct ending *row)
{
	const char	*why;

	give_hook(row->script, TRANSPORTS);
	give_prepare(7, "r@a.example");
	assert_string_equal(hear(" 7;"), row->want);
	why = strchr(strchr(buf_cstr(&t.verdict), '|') + 1, '|') + 1;
	if (strcmp(why, row->why) != 0 ||
	    strcmp(buf_cstr(&t.state), row->state) != 0)
		fail_msg("%s: \"%s\", \"%s\"", row->script, why,
		    buf_cstr(&t.state));
	give_safe(7);
}

#define HOOK_SAYS	"by the script of hook_predelivery"

static void
test_endings(void **state)
{
	static const struct ending	rows[] = {
		{ "Queue([\"delay\" => 60, \"reason\" => \"a\\nb\"]);",
		    "defer 7;", "a b", "retry 1 due 60" },
		{ "Queue([\"delay\" => 60, \"increment_retry\" => false]);",
		    "defer 7;", HOOK_SAYS, "retry 0 due 60" },
		{ "Queue([\"hold\" => true, \"delay\" => 5]);", "hold 7;",
		    HOOK_SAYS, "retry 1" },
		{ "Queue([\"delay\" => 1, \"priority\" => 1, \"transportid\" "
		    "=> \"other\", \"tenantid\" => \"t\", \"jobid\" => "
		    "\"j\", \"quotas\" => [\"q\", \"r\"]]);", "defer 7;",
		    HOOK_SAYS, "retry 1 due 1 priority 1 transport other "
		    "tenant t job j quotas q r" },
		{ "SetMetaData([\"a\" => \"b\"]); Queue([\"delay\" => 1]);",
		    "defer 7;", HOOK_SAYS, "retry 1 due 1 metadata a b" },
		{ "Bounce();", "bounce 7;", HOOK_SAYS, "retry 0" },
		{ "Bounce([\"reason\" => \"no\", \"dsn\" => []]);",
		    "bounce 7;", "no", "retry 0" },
		{ "Delete();", "delete 7;", HOOK_SAYS, "retry 0" },
		{ "Delete(\"old\");", "delete 7;", "old", "retry 0" },
		/* Of an error nothing counts but the metadata. */
		{ "SetMetaData([\"a\" => \"b\"]); throw 1;", "defer 7;",
		    "error in the script of hook_predelivery",
		    "retry 0 due 300 metadata a b" },
		/* No data, or too much of it. */
		{ "$context = function () { };", "defer 7;",
		    "error in the script of hook_predelivery",
		    "retry 0 due 300" },
		{ "$context = str_repeat(\"x\", 70000);", "defer 7;",
		    "error in the script of hook_predelivery",
		    "retry 0 due 300" },
		{ "try { Queue([\"priority\" => 2]); } catch ($e) { "
		    "Delete($e->message()); }", "delete 7;",
		    "Queue: priority is 0 or 1", "retry 0" },
		{ "try { Queue([\"transportid\" => \"x\"]); } catch ($e) { "
		    "Delete($e->message()); }", "delete 7;",
		    "Queue: transportid: there is no transport 'x' in "
		    "transport.cf", "retry 0" },
		{ "try { Queue([\"delay\" => -1]); } catch ($e) { "
		    "Delete($e->message()); }", "delete 7;",
		    "Queue: delay is a number from 0 to 315360000",
		    "retry 0" },
		{ "try { SetMetaData([\"_a\" => \"b\"]); } catch ($e) { "
		    "Delete($e->message()); }", "delete 7;",
		    "SetMetaData: keys of metadata that begin with _ are "
		    "reserved", "retry 0" },
	};
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check_ending(&rows[i]);
}

/* With entries of other kinds. */
static void
test_ends_of(void **state)
{
	static const struct ending	nobody = { "Bounce();", "delete 7;",
	    HOOK_SAYS, "retry 0" };
	static const struct ending	reset = { "Queue([\"delay\" => 1, "
	    "\"reset_retry\" => true]);", "defer 7;", HOOK_SAYS,
	    "retry 0 due 1" };
	static const struct ending	kept = { "SetMetaData([\"a\" => "
	    "\"b\"]); Queue([\"delay\" => 1]);", "defer 7;", HOOK_SAYS,
	    "retry 4 due 1 metadata _own x a b" };
	static const struct ending	told = { "Queue([\"delay\" => 1, "
	    "\"dsn_delayed\" => false]);", "defer 7;", HOOK_SAYS,
	    "retry 4 due 1" };
	struct buf			list = BUF_INIT;

	(void)state;
	t.entry.sender = STR("");
	check_ending(&nobody);
	t.entry.sender = STR_NONE;
	t.entry.dsn_notify = ENTRY_NOTIFY_DELAY;
	check_ending(&nobody);
	t.entry.dsn_notify = 0;
	t.before.retry = 3;
	check_ending(&reset);
	check_ending(&told);
	fields_list_add(&list, STR("_own"));
	fields_list_add(&list, STR("x"));
	fields_list_add(&list, STR("old"));
	fields_list_add(&list, STR("y"));
	t.entry.metadata = buf_str(&list);
	check_ending(&kept);
	buf_free(&list);
}

/* ---- What it is told ----------------------------------------------------- */

static const char *
asked(const char *expression)
{
	struct buf		 script = BUF_INIT;
	static struct buf	 out;

	buf_printf(&script, "Delete(%s);", expression);
	give_hook(buf_cstr(&script), TRANSPORTS);
	give_prepare(7, "R@A.example");
	(void)hear("delete 7;");
	buf_clear(&out);
	buf_add_text(&out, strchr(strchr(buf_cstr(&t.verdict), '|') + 1,
	    '|') + 1);
	give_safe(7);
	buf_free(&script);
	return buf_cstr(&out);
}

static void
test_message(void **state)
{
	(void)state;
	t.entry = (struct spool_entry){ .sender = STR("S@X"),
	    .transportid = STR("hop"), .tenantid = STR("ten"), .jobid =
	    STR("job"), .serverid = STR("in"), .priority = 1, .size = 20,
	    .ts_us = 1500000, .dsn_envid = STR("env"), .dsn_ret =
	    ENTRY_RET_FULL, .dsn_notify = ENTRY_NOTIFY_FAILURE |
	    ENTRY_NOTIFY_DELAY, .dsn_orcpt = STR("rfc822;o@x") };
	t.before.retry = 2;
	assert_string_equal(asked("json_encode(array_keys($message))"),
	    "[\"id\",\"ts\",\"serverid\",\"sender\",\"senderaddress\","
	    "\"recipient\",\"recipientaddress\",\"transportid\","
	    "\"tenantid\",\"jobid\",\"priority\",\"size\",\"file\","
	    "\"dsn\"]");
	assert_string_equal(asked("json_encode($message[\"id\"])"),
	    "{\"transaction\":\"07000000-0000-0000-0000-000000000000\","
	    "\"queue\":1}");
	assert_string_equal(asked("json_encode([$message[\"ts\"], "
	    "$message[\"serverid\"], $message[\"sender\"], "
	    "$message[\"recipient\"], $message[\"transportid\"], "
	    "$message[\"tenantid\"], $message[\"jobid\"], "
	    "$message[\"priority\"], $message[\"size\"]])"),
	    "[1.5,\"in\",\"s@x\",\"r@a.example\",\"hop\",\"ten\","
	    "\"job\",1,20]");
	assert_string_equal(asked("json_encode($message[\"dsn\"])"),
	    "{\"envid\":\"env\",\"ret\":\"FULL\",\"notify\":"
	    "[\"FAILURE\",\"DELAY\"],\"orcpt\":\"rfc822;o@x\"}");
	assert_string_equal(asked("$message[\"recipientaddress\"]"
	    "[\"localpart\"] . \" \" . $message[\"senderaddress\"]"
	    "[\"domain\"]"), "R X");
	assert_string_equal(asked("json_encode($arguments)"),
	    "{\"retry\":2}");
	assert_string_equal(asked("File($message[\"file\"][\"modified\"])"
	    "->readline() . \"|\" . length(File($message[\"file\"]"
	    "[\"original\"])->read())"), "Subject: s|20");
	assert_string_equal(asked("json_encode(queue_quota(\"q\"))"),
	    "{\"count\":3,\"bytes\":1000}");
	assert_string_equal(asked("json_encode(server_concurrency(\"x\"))"),
	    "null");
	board_set_server("x");
	assert_string_equal(asked("json_encode(server_concurrency(\"x\"))"),
	    "0");
	board_set_server("");
	assert_string_equal(asked("json_encode(GetMetaData())"), "[]");
}

/* ---- The attempt --------------------------------------------------------- */

/* What was prepared, as qmgr gives it back. */
static void
give_prepared(uint64_t job, uint64_t lease, const char *to)
{
	struct ipc_DELIVER_JOB	m = job_frame(job, lease, 1);

	CHANNEL_SEND(t.channel, DELIVER_ROUTE, -1, { .number = 30,
	    .hops = buf_str(&t.bytes) });
	CHANNEL_SEND(t.channel, DELIVER_TRY, -1, { .number = 31,
	    .text = buf_str(&t.try) });
	m.route = 30;
	m.try = 31;
	CHANNEL_PUT(t.channel, DELIVER_JOB, -1, &m);
	give_entry(job, 1, to);
	CHANNEL_SEND(t.channel, DELIVER_DROP, -1, { .number = 30 });
	CHANNEL_SEND(t.channel, DELIVER_DROP, -1, { .number = 31 });
}

static void
test_attempt(void **state)
{
	(void)state;
	give_hook("SetMetaData([\"m\" => \"n\"]); $context = [1, 2]; "
	    "Try([\"sender\" => [\"localpart\" => \"else\", \"domain\" "
	    "=> \"x\", \"params\" => [\"A\" => 1]], \"recipient\" => "
	    "\"bad@b.example\", \"helo\" => \"name.example\", "
	    "\"tenantid\" => \"ten\", \"recipients\" => 5]);",
	    TRANSPORTS);
	give_prepare(7, "r@a.example");
	assert_string_equal(hear("prepared"), "prepared 7;");
	assert_string_equal(buf_cstr(&t.own), "5 4 ten ");
	assert_int_equal(jobs_all(), 0);
	give_trace(5, 1, "recipient", "r@a.*");
	give_prepared(8, 11, "r@a.example");
	(void)hear("bounce 8;");
	assert_string_equal(buf_cstr(&t.state), "retry 0 metadata m n");
	(void)hear("rests");
	assert_non_null(strstr(buf_cstr(&t.sent), "EHLO name.example"));
	assert_non_null(strstr(buf_cstr(&t.sent), "MAIL FROM:<else@x> A=1"));
	assert_non_null(strstr(buf_cstr(&t.sent), "<bad@b.example>"));
}

/* Where it goes. */
static void
test_routes(void **state)
{
	static const struct option	rows[] = {
		{ "[\"host\" => \"lookup-mx\"]", "300 | 10 a.lab "
		    "192.0.2.1:25 | 20 b.lab 192.0.2.2:25" },
		{ "[\"host\" => \"lookup-mx\", \"mx_exclude\" => "
		    "[\"a.lab\"], \"port\" => 26]",
		    "300 | 20 b.lab 192.0.2.2:26" },
		{ "[\"host\" => \"lookup-mx\", \"mx_include\" => "
		    "[\"a.*\"]]", "300 | 10 a.lab 192.0.2.1:25" },
		{ "[\"host\" => \"lookup-mx\", \"mx_include\" => "
		    "[\"*.a.lab\"]]", "dns/excluded temporary: DNS: d.lab: "
		    "all that it has was left out by the script" },
		{ "[\"host\" => \"lookup-mx\", \"ip_exclude\" => "
		    "[\"192.0.2.0/31\"]]", "300 | 20 b.lab 192.0.2.2:25" },
		{ "[\"host\" => \"lookup-mx\", \"ip_exclude\" => "
		    "[\"192.0.2.0/24\"]]", "dns/excluded temporary: DNS: "
		    "d.lab: all that it has was left out by the script" },
		{ "[\"host\" => \"lookup-mx\", \"ip_include\" => "
		    "[\"192.0.2.2\"]]", "300 | 20 b.lab 192.0.2.2:25" },
		{ "[\"host\" => \"lookup-mx\", \"recipient\" => "
		    "\"x@bare.lab\"]", "100 | 0 bare.lab 192.0.2.5:25" },
		{ "[\"host\" => \"lookup-mx\", \"recipient\" => "
		    "\"x@bare.lab\", \"mx_exclude\" => [\"*.lab\"]]",
		    "dns/excluded temporary: DNS: bare.lab: all that it has "
		    "was left out by the script" },
		{ "[\"host\" => \"192.0.2.77\", \"port\" => 9]",
		    "3600 secure | 0 192.0.2.77 192.0.2.77:9 secure" },
		{ "[\"host\" => \"192.0.2.77\", \"port\" => 9, "
		    "\"sourceip\" => [\"192.0.2.8\", \"ip1\", "
		    "\"192.0.2.8\"], \"sourceip_random\" => false]",
		    "3600 secure | 0 192.0.2.77 192.0.2.77:9 secure < *2 | "
		    "0+1 192.0.2.77 192.0.2.77:9 secure < ip1 as "
		    "one.example" },
		{ "[\"host\" => \"192.0.2.77\", \"sourceip\" => "
		    "[\"ip6\"]]", "dns/ipfamily temporary: DNS: "
		    "192.0.2.77: no address of a family that can be used" },
	};
	struct buf			script = BUF_INIT;
	size_t				i;

	(void)state;
	zone_set("d.lab 3600 MX 10 a.lab\nd.lab 3600 MX 20 b.lab\n"
	    "a.lab 300 A 192.0.2.1\nb.lab 300 A 192.0.2.2\n"
	    "bare.lab 100 A 192.0.2.5\n");
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buf_clear(&script);
		buf_printf(&script, "Try(%s);", rows[i].options);
		give_hook(buf_cstr(&script), TRANSPORTS);
		give_prepare(7, "r@d.lab");
		(void)hear("prepared 7;");
		if (!are_hops(buf_cstr(&t.hops), rows[i].want))
			fail_msg("%s: \"%s\"", rows[i].options,
			    buf_cstr(&t.hops));
	}
	buf_free(&script);
}

/* A run that waits goes with the connection, and a drain cuts it. */
static void
test_waits(void **state)
{
	(void)state;
	give_hook("sleep(60); Try();", TRANSPORTS);
	give_prepare(7, "r@a.example");
	CHANNEL_SEND(t.channel, DELIVER_ASK, -1, { .number = 5,
	    .transport = 1 });
	(void)hear("hops 5");
	assert_int_equal(jobs_running(), 1);
	jobs_cut();
	(void)hear("again 7;");
	give_safe(7);
	give_prepare(8, "r@a.example");
	CHANNEL_SEND(t.channel, DELIVER_ASK, -1, { .number = 5,
	    .transport = 1 });
	(void)hear("hops 5");
	assert_int_equal(jobs_running(), 1);
	channel_free(&t.channel);
	assert_string_equal(hear("ready"), "hello 0;ready 0;");
	assert_int_equal(jobs_all(), 0);
}

#define TEST(fn)	cmocka_unit_test_setup_teardown(fn, desk_setup,	\
	desk_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(test_no_hook), TEST(test_lost), TEST(test_bad),
		TEST(test_endings), TEST(test_ends_of), TEST(test_message),
		TEST(test_attempt), TEST(test_routes), TEST(test_waits),
		TEST(test_another),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	log_open("test", LOG_TO_FD, open("/dev/null", O_WRONLY));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
