/*
 * throw - exceptions, and the limits that end an execution
 *
 * A limit is thrown, too, but no script can catch it.
 *
 * Failure    what throws is false, so that "return throw_error(...)" reads
 *            well.
 */
#ifndef HSL_RUN_THROW_H
#define HSL_RUN_THROW_H

#include <stdarg.h>

#include "hsl/run/exec.h"

extern const struct hsl_class	exception_class;

/* An Exception with this message and the place of the code that runs. */
bool		 throw_error(struct hsl_exec *x, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));
bool		 throw_verror(struct hsl_exec *x, const char *fmt, va_list ap);
/* Any value; it is taken. */
bool		 throw_value(struct hsl_exec *x, struct hsl_value v);
bool		 throw_limit(struct hsl_exec *x, const char *which);
/* False if something was thrown; throws if a limit ends the execution. */
bool		 throw_check(struct hsl_exec *x);
/* Appends at most `limit` bytes of what was thrown, as echo shows it. */
void		 throw_print(const struct hsl_exec *x, struct buf *out,
		    size_t limit);

#endif
