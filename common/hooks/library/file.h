/*
 * file - the class File: bytes to be read in pieces
 *
 * A file is read whole when it is opened, into the script's memory and within
 * its limit; it holds no descriptor and changes no more.
 *
 * Ownership  file_new() takes both values.
 */
#ifndef HOOKS_FILE_H
#define HOOKS_FILE_H

#include "hooks/file_source.h"
#include "hsl/hsl.h"

extern const struct hsl_class	file_class;

/* `bytes` is a string; `path` one, or none. */
struct hsl_value file_new(struct hsl_exec *x, struct hsl_value bytes,
		    struct hsl_value path);
/* The bytes of argument i, borrowed: an object of this class. */
bool		 file_argument(struct hsl_call *c, int i,
		    struct hsl_value *bytes);
/* The file of argument i; none if there is none; false once thrown. */
bool		 file_whole(struct hsl_call *c, int i,
		    struct hsl_value *bytes);
/* The next line without its end; rest->p is NULL after the last. */
struct str	 file_line(struct str *rest);

#endif
