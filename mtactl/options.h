/*
 * options - the long options that several verbs share
 */
#ifndef MTACTL_OPTIONS_H
#define MTACTL_OPTIONS_H

#include <stdbool.h>

struct options {
	bool		 json;		/* --json */
	const char	*hook;		/* --hook NAME */
	const char	*root;		/* --rootpath DIR */
	const char	*listen;	/* --listen ADDRESS:PORT */
	const char	*backend;	/* --backend HOST:PORT */
	const char	*hostname;	/* --hostname NAME */
	const char	*domain;	/* --domain DOMAIN[,DOMAIN...] */
	const char	*count;		/* --count N */
	const char	*to;		/* --to DIR, --to ADDRESS */
	const char	*cuts;		/* --cuts N */
	const char	*seed;		/* --seed N */
	const char	*interval;	/* --interval TIME */
	const char	*action;	/* --action ACTION */
	const char	*language;	/* --language TAG */
	const char	*from;		/* --from ADDRESS */
	const char	*status;	/* --status N.N.N */
	const char	*diagnostic;	/* --diagnostic TEXT */
	bool		 full;		/* --full */
	bool		 once;		/* --once */
	bool		 set;		/* --set, -n */
	bool		 show;		/* --show */
	bool		 remove;	/* --remove */
	int		 argc;		/* what is no option, in order */
	char		**argv;
};

/*
 * `takes` lists letters of the table in options.c.  Options may stand after
 * other arguments, up to "--".  -1: usage.
 */
int	options_parse(struct options *o, const char *takes, int argc,
	    char **argv);

#endif
