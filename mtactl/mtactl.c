/*
 * The administrator's one command: its options, then the verb that does the
 * work, from the table verbs.def.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>

#include "base/version.h"
#include "mtactl/paths.h"
#include "verb.h"

int
main(int argc, char **argv)
{
	static const struct option	longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	struct ctl	c = { HALYARD_CONFIG, argv[0] };
	int		opt;

	(void)signal(SIGPIPE, SIG_IGN);
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
