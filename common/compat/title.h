/*
 * title - the name a process shows in a list of processes
 *
 * title_init() first thing in main(); it may move the environment.
 */
#ifndef COMPAT_TITLE_H
#define COMPAT_TITLE_H

#include <sys/types.h>

void	title_init(int argc, char **argv);
void	title_set(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));
/* A process with that title, or 0: none, or the system does not show it. */
pid_t	title_find(const char *title);

#endif
