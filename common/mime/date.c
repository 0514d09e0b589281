/*
 * Names of days and months are the protocol's and not the locale's, which
 * strftime() would take.
 */
#include <time.h>

#include "date.h"

void
date_add(struct buf *b, int64_t when)
{
	static const char *const	 days[] = { "Sun", "Mon", "Tue",
	    "Wed", "Thu", "Fri", "Sat" };
	static const char *const	 months[] = { "Jan", "Feb", "Mar",
	    "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	static const struct tm		 epoch = { .tm_mday = 1,
	    .tm_year = 70, .tm_wday = 4 };
	time_t				 t = (time_t)when;
	struct tm			 tm;

	if (gmtime_r(&t, &tm) == NULL)
		tm = epoch;
	buf_printf(b, "%s, %d %s %d %02d:%02d:%02d +0000",
	    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}
