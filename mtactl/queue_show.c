/*
 * An entry as a page: its fields, with what is empty left out, times as people
 * read them, and what it waits for in words.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "policy_words.h"
#include "queue_show.h"
#include "terminal.h"

#define SHOW_INDENT	15	/* of what stands behind a name */

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

/* ---- What an entry waits for: see qmgr/explain.c ------------------------- */

static const char *
explain_words(const char *why)
{
	static const struct { const char *why, *words; } all[] = {
		{ "turn", "its turn: others are before it" },
		{ "sending", "the end of its attempt" },
		{ "concurrency", "a connection: all that may be are in use" },
		{ "rate", "the next attempt that the rate allows" },
		{ "connectinterval", "the next connection that may be made" },
		{ "worker", "a deliver worker: all are busy, or none runs" },
		{ "suspended", "the end of a suspension" },
		{ "unreachable", "hosts that can't be reached for now" },
		{ "routing", "where its mail goes: the DNS is asked" },
		{ "preparing", "its pre-delivery hook" },
		{ "bounce", "its sender to be told: see bounce(8)" },
		{ "held", "somebody to release it: it is held" },
		{ "time", "the time of its next try" },
		{ "room", "room in memory" },
	};
	size_t	i;

	for (i = 0; i < sizeof all / sizeof all[0]; i++)
		if (strcmp(why, all[i].why) == 0)
			return all[i].words;
	return why;
}

static void
explain_why(struct buf *out, const json_t *v)
{
	const char	*why = json_string_value(json_object_get(v, "why"));
	const json_t	*until = json_object_get(v, "until");

	if (why == NULL)
		return;
	terminal_add(out, str_of(explain_words(why)));
	if (until != NULL && strcmp(why, "bounce") == 0)
		buf_add_text(out, "; it could not be made "
		    "(event=queue-bounce-later), and is asked for again");
	if (json_object_get(v, "limiter") != NULL) {
		buf_add_text(out, " (");
		words_text(out, v, "limiter");
		buf_add_byte(out, ')');
	}
	if (until != NULL) {
		buf_add_text(out, ", ");
		show_time(out, until);
	}
}

/* A line below, so far in. */
static void
explain_line(struct buf *out, struct buf *words, size_t indent)
{
	buf_printf(out, "\n%*s", (int)indent, "");
	words_fold(out, buf_cstr(words), indent, indent + 2);
	buf_clear(words);
}

static void
explain_suspension(struct buf *out, struct buf *words, const json_t *v,
    size_t indent)
{
	const json_t	*suspension = json_object_get(v, "suspension");

	if (suspension == NULL)
		return;
	buf_add_text(words, "suspended by ");
	words_suspension(words, suspension);
	explain_line(out, words, indent);
}

/* One way that it could go. */
static void
explain_hop(struct buf *out, const json_t *hop)
{
	const json_t	*policies = json_object_get(hop, "policies");
	struct buf	 words = BUF_INIT;
	size_t		 i;

	buf_printf(&words, "%" JSON_INTEGER_FORMAT " ",
	    json_integer_value(json_object_get(hop, "preference")));
	words_text(&words, hop, "remotemx");
	buf_add_byte(&words, ' ');
	words_text(&words, hop, "address");
	if (json_object_get(hop, "localip") != NULL) {
		buf_add_text(&words, " from ");
		words_text(&words, hop, "localip");
	}
	buf_add_text(&words, ": ");
	explain_why(&words, hop);
	explain_line(out, &words, SHOW_INDENT);
	for (i = 0; i < json_array_size(policies); i++) {
		buf_add_text(&words, "policy ");
		words_applied(&words, json_array_get(policies, i));
		explain_line(out, &words, SHOW_INDENT + 2);
	}
	explain_suspension(out, &words, hop, SHOW_INDENT + 2);
	buf_free(&words);
}

/* Who has a connection: "worker 321 for ID, ID", "worker 321, idle". */
static void
explain_holder(struct buf *words, const json_t *by)
{
	const json_t	*entries = json_object_get(by, "entries");
	size_t		 i;

	if (json_is_true(json_object_get(by, "before"))) {
		buf_add_text(words, "an attempt that began before qmgr did");
		return;
	}
	buf_printf(words, "worker %" JSON_INTEGER_FORMAT,
	    json_integer_value(json_object_get(by, "worker")));
	if (json_is_true(json_object_get(by, "idle")))
		buf_add_text(words, ", idle");
	for (i = 0; i < json_array_size(entries); i++) {
		buf_add_text(words, i == 0 ? " for " : ", ");
		terminal_add(words, str_of(json_string_value(
		    json_array_get(entries, i))));
	}
}

/* A limiter that is full, and a line for each who has a part of it. */
static void
explain_held(struct buf *out, const json_t *held)
{
	const json_t	*by = json_object_get(held, "by");
	struct buf	 words = BUF_INIT;
	size_t		 i;

	words_text(&words, held, "limiter");
	buf_add_text(&words, " is held by");
	explain_line(out, &words, SHOW_INDENT);
	for (i = 0; i < json_array_size(by); i++) {
		explain_holder(&words, json_array_get(by, i));
		explain_line(out, &words, SHOW_INDENT + 2);
	}
	buf_free(&words);
}

static void
show_explain(struct buf *out, const json_t *v)
{
	const json_t	*hops = json_object_get(v, "hops");
	const json_t	*held = json_object_get(v, "held");
	const char	*grouping = json_string_value(json_object_get(v,
			    "grouping"));
	struct buf	 words = BUF_INIT;
	size_t		 i;

	explain_why(&words, v);
	words_fold(out, buf_cstr(&words), SHOW_INDENT, SHOW_INDENT + 2);
	buf_clear(&words);
	if (grouping != NULL && grouping[0] != '\0') {
		buf_add_text(&words, "grouping ");
		words_text(&words, v, "grouping");
		explain_line(out, &words, SHOW_INDENT);
	}
	for (i = 0; i < json_array_size(hops); i++)
		explain_hop(out, json_array_get(hops, i));
	for (i = 0; i < json_array_size(held); i++)
		explain_held(out, json_array_get(held, i));
	explain_suspension(out, &words, v, SHOW_INDENT);
	buf_free(&words);
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
