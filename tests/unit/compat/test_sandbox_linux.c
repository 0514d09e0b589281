/*
 * Calls that nothing of ours makes, by number: with arguments that a kernel
 * that let them through would take, or refuse in another way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compat/sandbox.h"
#include "compat/sandbox_system.h"

#ifdef SANDBOX_LINUX

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAMESPACE	0x10000000	/* CLONE_NEWUSER */
#define TYPE_AHEAD	0x5412		/* TIOCSTI */

static const struct {
	const char	*name;
	long		 call;
	long		 a, b;
} calls[] = {
#define CALL(name, a, b)	{ #name, SYS_ ## name, a, b }
	CALL(unshare, NAMESPACE, 0), CALL(setns, 0, 0), CALL(mount, 0, 0),
	CALL(pivot_root, 0, 0), CALL(chroot, 0, 0), CALL(chdir, 0, 0),
	CALL(clone, NAMESPACE, 0), CALL(clone3, 0, 0),
	CALL(keyctl, 0, -1), CALL(add_key, 0, 0),
	CALL(userfaultfd, 1, 0), CALL(io_uring_setup, 1, 0),
	CALL(perf_event_open, 0, 0), CALL(kcmp, 0, 0),
	CALL(prctl, 4, 1), CALL(personality, 0, 0),
	CALL(ioctl, 0, TYPE_AHEAD), CALL(tkill, 1, 0),
	CALL(pidfd_open, 1, 0), CALL(rt_sigqueueinfo, 1, 0),
	CALL(setuid, 0, 0), CALL(setgroups, 0, 0), CALL(capset, 0, 0),
	CALL(setrlimit, 4, 0), CALL(prlimit64, 1, 4),
	CALL(memfd_create, 0, 0), CALL(msgget, 0, 0), CALL(shmget, 0, 0),
	CALL(truncate, 0, 0), CALL(ftruncate, 0, 0), CALL(fallocate, 0, 0),
	CALL(sendfile, 0, 0), CALL(splice, 0, 0), CALL(vmsplice, 0, 0),
	CALL(listen, 0, 0), CALL(landlock_restrict_self, -1, 0),
	CALL(seccomp, 0, 0), CALL(settimeofday, 0, 0), CALL(reboot, 0, 0),
#undef CALL
};

static int
run(size_t row)
{
	static const struct sandbox_dirs	none = SANDBOX_DIRS_NONE;
	pid_t					pid = fork();
	int					status;

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		if (sandbox_enter(SANDBOX_NET | SANDBOX_FILES, &none) == -1)
			_exit(255);
		_exit(syscall(calls[row].call, calls[row].a, calls[row].b, 0,
		    0, 0) != -1 ? 254 : errno);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void
test_refused(void **state)
{
	size_t	i;
	int	got;

	(void)state;
	for (i = 0; i < sizeof calls / sizeof calls[0]; i++)
		if ((got = run(i)) != EPERM)
			fail_msg("%s: %d, not EPERM", calls[i].name, got);
}

#else

static void
test_refused(void **state)
{
	(void)state;
	skip();
}

#endif

int
main(void)
{
	const struct CMUnitTest	tests[] = { cmocka_unit_test(test_refused) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
