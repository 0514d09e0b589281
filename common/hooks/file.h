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

#include "hsl/hsl.h"

extern const struct hsl_class	file_class;

/* `bytes` is a string; `path` one, or none. */
struct hsl_value file_new(struct hsl_exec *x, struct hsl_value bytes,
		    struct hsl_value path);

#endif
