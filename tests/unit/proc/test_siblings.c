/* siblings: a role is what master told of the process that connected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proc/siblings.h"

static const struct ipc_WORKER_LIST	told[] = {
	{ .pid = 10, .uid = 100, .program = "smtpd", .slot = 1 },
	{ .pid = 11, .uid = 100, .program = "smtpd", .slot = 2 },
	{ .pid = 12, .uid = 200, .program = "cleanup" },
	{ .pid = 13, .uid = 200, .program = "qmgr" },
	{ .pid = 14, .uid = 300, .program = "admin" },	/* none of ours */
	{ .pid = 15, .uid = 300, .program = "" },
	{ .pid = 0, .uid = 300, .program = "bounce" },
};

static void
test_role(void **state)
{
	static const struct {
		uid_t	uid;
		pid_t	pid;
		int	want;
	} t[] = {
		{ 100, 10, IPC_SMTPD }, { 100, 11, IPC_SMTPD },
		{ 200, 12, IPC_CLEANUP }, { 200, 13, IPC_QMGR },
		{ 200, 10, IPC_NOBODY }, { 100, 12, IPC_NOBODY },
		{ 0, 10, IPC_NOBODY }, { 100, 99, IPC_NOBODY },
		{ 300, 14, IPC_NOBODY }, { 300, 15, IPC_NOBODY },
		/* where the system tells no pid */
		{ 100, 0, IPC_SMTPD }, { 200, 0, IPC_NOBODY },
		{ 300, 0, IPC_NOBODY },
	};
	struct siblings	s;
	size_t		i;

	(void)state;
	siblings_init(&s);
	for (i = 0; i < sizeof told / sizeof told[0]; i++)
		(void)siblings_add(&s, &told[i]);
	for (i = 0; i < sizeof t / sizeof t[0]; i++)
		assert_int_equal(siblings_role(&s, t[i].uid, t[i].pid),
		    t[i].want);
	siblings_fini(&s);
}

/* A pid that is used again is another process. */
static void
test_again(void **state)
{
	struct ipc_WORKER_LIST	 m = { .pid = 10, .uid = 100,
	    .program = "bounce" };
	struct siblings		 s;
	struct sibling		*one;

	(void)state;
	siblings_init(&s);
	assert_non_null(siblings_add(&s, &told[0]));
	assert_non_null(siblings_add(&s, &m));
	assert_int_equal(siblings_role(&s, 100, 10), IPC_BOUNCE);
	one = siblings_take(&s, 10);
	assert_non_null(one);
	free(one);
	assert_null(siblings_take(&s, 10));
	assert_int_equal(siblings_role(&s, 100, 10), IPC_NOBODY);
	siblings_fini(&s);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = { cmocka_unit_test(test_role),
	    cmocka_unit_test(test_again) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
