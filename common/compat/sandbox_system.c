/*
 * Whether this build can be confined at all: one with a sanitizer makes system
 * calls that no sandbox knows.
 */
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
