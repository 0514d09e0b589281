/*
 * conf_int - what conf.c and check.c share
 */
#ifndef CONF_CONF_INT_H
#define CONF_CONF_INT_H

#include "conf/conf.h"
#include "parse.h"

struct conf_hook {
	char		*path;		/* the parameter's value */
	struct buf	 text;
};

struct conf {
	char			*dir;
	char			*main_file;
	char			*master_file;
	struct settings		 settings;	/* of main.cf */
	struct params		 params;
	struct rows		 rows;
	struct conf_hook	*hooks;
	size_t			 hook_count;
	struct buf		 transport_cf, policy_cf;
};

/* Reports what is wrong between values that are each right alone. */
void	conf_check(const struct conf *c, struct reports *r);
/* Reads the text of every hook that main.cf or a row names. */
void	conf_read_hooks(struct conf *c, struct reports *r);

#endif
