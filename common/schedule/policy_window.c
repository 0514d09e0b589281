/*
 * A window is open where one of its beginnings was less than its length ago.
 * Beginnings are looked for day by day, and then by the minute.
 */
#include "conf/value.h"

#include "policy_window.h"

#define DAY_S		86400
/* The 29th of February on a given weekday: every 28 years, once 40. */
#define DAYS_MAX	(41 * 366)
#define LENGTH_MAX_MS	(INT64_C(7) * DAY_S * 1000)

/* ---- Text -------------------------------------------------------------- */

struct column {
	const char	*name;
	int		 min, max;
};

static const struct column	columns[] = { { "minute", 0, 59 },
	{ "hour", 0, 23 }, { "day of the month", 1, 31 }, { "month", 1, 12 },
	{ "day of the week", 0, 7 } };

static int
column_number(const struct column *c, struct str text, int *n)
{
	uint64_t	got;

	if (str_uint(text, (uint64_t)c->max, &got) == -1 ||
	    (int)got < c->min)
		return -1;
	*n = (int)got;
	return 0;
}

/* "*", "a", "a-b", with "/step". */
static int
column_range(const struct column *c, struct str text, uint64_t *set)
{
	struct str	step, to, from;
	uint64_t	by = 1;
	int		a = c->min, b = c->max, i;

	text = str_split(text, '/', &step);
	if (step.p != NULL && (str_uint(step, 59, &by) == -1 || by == 0))
		return -1;
	if (!str_eq(text, STR("*"))) {
		from = str_split(text, '-', &to);
		if (column_number(c, from, &a) == -1)
			return -1;
		b = step.p != NULL && to.p == NULL ? c->max : a;
		if (to.p != NULL && (column_number(c, to, &b) == -1 || b < a))
			return -1;
	}
	for (i = a; i <= b; i += (int)by)
		*set |= UINT64_C(1) << i;
	return 0;
}

static int
column_parse(const struct column *c, struct str text, uint64_t *set,
    struct err *e)
{
	struct str	rest = text, part;

	*set = 0;
	do {
		part = str_split(rest, ',', &rest);
		if (column_range(c, part, set) == -1)
			return err_set(e, "window: \"%.*s\" is no %s",
			    (int)(text.len < 64 ? text.len : 64),
			    text.p != NULL ? text.p : "", c->name);
	} while (rest.p != NULL);
	return 0;
}

static struct str
window_word(struct str *rest)
{
	size_t		n = 0;
	struct str	word;

	*rest = str_trim(*rest);
	while (n < rest->len && rest->p[n] != ' ' && rest->p[n] != '\t')
		n++;
	word = (struct str){ rest->p, n };
	rest->p += n;
	rest->len -= n;
	return word;
}

static int
window_length(struct policy_window *w, struct str rest, struct err *e)
{
	int64_t	ms;

	if (rest.len < 2 || rest.p[0] != '+' || value_time((struct str){
	    rest.p + 1, rest.len - 1 }, &ms, NULL) == -1 || ms < 60000 ||
	    ms > LENGTH_MAX_MS)
		return err_set(e, "window: after five columns a length from "
		    "+1m to +7d is expected");
	w->length_s = ms / 1000;
	return 0;
}

int
policy_window_parse(struct policy_window *w, struct str text, struct err *e)
{
	uint64_t	set[5];
	int		i;

	for (i = 0; i < 5; i++)
		if (column_parse(&columns[i], window_word(&text), &set[i],
		    e) == -1)
			return -1;
	w->minutes = set[0];
	w->hours = (uint32_t)set[1];
	w->days = (uint32_t)set[2];
	w->months = (uint32_t)set[3];
	w->weekdays = (uint32_t)(set[4] | set[4] >> 7) & 0x7f;
	w->any_day = w->days == 0xfffffffe;
	w->any_weekday = w->weekdays == 0x7f;
	return window_length(w, str_trim(text), e);
}

/* ---- Time -------------------------------------------------------------- */

/* Month and day of the month of a day since 1970 (the proleptic calendar, in
 * eras of 400 years that begin in March). */
static void
window_date(int64_t day, int *month, int *mday)
{
	int64_t	z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t	doe = z - era * 146097;
	int64_t	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t	mp = (5 * doy + 2) / 153;

	*mday = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
}

static bool
window_has_day(const struct policy_window *w, int64_t day)
{
	int	month, mday, wday = (int)(((day + 4) % 7 + 7) % 7);
	bool	by_day, by_weekday;

	window_date(day, &month, &mday);
	if ((w->months >> month & 1) == 0)
		return false;
	by_day = (w->days >> mday & 1) != 0;
	by_weekday = (w->weekdays >> wday & 1) != 0;
	if (w->any_day || w->any_weekday)
		return by_day && by_weekday;
	return by_day || by_weekday;
}

/* The first beginning of that day from that minute on; -1: none. */
static int
window_minute(const struct policy_window *w, int from)
{
	int	m;

	for (m = from; m < 24 * 60; m++)
		if ((w->hours >> m / 60 & 1) != 0 &&
		    (w->minutes >> m % 60 & 1) != 0)
			return m;
	return -1;
}

/* The first beginning at or after that time; INT64_MAX: there is none. */
static int64_t
window_next(const struct policy_window *w, int64_t from_s)
{
	int64_t	day = from_s / DAY_S, i;
	int	minute, first = (int)((from_s % DAY_S + 59) / 60);

	for (i = 0; i < DAYS_MAX; i++, first = 0) {
		if (!window_has_day(w, day + i))
			continue;
		minute = window_minute(w, first);
		if (minute >= 0)
			return (day + i) * DAY_S + minute * 60;
	}
	return INT64_MAX;
}

bool
policy_window_open(const struct policy_window *w, int64_t now_s,
    int64_t *change_s)
{
	int64_t	from = now_s - w->length_s + 1;
	int64_t	begin = window_next(w, from > 0 ? from : 0);

	if (begin > now_s) {
		*change_s = begin;
		return false;
	}
	*change_s = begin + w->length_s;
	return true;
}
