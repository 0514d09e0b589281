/*
 * Only glibc has to be asked: malloc_trim() finds pages that are free anywhere
 * in the heap; and what is large has its own pages there only until the first
 * such thing is freed, unless it is told from which size on.
 */
#include <stdlib.h>		/* says which C library this is */

#include "heap.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#define HEAP_LARGE	(128 * 1024)

void
heap_large_apart(void)
{
#if defined(__GLIBC__)
	(void)mallopt(M_MMAP_THRESHOLD, HEAP_LARGE);
#endif
}

void
heap_give_back(void)
{
#if defined(__GLIBC__)
	(void)malloc_trim(0);
#endif
}
