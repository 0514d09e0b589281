/*
 * diag - a fault or a warning, and where it stands
 *
 * Ownership  all text is borrowed.
 */
#ifndef MASTER_DIAG_H
#define MASTER_DIAG_H

#include <stdbool.h>

#include "conf/conf.h"

/* Whom an error or a warning concerns: its place, and the text. */
struct diag {
	const char	*file;
	int		 line;		/* 0: of the file as a whole */
	int		 column;
	bool		 warning;
	const char	*text;
};

/* Where main.cf or master.cf sets a parameter; as it was if none does. */
void	diag_place(struct diag *d, const struct conf *conf,
	    const struct conf_service *svc, const char *parameter);

#endif
