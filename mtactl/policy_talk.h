/*
 * policy_talk - asking qmgr(8) about policies, suspensions and lists
 *
 * Each function makes a connection, asks, prints, and returns the exit code.
 */
#ifndef MTACTL_POLICY_TALK_H
#define MTACTL_POLICY_TALK_H

#include <jansson.h>

#include "policy_args.h"
#include "queue_talk.h"

/* Rows that are asked for. */
struct policy_listing {
	const char	*name;		/* of the array of JSON; NULL: one
					 * object alone */
	const char	*none;		/* said where there are none */
	void		(*head)(void);	/* before the first; or NULL */
	void		(*row)(const json_t *row);
	bool		 json;
	uint64_t	 count;
};

/* fields: of that message, as ipc_put_X() wrote them; put: what that
 * returned. */
int	policy_talk_list(const struct ctl *c, int type, int put,
	    struct buf *fields, struct policy_listing *l);
/* A verb that lists all of a kind: its arguments, too. */
int	policy_talk_live(const struct ctl *c, enum live_kind kind,
	    struct policy_listing *l, int argc, char **argv);
/* *changed: how many were. */
int	policy_talk_change(const struct ctl *c, int type, int put,
	    struct buf *fields, uint64_t *changed);
/* Prints the id. */
int	policy_talk_add(const struct ctl *c, enum live_kind kind, int put,
	    struct buf *what, bool json);
/* A verb that deletes: its arguments are ids. */
int	policy_talk_delete(const struct ctl *c, enum live_kind kind,
	    int argc, char **argv);
/* The reason and the usage: CTL_USAGE. */
int	policy_talk_usage(const struct err *e);

#endif
