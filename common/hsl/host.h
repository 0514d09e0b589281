/*
 * host - what a host offers to scripts beyond the core library
 *
 * Natives, classes, variables and files, in tables that end with a NULL name.
 * What is not registered does not exist for a script.
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
	HSL_EXIT		/* the script ends here, as by Accept() */
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

struct hsl_host {
	const struct hsl_function	*functions;	/* or NULL */
	const struct hsl_class		*const *classes; /* or NULL */
	const struct hsl_variable	*variables;	/* or NULL */
	hsl_open_fn			*open;		/* or NULL: no files */
	void				*open_arg;
	struct hsl_cache		*cache;	/* or NULL: each program's */
};

#endif
