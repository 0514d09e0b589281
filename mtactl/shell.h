/*
 * shell - scripts run outside any daemon, with what every hook has
 *
 * What a script shares by memory_store() and the like it shares with itself.
 * What it echoes goes to standard output, a line each; a value thrown and not
 * caught goes to standard error with its place.
 *
 * Ownership  shell_open() fills in, shell_close() takes back; the address
 *            must stay, and is the data of the executions that are run
 *            (hsl_data()).  `place` is borrowed.
 * Failure    shell_open(): -1 with *e.
 */
#ifndef MTACTL_SHELL_H
#define MTACTL_SHELL_H

#include "base/log.h"
#include "event/loop.h"
#include "hooks/library/library.h"
#include "hsl/hsl.h"

struct shell {
	struct library		 library;	/* first: library_of() */
	struct hsl_exec		*exec;		/* at work */
	struct loop		*loop;
	struct timer		 again;		/* after a slice */
	struct logctx		 log;
	int			 rc;
};

int	shell_open(struct shell *s, const struct origin *place,
	    struct err *e);
void	shell_close(struct shell *s);
void	shell_echo(void *arg, struct str text);
/* To the end, waits included: CTL_OK or CTL_FAILED. */
int	shell_run(struct shell *s, struct hsl_exec *x);

#endif
