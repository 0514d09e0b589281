#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "title.h"

extern char	**environ;

void
title_init(int argc, char **argv)
{
#ifdef LIBBSD_OVERLAY
	setproctitle_init(argc, argv, environ);
#else
	(void)argc;
	(void)argv;
#endif
}

void
title_set(const char *fmt, ...)
{
	char	text[1024];
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	setproctitle("-%s", text);
}
