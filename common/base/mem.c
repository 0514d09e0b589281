/*
 * Each function ends the process by fatal() where the C library gives NULL.
 * Sizes are multiplied in xcalloc() and xreallocarray() only, which look for
 * overflow.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "mem.h"

void *
xmalloc(size_t size)
{
	void	*p = malloc(size != 0 ? size : 1);

	if (p == NULL)
		fatal("out of memory: %zu bytes", size);
	return p;
}

void *
xcalloc(size_t count, size_t size)
{
	void	*p = calloc(count != 0 ? count : 1, size != 0 ? size : 1);

	if (p == NULL)
		fatal("out of memory: %zu times %zu bytes", count, size);
	return p;
}

void *
xrealloc(void *p, size_t size)
{
	return xreallocarray(p, size, 1);
}

void *
xreallocarray(void *p, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		fatal("array of %zu times %zu bytes", count, size);
	p = realloc(p, count * size != 0 ? count * size : 1);
	if (p == NULL)
		fatal("out of memory: %zu times %zu bytes", count, size);
	return p;
}

void *
xmemdup(const void *p, size_t size)
{
	void	*copy = xmalloc(size);

	if (size != 0)
		memcpy(copy, p, size);
	return copy;
}

char *
xstrdup(const char *text)
{
	return xmemdup(text, strlen(text) + 1);
}

char *
xstrndup(const char *p, size_t len)
{
	char	*copy = xmalloc(len + 1);

	if (len != 0)
		memcpy(copy, p, len);
	copy[len] = '\0';
	return copy;
}

char *
xasprintf(const char *fmt, ...)
{
	va_list	 ap;
	char	*text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		fatal("out of memory: text");
	va_end(ap);
	return text;
}
