/*
 * The inside of a hook and of a run, shared by hook.c (their life) and the
 * end of DATA, which puts more around both.
 */
#ifndef HOOKS_HOOK_PRIVATE_H
#define HOOKS_HOOK_PRIVATE_H

#include "event/loop.h"

#include "hooks/hook.h"
#include "terminate.h"

struct transports;

struct hook {
	enum hook_kind		 kind;
	struct hook_config	 config;
	struct hsl_program	*program;
};

struct hook_run {
	struct hook_data	 data;		/* first: hsl_data() */
	const struct hook	*hook;
	struct hook_request	 rq;
	struct hsl_exec		*exec;
	struct timer		 again;		/* after a slice */
	struct task		 begin;
	struct transports	*transports;	/* a reference, or NULL */
	/* Sets what a script is told, where that is no session; or NULL. */
	void			(*variables)(struct hook_run *r);
	/* Sees the verdict first, and may keep it (false) until it calls
	 * hook_run_report(); or NULL. */
	bool			(*before_done)(struct hook_run *r);
	/* Frees the run with all that is around it. */
	void			(*free)(struct hook_run *r);
};

/* A hook in the caller's storage: 0, or -1 after reports. */
int	hook_init(struct hook *h, const char *file, struct str script,
	    hsl_diag_fn *report, void *arg);
void	hook_fini(struct hook *h);

/* A run in the caller's storage, to begin with the next turn of the loop. */
void	hook_run_init(struct hook_run *r, const struct hook *h,
	    const struct hook_request *rq);
void	hook_run_fini(struct hook_run *r);
void	hook_run_slice(void *run);
/* Tells the verdict, and frees the run. */
void	hook_run_report(struct hook_run *r);
/* Ends the run: what the script said so far does not count.  Code 0: as
 * Defer() without arguments. */
void	hook_run_defer(struct hook_run *r, int code, const char *text);

#endif
