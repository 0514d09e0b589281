/*
 * library_share - questions to the share service, as waits of a script
 *
 * Inside the library only; see library.h and share/share.h.
 */
#ifndef HOOKS_LIBRARY_SHARE_H
#define HOOKS_LIBRARY_SHARE_H

#include "library.h"
#include "share/share.h"

/* Whom a question goes to, and what is said where that is in vain. */
struct library_asked {
	bool		 of_quotas;	/* qmgr; else share */
	const char	*absent, *late;
	int64_t		 most_ms;	/* to wait; less if the run has less */
};

/* What the script gets for an answer; *wrong makes it an exception. */
typedef struct hsl_value	library_reply_fn(struct hsl_exec *x,
				    const struct share_answer *a,
				    const char **wrong);

/* Asks; HSL_SUSPEND.  `name` is for exceptions, and static. */
enum hsl_rc	 library_share_ask(struct hsl_exec *x, const char *name,
		    const struct share_question *q, library_reply_fn *reply);
/* The same of another one; `of` is static. */
enum hsl_rc	 library_ask_of(struct hsl_exec *x,
		    const struct library_asked *of, const char *name,
		    const struct share_question *q, library_reply_fn *reply);
extern const char	library_unreadable[];
/* There is a service, and the first argument is a key; or it throws. */
bool		 library_share_key(struct hsl_call *c);

#endif
