/*
 * log_filter - which lines of the log are meant
 *
 * A filter is a set of terms: a name and a pattern (base/glob.h).  Of several
 * terms with one name one must hold, of all names that have any each.
 *
 *	id		an id of a connection or message (UUID, or UUID:N)
 *	event		name of the event
 *	level		that level, or a more important one
 *	service		service, or program, that the line is of or about
 *	sender, recipient, senderdomain, recipientdomain
 *	any field	of events.def
 *
 * Ownership  log_filter_add() borrows its text for the filter's life.
 * Failure    -1 with *e: why this is no term.
 * Process    pure.
 */
#ifndef LOGS_LOG_FILTER_H
#define LOGS_LOG_FILTER_H

#include "base/err.h"
#include "log_line.h"

#define LOG_FILTER_TERMS	64

struct log_term {
	unsigned int	row;		/* of the table in log_filter.c */
	struct str	name, value;
};

struct log_filter {
	struct log_term	term[LOG_FILTER_TERMS];
	size_t		count;
};

int	log_filter_add(struct log_filter *f, struct str name,
	    struct str value, struct err *e);
bool	log_filter_match(const struct log_filter *f,
	    const struct log_line *l);

/* A text that every line which is meant holds; STR_NONE: none is known. */
struct str log_filter_needle(const struct log_filter *f);

/*
 * Whether a line tells of a message, or of one entry of it: `uuid` is written
 * as in the log; queue: of which recipient, 0: of any.  What is said of the
 * whole message is said of each.
 */
bool	log_line_is_of(const struct log_line *l, struct str uuid,
	    uint32_t queue);

#endif
