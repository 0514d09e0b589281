/*
 * OpenBSD: pledge and unveil.  UNTESTED.
 *
 * unveil() speaks of paths: the directories are named through fchdir() and
 * ".", after which the working directory is put back.
 */
#include "sandbox_system.h"

#ifdef SANDBOX_OPENBSD

#include <fcntl.h>
#include <unistd.h>

#include "sandbox.h"

static int
sandbox_unveil(int dir, const char *rights)
{
	if (dir == -1)
		return 0;
	if (fchdir(dir) == -1)
		return -1;
	return unveil(".", rights);
}

int
sandbox_enter(unsigned int promises, const struct sandbox_dirs *d)
{
	int	here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = -1;

	if (here == -1)
		return -1;
	if ((promises & SANDBOX_SPOOL) != 0) {
		if (sandbox_unveil(d->spool, "rwc") == 0 && fchdir(here) == 0)
			rc = pledge("stdio rpath wpath cpath flock unix "
			    "sendfd recvfd", NULL);
	} else if ((promises & SANDBOX_FILES) == 0)
		rc = pledge(promises & SANDBOX_NET ?
		    "stdio inet unix recvfd" : "stdio unix recvfd", NULL);
	else if (sandbox_unveil(d->read, "r") == 0 &&
	    sandbox_unveil(d->read_too, "r") == 0 &&
	    sandbox_unveil(d->scratch, "rwc") == 0 && fchdir(here) == 0)
		rc = pledge(promises & SANDBOX_NET ?
		    "stdio rpath wpath cpath inet unix recvfd" :
		    "stdio rpath wpath cpath unix recvfd", NULL);
	(void)close(here);
	return rc;
}

#endif
