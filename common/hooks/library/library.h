/*
 * library - functions that every hook has beside the core library
 *
 * What they do needs the worker: its clock, its resolver, its log, its files.
 * A native that waits registers what ends the wait and suspends the run; the
 * worker goes on.  A run waits for one thing at a time.
 *
 * Ownership  struct library is at the front of a run's data (hsl_data())
 *            and borrows everything; library_end() ends the wait, if any,
 *            and must come before the run's execution goes.
 * Failure    natives throw.
 */
#ifndef HOOKS_LIBRARY_LIBRARY_H
#define HOOKS_LIBRARY_LIBRARY_H

#include <stdint.h>

#include "base/log.h"
#include "hooks/library_host.h"
#include "hsl/arguments.h"
#include "hsl/hsl.h"

struct library_lock;

struct library {
	struct library_host	 host;
	const struct logctx	*log;
	int64_t			 until_ms;	/* no wait lasts longer */
	/* Runs the script after hsl_resume(); may end the run. */
	void			(*go_on)(void *arg);
	void			*arg;
	const struct transports	*transports;	/* the run's, or NULL */
	void			(*cancel)(void *wait);	/* NULL: none */
	void			*wait;
	struct library_lock	*locks;		/* barriers that are held */
};

/* Of the run that makes this call. */
struct library	*library_of(const struct hsl_exec *x);
/* For HSL_SUSPEND: cancel() ends the wait and frees it. */
void		 library_wait(struct library *l, void (*cancel)(void *wait),
		    void *wait);
/* The wait is over and freed: hands the script v, which is taken. */
void		 library_resume(struct library *l, struct hsl_exec *x,
		    struct hsl_value v);
void		 library_resume_throw(struct library *l, struct hsl_exec *x,
		    const char *fmt, ...)
		    __attribute__((format(printf, 3, 4)));
void		 library_end(struct library *l);
/* ms, or the time that the run has left if that is less. */
int64_t		 library_time_ms(const struct hsl_exec *x, int64_t ms);

/* What `barrier` stands on, for every host with these functions. */
extern const struct hsl_barriers	library_barriers;

#define FN(name, min, max, signature, text)	hsl_native library_##name;
#include "library.def"
#undef FN

#endif
