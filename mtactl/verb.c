/*
 * The table of verbs, and finding one by its words.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "conf/value.h"
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
	size_t	i, len;

	if (group == NULL)
		group = "";
	len = strlen(group);
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

/* A first word that several rows share. */
static bool
verb_is_group(const char *word)
{
	size_t	i, len = strlen(word);

	for (i = 0; i < VERB_COUNT; i++)
		if (strncmp(verbs[i].name, word, len) == 0 &&
		    verbs[i].name[len] == ' ')
			return true;
	return false;
}

/* The row that argv begins with, and how many words of it are its name. */
static const struct verb *
verb_find(int argc, char **argv, int *words)
{
	size_t	i;

	for (i = 0; i < VERB_COUNT; i++)
		if ((*words = verb_match(&verbs[i], argc, argv)) > 0)
			return &verbs[i];
	return NULL;
}

/* What was meant, perhaps: the whole name, or a word of it, is close. */
static const char *
verb_near(int argc, char **argv)
{
	struct buf	 typed = BUF_INIT;
	const char	*near = NULL;
	size_t		 i;
	unsigned	 d, best = 3;

	buf_add_text(&typed, argv[0]);
	if (argc > 1 && (verb_is_group(argv[0]) || argv[1][0] != '-'))
		buf_printf(&typed, " %s", argv[1]);
	for (i = 0; i < VERB_COUNT; i++) {
		bool	group = strchr(verbs[i].name, ' ') != NULL;

		d = value_distance(str_of(verbs[i].name), str_of(group ?
		    buf_cstr(&typed) : argv[0]));
		if (d < best) {
			best = d;
			near = verbs[i].name;
		}
	}
	buf_free(&typed);
	return near;
}

static int
verb_unknown(int argc, char **argv)
{
	const char	*near = verb_near(argc, argv);
	bool		 group = verb_is_group(argv[0]);

	if (group && argc == 1) {
		mtactl_usage(stderr, argv[0]);
		return CTL_USAGE;
	}
	(void)fprintf(stderr, "mtactl: no verb \"%s%s%s\"", argv[0],
	    group ? " " : "", group ? argv[1] : "");
	if (near != NULL)
		(void)fprintf(stderr, ", did you mean \"%s\"?\n", near);
	else {
		(void)fputc('\n', stderr);
		mtactl_usage(stderr, group ? argv[0] : NULL);
	}
	return CTL_USAGE;
}

int
verb_help(const struct ctl *c, int argc, char **argv)
{
	const struct verb	*v;
	int			 words;

	(void)c;
	if (argc == 1) {
		mtactl_usage(stdout, NULL);
		return CTL_OK;
	}
	v = verb_find(argc - 1, argv + 1, &words);
	if (v != NULL) {
		verb_usage_to(stdout, v);
		(void)printf("\n%s\n", v->help);
		return CTL_OK;
	}
	if (argc == 2 && verb_is_group(argv[1])) {
		mtactl_usage(stdout, argv[1]);
		return CTL_OK;
	}
	return verb_unknown(argc - 1, argv + 1);
}

int
mtactl_verb(const struct ctl *c, int argc, char **argv)
{
	const struct verb	*v;
	int			 words;

	v = verb_find(argc, argv, &words);
	if (v != NULL)
		return verb_run_row(c, v, argc - words + 1,
		    argv + words - 1);
	if (verb_is_group(argv[0]) && wants_help(argc, argv)) {
		mtactl_usage(stdout, argv[0]);
		return CTL_OK;
	}
	return verb_unknown(argc, argv);
}
