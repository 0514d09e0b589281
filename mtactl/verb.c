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

#define VERB_COLUMNS	80
#define VERB_INDENT	12	/* of further lines */
#define VERB_COUNT	(sizeof verbs / sizeof verbs[0])

static const struct verb	*running;

/* A word, or all within a pair of brackets. */
static size_t
verb_piece(const char *s)
{
	size_t	n;
	int	depth = 0;

	for (n = 0; s[n] != '\0' && (s[n] != ' ' || depth > 0); n++)
		depth += (s[n] == '[') - (s[n] == ']');
	return n;
}

/* Within 80 columns where its pieces are. */
static void
verb_print(FILE *to, const char *before, const struct verb *v)
{
	size_t		 at = strlen(before) + strlen(v->name), n;
	const char	*s;

	(void)fprintf(to, "%s%s", before, v->name);
	for (s = v->usage; *s != '\0'; s += n) {
		s += *s == ' ';
		n = verb_piece(s);
		if (at + 1 + n > VERB_COLUMNS) {
			(void)fprintf(to, "\n%*s", VERB_INDENT - 1, "");
			at = VERB_INDENT - 1;
		}
		(void)fprintf(to, " %.*s", (int)n, s);
		at += 1 + n;
	}
	(void)fputc('\n', to);
}

static void
verb_usage_to(FILE *to, const struct verb *v)
{
	verb_print(to, "usage: mtactl [-c DIR] ", v);
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
			verb_print(to, "    ", &verbs[i]);
	(void)fprintf(to, "DIR holds the configuration (default "
	    HALYARD_CONFIG ").  VERB --help says more.\n");
}

/* How many words of argv the verb's name takes, 0 for another verb. */
static int
verb_match(const struct verb *v, int argc, char **argv)
{
	struct str	rest = str_of(v->name), word;
	int		n = 0;

	while (rest.len > 0) {
		word = str_split(rest, ' ', &rest);
		if (n == argc || !str_eq(word, str_of(argv[n])))
			return 0;
		n++;
	}
	return n;
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

/* So many words of argv, up to an option. */
static const char *
verb_words(struct buf *out, int argc, char **argv, int words)
{
	int	i;

	buf_clear(out);
	for (i = 0; i < words && i < argc && argv[i][0] != '-'; i++)
		buf_printf(out, "%s%s", i > 0 ? " " : "", argv[i]);
	return buf_cstr(out);
}

/* The group that argv begins with, and how many words of it that is. */
static int
verb_group(struct buf *out, int argc, char **argv)
{
	int	words = argc;

	if (words > 2)
		words = 2;
	while (words > 0 && !verb_is_group(verb_words(out, argc, argv,
	    words)))
		words--;
	return words;
}

/* What was meant, perhaps: its name is close. */
static const char *
verb_near(int argc, char **argv)
{
	struct buf	 typed = BUF_INIT;
	const char	*near = NULL, *c;
	size_t		 i;
	unsigned	 d, best = 3;
	int		 words;

	for (i = 0; i < VERB_COUNT; i++) {
		words = 1;
		for (c = verbs[i].name; *c != '\0'; c++)
			words += *c == ' ';
		d = value_distance(str_of(verbs[i].name), str_of(verb_words(
		    &typed, argc, argv, words)));
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
	struct buf	 group = BUF_INIT;
	int		 words = verb_group(&group, argc, argv);

	if (words > 0 && argc == words) {
		mtactl_usage(stderr, buf_cstr(&group));
	} else {
		(void)fprintf(stderr, "mtactl: no verb \"%s%s%s\"", words > 0 ?
		    buf_cstr(&group) : argv[0], words > 0 ? " " : "",
		    words > 0 ? argv[words] : "");
		if (near != NULL)
			(void)fprintf(stderr, ", did you mean \"%s\"?\n",
			    near);
		else
			(void)fputc('\n', stderr);
		if (near == NULL)
			mtactl_usage(stderr, words > 0 ? buf_cstr(&group) :
			    NULL);
	}
	buf_free(&group);
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
