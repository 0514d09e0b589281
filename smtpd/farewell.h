/*
 * farewell - what the disconnect hook is told of a session
 *
 * Ownership  part of a session; farewell_fini() at its end.
 */
#ifndef SMTPD_FAREWELL_H
#define SMTPD_FAREWELL_H

#include "event/stream.h"
#include "hooks/hook.h"

struct session;
struct smtp_reader;

struct farewell {
	struct smtp_reader	*reply;		/* our last one; NULL: none */
	const char		*stage;		/* what it answers: "MAIL" */
	const char		*ended_by;	/* "local", "remote"; NULL */
	struct hook_failure	 failure;	/* type NULL: none */
};

void	farewell_fini(struct farewell *f);
/* The bytes of a reply of ours. */
void	farewell_reply(struct session *s, struct str bytes);
/* Who ends the session: the first to be named it is. */
void	farewell_by(struct session *s, const char *who);
/* The connection broke. */
void	farewell_failed(struct session *s, enum stream_close how,
	    const char *why);
/* What the disconnect hook is told; it borrows from s. */
struct hook_arguments farewell_arguments(const struct session *s);
/* Which command the next reply answers. */
void	farewell_stage(struct session *s, const char *stage);

#endif
