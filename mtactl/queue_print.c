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

#define ROW_FORMAT	"%-39s %-6s %8s %5s  %s -> %s\n"

static void
print_clean(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		buf_add_byte(out, (unsigned char)*text < ' ' ||
		    *text == 127 ? '?' : *text);
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
print_columns(const struct queue_print *p, const json_t *row)
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
		print_value(&out, name, v);
		if (out.len > 0)
			(void)printf("%-14s %s\n", name, buf_cstr(&out));
	}
	buf_free(&out);
}

static void
print_age(char out[32], int64_t s)
{
	if (s < 120)
		(void)snprintf(out, 32, "%" PRId64 "s", s);
	else if (s < 7200)
		(void)snprintf(out, 32, "%" PRId64 "m", s / 60);
	else if (s < 172800)
		(void)snprintf(out, 32, "%" PRId64 "h", s / 3600);
	else
		(void)snprintf(out, 32, "%" PRId64 "d", s / 86400);
}

static void
print_line(struct queue_print *p, const json_t *row)
{
	struct buf	id = BUF_INIT, from = BUF_INIT, to = BUF_INIT;
	char		age[32], retry[32];

	if (p->count == 1)
		(void)printf(ROW_FORMAT, "ID", "STATE", "AGE", "RETRY",
		    "SENDER", "RECIPIENT");
	print_age(age, json_integer_value(json_object_get(row, "age")));
	(void)snprintf(retry, sizeof retry, "%" JSON_INTEGER_FORMAT,
	    json_integer_value(json_object_get(row, "retry")));
	print_id(&id, json_object_get(row, "id"));
	print_value(&from, "sender", json_object_get(row, "sender"));
	print_value(&to, "recipient", json_object_get(row, "recipient"));
	(void)printf(ROW_FORMAT, buf_cstr(&id), json_string_value(
	    json_object_get(row, "state")), age, retry,
	    from.len > 0 ? buf_cstr(&from) : "<>", buf_cstr(&to));
	buf_free(&id);
	buf_free(&from);
	buf_free(&to);
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
