/*
 * What becomes of a recipient: every kind of result, before and after its time
 * is up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "deliver/deliver.h"
#include "deliver/verdict.h"
#include "hooks/predelivery.h"

struct deliver	deliver;

#define HOUR	3600000

struct want {
	const char		*name;
	int			 code;		/* 0: error, -1: no attempt */
	bool			 temporary;	/* the error */
	int			 retry;		/* counted before */
	int64_t			 age_ms;
	enum job_verdict	 verdict;
	int64_t			 wait_ms;	/* DEFER's */
	const char		*reason;
};

/* By the options of setup(). */
static const struct want	wants[] = {
	{ "delivered", 250, false, 0, 0, JOB_DONE, 0, "" },
	{ "delivered late", 250, false, 9, 9 * HOUR, JOB_DONE, 0, "" },
	{ "first refusal", 451, false, 0, 0, JOB_DEFER, 60000,
	    "451 4.2.0 Said" },
	{ "second refusal", 451, false, 1, 0, JOB_DEFER, 900000,
	    "451 4.2.0 Said" },
	{ "the last step repeats", 451, false, 2, 0, JOB_DEFER, 900000,
	    "451 4.2.0 Said" },
	{ "counted out", 451, false, 3, 0, JOB_BOUNCE, 0,
	    "expired: 451 4.2.0 Said" },
	{ "too old", 451, false, 0, 2 * HOUR, JOB_BOUNCE, 0,
	    "expired: 451 4.2.0 Said" },
	{ "the last one is at its end", 451, false, 1, 2 * HOUR - 5000,
	    JOB_DEFER, 5000, "451 4.2.0 Said" },
	{ "refused for good", 550, false, 0, 0, JOB_BOUNCE, 0,
	    "550 5.2.0 Said" },
	{ "an error", 0, true, 0, 0, JOB_DEFER, 60000, "what happened" },
	{ "an error at its end", 0, true, 3, 0, JOB_BOUNCE, 0,
	    "expired: what happened" },
	{ "our own refusal", 0, false, 0, 0, JOB_BOUNCE, 0, "what happened" },
	{ "no attempt", -1, false, 0, 3 * HOUR, JOB_BOUNCE, 0,
	    "expired before it could be tried again" },
};

static struct transport_options	options;
static struct job_entry		entry;
static struct attempt		attempt;
static struct smtp_reply	reply;
static struct passage		passage;

static void
set(const char *name, const char *value)
{
	struct err	e;

	if (transport_option_set(&options, transport_option_find(
	    str_of(name)), str_of(value), &e) == -1)
		fail_msg("%s", e.text);
}

static int
setup(void **state)
{
	(void)state;
	set("retry", "60s,15m+notify");
	set("retry_count", "3");
	set("max_age", "2h");
	set("bounce_max_age", "1h");
	set("jitter", "0%");
	set("dsn", "yes");
	memset(&entry, 0, sizeof entry);
	entry.entry.sender = STR("s@x");
	entry.state.accepted_ms = 100 * HOUR;
	verdict_free(&passage);
	passage = (struct passage){ .entry = &entry, .options = &options,
	    .dsn_transport = STR("mx"), .now_ms = 100 * HOUR,
	    .wall_ms = 1000000000000 };
	return 0;
}

static void
answer(int code, bool temporary)
{
	smtp_reply_fini(&reply);
	smtp_reply_init(&reply);
	attempt = (struct attempt){ .message = "what happened",
	    .temporary = temporary, .error = ATTEMPT_ERROR_NETWORK,
	    .connection = &attempt_no_connection };
	passage.attempt = code == -1 ? NULL : &attempt;
	if (code <= 0)
		return;
	reply.code = code;
	reply.enhanced[0] = code / 100;
	reply.enhanced[1] = 2;
	smtp_reply_add_line(&reply, STR("Said"));
	attempt.reply = &reply;
}

static void
decide(const struct postdelivery_answer *a)
{
	verdict_judge(&passage);
	verdict_settle(&passage, a);
}

static void
test_wants(void **state)
{
	const struct want	*w;
	size_t			 i;

	for (i = 0; i < sizeof wants / sizeof wants[0]; i++) {
		w = &wants[i];
		print_message("%s\n", w->name);
		(void)setup(state);
		entry.state.retry = (uint64_t)w->retry;
		passage.now_ms += w->age_ms;
		answer(w->code, w->temporary);
		decide(NULL);
		assert_int_equal(passage.verdict, w->verdict);
		assert_string_equal(passage.reason, w->reason);
		if (w->verdict == JOB_DEFER) {
			assert_int_equal((int64_t)passage.state.due_ms -
			    passage.now_ms, w->wait_ms);
			assert_int_equal(passage.state.retry, w->retry + 1);
		} else
			assert_int_equal(passage.state.retry, w->retry);
	}
}

