/*
 * An entry as a page: its fields, with what is empty left out, times as people
 * read them, and what it waits for in words.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "queue_show.h"

void
queue_show_span(struct buf *out, int64_t s)
{
	static const struct { int64_t from, unit; char name; } units[] = {
		{ 172800, 86400, 'd' }, { 7200, 3600, 'h' }, { 120, 60, 'm' },
		{ INT64_MIN, 1, 's' },
	};
	size_t	i = 0;

	while (s < units[i].from)
		i++;
	buf_printf(out, "%" PRId64 "%c", s / units[i].unit, units[i].name);
}

int64_t
queue_show_until(const json_t *wall)
{
	return (int64_t)json_number_value(wall) - (int64_t)time(NULL);
}

/* "2026-11-29 10:49:14 UTC (in 15m)" */
static void
show_time(struct buf *out, const json_t *v)
{
	time_t		at = (time_t)json_number_value(v);
	int64_t		left = queue_show_until(v);
	char		text[64];
	struct tm	tm;

	if (gmtime_r(&at, &tm) == NULL ||
	    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		return;
	buf_printf(out, "%s (%s", text, left > 0 ? "in " : "");
	queue_show_span(out, left > 0 ? left : -left);
	buf_add_text(out, left > 0 ? ")" : " ago)");
}

/* See qmgr/explain.c for what there is. */
static void
show_explain(struct buf *out, const json_t *v)
{
	static const struct { const char *why, *words; } all[] = {
		{ "turn", "its turn: others are before it" },
		{ "sending", "the end of its attempt" },
		{ "concurrency", "a connection: all that may be are in use" },
		{ "rate", "the next attempt that the rate allows" },
		{ "connectinterval", "the next connection that may be made" },
		{ "worker", "a deliver worker: all are busy, or none runs" },
		{ "held", "somebody to release it: it is held" },
		{ "time", "the time of its next try" },
		{ "room", "room in memory" },
	};
	const char	*why = json_string_value(json_object_get(v, "why"));
	const char	*limiter = json_string_value(json_object_get(v,
			    "limiter"));
	const json_t	*until = json_object_get(v, "until");
	size_t		 i;

	if (why == NULL)
		return;
	for (i = 0; i < sizeof all / sizeof all[0]; i++)
		if (strcmp(why, all[i].why) == 0)
			break;
	buf_add_text(out, i < sizeof all / sizeof all[0] ? all[i].words :
	    why);
	if (limiter != NULL)
		buf_printf(out, " (%s)", limiter);
	if (until != NULL) {
		buf_add_text(out, ", ");
		show_time(out, until);
	}
}

bool
queue_show_field(struct buf *out, const json_t *row, const char *name,
    const json_t *v)
{
	const char	*state = json_string_value(json_object_get(row,
			    "state"));

	if ((json_is_array(v) && json_array_size(v) == 0) ||
	    (json_is_object(v) && json_object_size(v) == 0))
		return true;
	if (strcmp(name, "ts") == 0)
		show_time(out, v);
	else if (strcmp(name, "due") == 0) {
		if (state != NULL && strcmp(state, "defer") == 0)
			show_time(out, v);
	} else if (strcmp(name, "age") == 0)
		queue_show_span(out, json_integer_value(v));
	else if (strcmp(name, "explain") == 0)
		show_explain(out, v);
	else
		return false;
	return true;
}
