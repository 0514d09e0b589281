/*
 * report - errors of a configuration, collected in one go
 *
 * Each error goes to the caller's function once, however many services share
 * the line that it stands on.  After REPORT_MAX a last one says that there
 * are more, and the rest only counts.
 *
 * Ownership  the caller's storage, REPORTS_INIT to start, reports_fini().
 */
#ifndef CONF_REPORT_H
#define CONF_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

#define REPORT_MAX	100

struct place {
	const char	*file;		/* borrowed */
	int		 line;
	int		 column;
};

struct reports {
	conf_report_fn	*fn;		/* NULL: only count */
	void		*arg;
	size_t		 count;
	char		*seen[REPORT_MAX];
};

#define REPORTS_INIT(f, a)	{ .fn = (f), .arg = (a) }

void	report(struct reports *r, const struct place *at, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
bool	reports_full(const struct reports *r);
void	reports_fini(struct reports *r);
/* For who wants to know no more than whether there was one. */
conf_report_fn	report_nothing;

#endif
