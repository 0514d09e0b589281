/*
 * Order: working directory inside the instance, then no way back to rights.
 * Users, chroot and the system's sandbox have their place between the two.
 */
#include <unistd.h>

#include "compat/harden.h"

#include "confine.h"
#include "daemon.h"

int
confine(const struct worker *w, struct err *e)
{
	if (chdir(w->directory) == -1)
		return err_errno(e, "%s", w->directory);
	if (harden_process() == -1)
		return err_errno(e, "giving up rights");
	return 0;
}
