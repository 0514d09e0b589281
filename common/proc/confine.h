/*
 * confine - a worker gives up what it does not need
 *
 * In two steps, between which it compiles what strangers wrote: the jail
 * (another user, another root), then the system's sandbox.  A worker that
 * root did not start keeps its user and its root.
 *
 * Failure    0, or -1 with *e: the worker must not go on.
 */
#ifndef PROC_CONFINE_H
#define PROC_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct worker;

/* run_directory, as a worker sees it from outside of the jail, or inside. */
const char	*confine_run_directory(const struct worker *w, bool inside,
		    char *path, size_t size);
/* spool_directory, likewise. */
const char	*confine_spool_directory(const struct worker *w, bool inside,
		    char *path, size_t size);
/* What a jail in the spool needs of it: its descriptor. */
int	confine_open_spool(struct worker *w, struct err *e);
int	confine_jail(const struct worker *w, struct err *e);
int	confine_sandbox(const struct worker *w, struct err *e);

#endif
