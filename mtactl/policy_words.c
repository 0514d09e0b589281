/*
 * What a row has not is not said.
 */
#include <stdio.h>
#include <string.h>

#include "policy_words.h"
#include "queue_show.h"
#include "terminal.h"

#define WORDS_COLUMNS	80

static const char *
words_string(const json_t *row, const char *name)
{
	return json_string_value(json_object_get(row, name));
}

static void
words_clean(struct buf *out, const char *text)
{
	if (text != NULL)
		terminal_add(out, str_of(text));
}

void
words_text(struct buf *out, const json_t *row, const char *name)
{
	const char	*text = words_string(row, name);

	words_clean(out, text != NULL && text[0] != '\0' ? text : "-");
}

static const char *
words_comma(const struct buf *out, size_t from)
{
	return out->len > from ? ", " : "";
}

/* "a=b c=d" of an object of texts. */
static void
words_pairs(struct buf *out, json_t *pairs)
{
	const char	*name, *between = "";
	json_t		*v;

	json_object_foreach(pairs, name, v) {
		buf_add_text(out, between);
		words_clean(out, name);
		buf_add_byte(out, '=');
		words_clean(out, json_string_value(v));
		between = " ";
	}
}

void
words_fields(struct buf *out, const json_t *row)
{
	const json_t	*fields = json_object_get(row, "fields"), *v;
	const json_t	*on = json_object_get(row, "on");
	const char	*name;
	size_t		 i;

	if (fields == NULL && json_object_size(on) > 0)
		words_pairs(out, json_object_get(row, "on"));
	else if (json_array_size(fields) == 0)
		buf_add_text(out, "everything");
	for (i = 0; i < json_array_size(fields); i++) {
		name = json_string_value(json_array_get(fields, i));
		buf_add_text(out, i > 0 ? " " : "");
		words_clean(out, name);
		if (name == NULL || (v = json_object_get(on, name)) == NULL)
			continue;
		buf_add_byte(out, '=');
		words_clean(out, json_string_value(v));
	}
}

/* ---- Limits -------------------------------------------------------------- */

static long long
words_count(const json_t *row, const char *name)
{
	return (long long)json_integer_value(json_object_get(row, name));
}

static void
words_concurrency(struct buf *out, const json_t *row)
{
	long long	idle = words_count(row, "idle");
	bool		counted = json_object_get(row, "connections") != NULL;

	if (json_object_get(row, "concurrency") != NULL)
		buf_printf(out, "concurrency %lld",
		    words_count(row, "concurrency"));
	else if (counted)
		buf_add_text(out, "connections");
	if (!counted)
		return;
	buf_printf(out, " (%lld busy", words_count(row, "connections"));
	if (idle > 0)
		buf_printf(out, ", %lld idle", idle);
	buf_add_byte(out, ')');
}

static void
words_rate(struct buf *out, const json_t *row)
{
	const json_t	*rate = json_object_get(row, "rate");

	if (rate == NULL)
		return;
	buf_printf(out, "rate %g/%gs ",
	    json_number_value(json_array_get(rate, 0)),
	    json_number_value(json_array_get(rate, 1)));
	words_text(out, row, "rate_algorithm");
	if (json_object_get(row, "tokens") != NULL)
		buf_printf(out, " (%lld now)", words_count(row, "tokens"));
}

static void
words_list(struct buf *out, size_t from, const char *name,
    const json_t *list)
{
	size_t	i;

	for (i = 0; i < json_array_size(list); i++) {
		buf_printf(out, "%s%s ", words_comma(out, from), name);
		words_clean(out, json_string_value(json_array_get(list, i)));
	}
}

