/*
 * progress - a line on a terminal that says how far long work is
 *
 * Shown on standard error where that is a terminal, a few times a second;
 * gone when the work is done.
 */
#ifndef MTACTL_PROGRESS_H
#define MTACTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	int64_t	next_ms;
	bool	shown;
};

#define PROGRESS_INIT	{ 0, false }

void	progress_show(struct progress *p, uint64_t done, uint64_t all);
void	progress_end(struct progress *p);

#endif
