/*
 * session - a script that grows
 *
 * Each piece is compiled, then run by hsl_run(), and sees the variables,
 * functions, classes and imports of those before.  A name declared again
 * holds for what is compiled from then on.  A piece that ends with an
 * expression has its value as hsl_result().  Limits of time and instructions
 * are those of a piece.
 *
 * Ownership  hsl_session_new() gives, hsl_session_free() takes and clears;
 *            the execution is the session's.
 * Failure    a piece that is refused leaves all as it was; one that throws
 *            leaves what it had done.
 */
#ifndef HSL_SESSION_H
#define HSL_SESSION_H

#include "hsl/hsl.h"

struct hsl_session;

struct hsl_session	*hsl_session_new(const struct hsl_host *host,
			    const struct hsl_limits *limits, void *data);
void			 hsl_session_free(struct hsl_session **s);
struct hsl_exec		*hsl_session_exec(struct hsl_session *s);
/* False, after reports, if it is refused. */
bool			 hsl_session_add(struct hsl_session *s,
			    const char *file, struct str source,
			    hsl_diag_fn *report, void *arg);
/* Whether more lines may complete it: a bracket or a string is open. */
bool			 hsl_incomplete(struct str source);

#endif
