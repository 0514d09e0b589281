/*
 * template_private - a template taken apart; for template*.c alone
 */
#ifndef DSN_TEMPLATE_PRIVATE_H
#define DSN_TEMPLATE_PRIVATE_H

#include "template.h"

#define TEMPLATE_SECTIONS_MAX	128

struct template_part {
	struct str	name;
	struct str	subject;	/* of an action's */
	struct str	body;		/* without empty lines at its ends */
	int		line;		/* where it begins */
};

struct template {
	char			 language[TEMPLATE_LANGUAGE_MAX + 1];
	struct buf		 text;	/* parts point into it */
	struct template_part	 parts[TEMPLATE_SECTIONS_MAX];
	size_t			 count;
};

struct template	*template_read(struct str text, struct template_fault *f);
void		 template_free(struct template **t);
/* The place that stands in braces at the front of s, which begins with one:
 * its length with them, and which; 0: none, *e says why. */
size_t		 template_place(struct str s, enum template_place *place,
		    struct err *e);
/* Is this a status with x for some of its numbers? */
bool		 template_is_status(struct str name);

#endif
