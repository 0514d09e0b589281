/*
 * hsl - the Halon scripting language: compiler, virtual machine, core library
 *
 * hsl_compile() turns a script into a program once; any number of executions
 * run it.  An execution has its own heap, globals and limits.  It runs until
 * it ends, until a native that waits suspends it, or until its slice of
 * instructions is used up; frames live on the heap, so that the worker's
 * event loop goes on meanwhile.  The language knows nothing of mail: what a
 * script may touch beyond the core library, its host registers.
 *
 * Ownership  a program is reference counted; an execution holds one.  Values
 *            live in their execution's heap and die with it.
 * Failure    a script's errors are results, never the process's end.
 * Process    single-threaded; no global state that changes.
 */
#ifndef HSL_HSL_H
#define HSL_HSL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "hsl/host.h"
#include "hsl/value.h"

struct hsl_exec;
struct hsl_program;

/* ---- Compiling --------------------------------------------------------- */

struct hsl_diag {
	const char	*file;		/* borrowed from the call back's life */
	int		 line;		/* 1-based */
	int		 column;	/* 1-based, in bytes */
	const char	*text;
};

typedef void	hsl_diag_fn(void *arg, const struct hsl_diag *d);

/* NULL if there was any error; each was given to `report`. */
struct hsl_program	*hsl_compile(const struct hsl_host *host,
			    const char *file, struct str source,
			    hsl_diag_fn *report, void *arg);
struct hsl_program	*hsl_program_ref(struct hsl_program *p);
void			 hsl_program_unref(struct hsl_program **p);
void			 hsl_disassemble(const struct hsl_program *p,
			    struct buf *out);

/* ---- Running ----------------------------------------------------------- */

struct hsl_limits {
	size_t		memory_bytes;
	uint64_t	instructions;	/* in all */
	uint32_t	slice;		/* instructions before HSL_RUN_YIELD */
	uint32_t	depth;		/* call frames */
	uint32_t	time_ms;	/* waiting included; 0 no limit */
};

extern const struct hsl_limits	hsl_limits_default;

enum hsl_run {
	HSL_RUN_DONE,		/* end of script, or HSL_EXIT */
	HSL_RUN_ERROR,		/* uncaught: hsl_error() */
	HSL_RUN_YIELD,		/* slice used up: call hsl_run() again later */
	HSL_RUN_WAIT		/* suspended: hsl_resume(), then hsl_run() */
};

/* `data` is the host's own, see hsl_data(). */
struct hsl_exec	*hsl_exec_new(struct hsl_program *p,
		    const struct hsl_limits *limits, void *data);
void		 hsl_exec_free(struct hsl_exec **x);
void		*hsl_data(const struct hsl_exec *x);
/* Sets a variable of the host's table; takes the value. */
void		 hsl_set_variable(struct hsl_exec *x, const char *name,
		    struct hsl_value v);
/* Borrowed; undefined gives none. */
struct hsl_value hsl_get_variable(struct hsl_exec *x, const char *name);
enum hsl_run	 hsl_run(struct hsl_exec *x);
/* Hands the suspended call its result (takes v), or its exception. */
void		 hsl_resume(struct hsl_exec *x, struct hsl_value v);
void		 hsl_resume_throw(struct hsl_exec *x, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));
/* True when hsl_run() ended by HSL_EXIT. */
bool		 hsl_exited(const struct hsl_exec *x);
/* The value of a `return` at top level; borrowed, none otherwise. */
struct hsl_value hsl_result(const struct hsl_exec *x);
/* Time left of limits.time_ms, INT64_MAX without a limit. */
int64_t		 hsl_time_left_ms(const struct hsl_exec *x);
/* Once called, no limit of time ends the execution (an end of message that
 * was sent must be waited for). */
void		 hsl_time_unlimited(struct hsl_exec *x);

struct hsl_failure {
	char		 text[512];	/* the value thrown, as echo shows it */
	char		 file[256];	/* where it was thrown */
	int		 line;
	int		 column;
	bool		 limit;		/* a limit, which no script can catch */
};

/* After HSL_RUN_ERROR. */
const struct hsl_failure	*hsl_error(const struct hsl_exec *x);

/* Where `echo` goes (text without newline); default: nowhere. */
void		 hsl_on_echo(struct hsl_exec *x,
		    void (*fn)(void *arg, struct str text), void *arg);

/*
 * What `cache` keeps: one store for all programs of a process (struct
 * hsl_host), and with the option per_message one for each message, made in
 * *message when first needed and freed by its owner.
 */
#define HSL_CACHE_BYTES	(16u << 20)

struct hsl_cache	*hsl_cache_new(size_t limit_bytes);
void			 hsl_cache_free(struct hsl_cache **c);
/* What is kept of one function of scripts, of any namespace; empty: of all.
 * How many results went. */
size_t			 hsl_cache_clear(struct hsl_cache *c,
			    struct str function);
/* Shows each space; fn() may not use the cache. */
void			 hsl_cache_list(const struct hsl_cache *c,
			    void (*fn)(void *arg, struct str space,
			    struct str function, size_t entries), void *arg);
void			 hsl_lend_cache(struct hsl_exec *x,
			    struct hsl_cache **message);

/* From a native: throws an Exception with this message. */
enum hsl_rc	 hsl_throw(struct hsl_call *c, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));
/* From a native: charges for work of so many units.  False: a limit was passed,
 * and the native must return HSL_THROW at once. */
bool		 hsl_charge(struct hsl_exec *x, uint64_t units);

/* The records of CSV text, as the core library's csv_decode() gives them by
 * the same options; false, with none: malformed. */
bool		 hsl_csv_decode(struct hsl_exec *x, struct str text,
		    struct hsl_value options, struct hsl_value *rows);

/* JSON text as json_decode() gives it; false, with none: it is no JSON. */
bool		 hsl_json_decode(struct hsl_exec *x, struct str text,
		    struct hsl_value *v);

/* The core library's table, for the man page and for `hsl check`. */
extern const struct hsl_function	hsl_core_functions[];

#endif
