/*
 * host - what a host offers to scripts beyond the core library
 *
 * Natives, classes, variables and files, in tables that end with a NULL name.
 * What is not registered does not exist for a script.
 *
 * A native that waits returns HSL_SUSPEND and sees to it that hsl_resume() is
 * called later.  One that wants a function of the script called, or waits
 * more than once, goes on in steps: see arguments.h.  No C function ever
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
	/* Drops values of the heap that `data` holds; not called where all of
	 * the heap goes.  May be NULL. */
	void				(*drop)(struct hsl_exec *x,
					    void *data);
};

struct hsl_variable {
	const char	*name;		/* without "$"; NULL ends a table */
	bool		 read_only;
};

/* A file that include or import in the file `from` asks for by `path`. */
struct hsl_open {
	const char	*from;
	const char	*path;
	struct buf	*text;		/* out: the file */
	char		*name;		/* out: its full name */
	size_t		 name_size;
};

typedef int	hsl_open_fn(void *arg, const struct hsl_open *o,
		    struct err *e);

/*
 * For warnings: a call of `then` is warned of where none of `first`,
 * functions or methods, was surely made before; `ends` are functions that do
 * not return.
 */
struct hsl_order {
	const char		*then;
	const char *const	*first;
	const char *const	*ends;
	const char		*text;
};

/* What is known of a script beyond what it may use, for errors and warnings. */
struct hsl_advice {
	const struct hsl_order		*order;		/* or NULL */
	/* Writes where else an unknown name is known, or returns false;
	 * may be NULL. */
	bool				(*elsewhere)(struct str name,
					    char *text, size_t size);
	/* Variables of other hosts that run the same files. */
	const struct hsl_variable	*foreign;	/* or NULL */
};

struct hsl_diag;

struct hsl_host {
	const struct hsl_function	*functions;	/* or NULL */
	const struct hsl_class		*const *classes; /* or NULL */
	const struct hsl_variable	*variables;	/* or NULL */
	const struct hsl_barriers	*barriers;	/* or NULL: none */
	hsl_open_fn			*open;		/* or NULL: no files */
	void				*open_arg;
	struct hsl_cache		*cache;	/* or NULL: each program's */
	const struct hsl_advice		*advice;	/* or NULL */
	/* Is told of warnings; NULL: they are not looked for. */
	void				(*warn)(void *arg,
					    const struct hsl_diag *d);
	void				*warn_arg;
};

#endif
