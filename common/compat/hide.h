/*
 * hide - a process's memory is nobody's to look at
 *
 * No core file, no trace by a process of the same user: keys and mail lie in
 * it.  A build with sanitizers stays as it is: it looks for leaks by a trace.
 *
 * Failure    0, or -1 with errno.
 */
#ifndef COMPAT_HIDE_H
#define COMPAT_HIDE_H

int	process_hide(void);

#endif
