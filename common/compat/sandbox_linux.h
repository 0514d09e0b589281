/*
 * sandbox_linux - between the two halves of the sandbox on Linux
 *
 * Failure    0, or -1 with errno.
 */
#ifndef COMPAT_SANDBOX_LINUX_H
#define COMPAT_SANDBOX_LINUX_H

/* Machines whose registers sandbox_linux_trap.c knows.  On others F_SETFL is
 * allowed whenever it sets O_NONBLOCK. */
#if defined(__x86_64__) || defined(__aarch64__)
#define SANDBOX_TRAPS
#endif

/* Answers what the filter traps, from now on. */
int	sandbox_trap(void);

#endif
