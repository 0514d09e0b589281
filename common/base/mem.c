/*
 * Each function ends the process by fatal() where the C library gives NULL.
 * Sizes are multiplied in xcalloc() and xreallocarray() only, which look for
 * overflow.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fatal.h"
#include "mem.h"

#define AGAIN_MS	50

static int	mem_patience_ms;

void
mem_patience(int ms)
{
	mem_patience_ms = ms;
}

/* Whether to ask once more; *waited: of this call. */
static bool
mem_again(int *waited)
{
	static const struct timespec	a_while = {
		.tv_nsec = AGAIN_MS * 1000000L };

	if (*waited >= mem_patience_ms)
		return false;
	*waited += AGAIN_MS;
	(void)nanosleep(&a_while, NULL);
	return true;
}

void *
xmalloc(size_t size)
{
	void	*p;
	int	 waited = 0;

	do
		p = malloc(size != 0 ? size : 1);
	while (p == NULL && mem_again(&waited));
	if (p == NULL)
		fatal("out of memory: %zu bytes", size);
	return p;
}

void *
xcalloc(size_t count, size_t size)
{
	void	*p;
	int	 waited = 0;

	do
		p = calloc(count != 0 ? count : 1, size != 0 ? size : 1);
	while (p == NULL && mem_again(&waited));
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
	void	*q;
	int	 waited = 0;

	if (size != 0 && count > SIZE_MAX / size)
		fatal("array of %zu times %zu bytes", count, size);
	do
		q = realloc(p, count * size != 0 ? count * size : 1);
	while (q == NULL && mem_again(&waited));
	if (q == NULL)
		fatal("out of memory: %zu times %zu bytes", count, size);
	return q;
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
	int	 len, waited = 0;

	do {
		va_start(ap, fmt);
		len = vasprintf(&text, fmt, ap);
		va_end(ap);
	} while (len == -1 && mem_again(&waited));
	if (len == -1)
		fatal("out of memory: text");
	return text;
}
