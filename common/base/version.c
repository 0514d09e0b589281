/*
 * The version is written in the Makefile only, which compiles it into this
 * file.
 */
#include "version.h"

const char *
halyard_version(void)
{
	return HALYARD_VERSION;
}
