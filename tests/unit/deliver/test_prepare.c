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
#include "deliver/own.h"

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
	const char	*said;

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
	said = hear("ready");
	/* Leases are told in no order. */
	if (strstr(said, "leased 11/1;leased") == NULL)
		assert_string_equal(said, "hello 0;held 1;held 3;leased "
		    "12/1;leased 11/1;ready 0;");
	else
		assert_string_equal(said, "hello 0;held 1;held 3;leased "
		    "11/1;leased 12/1;ready 0;");
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
	CHANNEL_SEND(t.channel, DELIVER_TRY, -1, { .number = 4,
	    .text = STR("xx") });
	(void)hear("END");
	(void)hear("ready");
	assert_int_equal(jobs_all(), 0);
}

#define TEST(fn)	cmocka_unit_test_setup_teardown(fn, desk_setup,	\
	desk_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(test_no_hook), TEST(test_lost), TEST(test_bad),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	log_open("test", LOG_TO_FD, open("/dev/null", O_WRONLY));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
