/*
 * verdict - how a hook ended, and what it changed
 *
 * Accept(), Reject() and Defer() fill one; a script that fails or ends
 * without any leaves the hook's default.  Code and enhanced code are 0 where
 * the script did not say: the caller knows the defaults.
 *
 * Ownership  verdict_init() to start, verdict_fini() to end; all that it
 *            points at is in its arena.
 */
#ifndef HOOKS_VERDICT_H
#define HOOKS_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"
#include "smtp/path.h"

enum verdict_action { VERDICT_NONE, VERDICT_ACCEPT, VERDICT_REJECT,
	VERDICT_DEFER, VERDICT_REPLY, VERDICT_MAX };

struct verdict {
	enum verdict_action	 action;
	int			 code;
	int			 enhanced[3];
	bool			 disconnect;
	struct str		*lines;
	size_t			 line_count;
	/* What Accept() changes; NULL or false where it does not. */
	const char		*remoteip;	/* connect */
	const char		*remoteptr;	/* connect */
	int			 priority;	/* connect */
	bool			 has_priority;
	const char		*host;		/* helo */
	struct str		*extensions;	/* helo: all that are offered */
	size_t			 extension_count;
	bool			 has_extensions;
	struct smtp_path	 path;		/* mailfrom, rcptto */
	bool			 has_path;
	const char		*transportid;	/* rcptto */
	const char		*username;	/* auth */
	const char		*command;	/* proxy */
	struct arena		 arena;
};

void	verdict_init(struct verdict *v);
void	verdict_fini(struct verdict *v);
const char *verdict_name(enum verdict_action action);
void	verdict_add_line(struct verdict *v, struct str line);

#endif