/* A sender is told of a delay once a step, and only who may be. */
static void
test_notice(void **state)
{
	static const struct {
		const char	*sender;
		unsigned	 notify, told, retry;
		bool		 notice;
		unsigned	 then;
	} rows[] = {
		{ "s@x", 0, 0, 0, false, 0 },
		{ "s@x", 0, 0, 1, true, 2 },
		{ "s@x", 0, 2, 1, false, 2 },
		{ "s@x", ENTRY_NOTIFY_DELAY, 0, 1, true, 2 },
		{ "s@x", ENTRY_NOTIFY_FAILURE, 0, 1, false, 0 },
		{ "", 0, 0, 1, false, 0 },
		{ "s@x", 0, JOB_NOTIFIED_DEADLINE, 1, true,
		    JOB_NOTIFIED_DEADLINE | 2 },
	};
	size_t	i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		(void)setup(state);
		entry.entry.sender = str_of(rows[i].sender);
		entry.entry.dsn_notify = rows[i].notify;
		entry.state.notified = rows[i].told;
		entry.state.retry = rows[i].retry;
		answer(451, true);
		decide(NULL);
		assert_int_equal(passage.verdict, JOB_DEFER);
		assert_int_equal(passage.notice, rows[i].notice);
		assert_int_equal(passage.state.notified, rows[i].then);
	}
}

/* It is tried at that moment at the latest, and not behind it. */
static void
gives_up_in_time(void **state, uint64_t deliverby)
{
	(void)setup(state);
	entry.entry.deliverby = deliverby;
	entry.entry.useful_until = 1000000000 + 30;
	answer(451, true);
	decide(NULL);
	assert_int_equal(passage.verdict, JOB_DEFER);
	assert_int_equal((int64_t)passage.state.due_ms - passage.now_ms,
	    30000);
	passage.wall_ms += 30000;
	decide(NULL);
	assert_int_equal(passage.verdict, JOB_BOUNCE);
	assert_string_equal(passage.reason, "5.4.7 its time to be delivered "
	    "by has passed: 451 4.2.0 Said");
}

/* RFC 2852: R gives up when its time has passed, as what a script says is of
 * no use later; N tells once. */
static void
test_deliverby(void **state)
{
	gives_up_in_time(state, ENTRY_DELIVERBY_NONE);
	gives_up_in_time(state, ENTRY_DELIVERBY_RETURN);
	entry.entry.deliverby = ENTRY_DELIVERBY_NOTIFY;
	decide(NULL);
	assert_int_equal(passage.verdict, JOB_DEFER);
	assert_true(passage.notice);
	assert_int_equal(passage.state.notified, JOB_NOTIFIED_DEADLINE);
	entry.state.notified = passage.state.notified;
	decide(NULL);
	assert_false(passage.notice);
	assert_int_equal((int64_t)passage.state.due_ms - passage.now_ms,
	    60000);
}

/* A reply may be any bytes; a reason is a line that people read. */
static void
test_reason(void **state)
{
	char	said[600];

	(void)setup(state);
	answer(550, false);
	smtp_reply_fini(&reply);
	smtp_reply_init(&reply);
	reply.code = 550;
	smtp_reply_add_line(&reply, STR("a\tb\033[1m\x7f" "c"));
	decide(NULL);
	assert_string_equal(passage.reason, "550 a b [1m c");
	memset(said, 'x', sizeof said);
	memcpy(said + 249, "\xc3\xa4", 2);
	smtp_reply_fini(&reply);
	smtp_reply_init(&reply);
	reply.code = 550;
	smtp_reply_add_line(&reply, (struct str){ said, sizeof said });
	decide(NULL);
	assert_true(utf8_valid(str_of(passage.reason)));
	assert_in_range(strlen(passage.reason), 200, 255);
}

/* ---- Orders -------------------------------------------------------------- */

static void
ordered(struct dsn_order *o)
{
	struct err	e;

	memset(o, 0, sizeof *o);
	if (passage.state.order.len > 0)
		assert_int_equal(dsn_order_get(o, passage.state.order, &e), 0);
}

static bool
is(struct str s, const char *text)
{
	return str_eq(s, str_of(text));
}

