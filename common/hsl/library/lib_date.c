/*
 * Time and dates.  A date is seconds since 1970, with a fraction.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "hsl/library/lib.h"

#define DATE_TEXT_MAX	65536

static double
date_now(void)
{
	return (double)clock_wall_us() / 1e6;
}

enum hsl_rc
fn_time(struct hsl_call *c)
{
	*c->ret = vnumber(date_now());
	return HSL_OK;
}

enum hsl_rc
fn_timelocal(struct hsl_call *c)
{
	double		 now = date_now();
	time_t		 t = (time_t)now;
	struct tm	 tm;

	localtime_r(&t, &tm);
	*c->ret = vnumber(now + (double)tm.tm_gmtoff);
	return HSL_OK;
}

enum hsl_rc
fn_uptime(struct hsl_call *c)
{
	*c->ret = vnumber((double)clock_mono_us() / 1e6);
	return HSL_OK;
}

enum hsl_rc
fn_executiontime(struct hsl_call *c)
{
	*c->ret = vnumber((double)(clock_mono_us() -
	    c->x->start_ms * 1000) / 1e6);
	return HSL_OK;
}

/* strftime() returns 0 both for an empty result and for too little room.  A
 * mark at the end, removed afterwards, makes the result never empty. */
static enum hsl_rc
date_format(struct hsl_call *c, const char *format, const struct tm *tm)
{
	char	*marked = xasprintf("%s.", format), *out = NULL;
	size_t	 size = 256, len = 0;

	for (; len == 0 && size <= DATE_TEXT_MAX; size *= 4) {
		out = xrealloc(out, size);
		len = strftime(out, size, marked, tm);
	}
	if (len > 0)
		*c->ret = hsl_string(c->x, (struct str){ out, len - 1 });
	free(out);
	free(marked);
	return len > 0 ? HSL_OK :
	    hsl_throw(c, "strftime(): the result is too long");
}

enum hsl_rc
fn_strftime(struct hsl_call *c)
{
	struct str	 format;
	double		 when = date_now();
	struct tm	 tm, *ok;
	time_t		 t;

	if (!hsl_arg_text(c, 0, &format) || !hsl_arg_options(c, 2))
		return HSL_THROW;
	if (c->argc > 1 && !vnullish(c->argv[1]) &&
	    !hsl_arg_number(c, 1, &when))
		return HSL_THROW;
	if (format.len > 1024)
		return hsl_throw(c, "strftime(): the format is too long");
	if (!(when > -1e14 && when < 1e14))
		return hsl_throw(c, "strftime(): no such date");
	t = (time_t)(when < 0 && when != (double)(time_t)when ? when - 1 :
	    when);
	ok = hsl_arg_flag(c, 2, "local", true) ? localtime_r(&t, &tm) :
	    gmtime_r(&t, &tm);
	if (ok == NULL)
		return hsl_throw(c, "strftime(): no such date");
	return date_format(c, format.len > 0 ? format.p : "", &tm);
}

enum hsl_rc
fn_strptime(struct hsl_call *c)
{
	struct str	 text, format;
	bool		 local = hsl_arg_flag(c, 2, "local", true), zone;
	time_t		 now = time(NULL), t;
	struct tm	 tm;
	long		 offset;

	if (!hsl_arg_text(c, 0, &text) || !hsl_arg_text(c, 1, &format) ||
	    !hsl_arg_options(c, 2) ||
	    !hsl_charge(c->x, (text.len + format.len) / 32))
		return HSL_THROW;
	/* What the text leaves out is today's, at midnight. */
	if (local)
		localtime_r(&now, &tm);
	else
		gmtime_r(&now, &tm);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	tm.tm_gmtoff = 0;
	if (text.len == 0 || format.len == 0 ||
	    strptime(text.p, format.p, &tm) == NULL)
		return HSL_OK;
	offset = tm.tm_gmtoff;
	zone = memmem(format.p, format.len, "%z", 2) != NULL;
	t = local && !zone ? mktime(&tm) : timegm(&tm) - (zone ? offset : 0);
	*c->ret = vnumber((double)t);
	return HSL_OK;
}

/* 1d2h30m10s; a number alone is in seconds. */
enum hsl_rc
fn_strpduration(struct hsl_call *c)
{
	static const char	 units[] = "wdhms";
	static const double	 seconds[] = { 604800, 86400, 3600, 60, 1 };
	struct str		 s;
	double			 total = 0, n;
	size_t			 i = 0, start;
	const char		*u;

	if (!hsl_arg_text(c, 0, &s) || s.len == 0 ||
	    !hsl_charge(c->x, s.len / 32))
		return c->x->throwing ? HSL_THROW : HSL_OK;
	while (i < s.len) {
		start = i;
		while (i < s.len && (ascii_isdigit((unsigned char)s.p[i]) ||
		    s.p[i] == '.'))
			i++;
		if (!vnum_parse((struct str){ s.p + start, i - start }, &n))
			return HSL_OK;
		if (i == s.len) {
			if (start != 0)
				return HSL_OK;
			total = n;
			break;
		}
		u = s.p[i] != '\0' ? strchr(units, s.p[i]) : NULL;
		if (u == NULL)
			return HSL_OK;
		total += n * seconds[u - units];
		i++;
	}
	*c->ret = vnumber(total);
	return HSL_OK;
}
