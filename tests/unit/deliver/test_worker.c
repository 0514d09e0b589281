/*
 * A worker in this process, whose qmgr is this test: jobs, verdicts, leases,
 * and what becomes of them when qmgr goes.  What it says is text: see desk.h.
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
#include "deliver/outlet.h"
#include "dns/dns.h"
#include "ipc/channel.h"
#include "outbound/secret.h"
#include "queue/queue_trace.h"
#include "spool/record.h"

#include "desk.h"

/* ---- The tests ----------------------------------------------------------- */

static void
test_verdicts(void **state)
{
	(void)state;
	give(7, 1, 1, "r@a.example");
	assert_string_equal(hear("rests"), "done 7;rests 1/1;");
	give(8, 1, 2, "bad@a.example");
	assert_string_equal(hear("rests"), "bounce 8;rests 1/2;");
	assert_int_equal(jobs_all(), 2);
	give_safe(7);
	give_safe(8);
	give(9, 1, 3, "not an address");
	assert_string_equal(hear("rests"), "defer 9;rests 1/3;");
	assert_int_equal(jobs_all(), 1);
}

/* Nobody is there: the lease ends with the job. */
static void
test_refused(void **state)
{
	(void)state;
	(void)kill(t.hop, SIGKILL);
	(void)waitpid(t.hop, NULL, 0);
	give(7, 1, 1, "r@a.example");
	assert_string_equal(hear("closed"), "defer 7;closed 1/1;");
}

/* An idle connection serves whichever lease asks; one that is evicted, or that
 * an older use is meant of, or that nobody knows. */
static void
test_leases(void **state)
{
	(void)state;
	give(1, 11, 1, "slow@a.example");
	give(2, 12, 1, "slow@a.example");
	/* In either order. */
	if (strstr(hear("rests 12/1"), "rests 11/1") == NULL)
		(void)hear("rests 11/1");
	give(3, 11, 2, "r@a.example");
	(void)hear("rests 11/2");
	CHANNEL_SEND(t.channel, DELIVER_EVICT, -1, { .lease = 11,
	    .uses = 1 });
	CHANNEL_SEND(t.channel, DELIVER_EVICT, -1, { .lease = 99,
	    .uses = 1 });
	CHANNEL_SEND(t.channel, DELIVER_EVICT, -1, { .lease = 11,
	    .uses = 2 });
	(void)hear("closed 11/2");
	give(4, 12, 2, "r@a.example");
	assert_string_equal(hear("rests"), "done 4;rests 12/2;");
	/* A new lease while one rests: the connection goes with it. */
	give(5, 13, 1, "r@a.example");
	assert_string_equal(hear("rests 13/1"),
	    "closed 12/2;done 5;rests 13/1;");
}

/* A transport may keep its idle connections from those who need a place. */
static void
test_not_evictable(void **state)
{
	(void)state;
	CHANNEL_SEND(t.channel, DELIVER_DROP, -1, { .number = 1 });
	CHANNEL_SEND(t.channel, DELIVER_CLOSE, -1, { .segment = SEGMENT });
	give_all(1, "-o pooling_evictable=no");
	give(1, 11, 1, "r@a.example");
	(void)hear("rests 11/1");
	CHANNEL_SEND(t.channel, DELIVER_EVICT, -1, { .lease = 11,
	    .uses = 1 });
	channel_flush(t.channel);
	channel_free(&t.channel);
	assert_string_equal(hear("ready"), "hello 0;leased idle 11/1;"
	    "done 1;ready 0;");
}

/* What was under way goes on, and is told to the next qmgr. */
static void
test_qmgr_lost(void **state)
{
	(void)state;
	give(1, 11, 1, "r@a.example");
	(void)hear("rests");
	give(2, 12, 1, "slow@a.example");
	(void)hear("closed 11/1");
	channel_free(&t.channel);
	/* 1 had no SAFE, 2 has no end. */
	assert_string_equal(hear("ready"),
	    "hello 0;held 2;leased 12/1;done 1;ready 0;");
	(void)hear("rests 12/1");
	channel_free(&t.channel);
	assert_string_equal(hear("ready"), "hello 0;leased idle 12/1;"
	    "done 1;done 2;ready 0;");
	give_safe(1);
	give_safe(2);
	/* The new one names transports and segments anew. */
	give_all(1, "");
	give(3, 12, 2, "r@a.example");
	assert_string_equal(hear("rests"), "done 3;rests 12/2;");
	assert_int_equal(jobs_all(), 1);
}

static void
bad(const char *name)
{
	print_message("%s\n", name);
	(void)hear("END");
	(void)hear("ready");
	assert_int_equal(jobs_all(), 0);
}

