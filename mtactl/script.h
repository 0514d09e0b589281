/*
 * script - compiling scripts from files, outside any daemon
 *
 * include and import look where a worker would: "./x" and "../x" beside the
 * file that asks, "x", "file:x" and "file://x" beneath the root; each as it
 * is, then with ".hsl".  No path leads out of a root that was given.
 *
 * Ownership  borrows the strings.
 * Failure    NULL after at least one report.
 */
#ifndef MTACTL_SCRIPT_H
#define MTACTL_SCRIPT_H

#include "conf/conf.h"
#include "hooks/origin.h"
#include "hsl/hsl.h"

struct script_from {
	const char	*file;		/* as diagnostics show it */
	const char	*root;		/* NULL: where the file lies */
	const char	*hook;		/* "eod"; NULL: a script of its own */
	struct str	 text;		/* none: read the file */
	conf_report_fn	*warning;	/* as report; NULL: none is wanted */
};

struct hsl_program	*script_compile(const struct script_from *from,
			    conf_report_fn *report, void *arg);
/* Where a script's include, import and File look. */
void			 script_origin(const struct script_from *from,
			    struct origin *o);
void			 script_origin_free(struct origin *o);
/* Whether there is a hook of that name. */
bool			 script_hook_known(const char *hook);

#endif
