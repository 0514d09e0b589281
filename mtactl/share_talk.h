/*
 * share_talk - asking share(8) what scripts keep
 *
 * Failure    0, or another of enum talk (talk.h) with *e.
 */
#ifndef MTACTL_SHARE_TALK_H
#define MTACTL_SHARE_TALK_H

#include "share/share.h"
#include "talk.h"

int	share_talk_connect(const struct ctl *c, struct ipc_caller *cl,
	    struct err *e);
/* a->value holds until the next call. */
int	share_talk_ask(struct ipc_caller *cl,
	    const struct share_question *q, struct share_answer *a,
	    struct err *e);
/* What there is: m says which, row() is shown some of it. */
struct share_talk_rows {
	struct ipc_SHARE_LIST	 m;
	void			(*row)(void *arg,
				    const struct ipc_SHARE_ROW *r);
	void			*arg;
	uint64_t		 count;		/* out: of all */
};

int	share_talk_list(struct ipc_caller *cl, struct share_talk_rows *rows,
	    struct err *e);
int	share_talk_clear(struct ipc_caller *cl, bool rates,
	    struct str prefix, uint64_t *count, struct err *e);

#endif
