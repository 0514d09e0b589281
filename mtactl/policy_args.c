/*
 * One table of options; those of limits are read as policy.cf is.
 */
#include <inttypes.h>
#include <string.h>

#include "conf/value.h"

#include "policy_args.h"

/* Those up to ARG_STOP have no value. */
enum args_kind { ARG_JSON, ARG_KEEP, ARG_ALL, ARG_STOP, ARG_OPTION,
	ARG_PROPERTY, ARG_TTL, ARG_ID, ARG_TYPE,
	ARG_FUNCTION, ARG_LIMIT };

#define TAKES_ANY	(1U << 31)
#define LIMIT_MAX	100000

static const struct args_row {
	const char		*name;
	unsigned		 takes;
	enum args_kind		 kind;
	enum policy_option	 option;
} args_rows[] = {
	{ "json", TAKES_ANY, ARG_JSON, 0 },
	{ "keep", TAKES_LIVE, ARG_KEEP, 0 },
	{ "all", TAKES_ALL, ARG_ALL, 0 },
	{ "stop", TAKES_POLICY, ARG_STOP, POLICY_stop },
	{ "concurrency", TAKES_POLICY, ARG_OPTION, POLICY_concurrency },
	{ "rate", TAKES_POLICY, ARG_OPTION, POLICY_rate },
	{ "rate-algorithm", TAKES_POLICY, ARG_OPTION, POLICY_rate_algorithm },
	{ "connectinterval", TAKES_POLICY, ARG_OPTION,
	    POLICY_connectinterval },
	{ "tag", TAKES_LIVE, ARG_OPTION, POLICY_tag },
	{ "property", TAKES_LIVE, ARG_PROPERTY, 0 },
	{ "ttl", TAKES_LIVE | TAKES_TTL, ARG_TTL, 0 },
	{ "id", TAKES_LIVE, ARG_ID, 0 },
	{ "type", TAKES_POLICY, ARG_TYPE, 0 },
	{ "function", TAKES_FUNCTION, ARG_FUNCTION, 0 },
	{ "limit", TAKES_LIMIT, ARG_LIMIT, 0 },
};

#define ARGS_ROWS	(sizeof args_rows / sizeof args_rows[0])

static const struct args_row *
args_find(const struct policy_args *a, struct str name, struct err *e)
{
	const char	*near = NULL;
	unsigned	 d, best = 3;
	size_t		 i;

	for (i = 0; i < ARGS_ROWS; i++) {
		if ((args_rows[i].takes & (a->takes | TAKES_ANY)) == 0)
			continue;
		if (str_eq(name, str_of(args_rows[i].name)))
			return &args_rows[i];
		d = value_distance(name, str_of(args_rows[i].name));
		if (d < best) {
			best = d;
			near = args_rows[i].name;
		}
	}
	(void)err_set(e, "--%.*s: no such option%s%s%s", (int)name.len,
	    name.p, near != NULL ? "; did you mean --" : "",
	    near != NULL ? near : "", near != NULL ? "?" : "");
	return NULL;
}

static int
args_flag(struct policy_args *a, const struct args_row *row, struct err *e)
{
	switch (row->kind) {
	case ARG_JSON:
		a->json = true;
		return 0;
	case ARG_KEEP:
		a->keep = true;
		return 0;
	case ARG_ALL:
		a->all = true;
		return 0;
	default:
		return policy_ask_option(&a->ask, row->option, STR("yes"), e);
	}
}

static int
args_text(const char *name, struct str value, size_t most, struct str *to,
    struct err *e)
{
	if (value.len == 0 || value.len > most)
		return err_set(e, "--%s: 1 to %zu bytes", name, most);
	*to = value;
	return 0;
}

static int
args_set(struct policy_args *a, const struct args_row *row, struct str value,
    struct err *e)
{
	struct str	name, rest;

	switch (row->kind) {
	case ARG_OPTION:
		return policy_ask_option(&a->ask, row->option, value, e);
	case ARG_PROPERTY:
		name = str_split(value, '=', &rest);
		if (rest.p == NULL)
			return err_set(e, "--property: not NAME=VALUE");
		return policy_ask_property(&a->ask, name, rest, e);
	case ARG_TTL:
		return value_time(value, &a->ttl_ms, e) == -1 ?
		    err_wrap(e, "--ttl") : 0;
	case ARG_ID:
		return args_text("id", value, POLICY_LIVE_ID, &a->id, e);
	case ARG_TYPE:
		return args_text("type", value, POLICY_LIVE_TYPE, &a->type,
		    e);
	case ARG_FUNCTION:
		return args_text("function", value, POLICY_LIVE_ID,
		    &a->function, e);
	default:
		return str_uint(value, LIMIT_MAX, &a->limit) == 0 &&
		    a->limit > 0 ? 0 : err_set(e, "--limit: not a number "
		    "from 1 to %d", LIMIT_MAX);
	}
}

/* "--name", "--name value" or "--name=value"; how many it took, or -1. */
static int
args_option(struct policy_args *a, int argc, char **argv, struct err *e)
{
	const struct args_row	*row;
	struct str		 value, name;

	name = str_split(str_of(argv[0] + 2), '=', &value);
	if ((row = args_find(a, name, e)) == NULL)
		return -1;
	if (row->kind <= ARG_STOP)
		return value.p != NULL ? err_set(e, "--%s has no value",
		    row->name) : args_flag(a, row, e) == -1 ? -1 : 1;
	if (value.p != NULL)
		return args_set(a, row, value, e) == -1 ? -1 : 1;
	if (argc < 2)
		return err_set(e, "--%s: a value is missing", row->name);
	return args_set(a, row, str_of(argv[1]), e) == -1 ? -1 : 2;
}

int
policy_args_parse(struct policy_args *a, unsigned takes, int argc,
    char **argv, struct err *e)
{
	bool	options = true;
	int	i = 1, took;

	*a = (struct policy_args){ .takes = takes, .word = argv + 1 };
	policy_ask_init(&a->ask);
	while (i < argc) {
		took = 1;
		if (options && strcmp(argv[i], "--") == 0)
			options = false;
		else if (options && strncmp(argv[i], "--", 2) == 0)
			took = args_option(a, argc - i, argv + i, e);
		else
			a->word[a->words++] = argv[i];
		if (took == -1)
			return -1;
		i += took;
	}
	return 0;
}

int
policy_args_values(struct policy_args *a, int from, bool alone,
    struct err *e)
{
	enum policy_field	f;
	struct str		name, value;
	int			i;

	for (i = from; i < a->words; i++) {
		name = str_split(str_of(a->word[i]), '=', &value);
		if (policy_ask_field(name, &f, e) == -1)
			return -1;
		a->fields |= POLICY_BIT(f);
		if (value.p == NULL && !alone)
			return err_set(e, "%s: not FIELD=VALUE", a->word[i]);
		if (value.p != NULL &&
		    policy_ask_value(&a->on, name, value, e) == -1)
			return -1;
	}
	return 0;
}
