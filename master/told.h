/*
 * told - what the workers of a generation have warned of
 *
 * Each of them compiles the same scripts; an operator hears of it once.
 *
 * Ownership  told_init() to start, told_fini() to end.
 */
#ifndef MASTER_TOLD_H
#define MASTER_TOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#define TOLD_MAX	1000		/* then nothing more is heard */

struct told_line {
	STAILQ_ENTRY(told_line)	 link;
	char			*text;
};

struct told {
	STAILQ_HEAD(, told_line)	list;
	size_t				count;
};

void	told_init(struct told *t);
void	told_fini(struct told *t);
/* False: it is known already, or there are too many. */
bool	told_add(struct told *t, const char *text);

#endif
