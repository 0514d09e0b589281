/*
 * --log may stand several times, or several files behind it; so that a shell's
 * pattern will do.
 */
#include <string.h>

#include "base/str.h"
#include "simulate_args.h"

#define SIMULATE_TOP_MAX	1000000

static int
simulate_log(struct simulate_args *a, const char *file, struct err *e)
{
	if (a->logs == SIMULATE_LOGS)
		return err_set(e, "more than %d logs", SIMULATE_LOGS);
	a->log[a->logs++] = file;
	return 0;
}

static int
simulate_value(struct simulate_args *a, struct str name, const char *value,
    struct err *e)
{
	if (str_eq(name, STR("log")))
		return simulate_log(a, value, e);
	if (str_eq(name, STR("policy")))
		a->policy = value;
	else if (str_eq(name, STR("transport")))
		a->transport = value;
	else if (!str_eq(name, STR("top")))
		return err_set(e, "--%.*s: no such option", (int)name.len,
		    name.p);
	else if (str_uint(str_of(value), SIMULATE_TOP_MAX, &a->top) == -1)
		return err_set(e, "--top %s: not a number of rows", value);
	return 0;
}

/* How many arguments it took, or -1. */
static int
simulate_option(struct simulate_args *a, int argc, char **argv,
    struct err *e)
{
	struct str	value, name;

	if (strcmp(argv[0], "--json") == 0) {
		a->json = true;
		return 1;
	}
	if (strncmp(argv[0], "--", 2) != 0)
		return err_set(e, "%s: no such option", argv[0]);
	name = str_split(str_of(argv[0] + 2), '=', &value);
	if (strchr(argv[0], '=') != NULL)
		return simulate_value(a, name, value.p, e) == -1 ? -1 : 1;
	if (argc < 2)
		return err_set(e, "%s: a value is missing, or there is no "
		    "such option", argv[0]);
	return simulate_value(a, name, argv[1], e) == -1 ? -1 : 2;
}

int
simulate_args_parse(struct simulate_args *a, int argc, char **argv,
    struct err *e)
{
	bool	options = true;
	int	i = 1, took;

	memset(a, 0, sizeof *a);
	a->top = 10;
	for (; i < argc; i += took) {
		took = 1;
		if (options && strcmp(argv[i], "--") == 0)
			options = false;
		else if (options && argv[i][0] == '-')
			took = simulate_option(a, argc - i, argv + i, e);
		else if (simulate_log(a, argv[i], e) == -1)
			took = -1;
		if (took == -1)
			return -1;
	}
	if (a->logs == 0)
		return err_set(e, "--log FILE is missing");
	if (a->policy == NULL)
		return err_set(e, "--policy FILE is missing");
	return 0;
}
