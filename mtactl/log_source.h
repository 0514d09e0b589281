/*
 * log_source - a file of the log, line by line, in constant memory
 *
 * A name that ends in .gz is read through gzip(1).  A line longer than
 * LOG_LINE_MAX is none of ours, and left out.
 *
 * Ownership  log_source_open() gives, log_source_close() takes; a line is
 *            good until the next call.
 * Failure    -1 with *e, which says what to do where that is known.
 */
#ifndef MTACTL_LOG_SOURCE_H
#define MTACTL_LOG_SOURCE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum { LOG_NEEDLES = 8 };

struct log_source {
	int		 fd;
	pid_t		 gzip;		/* 0: none */
	const char	*path;		/* the caller's */
	char		*block;
	size_t		 at, whole, len; /* next line, behind the last, end */
	size_t		 hit[LOG_NEEDLES];
	bool		 skip;		/* up to the next end of a line */
	bool		 growing;	/* what has no end yet is no line */
};

int	log_source_open(struct log_source *s, const char *path,
	    struct err *e);
void	log_source_close(struct log_source *s);
/* The next line that holds one of so many texts, or with none of them the
 * next: 1, or 0 at the end, where it may be called again. */
int	log_source_next(struct log_source *s, const struct str *needle,
	    size_t count, struct str *line, struct err *e);
/* To the first line that begins at offset or behind it. */
int	log_source_seek(struct log_source *s, int64_t offset, struct err *e);

#endif
