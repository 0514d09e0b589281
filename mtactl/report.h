/*
 * report - what mtactl does with errors that have a place
 *
 * report_print()  one line each on standard error: file:line:column: text
 * report_json()   an object each into a JSON array, or printed without one
 * report_first()  the text of the first into an err
 *
 * Warnings don't count; report_warning() prints them, or adds them to the
 * array for them, each once, as two may find the same.
 */
#ifndef MTACTL_REPORT_H
#define MTACTL_REPORT_H

#include <jansson.h>

#include "base/err.h"

struct reporter {
	json_t		*array;		/* report_json() */
	json_t		*warnings;	/* report_warning() */
	json_t		*warned;	/* what was; to be dropped at the end */
	struct err	*first;		/* report_first() */
	int		 count;
};

/* All have the type conf_report_fn; arg is a reporter, or NULL for print. */
void	report_print(void *arg, const char *file, int line, int column,
	    const char *text);
void	report_json(void *arg, const char *file, int line, int column,
	    const char *text);
void	report_first(void *arg, const char *file, int line, int column,
	    const char *text);
void	report_warning(void *arg, const char *file, int line, int column,
	    const char *text);
/* Prints a JSON document on standard output and drops it. */
void	json_print(json_t *root);
/* Text that may not be UTF-8. */
json_t	*json_text(const char *text);

#endif
