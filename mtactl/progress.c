/*
 * A line that is written over, and at last taken back.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "progress.h"

#define PROGRESS_MS	200

void
progress_show(struct progress *p, uint64_t done, uint64_t all)
{
	int64_t	now = clock_mono_ms();

	if (now < p->next_ms || !isatty(STDERR_FILENO))
		return;
	p->next_ms = now + PROGRESS_MS;
	p->shown = true;
	(void)fprintf(stderr, "\r%3" PRIu64 "%%  %" PRIu64 " of %" PRIu64,
	    all > 0 ? done * 100 / all : 100, done, all);
	(void)fflush(stderr);
}

void
progress_end(struct progress *p)
{
	if (p->shown)
		(void)fprintf(stderr, "\r\033[K");
	p->shown = false;
}
