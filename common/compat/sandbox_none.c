/* Systems, and builds, without a sandbox of their own. */
#include "sandbox_system.h"

#ifdef SANDBOX_NONE

#include "sandbox.h"

int
sandbox_enter(unsigned int promises, const struct sandbox_dirs *d)
{
	(void)promises;
	(void)d;
	return 0;
}

#endif
