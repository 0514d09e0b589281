/*
 * sendmail_args - the options of sendmail(8) that programs use
 *
 * Ownership  borrows argv.
 * Failure    an exit code of sysexits(3), with *e.
 */
#ifndef MTACTL_SENDMAIL_ARGS_H
#define MTACTL_SENDMAIL_ARGS_H

#include <stdbool.h>

#include "base/err.h"

enum sendmail_mode { SENDMAIL_MAIL, SENDMAIL_SMTP, SENDMAIL_MAILQ,
	SENDMAIL_NEWALIASES, SENDMAIL_NOTHING };

struct sendmail_args {
	enum sendmail_mode	 mode;
	bool			 dots;		/* -i */
	bool			 from_header;	/* -t */
	bool			 says_8bit;	/* -B 8BITMIME */
	const char		*sender;	/* -f; NULL: who calls */
	const char		*name;		/* -F; NULL: who calls */
	const char		*notify, *ret, *envid;	/* -N -R -V */
	char			**rcpt;
	int			 rcpts;
};

int	sendmail_args_parse(struct sendmail_args *a, int argc, char **argv,
	    struct err *e);

#endif
