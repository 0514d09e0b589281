/*
 * fatal - the two ways a process ends on purpose
 *
 * panic()  our own bug: a line on standard error, then abort().
 * fatal()  the machine is unusable: a line on standard error, then exit 75
 *          (EX_TEMPFAIL), and master backs off.
 *
 * Neither may be reachable from network, IPC, spool, DNS or script bytes.
 */
#ifndef BASE_FATAL_H
#define BASE_FATAL_H

#define FATAL_EXIT	75

void	panic(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2), noreturn));
void	fatal(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2), noreturn));

#endif
