/*
 * Attempts that are traced: which are, how many, and until when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>

#include <fcntl.h>

#include <cmocka.h>

#include "base/log.h"

#include "desk.h"

/* So many are shown, of those that are meant; none of a trace that ended. */
static void
test_traced(void **state)
{
	(void)state;
	give_trace(1, 2, "recipient", "R@a.*");
	give_trace(2, 9, "remoteip", "127.0.0.9");
	give(1, 1, 1, "bad@a.example");
	assert_string_equal(hear("rests"), "bounce 1;rests 1/1;");
	give(2, 1, 2, "r@a.example");
	assert_string_equal(hear("rests"), "traced 1;shown 1;done 2;"
	    "rests 1/2;");
	assert_int_equal(t.commands, 3);	/* MAIL RCPT DATA */
	give(3, 1, 3, "other@a.example");
	(void)hear("rests");
	give_trace(3, 9, "remoteip", "127.0.0.*");
	CHANNEL_SEND(t.channel, DELIVER_TRACE_END, -1, { .trace = 1 });
	CHANNEL_SEND(t.channel, DELIVER_TRACE_END, -1, { .trace = 7 });
	give(4, 1, 4, "r@a.example");
	assert_string_equal(hear("rests"), "traced 1;shown 1;done 4;"
	    "rests 1/4;");
	assert_int_equal(t.commands, 6);
	/* With its connection qmgr's traces have gone. */
	channel_free(&t.channel);
	(void)hear("ready");
	give_all(1, "");
	give(5, 1, 5, "r@a.example");
	assert_string_equal(hear("rests"), "done 5;rests 1/5;");
}

#define TEST(fn)	cmocka_unit_test_setup_teardown(fn, desk_setup,	\
	desk_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = { TEST(test_traced) };

	(void)signal(SIGPIPE, SIG_IGN);
	log_open("test", LOG_TO_FD, open("/dev/null", O_WRONLY));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
