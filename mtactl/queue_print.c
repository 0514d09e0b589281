/*
 * A row is an object of JSON; what of it is printed for people is picked by
 * name.  Bytes from mail that a terminal would obey are not printed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/buf.h"
#include "queue_print.h"
#include "queue_show.h"
#include "terminal.h"

#define ROW_FORMAT	"%-39s %-7s %5s %5s %5s  %s\n"

static void
print_clean(struct buf *out, const char *text)
{
	terminal_add(out, str_of(text));
}

/* "UUID:N" */
static void
print_id(struct buf *out, const json_t *id)
{
	const char	*txn = json_string_value(json_object_get(id,
			    "transaction"));

	buf_printf(out, "%s:%" JSON_INTEGER_FORMAT, txn != NULL ? txn : "?",
	    json_integer_value(json_object_get(id, "queue")));
}

static void
print_value(struct buf *out, const char *name, const json_t *v)
{
	char	*text;

	if (strcmp(name, "id") == 0)
		print_id(out, v);
	else if (json_is_string(v))
		print_clean(out, json_string_value(v));
	else if (json_is_integer(v))
		buf_printf(out, "%" JSON_INTEGER_FORMAT,
		    json_integer_value(v));
	else if (json_is_real(v))
		buf_printf(out, "%.3f", json_real_value(v));
	else if (v != NULL && (text = json_dumps(v, JSON_COMPACT |
	    JSON_ENCODE_ANY)) != NULL) {
		print_clean(out, text);
		free(text);
	}
}

/* "metadata.KEY" is one of them. */
static void
print_column(const json_t *row, struct str column)
{
	struct buf	 name = BUF_INIT, out = BUF_INIT;
	const char	*key;

	buf_add_str(&name, column);
	key = buf_cstr(&name);
	if (strncmp(key, "metadata.", 9) == 0)
		print_value(&out, key, json_object_get(json_object_get(row,
		    "metadata"), key + 9));
	else
		print_value(&out, key, json_object_get(row, key));
	(void)fputs(buf_cstr(&out), stdout);
	buf_free(&name);
	buf_free(&out);
}

static void
print_columns(struct queue_print *p, const json_t *row)
{
	size_t	i;

	for (i = 0; i < p->args->columns; i++) {
		if (i > 0)
			(void)fputc('\t', stdout);
		print_column(row, p->args->column[i]);
	}
	(void)fputc('\n', stdout);
}

static void
print_whole(struct queue_print *p, json_t *row)
{
	struct buf	 out = BUF_INIT;
	const char	*name;
	json_t		*v;

	if (p->count > 1)
		(void)fputc('\n', stdout);
	json_object_foreach(row, name, v) {
		buf_clear(&out);
		if (!queue_show_field(&out, row, name, v))
			print_value(&out, name, v);
		if (out.len > 0)
			(void)printf("%-14s %s\n", strcmp(name, "explain") ==
			    0 ? "waits for" : name, buf_cstr(&out));
	}
	buf_free(&out);
}

/* Until it is tried again: "12m", "now", or "-" where nothing is to come. */
static void
print_next(struct buf *out, const json_t *row)
{
	const char	*state = json_string_value(json_object_get(row,
			    "state"));
	int64_t		 left;

	if (state == NULL || strcmp(state, "hold") == 0 ||
	    strcmp(state, "sending") == 0)
		buf_add_byte(out, '-');
	else if (strcmp(state, "defer") == 0 && (left = queue_show_until(
	    json_object_get(row, "due"))) > 0)
		queue_show_span(out, left);
	else
		buf_add_text(out, "now");
}

/* A line of its own, if there is something. */
static void
print_below(const char *text)
{
	struct buf	clean = BUF_INIT;

	if (text != NULL && text[0] != '\0') {
		print_clean(&clean, text);
		(void)printf("    %s\n", buf_cstr(&clean));
	}
	buf_free(&clean);
}

static void
print_line(struct queue_print *p, const json_t *row)
{
	struct buf	id = BUF_INIT, age = BUF_INIT, next = BUF_INIT;
	struct buf	who = BUF_INIT;
	const char	*from = json_string_value(json_object_get(row,
			    "sender"));

	if (p->count == 1)
		(void)printf(ROW_FORMAT, "ID", "STATE", "AGE", "RETRY", "NEXT",
		    "TRANSPORT");
	print_id(&id, json_object_get(row, "id"));
	queue_show_span(&age, json_integer_value(json_object_get(row,
	    "age")));
	print_next(&next, row);
	print_value(&who, "transportid", json_object_get(row, "transportid"));
	(void)printf("%-39s %-7s %5s %5" JSON_INTEGER_FORMAT " %5s  %s\n",
	    buf_cstr(&id), json_string_value(json_object_get(row, "state")),
	    buf_cstr(&age), json_integer_value(json_object_get(row, "retry")),
	    buf_cstr(&next), buf_cstr(&who));
	buf_clear(&who);
	buf_printf(&who, "%s -> ", from != NULL && from[0] != '\0' ? from :
	    "<>");
	print_value(&who, "recipient", json_object_get(row, "recipient"));
	print_below(buf_cstr(&who));
	print_below(json_string_value(json_object_get(row, "reason")));
	buf_free(&id);
	buf_free(&age);
	buf_free(&next);
	buf_free(&who);
}

void
queue_print_begin(struct queue_print *p)
{
	if (p->args->json)
		(void)printf(p->args->group != NULL ? "{\"groups\":[" :
		    "{\"entries\":[");
}

void
queue_print_row(void *arg, struct str json)
{
	struct queue_print	*p = arg;
	json_t			*row;

	p->count++;
	if (p->args->json) {
		(void)printf("%s%.*s%s", p->alone ? "" : p->count > 1 ?
		    ",\n" : "\n", (int)json.len, json.p, p->alone ? "\n" : "");
		return;
	}
	row = json_loadb(json.p, json.len, 0, NULL);
	if (p->args->columns > 0)
		print_columns(p, row);
	else if (p->whole)
		print_whole(p, row);
	else
		print_line(p, row);
	json_decref(row);
}

void
queue_print_group(void *arg, const struct ipc_QUEUE_GROUP *g)
{
	struct queue_print	*p = arg;
	struct buf		 value = BUF_INIT, raw = BUF_INIT;

	p->count++;
	if (p->args->json) {
		buf_add_json(&value, g->value);
		(void)printf("%s{\"value\":%s,\"entries\":%" PRIu64
		    ",\"bytes\":%" PRIu64 "}", p->count > 1 ? ",\n" : "\n",
		    buf_cstr(&value), g->entries, g->bytes);
	} else {
		if (p->count == 1)
			(void)printf("%10s %14s  %s\n", "ENTRIES", "BYTES",
			    "VALUE");
		buf_add_str(&raw, g->value);
		print_clean(&value, buf_cstr(&raw));
		(void)printf("%10" PRIu64 " %14" PRIu64 "  %s\n", g->entries,
		    g->bytes, value.len > 0 ? buf_cstr(&value) : "-");
	}
	buf_free(&value);
	buf_free(&raw);
}

void
queue_print_end(struct queue_print *p, const char *after)
{
	if (p->args->json && after[0] != '\0')
		(void)printf("\n],\"cursor\":\"%s\"}\n", after);
	else if (p->args->json)
		(void)printf("\n],\"cursor\":null}\n");
	else if (after[0] != '\0')
		(void)fprintf(stderr, "mtactl: there may be more: --after "
		    "%s\n", after);
}
