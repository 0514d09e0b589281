/*
 * The administrator's one command: its options, then the verb that does the
 * work, from the table verbs.def.  Called by the name sendmail, mailq or
 * newaliases it is that verb, and has no options of its own.
 */
#include <getopt.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/version.h"
#include "mtactl/paths.h"
#include "verb.h"

/* The verb that this program is called by, as a link to it; or NULL. */
static const char *
front_end(const char *path)
{
	static const char *const	names[] = { "sendmail", "mailq",
					    "newaliases" };
	const char			*slash = strrchr(path, '/');
	size_t				 i;

	if (slash != NULL)
		path = slash + 1;
	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(path, names[i]) == 0)
			return names[i];
	return NULL;
}

int
main(int argc, char **argv)
{
	static const struct option	longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	struct ctl	c = { HALYARD_CONFIG, argv[0] };
	const char	*front = front_end(argv[0]);
	int		opt;

	(void)signal(SIGPIPE, SIG_IGN);
	if (front != NULL) {
		argv[0] = (char *)(uintptr_t)front;
		return mtactl_verb(&c, argc, argv);
	}
	while ((opt = getopt_long(argc, argv, "+c:hV", longs, NULL)) != -1) {
		switch (opt) {
		case 'c':
			c.dir = optarg;
			break;
		case 'h':
			mtactl_usage(stdout, NULL);
			return CTL_OK;
		case 'V':
			(void)printf("mtactl (Halyard) %s\n",
			    halyard_version());
			return CTL_OK;
		default:
			(void)fprintf(stderr, "mtactl: a verb's options stand "
			    "behind it: mtactl [-c DIR] VERB [OPTIONS]\n");
			return CTL_USAGE;
		}
	}
	if (optind == argc) {
		mtactl_usage(stderr, NULL);
		return CTL_USAGE;
	}
	return mtactl_verb(&c, argc - optind, argv + optind);
}