/* Who is told of what, and who is not. */
static void
test_told(void **state)
{
	static const struct {
		const char	*name, *sender, *transport;
		int		 code, notify, dropped, final;
		enum job_verdict verdict;
		enum entry_action action;
	} rows[] = {
		{ "failed", "s@x", "mx", 550, 0, 0, 0, JOB_BOUNCE,
		    ENTRY_ACTION_FAILED },
		{ "failed, asked for", "s@x", "mx", 550, ENTRY_NOTIFY_FAILURE,
		    0, 0, JOB_BOUNCE, ENTRY_ACTION_FAILED },
		{ "null sender", "", "mx", 550, 0, 0, 0, JOB_DELETE, 0 },
		{ "no transport", "s@x", "", 550, 0, 0, 0, JOB_DELETE, 0 },
		{ "not asked for", "s@x", "mx", 550, ENTRY_NOTIFY_DELAY, 0, 0,
		    JOB_DELETE, 0 },
		{ "never", "s@x", "mx", 550, ENTRY_NOTIFY_NEVER, 0, 0,
		    JOB_DELETE, 0 },
		{ "delivered", "s@x", "mx", 250, 0, 0, 0, JOB_DONE, 0 },
		{ "the next hop tells", "s@x", "mx", 250, ENTRY_NOTIFY_SUCCESS,
		    0, 0, JOB_DONE, 0 },
		{ "relayed", "s@x", "mx", 250, ENTRY_NOTIFY_SUCCESS, 1, 0,
		    JOB_DONE, ENTRY_ACTION_RELAYED },
		{ "into a mailbox", "s@x", "mx", 250, ENTRY_NOTIFY_SUCCESS, 1,
		    1, JOB_DONE, ENTRY_ACTION_DELIVERED },
		{ "success of nobody", "", "mx", 250, ENTRY_NOTIFY_SUCCESS, 1,
		    0, JOB_DONE, 0 },
	};
	struct dsn_order	o;
	size_t			i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		print_message("%s\n", rows[i].name);
		(void)setup(state);
		entry.entry.sender = str_of(rows[i].sender);
		entry.entry.dsn_notify = (unsigned)rows[i].notify;
		passage.dsn_transport = str_of(rows[i].transport);
		passage.final = rows[i].final;
		answer(rows[i].code, false);
		attempt.dsn_dropped = rows[i].dropped;
		decide(NULL);
		ordered(&o);
		assert_int_equal(passage.verdict, rows[i].verdict);
		assert_int_equal(o.action, rows[i].action);
		if (o.action != ENTRY_ACTION_NONE) {
			assert_int_equal(o.id.len, UUID_TEXT - 1);
			assert_true(is(o.transportid, "mx"));
		}
	}
}

static void
test_order_facts(void **state)
{
	struct dsn_order	o;

	(void)setup(state);
	answer(550, false);
	attempt.state = SMTP_STATE_RCPT;
	smtp_reply_add_line(&reply, STR("twice\rit"));
	decide(NULL);
	ordered(&o);
	assert_true(is(o.status, "5.2.0"));
	assert_true(is(o.diagnostictype, "smtp"));
	assert_true(is(o.diagnosticcode, "550 5.2.0 Said twice it"));
	assert_true(is(o.reply_to, "RCPT"));
	answer(0, false);
	attempt.enhanced[0] = 5;
	attempt.enhanced[1] = 1;
	attempt.enhanced[2] = 2;
	decide(NULL);
	ordered(&o);
	assert_true(is(o.status, "5.1.2"));
	assert_true(is(o.diagnostictype, "x-error"));
	assert_true(is(o.diagnosticcode, "what happened"));
	answer(-1, false);
	decide(NULL);
	ordered(&o);
	assert_true(passage.expired);
	assert_true(is(o.status, "4.4.7"));
	entry.state.fate = FATE_BOUNCE;
	entry.state.reason = STR("bounced by mtactl");
	decide(NULL);
	ordered(&o);
	assert_int_equal(passage.by_default, POSTDELIVERY_BOUNCES);
	assert_false(passage.expired);
	assert_true(is(o.diagnosticcode, "bounced by mtactl"));
	entry.state.fate = FATE_DELETE;
	decide(NULL);
	assert_int_equal(passage.verdict, JOB_DELETE);
}

/* ---- Scripts ------------------------------------------------------------- */

static void
test_script_queues(void **state)
{
	struct postdelivery_answer	a = { .action = POSTDELIVERY_QUEUE,
					    .counted = true };

	/* Also what failed for good, by the schedule. */
	(void)setup(state);
	answer(550, false);
	decide(&a);
	assert_int_equal(passage.verdict, JOB_DEFER);
	assert_int_equal((int64_t)passage.state.due_ms - passage.now_ms,
	    60000);
	assert_int_equal(passage.state.retry, 1);
	assert_string_equal(passage.reason, "550 5.2.0 Said");
	/* And what has expired: it is tried once more. */
	(void)setup(state);
	entry.state.retry = 3;
	answer(451, false);
	a.has_delay = true;
	a.delay_ms = 10 * HOUR;
	a.counted = false;
	a.reason = STR("once more");
	decide(&a);
	assert_true(passage.expired);
	assert_int_equal((int64_t)passage.state.due_ms - passage.now_ms,
	    10 * HOUR);
	assert_int_equal(passage.state.forced, 1);
	assert_int_equal(passage.state.retry, 3);
	assert_string_equal(passage.reason, "once more");
	/* One that has not is tried when it does, at the latest. */
	(void)setup(state);
	answer(451, false);
	decide(&a);
	assert_int_equal((int64_t)passage.state.due_ms - passage.now_ms,
	    2 * HOUR);
	assert_int_equal(passage.state.forced, 0);
	a.hold = a.reset = true;
	entry.state.retry = 2;
	decide(&a);
	assert_int_equal(passage.verdict, JOB_HOLD);
	assert_int_equal(passage.state.retry, 0);
	/* Its sender is told, or not, whatever the schedule says. */
	(void)setup(state);
	a = (struct postdelivery_answer){ .action = POSTDELIVERY_QUEUE,
	    .counted = true, .has_delayed = true, .delayed = true };
	answer(451, false);
	decide(&a);
	assert_true(passage.notice && passage.state.order.len > 0);
	entry.state.retry = 1;
	a.delayed = false;
	decide(&a);
	assert_false(passage.notice || passage.state.order.len > 0);
}

