#include <stdlib.h>		/* says which C library this is */

#include "heap.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

void
heap_give_back(void)
{
#if defined(__GLIBC__)
	(void)malloc_trim(0);
#endif
}
