/*
 * harden - what a system offers to keep a worker from gaining rights
 *
 * No new privileges by exec, where the system knows such a thing.
 *
 * Failure    0, or -1 with errno.
 */
#ifndef COMPAT_HARDEN_H
#define COMPAT_HARDEN_H

int	harden_process(void);

#endif