static void
words_shown(struct buf *out, size_t from, const json_t *row)
{
	json_t	*properties = json_object_get(row, "properties");

	if (json_object_get(row, "tag") != NULL) {
		buf_printf(out, "%stag ", words_comma(out, from));
		words_text(out, row, "tag");
	}
	words_list(out, from, "tag", json_object_get(row, "tags"));
	words_list(out, from, "dynamic", json_object_get(row, "dynamic"));
	if (json_object_size(properties) > 0) {
		buf_printf(out, "%sproperties ", words_comma(out, from));
		words_pairs(out, properties);
	}
}

/* When there will be room. */
static void
words_room(struct buf *out, size_t from, const json_t *row)
{
	const json_t	*room = json_object_get(row, "room");
	int64_t		 left = queue_show_until(room);

	if (room == NULL)
		return;
	buf_printf(out, "%sroom ", words_comma(out, from));
	if (left <= 0) {
		buf_add_text(out, "now");
		return;
	}
	buf_add_text(out, "in ");
	queue_show_span(out, left);
}

void
words_limits(struct buf *out, const json_t *row)
{
	size_t	from = out->len;

	words_concurrency(out, row);
	if (json_object_get(row, "rate") != NULL)
		buf_add_text(out, words_comma(out, from));
	words_rate(out, row);
	if (json_object_get(row, "connectinterval") != NULL)
		buf_printf(out, "%sconnectinterval %gs",
		    words_comma(out, from), json_number_value(
		    json_object_get(row, "connectinterval")));
	if (words_count(row, "waiting") > 0)
		buf_printf(out, "%s%lld waiting", words_comma(out, from),
		    words_count(row, "waiting"));
	words_room(out, from, row);
	if (json_is_true(json_object_get(row, "stop")))
		buf_printf(out, "%sstops", words_comma(out, from));
	words_shown(out, from, row);
	if (out->len == from)
		buf_add_text(out, "no limit");
}

/* ---- What applies -------------------------------------------------------- */

void
words_place(struct buf *out, const json_t *row)
{
	words_text(out, row, "file");
	buf_printf(out, ":%lld", words_count(row, "line"));
}

void
words_applied(struct buf *out, const json_t *row)
{
	const char	*limiter = words_string(row, "limiter");

	words_text(out, row, "policy");
	buf_add_text(out, " (");
	words_place(out, row);
	buf_add_byte(out, ')');
	/* Its name begins with the policy's. */
	if (limiter != NULL && (limiter = strchr(limiter, ' ')) != NULL &&
	    strcmp(limiter, " -") != 0) {
		buf_add_text(out, " for");
		words_clean(out, limiter);
	}
	buf_add_text(out, ": ");
	words_limits(out, row);
}

void
words_ends(struct buf *out, const json_t *row)
{
	const json_t	*at = json_object_get(row, "expires");
	int64_t		 left = queue_show_until(at);

	if (at == NULL) {
		buf_add_text(out, json_object_get(row, "window") != NULL ?
		    "by window" : "never");
		return;
	}
	buf_add_text(out, "in ");
	queue_show_span(out, left > 0 ? left : 0);
}

void
words_suspension(struct buf *out, const json_t *row)
{
	size_t	from;

	words_text(out, row, "id");
	if (json_object_get(row, "file") != NULL) {
		buf_add_text(out, " (");
		words_place(out, row);
		buf_add_byte(out, ')');
	}
	buf_add_text(out, ": ");
	from = out->len;
	words_fields(out, row);
	words_shown(out, from, row);
	if (json_object_get(row, "expires") != NULL) {
		buf_add_text(out, ", ends ");
		words_ends(out, row);
	}
}

/* ---- Lines --------------------------------------------------------------- */

void
words_fold(struct buf *out, const char *text, size_t at, size_t indent)
{
	struct str	rest = str_of(text), word;
	bool		first = true;

	while (rest.len > 0) {
		word = str_split(rest, ' ', &rest);
		if (!first && at + 1 + word.len > WORDS_COLUMNS) {
			buf_printf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (!first) {
			buf_add_byte(out, ' ');
			at++;
		}
		buf_add_str(out, word);
		at += word.len;
		first = false;
	}
}
