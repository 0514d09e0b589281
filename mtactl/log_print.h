/*
 * log_print - lines of the log for people, or as JSON
 *
 * What events and fields there are is not known here: what a line has is
 * shown.  Nothing that a terminal would obey is printed.
 */
#ifndef MTACTL_LOG_PRINT_H
#define MTACTL_LOG_PRINT_H

#include "base/err.h"
#include "logs/log_line.h"

#define LOG_PRINT_FLUSH	(32 * 1024)	/* of `out`, then it should leave */

struct log_print {
	bool		 json;
	struct str	 hide[2];	/* ids that every line would show */
	unsigned int	 width;		/* of the terminal; 0: not known yet */
	bool		 bold;
	char		 day[16];	/* that was shown last */
	uint64_t	 count;
	struct buf	 out;
};

#define LOG_PRINT_INIT	{ .out = BUF_INIT }

/* One event of a story, with its meaning; as JSON one of a list. */
void	log_print_story(struct log_print *p, const struct log_line *l);
/* A line as the log has it; as JSON an object in a line. */
void	log_print_line(struct log_print *p, const struct log_line *l);
/* One that is none of ours. */
void	log_print_other(struct log_print *p, struct str line);
/* -1: standard output can't be written; it may be called at any time. */
int	log_print_flush(struct log_print *p, struct err *e);
void	log_print_fini(struct log_print *p);

#endif
