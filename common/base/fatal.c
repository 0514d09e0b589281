/*
 * What is said goes straight to standard error: the log may be what has
 * failed.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fatal.h"

static void
fatal_say(const char *kind, const char *fmt, va_list ap)
{
	char	text[512];

	(void)vsnprintf(text, sizeof text, fmt, ap);
	(void)dprintf(STDERR_FILENO, "halyard[%ld]: %s: %s\n", (long)getpid(),
	    kind, text);
}

void
panic(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	fatal_say("panic", fmt, ap);
	va_end(ap);
	abort();
}

void
fatal(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	fatal_say("fatal", fmt, ap);
	va_end(ap);
	_exit(FATAL_EXIT);
}
