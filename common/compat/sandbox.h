/*
 * sandbox - the system's own walls around a worker
 *
 * seccomp and Landlock on Linux, pledge on OpenBSD, Capsicum's rights of
 * descriptors on FreeBSD; elsewhere nothing.  What is not promised here is
 * refused by the system from then on: to run a program, to listen, to trace
 * or signal another process, to open a path.
 *
 * Ownership  borrows the descriptors during the call.
 * Failure    0, or -1 with errno.  Irreversible.  A call that is refused
 *            later fails with EPERM in the caller; running a program ends it
 *            with SIGSYS.
 *            SANDBOX_SPOOL is for processes that parse nothing of strangers:
 *            what protects a shared log (no truncation, no O_DIRECT) is not
 *            kept up there, since files of the spool need both.
 * Process    a build with sanitizers has no sandbox: their own calls are
 *            not ours to name.
 */
#ifndef COMPAT_SANDBOX_H
#define COMPAT_SANDBOX_H

#include <stdbool.h>

enum sandbox_promise {
	SANDBOX_NET = 1,	/* speak TCP and UDP, from any address */
	SANDBOX_FILES = 2,	/* open files beneath the directories given */
	SANDBOX_SPOOL = 4	/* do all to files, in the one directory */
};

struct sandbox_dirs {
	int	read;		/* files beneath are read, or -1 */
	int	read_too;	/* likewise */
	int	scratch;	/* files without a name are made here, or -1 */
	int	spool;		/* all beneath belongs to this process, or -1 */
};

#define SANDBOX_DIRS_NONE	{ .read = -1, .read_too = -1, \
				  .scratch = -1, .spool = -1 }

/* A build with sanitizers: it must reach their files, too, so no chroot. */
bool	sandbox_foreign(void);
int	sandbox_enter(unsigned int promises, const struct sandbox_dirs *d);

#endif
