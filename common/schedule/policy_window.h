/*
 * policy_window - when a suspension holds: "0 2 * * * +2h"
 *
 * Five columns as in crontab(5): minute, hour, day of the month, month, day of
 * the week (0 and 7 are Sunday); each "*", a number, "a-b", with a step after
 * "/", several with commas.  Where both kinds of days are restricted, either
 * is enough.  Then for how long, from each of these minutes on.
 *
 * Times are seconds of local civil time since 1970.
 *
 * Process    pure.
 */
#ifndef SCHEDULE_POLICY_WINDOW_H
#define SCHEDULE_POLICY_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct policy_window {
	uint64_t	minutes;
	uint32_t	hours, days, months, weekdays;
	bool		any_day, any_weekday;
	int64_t		length_s;
};

int	policy_window_parse(struct policy_window *w, struct str text,
	    struct err *e);
/* Is it open?  *change_s: not later than when that changes. */
bool	policy_window_open(const struct policy_window *w, int64_t now_s,
	    int64_t *change_s);

#endif