static void
test_script_bounces(void **state)
{
	struct postdelivery_answer	a = { .action = POSTDELIVERY_BOUNCE };
	struct dsn_order		o;

	(void)setup(state);
	answer(451, false);
	a.dsn.transportid = STR("other");
	a.dsn.subject = STR("Sorry");
	a.dsn.diagnosticcode = STR("550 mine");
	a.change.changed = STATE_CHANGED_METADATA;
	a.change.metadata = STR("");
	decide(&a);
	ordered(&o);
	assert_int_equal(passage.verdict, JOB_BOUNCE);
	assert_int_equal(o.action, ENTRY_ACTION_FAILED);
	assert_true(is(o.transportid, "other") && is(o.subject, "Sorry"));
	assert_true(is(o.diagnosticcode, "550 mine") &&
	    is(o.status, "4.2.0"));
	assert_int_equal(passage.state.changed, STATE_CHANGED_METADATA);
	/* The identity that the script was told. */
	(void)setup(state);
	answer(550, false);
	verdict_judge(&passage);
	assert_int_equal(passage.by_default, POSTDELIVERY_BOUNCES);
	a = (struct postdelivery_answer){ .action = POSTDELIVERY_DEFAULT };
	a.dsn.from_name = STR("Me");
	verdict_settle(&passage, &a);
	ordered(&o);
	assert_true(is(o.id, passage.id) && is(o.from_name, "Me"));
	a.action = POSTDELIVERY_DELETE;
	decide(&a);
	assert_int_equal(passage.verdict, JOB_DELETE);
	assert_int_equal(passage.state.order.len, 0);
	entry.entry.sender = STR_NONE;
	a.action = POSTDELIVERY_BOUNCE;
	decide(&a);
	assert_int_equal(passage.verdict, JOB_DELETE);
}

/* What the hook before it said instead of Try(). */
static void
test_script_before(void **state)
{
	struct predelivery_answer	b = { .action = PREDELIVERY_BOUNCE,
					    .reason = STR("no") };
	struct postdelivery_answer	a = { .dsn.status = STR("5.1.1") };
	struct dsn_order		o;

	(void)setup(state);
	answer(-1, false);
	passage.before = &b;
	decide(NULL);
	ordered(&o);
	assert_int_equal(passage.verdict, JOB_BOUNCE);
	assert_true(is(o.diagnosticcode, "no") && is(o.status, "5.0.0"));
	/* The script behind it may add to what this one asks for. */
	b.dsn = (struct dsn_order){ .status = STR("5.7.1"),
	    .subject = STR("s") };
	decide(&a);
	ordered(&o);
	assert_true(is(o.status, "5.1.1") && is(o.subject, "s"));
	b.action = PREDELIVERY_DELETE;
	decide(NULL);
	assert_int_equal(passage.by_default, POSTDELIVERY_DELETES);
	b = (struct predelivery_answer){ .action = PREDELIVERY_QUEUE,
	    .has_delay = true, .delay_ms = 5000 };
	decide(NULL);
	assert_int_equal(passage.verdict, JOB_DEFER);
	assert_int_equal((int64_t)passage.state.due_ms - passage.now_ms, 5000);
	assert_int_equal(passage.state.retry, 0);
	passage.now_ms += 3 * HOUR;
	decide(NULL);
	assert_int_equal(passage.verdict, JOB_BOUNCE);
	assert_true(passage.expired);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_wants), cmocka_unit_test(test_notice),
		cmocka_unit_test(test_deliverby),
		cmocka_unit_test(test_reason), cmocka_unit_test(test_told),
		cmocka_unit_test(test_order_facts),
		cmocka_unit_test(test_script_queues),
		cmocka_unit_test(test_script_bounces),
		cmocka_unit_test(test_script_before),
	};

	smtp_reply_init(&reply);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
