/*
 * Linux: a process that is not dumpable leaves no core and can't be traced by
 * its user.  FreeBSD has a call for the same.  Elsewhere the limit of core
 * files is all.
 */
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#ifdef __FreeBSD__
#include <sys/procctl.h>
#endif

#include "hide.h"
#include "sandbox.h"

int
process_hide(void)
{
	const struct rlimit	none = { 0, 0 };

	if (sandbox_foreign())
		return 0;
	if (setrlimit(RLIMIT_CORE, &none) == -1)
		return -1;
#if defined(__linux__)
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#elif defined(__FreeBSD__)
	int	off = PROC_TRACE_CTL_DISABLE;

	return procctl(P_PID, 0, PROC_TRACE_CTL, &off);
#else
	return 0;
#endif
}
