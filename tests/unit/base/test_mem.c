/*
 * base: who has patience gets the memory that comes back in time, and ends
 * where it does not.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "compat/asan.h"

#define SIZE	((size_t)64 << 20)

static void
no_limit(int sig)
{
	struct rlimit	r;

	(void)sig;
	(void)getrlimit(RLIMIT_AS, &r);
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_AS, &r);
}

/* A process that has no memory for ms; how it ended. */
static int
starve(int patience_ms, int ms)
{
	struct itimerval	 in = { .it_value = {
	    .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 } };
	struct rlimit		 r;
	pid_t			 pid = fork();
	char			*p;
	int			 status;

	if (pid == 0) {
		mem_patience(patience_ms);
		(void)signal(SIGALRM, no_limit);
		(void)getrlimit(RLIMIT_AS, &r);
		r.rlim_cur = 1 << 20;
		(void)setrlimit(RLIMIT_AS, &r);
		(void)setitimer(ITIMER_REAL, &in, NULL);
		p = xmalloc(SIZE);
		p[SIZE - 1] = 1;
		p = xrealloc(p, 2 * SIZE);
		_exit(p[SIZE - 1] - 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
test_patience(void **state)
{
	(void)state;
	if (COMPAT_ASAN)
		skip();		/* its memory is no matter of this limit */
	assert_int_equal(starve(60000, 200), 0);
	assert_int_equal(starve(0, 200), FATAL_EXIT);
	assert_int_equal(starve(100, 60000), FATAL_EXIT);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_patience),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
