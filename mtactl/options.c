/*
 * getopt_long() is told to stop at the first argument that is no option, and
 * called again behind it: systems differ in how they move arguments, and
 * main() has used it before.
 */
#include <getopt.h>
#include <string.h>

#include "options.h"

static const struct option	all[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "hook", required_argument, NULL, 'k' },
	{ "rootpath", required_argument, NULL, 'r' },
	{ "listen", required_argument, NULL, 'l' },
	{ "backend", required_argument, NULL, 'b' },
	{ "hostname", required_argument, NULL, 'n' },
	{ "domain", required_argument, NULL, 'd' },
	{ "set", no_argument, NULL, 's' },
	{ "show", no_argument, NULL, 'w' },
	{ "count", required_argument, NULL, 'c' },
	{ "to", required_argument, NULL, 'T' },
	{ "cuts", required_argument, NULL, 'C' },
	{ "seed", required_argument, NULL, 'S' },
	{ "remove", no_argument, NULL, 'R' },
	{ "interval", required_argument, NULL, 'i' },
	{ "once", no_argument, NULL, 'o' },
	{ "action", required_argument, NULL, 'A' },
	{ "language", required_argument, NULL, 'L' },
	{ "from", required_argument, NULL, 'F' },
	{ "status", required_argument, NULL, 'x' },
	{ "diagnostic", required_argument, NULL, 'D' },
	{ "full", no_argument, NULL, 'f' },
};

#define ALL	(sizeof all / sizeof all[0])

/* Those of "bounce preview". */
static int
options_set_bounce(struct options *o, int opt)
{
	switch (opt) {
	case 'A':
		o->action = optarg;
		return 0;
	case 'L':
		o->language = optarg;
		return 0;
	case 'F':
		o->from = optarg;
		return 0;
	case 'x':
		o->status = optarg;
		return 0;
	case 'D':
		o->diagnostic = optarg;
		return 0;
	case 'f':
		o->full = true;
		return 0;
	default:
		return -1;
	}
}

static int
options_set(struct options *o, int opt)
{
	switch (opt) {
	case 'j':
		o->json = true;
		return 0;
	case 'k':
		o->hook = optarg;
		return 0;
	case 'r':
		o->root = optarg;
		return 0;
	case 'l':
		o->listen = optarg;
		return 0;
	case 'b':
		o->backend = optarg;
		return 0;
	case 'n':
		o->hostname = optarg;
		return 0;
	case 'd':
		o->domain = optarg;
		return 0;
	case 's':
		o->set = true;
		return 0;
	case 'w':
		o->show = true;
		return 0;
	case 'c':
		o->count = optarg;
		return 0;
	case 'T':
		o->to = optarg;
		return 0;
	case 'C':
		o->cuts = optarg;
		return 0;
	case 'S':
		o->seed = optarg;
		return 0;
	case 'R':
		o->remove = true;
		return 0;
	case 'i':
		o->interval = optarg;
		return 0;
	case 'o':
		o->once = true;
		return 0;
	default:
		return options_set_bounce(o, opt);
	}
}

int
options_parse(struct options *o, const char *takes, int argc, char **argv)
{
	struct option	longs[ALL + 1];
	size_t		i, n = 0;
	int		opt;

	memset(longs, 0, sizeof longs);
	for (i = 0; i < ALL; i++)
		if (strchr(takes, all[i].val) != NULL)
			longs[n++] = all[i];
	*o = (struct options){ .argv = argv + 1 };
	optind = 1;
	for (;;) {
		opt = getopt_long(argc, argv, strchr(takes, 's') != NULL ?
		    "+n" : "+", longs, NULL);
		/* config dump: -n is "only what is set", as in postconf. */
		if (opt == 'n' && strchr(takes, 's') != NULL)
			opt = 's';
		if (opt != -1) {
			if (options_set(o, opt) == -1)
				return -1;
			continue;
		}
		if (optind > 1 && strcmp(argv[optind - 1], "--") == 0)
			break;
		if (optind == argc)
			return 0;
		/* Slots before optind are used up. */
		o->argv[o->argc++] = argv[optind++];
	}
	while (optind < argc)
		o->argv[o->argc++] = argv[optind++];
	return 0;
}
