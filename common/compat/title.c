/*
 * The title is set by setproctitle() of the system or of libbsd, and found
 * again in /proc where there is one.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static bool
title_is(const char *pid, const char *title)
{
	char	path[64], found[1024];
	ssize_t	n;
	int	fd;

	(void)snprintf(path, sizeof path, "/proc/%.20s/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return false;
	n = read(fd, found, sizeof found - 1);
	(void)close(fd);
	if (n <= 0)
		return false;
	found[n] = '\0';
	return strcmp(found, title) == 0;
}

pid_t
title_find(const char *title)
{
	const struct dirent	*entry;
	DIR			*proc = opendir("/proc");
	pid_t			 pid = 0;

	while (proc != NULL && pid == 0 && (entry = readdir(proc)) != NULL)
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
		    title_is(entry->d_name, title))
			pid = (pid_t)atol(entry->d_name);
	if (proc != NULL)
		(void)closedir(proc);
	return pid;
}
