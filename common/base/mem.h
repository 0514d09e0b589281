/*
 * mem - memory that is there or the process is not
 *
 * Every limit is checked before these are called, so that input never decides
 * whether they end the process.  The VM (common/hsl) has its own heap.
 *
 * Ownership  the caller frees with free().
 * Failure    none: when the system has no memory the process exits 75 and
 *            master restarts it with back-off.  One that has patience asks
 *            again for so long, and does nothing else the while.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

void	*xmalloc(size_t size);
void	*xcalloc(size_t count, size_t size);
void	*xrealloc(void *p, size_t size);
void	*xreallocarray(void *p, size_t count, size_t size);
void	*xmemdup(const void *p, size_t size);
char	*xstrdup(const char *text);
char	*xstrndup(const char *p, size_t len);
/* For one whose end would take others with it; of each call, in ms. */
void	 mem_patience(int ms);
char	*xasprintf(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));

#endif
