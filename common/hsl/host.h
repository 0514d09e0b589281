/*
 * host - what a host offers to scripts beyond the core library
 *
 * Natives, classes, variables and files, in tables that end with a NULL name.
 * What is not registered does not exist for a script.
 *
 * A native that waits returns HSL_SUSPEND and sees to it that hsl_resume() is
 * called later.  One that wants a function of the script called, or waits
 * more than once, goes on in steps: see struct hsl_steps.  No C function ever
 * runs script code.
 *
 * Ownership  the tables are the host's and outlive every program compiled
 *            with them.
 * Failure    a native returns HSL_THROW after hsl_throw().
 */
#ifndef HSL_HOST_H
#define HSL_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "hsl/value.h"

struct hsl_cache;
struct hsl_exec;

enum hsl_rc {
	HSL_OK,			/* the result is in *c->ret */
	HSL_THROW,		/* hsl_throw() was called */
	HSL_SUSPEND,		/* hsl_resume() will bring the result */
	HSL_EXIT,		/* the script ends here, as by Accept() */
	HSL_STEPS,		/* hsl_steps_begin()'s */
	HSL_CALL		/* hsl_steps_call()'s */
};

struct hsl_call {
	struct hsl_exec		*x;
	struct hsl_value	 self;	/* the object, for a method */
	const struct hsl_value	*argv;	/* borrowed for the call */
	int			 argc;	/* checked against min and max */
	struct hsl_value	*ret;	/* none on entry */
	const void		*host;	/* of the registration */
};

typedef enum hsl_rc	hsl_native(struct hsl_call *c);

#define HSL_VARIADIC	255

/* One row of a function table; `text` and `signature` feed the man page. */
struct hsl_function {
	const char	*name;		/* NULL ends a table */
	int		 argc_min;
	int		 argc_max;	/* or HSL_VARIADIC */
	hsl_native	*fn;
	const char	*signature;
	const char	*text;
};

/*
 * A native in steps.  It returns what hsl_steps_begin() gives; then step() is
 * called at once, and again whenever what it asked for is there: it returns
 * hsl_steps_call() for a call of a function, or HSL_SUSPEND for a wait; the
 * result is then in slots[0].  It ends with HSL_OK and its result in
 * slots[0], or with HSL_THROW.  An exception in what was called, or brought
 * by hsl_resume_throw(), ends it without another word.
 *
 * slots[1] and on are the arguments, then none; slots own what they hold:
 * hsl_slot_set() takes a value.  state begins as 0 and is the native's own.
 */
struct hsl_steps {
	struct hsl_exec			*x;
	struct hsl_value		*slots;
	int				 state;		/* 0 to 255 */
	uint32_t			 count;		/* likewise, from 0 */
	const struct hsl_function	*row;
};

typedef enum hsl_rc	hsl_step(struct hsl_steps *s);

enum hsl_rc	 hsl_steps_begin(struct hsl_call *c, hsl_step *step,
		    int nslots);
/* The arguments are borrowed. */
enum hsl_rc	 hsl_steps_call(struct hsl_steps *s, struct hsl_value fn,
		    const struct hsl_value *args, int argc);
void		 hsl_slot_set(struct hsl_steps *s, int slot,
		    struct hsl_value v);
enum hsl_rc	 hsl_steps_throw(struct hsl_steps *s, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));

/*
 * What `barrier` stands on.  The natives take the id, a number that this
 * execution never uses again, then the name, then a value; they may suspend.
 * release() ends the wait or the hold of that id, if there is one; it comes
 * from inside hsl_run() or hsl_exec_free().
 */
struct hsl_barriers {
	hsl_native	*acquire;	/* (id, name) */
	hsl_native	*load;		/* (id, name): value, or none */
	hsl_native	*store;		/* (id, name, value or none) */
	void		(*release)(struct hsl_exec *x, uint64_t id);
};

/* A class that only the host makes objects of (hsl_object_new()). */
struct hsl_class {
	const char			*name;
	const struct hsl_function	*methods;
	const struct hsl_function	*statics;	/* or NULL */
	const struct hsl_function	*constructor;	/* or NULL */
	void				(*free)(void *data);	/* or NULL */
};

struct hsl_variable {
	const char	*name;		/* without "$"; NULL ends a table */
	bool		 read_only;
};

/* Where include and import look: what `from` asks for by `path`. */
struct hsl_open {
	const char	*from;
	const char	*path;
	struct buf	*text;		/* out: the file */
	char		*name;		/* out: its full name */
	size_t		 name_size;
};

typedef int	hsl_open_fn(void *arg, const struct hsl_open *o,
		    struct err *e);

struct hsl_diag;
struct hsl_advice;		/* advice.h */

struct hsl_host {
	const struct hsl_function	*functions;	/* or NULL */
	const struct hsl_class		*const *classes; /* or NULL */
	const struct hsl_variable	*variables;	/* or NULL */
	const struct hsl_barriers	*barriers;	/* or NULL: none */
	hsl_open_fn			*open;		/* or NULL: no files */
	void				*open_arg;
	struct hsl_cache		*cache;	/* or NULL: each program's */
	const struct hsl_advice		*advice;	/* or NULL */
	/* What is no error; or NULL: nobody wants to know. */
	void				(*warn)(void *arg,
					    const struct hsl_diag *d);
	void				*warn_arg;
};

#endif
