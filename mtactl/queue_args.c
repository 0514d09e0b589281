/*
 * Options of the queue's verbs: those of a filter are the rows of
 * queue_field.def, and their values are looked at before qmgr is asked.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/mem.h"
#include "queue/queue_filter.h"
#include "queue/queue_row.h"
#include "queue/queue_trace.h"
#include "queue_args.h"

static void
args_add(struct queue_term **list, size_t *count, struct str name,
    struct str value)
{
	*list = xreallocarray(*list, *count + 1, sizeof **list);
	(*list)[(*count)++] = (struct queue_term){ name, value };
}

void
queue_args_fini(struct queue_args *a)
{
	free(a->term);
	free(a->assign);
	free(a->column);
}

/* "sender,recipient" */
static void
args_columns(struct queue_args *a, struct str value)
{
	struct str	rest = value, one;

	while (rest.len > 0) {
		one = str_split(rest, ',', &rest);
		a->column = xreallocarray(a->column, a->columns + 1,
		    sizeof *a->column);
		a->column[a->columns++] = one;
	}
}

static bool
args_flag(struct queue_args *a, struct str name)
{
	const struct {
		const char	*name;
		bool		*flag;
	} flags[] = {
		{ "json", &a->json }, { "dry-run", &a->dry_run },
		{ "original", &a->original }, { "all", &a->all },
	};
	size_t	i;

	for (i = 0; i < sizeof flags / sizeof *flags; i++)
		if (str_eq(name, str_of(flags[i].name)))
			return *flags[i].flag = true;
	return false;
}

/* "--limit N" and the like: 1, or 0: it is none, or -1 with *e. */
static int
args_number(struct queue_args *a, struct str name, struct str value,
    struct err *e)
{
	const struct {
		const char	*name;
		uint64_t	*to, low, high;
	} numbers[] = {
		{ "limit", &a->limit, 1, INT64_MAX },
		{ "wait", &a->wait, 0, 86400 },
		{ "count", &a->count, 1, QUEUE_TRACE_ATTEMPTS },
		{ "seconds", &a->seconds, 1, QUEUE_TRACE_SECONDS },
	};
	size_t	i;

	for (i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (!str_eq(name, str_of(numbers[i].name)))
			continue;
		if (str_uint(value, numbers[i].high, numbers[i].to) == 0 &&
		    *numbers[i].to >= numbers[i].low)
			return 1;
		return err_set(e, "--%s %s: not a number from %" PRIu64
		    " to %" PRIu64, numbers[i].name, value.p,
		    numbers[i].low, numbers[i].high);
	}
	return 0;
}

static int
args_no_group(const char *value, struct err *e)
{
	struct buf	names = BUF_INIT;
	int		rc;

	queue_field_groups(&names);
	rc = err_set(e, "--groupby %s: not one of %s", value,
	    buf_cstr(&names));
	buf_free(&names);
	return rc;
}

static int
args_option(struct queue_args *a, struct str name, struct str value,
    struct err *e)
{
	int	rc = args_number(a, name, value, e);

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	if (str_eq(name, STR("transport"))) {
		a->moves = true;
		args_add(&a->assign, &a->assigns, STR("transportid"), value);
		return 0;
	}
	if (str_eq(name, STR("after"))) {
		a->after = value.p;
		return 0;
	}
	if (str_eq(name, STR("groupby"))) {
		a->group = value.p;
		return queue_field_group(value) != QUEUE_FIELDS ? 0 :
		    args_no_group(value.p, e);
	}
	if (str_eq(name, STR("columns"))) {
		args_columns(a, value);
		return 0;
	}
	args_add(&a->term, &a->terms, name, value);
	return 0;
}

/* "--name value" or "--name=value"; how many arguments it took, or -1. */
static int
args_long(struct queue_args *a, int argc, char **argv, struct err *e)
{
	struct str	value, name = str_split(str_of(argv[0] + 2), '=',
			    &value);
	bool		joined = strchr(argv[0], '=') != NULL;

	if (!joined && args_flag(a, name))
		return 1;
	if (!joined && argc < 2)
		return err_set(e, "%s: a value is missing, or there is no "
		    "such option", argv[0]);
	if (args_option(a, name, joined ? value : str_of(argv[1]), e) == -1)
		return -1;
	return joined ? 1 : 2;
}

static int
args_word(struct queue_args *a, bool assign, const char *word,
    struct err *e)
{
	struct str	value, name;

	if (!assign || strchr(word, '=') == NULL) {
		args_add(&a->term, &a->terms, STR("id"), str_of(word));
		a->ids++;
		return 0;
	}
	name = str_split(str_of(word), '=', &value);
	if (name.len == 0)
		return err_set(e, "%s: not NAME=VALUE", word);
	args_add(&a->assign, &a->assigns, name, value);
	return 0;
}

static bool
args_is_column(const json_t *fields, struct str name)
{
	struct buf	key = BUF_INIT;
	bool		known;

	if (str_prefix(name, STR("metadata.")))
		return true;
	buf_add_str(&key, name);
	known = json_object_get(fields, buf_cstr(&key)) != NULL;
	buf_free(&key);
	return known;
}

/* A row with all that a row may have says which fields there are. */
static int
args_check_columns(const struct queue_args *a, struct err *e)
{
	struct queue_row	 row = { .accepted.submitter = 1 };
	struct buf		 out = BUF_INIT;
	json_t			*fields;
	size_t			 i = 0;

	queue_row_json(&out, &row);
	fields = json_loadb(buf_cstr(&out), out.len, 0, NULL);
	while (i < a->columns && args_is_column(fields, a->column[i]))
		i++;
	json_decref(fields);
	buf_free(&out);
	return i == a->columns ? 0 : err_set(e, "-F %.*s: entries have no "
	    "such field; queue list --json shows those they have",
	    (int)a->column[i].len, a->column[i].p);
}

/* What qmgr would say of the terms. */
static int
args_check(const struct queue_args *a, struct err *e)
{
	struct queue_filter	*f = queue_filter_new();
	size_t			 i;
	int			 rc = 0;

	for (i = 0; i < a->terms && rc == 0; i++)
		rc = queue_filter_add(f, a->term[i].name, a->term[i].value, e);
	queue_filter_free(&f);
	return rc;
}

int
queue_args_parse(struct queue_args *a, bool assign, int argc, char **argv,
    struct err *e)
{
	int	i = 1, took;
	bool	options = true;

	memset(a, 0, sizeof *a);
	while (i < argc) {
		took = 1;
		if (options && strcmp(argv[i], "--") == 0)
			options = false;
		else if (options && strcmp(argv[i], "-F") == 0 &&
		    i + 1 < argc) {
			args_columns(a, str_of(argv[i + 1]));
			took = 2;
		} else if (options && argv[i][0] == '-') {
			if (argv[i][1] != '-')
				return err_set(e, "%s: no such option",
				    argv[i]);
			took = args_long(a, argc - i, argv + i, e);
		} else if (args_word(a, assign, argv[i], e) == -1)
			return -1;
		if (took == -1)
			return -1;
		i += took;
	}
	if (args_check_columns(a, e) == -1)
		return -1;
	return args_check(a, e);
}
