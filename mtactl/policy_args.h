/*
 * policy_args - what stands behind the verbs of policies and suspensions
 *
 * Ownership  borrows argv, and moves its words together.
 * Failure    -1 with *e: usage.
 */
#ifndef MTACTL_POLICY_ARGS_H
#define MTACTL_POLICY_ARGS_H

#include "schedule/policy_ask.h"

/* Which options a verb takes, beside --json. */
enum { TAKES_LIMIT = 1, TAKES_LIVE = 2, TAKES_POLICY = 4, TAKES_ALL = 8,
	TAKES_TTL = 16, TAKES_FUNCTION = 32 };

struct policy_args {
	struct policy_ask	 ask;
	struct policy_values	 on;
	unsigned		 fields;	/* POLICY_BIT() */
	struct str		 id, type, function;
	int64_t			 ttl_ms;	/* 0: for ever */
	uint64_t		 limit;
	bool			 keep, json, all;
	unsigned		 takes;
	char			**word;		/* what is no option */
	int			 words;
};

int	policy_args_parse(struct policy_args *a, unsigned takes, int argc,
	    char **argv, struct err *e);
/* The words from that one on are FIELD=VALUE, or FIELD alone, too. */
int	policy_args_values(struct policy_args *a, int from, bool alone,
	    struct err *e);

#endif
