/*
 * Only glibc has to be asked: malloc_trim() finds pages that are free anywhere
 * in the heap.
 */
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
