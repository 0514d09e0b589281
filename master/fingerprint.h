/*
 * fingerprint - all that workers were started with, but for their plans
 *
 * Rows of master.cf, parameters, texts of hooks, and of every file that a
 * parameter names, that a script may import, that the system has for all
 * programs, or that a worker is run from: which one it is.  Two that are equal
 * mean that new workers would be as those that run, if transport.cf and
 * policy.cf are, which are not part of it.  Where that can't be told, two are
 * never equal.
 *
 * Ownership  the caller's storage, FINGERPRINT_INIT to start,
 *            fingerprint_fini() to end.
 * Failure    none.
 */
#ifndef MASTER_FINGERPRINT_H
#define MASTER_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "conf/conf.h"

struct fingerprint {
	struct buf	text;
	bool		doubtful;
};

#define FINGERPRINT_INIT	{ BUF_INIT, false }

/* programs: the directory of the workers' programs.  Before any of the files
 * is loaded. */
void	fingerprint_take(struct fingerprint *f, const struct conf *conf,
	    const char *programs);
void	fingerprint_fini(struct fingerprint *f);
bool	fingerprint_equal(const struct fingerprint *a,
	    const struct fingerprint *b);

#endif
