/*
 * title - the name a process shows in a list of processes
 *
 * title_init() first thing in main(); it may move the environment.
 */
#ifndef COMPAT_TITLE_H
#define COMPAT_TITLE_H

void	title_init(int argc, char **argv);
void	title_set(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));

#endif
