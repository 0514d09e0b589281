#include "sandbox.h"
#include "sandbox_system.h"

bool
sandbox_foreign(void)
{
#ifdef SANDBOX_SANITIZER
	return true;
#else
	return false;
#endif
}
