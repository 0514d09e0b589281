#include "version.h"

const char *
halyard_version(void)
{
	return HALYARD_VERSION;
}
