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
	{ "counted out", 451, false, 3, 0, JOB_HOLD, 0,
	    "expired: 451 4.2.0 Said" },
	{ "too old", 451, false, 0, 2 * HOUR, JOB_HOLD, 0,
	    "expired: 451 4.2.0 Said" },
	{ "the last one is at its end", 451, false, 1, 2 * HOUR - 5000,
	    JOB_DEFER, 5000, "451 4.2.0 Said" },
	{ "refused for good", 550, false, 0, 0, JOB_HOLD, 0,
	    "550 5.2.0 Said" },
	{ "an error", 0, true, 0, 0, JOB_DEFER, 60000, "what happened" },
	{ "an error at its end", 0, true, 3, 0, JOB_HOLD, 0,
	    "expired: what happened" },
	{ "our own refusal", 0, false, 0, 0, JOB_HOLD, 0, "what happened" },
	{ "no attempt", -1, false, 0, 3 * HOUR, JOB_HOLD, 0,
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
	memset(&entry, 0, sizeof entry);
	entry.entry.sender = STR("s@x");
	entry.state.accepted_ms = 100 * HOUR;
	passage = (struct passage){ .entry = &entry, .options = &options,
	    .now_ms = 100 * HOUR, .wall_ms = 1000000000000 };
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
		verdict_decide(&passage);
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
		verdict_decide(&passage);
		assert_int_equal(passage.verdict, JOB_DEFER);
		assert_int_equal(passage.notice, rows[i].notice);
		assert_int_equal(passage.state.notified, rows[i].then);
	}
}

/* RFC 2852: R gives up when its time has passed, N tells once. */
static void
test_deliverby(void **state)
{
	(void)setup(state);
	entry.entry.deliverby = ENTRY_DELIVERBY_RETURN;
	entry.entry.useful_until = 1000000000 + 30;
	answer(451, true);
	verdict_decide(&passage);
	assert_int_equal(passage.verdict, JOB_DEFER);
	assert_int_equal((int64_t)passage.state.due_ms - passage.now_ms,
	    30000);
	passage.wall_ms += 30000;
	verdict_decide(&passage);
	assert_int_equal(passage.verdict, JOB_HOLD);
	assert_string_equal(passage.reason, "5.4.7 its time to be delivered "
	    "by has passed: 451 4.2.0 Said");
	entry.entry.deliverby = ENTRY_DELIVERBY_NOTIFY;
	verdict_decide(&passage);
	assert_int_equal(passage.verdict, JOB_DEFER);
	assert_true(passage.notice);
	assert_int_equal(passage.state.notified, JOB_NOTIFIED_DEADLINE);
	entry.state.notified = passage.state.notified;
	verdict_decide(&passage);
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
	verdict_decide(&passage);
	assert_string_equal(passage.reason, "550 a b [1m c");
	memset(said, 'x', sizeof said);
	memcpy(said + 249, "\xc3\xa4", 2);
	smtp_reply_fini(&reply);
	smtp_reply_init(&reply);
	reply.code = 550;
	smtp_reply_add_line(&reply, (struct str){ said, sizeof said });
	verdict_decide(&passage);
	assert_true(utf8_valid(str_of(passage.reason)));
	assert_in_range(strlen(passage.reason), 200, 255);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_wants), cmocka_unit_test(test_notice),
		cmocka_unit_test(test_deliverby),
		cmocka_unit_test(test_reason),
	};

	smtp_reply_init(&reply);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
