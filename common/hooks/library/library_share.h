/*
 * library_share - questions to the share service, as waits of a script
 *
 * Inside the library only; see library.h and share/share.h.
 */
#ifndef HOOKS_LIBRARY_SHARE_H
#define HOOKS_LIBRARY_SHARE_H

#include "library.h"
#include "share/share.h"

/* What the script gets for an answer; *unreadable makes it an exception. */
typedef struct hsl_value	library_reply_fn(struct hsl_exec *x,
				    const struct share_answer *a,
				    bool *unreadable);

/* Asks; HSL_SUSPEND.  `name` is for exceptions, and static. */
enum hsl_rc	 library_share_ask(struct hsl_exec *x, const char *name,
		    const struct share_question *q, library_reply_fn *reply);
/* There is a service, and the first argument is a key; or it throws. */
bool		 library_share_key(struct hsl_call *c);

#endif
