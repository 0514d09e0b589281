/*
 * Options of the log's verbs; what is none of theirs is a filter.
 */
#include <string.h>

#include "log_args.h"

#define ARGS_LINES_MAX	100000000

static int
args_lines(struct log_args *a, struct str value, struct err *e)
{
	return str_uint(value, ARGS_LINES_MAX, &a->lines) == 0 ? 0 :
	    err_set(e, "-n %s: not a number of lines", value.p);
}

static int
args_value(struct log_args *a, struct str name, struct str value,
    struct err *e)
{
	if (str_eq(name, STR("lines")))
		return args_lines(a, value, e);
	if (!str_eq(name, STR("file")))
		return log_filter_add(&a->filter, name, value, e);
	if (a->files == LOG_ARGS_FILES)
		return err_set(e, "more than %d files", LOG_ARGS_FILES);
	a->file[a->files++] = value.p;
	return 0;
}

/* How many arguments it took, or -1. */
static int
args_option(struct log_args *a, int argc, char **argv, struct err *e)
{
	struct str	value, name;
	const char	*arg = argv[0];

	if (strcmp(arg, "--json") == 0 || strcmp(arg, "-f") == 0 ||
	    strcmp(arg, "--follow") == 0) {
		*(strcmp(arg, "--json") == 0 ? &a->json : &a->follow) = true;
		return 1;
	}
	if (strncmp(arg, "-n", 2) == 0 && arg[2] != '\0')
		return args_lines(a, str_of(arg + 2), e) == -1 ? -1 : 1;
	if (strcmp(arg, "-n") != 0 && strncmp(arg, "--", 2) != 0)
		return err_set(e, "%s: no such option", arg);
	name = arg[1] == 'n' ? STR("lines") :
	    str_split(str_of(arg + 2), '=', &value);
	if (arg[1] != 'n' && strchr(arg, '=') != NULL)
		return args_value(a, name, value, e) == -1 ? -1 : 1;
	if (argc < 2)
		return err_set(e, "%s: a value is missing, or there is no "
		    "such option", arg);
	return args_value(a, name, str_of(argv[1]), e) == -1 ? -1 : 2;
}

int
log_args_parse(struct log_args *a, int argc, char **argv, struct err *e)
{
	int	i = 1, took;
	bool	options = true;

	memset(a, 0, sizeof *a);
	a->lines = 10;
	for (; i < argc; i += took) {
		took = 1;
		if (options && strcmp(argv[i], "--") == 0)
			options = false;
		else if (options && argv[i][0] == '-' && argv[i][1] != '\0')
			took = args_option(a, argc - i, argv + i, e);
		else if (a->word != NULL)
			return err_set(e, "%s: one argument too many",
			    argv[i]);
		else
			a->word = argv[i];
		if (took == -1)
			return -1;
	}
	return 0;
}
