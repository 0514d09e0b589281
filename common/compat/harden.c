#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "harden.h"

int
harden_process(void)
{
#ifdef __linux__
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#else
	return 0;
#endif
}
