/*
 * lines - logical lines of a configuration file
 *
 * A physical line that starts with a blank continues the one before; a line
 * that is empty, or whose first character after blanks is "#", is skipped and
 * does not end a logical line.  A line remembers where each of its bytes
 * stood, so that errors point into the file and not into the joined text.
 *
 * Ownership  lines borrows the text; a line is the caller's storage, LINE_INIT
 *            to start, line_free() to end, reused by each lines_next().
 * Failure    none: any bytes make lines.
 */
#ifndef CONF_LINES_H
#define CONF_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

/* From `offset` on, bytes stand at `line`, `column` and after. */
struct line_mark {
	size_t	offset;
	int	line;
	int	column;
};

struct line {
	struct buf		 text;
	struct line_mark	*marks;
	size_t			 count;
	size_t			 cap;
};

#define LINE_INIT	{ BUF_INIT, NULL, 0, 0 }

struct lines {
	struct str	rest;
	int		next;		/* number of rest's first line */
};

void	lines_init(struct lines *r, struct str text);
bool	lines_next(struct lines *r, struct line *l);	/* false: no more */
/* Where byte `offset` of the line stands, both from 1. */
void	line_where(const struct line *l, size_t offset, int *line,
	    int *column);
void	line_free(struct line *l);

#endif
