/*
 * FreeBSD: the descriptors of the directories keep only the rights that are
 * needed.  UNTESTED.
 *
 * Capability mode itself does not fit a worker that connects by address or to
 * a socket's path; what has neither promise enters it.
 */
#include "sandbox_system.h"

#ifdef SANDBOX_FREEBSD

#include <sys/capsicum.h>

#include <errno.h>

#include "sandbox.h"

static int
sandbox_limit(int fd, const cap_rights_t *rights)
{
	if (fd == -1 || cap_rights_limit(fd, rights) == 0 || errno == ENOSYS)
		return 0;
	return -1;
}

int
sandbox_enter(unsigned int promises, const struct sandbox_dirs *d)
{
	cap_rights_t	read, scratch;

	/* Berkeley DB names its files by paths: the jail is all there is. */
	if ((promises & SANDBOX_SPOOL) != 0)
		return 0;

	if (promises == 0)
		return cap_enter() == 0 || errno == ENOSYS ? 0 : -1;
	cap_rights_init(&read, CAP_LOOKUP, CAP_READ, CAP_SEEK, CAP_FSTAT,
	    CAP_FCNTL);
	cap_rights_init(&scratch, CAP_LOOKUP, CAP_READ, CAP_WRITE, CAP_SEEK,
	    CAP_FSTAT, CAP_FCNTL, CAP_CREATE, CAP_UNLINKAT);
	if (sandbox_limit(d->read, &read) == -1 ||
	    sandbox_limit(d->read_too, &read) == -1)
		return -1;
	return sandbox_limit(d->scratch, &scratch);
}

#endif
