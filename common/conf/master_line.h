/*
 * master_line - one line of master.cf on its way to a row
 *
 * Its words are cut in master_cf.c, and checked in columns.c.
 */
#ifndef CONF_MASTER_LINE_H
#define CONF_MASTER_LINE_H

#include "parse.h"

#define COLUMNS		8

enum { COL_NAME, COL_TYPE, COL_PRIVATE, COL_UNPRIV, COL_CHROOT, COL_WAKEUP,
	COL_MAXPROC, COL_COMMAND };

extern const char *const	column_names[COLUMNS];

struct master_line {
	const struct source	*src;
	const struct line	*line;
	struct str		 col[COLUMNS];
	struct str		 rest;		/* arguments */
	struct row		*row;
};

/* Where `part`, which lies in the line, begins. */
size_t	master_offset(const struct master_line *m, struct str part);
/* From the columns to m->row; what is wrong is reported. */
void	master_columns_check(struct master_line *m);

#endif