/* They end the conversation, and what was half told. */
static void
test_bad(void **state)
{
	struct ipc_DELIVER_JOB	m;

	(void)state;
	give(1, 0, 0, "r@a.example");
	bad("an attempt without lease");
	give_all(1, "");
	m = job_frame(1, 1, 1);
	m.transport = 9;
	CHANNEL_PUT(t.channel, DELIVER_JOB, -1, &m);
	bad("a transport that is not there");
	give_all(1, "");
	m = job_frame(1, 1, 1);
	m.segment = 9;
	CHANNEL_PUT(t.channel, DELIVER_JOB, -1, &m);
	bad("a segment that is not there");
	give_all(1, "");
	m = job_frame(1, 1, 1);
	m.entries = JOB_ENTRIES_MAX + 1;
	CHANNEL_PUT(t.channel, DELIVER_JOB, -1, &m);
	bad("too many entries");
	give_entry(1, 1, "r@a.example");
	bad("an entry of no job");
	give_safe(1);
	bad("SAFE of no job");
	give_trace(1, 0, "sender", "x");
	bad("a trace of no attempts");
	give_trace(1, 1, "colour", "x");
	bad("a trace by no field");
	give_trace(1, 1, "id", "x");
	bad("a trace of what is no id");
	give_trace(1, 1, "sender", "x");
	give_trace(1, 1, "sender", "x");
	bad("a trace twice");
	give_all(1, "");
	give_all(1, "");
	bad("a transport twice");
	CHANNEL_SEND(t.channel, DELIVER_TRANSPORT, -1, { .number = 1,
	    .text = STR("transport a host b c d\n") });
	bad("no transport");
	CHANNEL_SEND(t.channel, DELIVER_CLOSE, -1, { .segment = SEGMENT });
	bad("a segment that was not lent");
	give_all(1, "");
	m = job_frame(1, 1, 1);
	m.entries = 2;
	CHANNEL_PUT(t.channel, DELIVER_JOB, -1, &m);
	give_entry(1, 1, "r@a.example");
	channel_free(&t.channel);
	(void)hear("ready");
	assert_int_equal(jobs_all(), 0);
}

/* Damage and a transport that can't be used are no reason to die. */
static void
test_unusable(void **state)
{
	struct ipc_DELIVER_JOB	m = job_frame(1, 1, 1);

	(void)state;
	CHANNEL_SEND(t.channel, DELIVER_TRANSPORT, -1, { .number = 2,
	    .text = STR("transport hop mx -\n") });
	m.transport = 2;
	CHANNEL_PUT(t.channel, DELIVER_JOB, -1, &m);
	give_entry(1, 1, "r@a.example");
	assert_string_equal(hear("closed"), "defer 1;closed 1/1;");
	m = job_frame(2, 2, 1);
	m.body = 8192;
	CHANNEL_PUT(t.channel, DELIVER_JOB, -1, &m);
	give_entry(2, 1, "r@a.example");
	assert_string_equal(hear("closed"), "defer 2;closed 2/1;");
}

static void
drain_now(void *arg)
{
	(void)arg;
	drain_begin(60000, 60000);
}

/* What was not begun goes back, what was is finished. */
static void
test_drained(void **state)
{
	struct timer	later;

	(void)state;
	worker.params.deliver_concurrency = 1;
	give(1, 11, 1, "slow@a.example");
	give(2, 12, 1, "r@a.example");
	give(3, 13, 1, "r@a.example");
	timer_init(&later, deliver.loop, drain_now, NULL);
	timer_start(&later, 100);
	assert_string_equal(hear("rests 11/1"), "drain 0;again 2;"
	    "closed 12/1;again 3;closed 13/1;done 1;rests 11/1;");
	give(4, 14, 1, "r@a.example");
	assert_string_equal(hear("closed 14"), "again 4;closed 14/1;");
	timer_fini(&later);
	/* With the last SAFE it leaves its loop. */
	give_safe(1);
	give_safe(2);
	give_safe(3);
	give_safe(4);
	t.wanted = "nothing";
	timer_start(&t.limit, 20000);
	assert_int_equal(loop_run(deliver.loop), 0);
	assert_true(t.limit.armed);
	assert_int_equal(jobs_all(), 0);
}

#define TEST(fn)	cmocka_unit_test_setup_teardown(fn, desk_setup,	\
	desk_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(test_verdicts), TEST(test_refused), TEST(test_leases),
		TEST(test_not_evictable),
		TEST(test_qmgr_lost), TEST(test_bad), TEST(test_unusable),
		TEST(test_drained),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	log_open("test", LOG_TO_FD, open("/dev/null", O_WRONLY));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
