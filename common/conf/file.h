/*
 * file - a whole regular file, up to a limit
 *
 * Failure    0, or -1 with *e (the path is in it).
 */
#ifndef CONF_FILE_H
#define CONF_FILE_H

#include "base/buf.h"
#include "base/err.h"

#define FILE_LIMIT	(1u << 20)

int	file_read(const char *path, struct buf *out, struct err *e);
/* The same with another limit. */
int	file_read_most(const char *path, size_t limit, struct buf *out,
	    struct err *e);

#endif
