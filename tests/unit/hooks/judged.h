/*
 * judged - runs of the hook behind an attempt, and their answers as text
 *
 * An answer is "QUEUE delay=5000 reason=... dsn.subject=..."; only what is not
 * as it was is named.
 */
#ifndef TESTS_HOOKS_JUDGED_H
#define TESTS_HOOKS_JUDGED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hooks/postdelivery.h"

struct judged {
	struct postdelivery_request	 rq;
	struct spool_entry		 entry;
	struct attempt			 attempt;
	struct attempt_connection	*connection;
	struct smtp_reply		 reply;
	struct dsn_order		 order;
	struct buf			 answer;
	int				 errors; /* scripts that failed */
};

/* One that was put off by "450 Later", and no more. */
void		 judged_init(struct judged *j);
void		 judged_fini(struct judged *j);
/* Its answer. */
const char	*judged_run(struct judged *j, const char *script);
/* What the compiler says; "" if it takes it. */
const char	*judged_compile(const char *script);
/* Gives a run up before it has ended, or before it began. */
void		 judged_give_up(struct judged *j, const char *script);

#endif
