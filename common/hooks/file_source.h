/*
 * file_source - bytes that a script may open as a File: a FileResource
 *
 * Ownership  borrowed for as long as the script runs.
 * Failure    -1 with *e.
 */
#ifndef HOOKS_FILE_SOURCE_H
#define HOOKS_FILE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "hsl/hsl.h"

struct file_source {
	int	(*size)(void *arg, uint64_t *size, struct err *e);
	/* All of it, of that size. */
	int	(*read)(void *arg, char *to, size_t size, struct err *e);
	void	*arg;
};

struct hsl_value file_resource(struct hsl_exec *x,
		    const struct file_source *s);

#endif
