/*
 * fcntl(F_SETFL) in the sandbox, where a descriptor may be shared with others.
 *
 * Flags of a file's status belong to what was opened, not to the process: a
 * worker that clears O_APPEND of the log can then write over what others
 * wrote, and one that clears O_NONBLOCK of a listening socket makes others
 * wait in accept().  A filter sees numbers, not what a descriptor is.  So it
 * lets F_SETFL through only with both flags set, and none that spoils a file.
 * Libraries that make a socket of theirs not wait give O_NONBLOCK alone; that
 * call is trapped and made again here with O_APPEND, which means nothing to a
 * socket.
 */
#include "sandbox_system.h"

#ifdef SANDBOX_LINUX

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "sandbox_linux.h"

#ifdef SANDBOX_TRAPS

#if defined(__x86_64__)
#define TRAP_A0(u)	((u)->uc_mcontext.gregs[REG_RDI])
#define TRAP_A2(u)	((u)->uc_mcontext.gregs[REG_RDX])
#define TRAP_RESULT(u)	((u)->uc_mcontext.gregs[REG_RAX])
#else
#define TRAP_A0(u)	((u)->uc_mcontext.regs[0])
#define TRAP_A2(u)	((u)->uc_mcontext.regs[2])
#define TRAP_RESULT(u)	((u)->uc_mcontext.regs[0])
#endif

static void
trap_setfl(int sig, siginfo_t *info, void *context)
{
	ucontext_t	*u = context;
	int		 saved = errno, rc = -1;

	(void)sig;
	errno = EPERM;
	if (info->si_syscall == SYS_fcntl)
		rc = fcntl((int)TRAP_A0(u), F_SETFL, (int)TRAP_A2(u) |
		    O_APPEND);
	/* As the kernel gives it: a negative number is an error. */
	TRAP_RESULT(u) = (__typeof__(TRAP_RESULT(u)))(rc == -1 ? -errno : rc);
	errno = saved;
}

int
sandbox_trap(void)
{
	struct sigaction	sa;

	memset(&sa, 0, sizeof sa);
	sa.sa_sigaction = trap_setfl;
	sa.sa_flags = SA_SIGINFO;
	return sigaction(SIGSYS, &sa, NULL);
}

#else

int
sandbox_trap(void)
{
	return 0;
}

#endif
#endif
