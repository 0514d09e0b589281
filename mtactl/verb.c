/*
 * The table of verbs, and finding one by its words.
 */
#include <stdio.h>
#include <string.h>

#include "mtactl/paths.h"
#include "verb.h"

static const struct verb	verbs[] = {
#define VERB(fn, name, usage, help)	{ name, usage, help, fn },
#include "verbs.def"
#undef VERB
};

#define VERB_COUNT	(sizeof verbs / sizeof verbs[0])

static const struct verb	*running;

static void
verb_usage_to(FILE *to, const struct verb *v)
{
	(void)fprintf(to, "usage: mtactl [-c DIR] %s%s%s\n", v->name,
	    v->usage[0] != '\0' ? " " : "", v->usage);
}

int
verb_usage(void)
{
	verb_usage_to(stderr, running);
	return CTL_USAGE;
}

int
verb_fail(const struct err *e)
{
	(void)fprintf(stderr, "mtactl: %s\n", e->text);
	return CTL_FAILED;
}

/* Every verb, or those of one group. */
void
mtactl_usage(FILE *to, const char *group)
{
	size_t	i, len = group != NULL ? strlen(group) : 0;

	(void)fprintf(to, "usage: mtactl [-c DIR] VERB [ARGUMENTS]\n");
	for (i = 0; i < VERB_COUNT; i++)
		if (len == 0 || (strncmp(verbs[i].name, group, len) == 0 &&
		    verbs[i].name[len] == ' '))
			(void)fprintf(to, "    %s%s%s\n", verbs[i].name,
			    verbs[i].usage[0] != '\0' ? " " : "",
			    verbs[i].usage);
	(void)fprintf(to, "DIR holds the configuration (default "
	    HALYARD_CONFIG ").  VERB --help says more.\n");
}

/* How many words of argv the verb's name takes, 0 for another verb. */
static int
verb_match(const struct verb *v, int argc, char **argv)
{
	const char	*space = strchr(v->name, ' ');
	size_t		 len;

	if (space == NULL)
		return strcmp(v->name, argv[0]) == 0;
	len = (size_t)(space - v->name);
	if (argc < 2 || strlen(argv[0]) != len ||
	    strncmp(argv[0], v->name, len) != 0)
		return 0;
	return strcmp(argv[1], space + 1) == 0 ? 2 : 0;
}

static bool
wants_help(int argc, char **argv)
{
	int	i;

	for (i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

static int
verb_run_row(const struct ctl *c, const struct verb *v, int argc, char **argv)
{
	running = v;
	if (!wants_help(argc, argv))
		return v->run(c, argc, argv);
	verb_usage_to(stdout, v);
	(void)printf("\n%s\n", v->help);
	return CTL_OK;
}

int
mtactl_verb(const struct ctl *c, int argc, char **argv)
{
	size_t	i;
	int	words;

	for (i = 0; i < VERB_COUNT; i++) {
		words = verb_match(&verbs[i], argc, argv);
		if (words > 0)
			return verb_run_row(c, &verbs[i], argc - words + 1,
			    argv + words - 1);
	}
	for (i = 0; i < VERB_COUNT; i++) {
		size_t	len = strcspn(verbs[i].name, " ");

		if (verbs[i].name[len] == ' ' && strlen(argv[0]) == len &&
		    strncmp(verbs[i].name, argv[0], len) == 0) {
			bool	help = wants_help(argc, argv);

			mtactl_usage(help ? stdout : stderr, argv[0]);
			return help ? CTL_OK : CTL_USAGE;
		}
	}
	(void)fprintf(stderr, "mtactl: no verb \"%s\"\n", argv[0]);
	mtactl_usage(stderr, NULL);
	return CTL_USAGE;
}
