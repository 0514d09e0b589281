/*
 * queue_talk - a conversation with qmgr(8)
 *
 * Failure    0, or another of enum talk (talk.h) with *e.
 */
#ifndef MTACTL_QUEUE_TALK_H
#define MTACTL_QUEUE_TALK_H

#include "queue_args.h"
#include "talk.h"

/* What comes before the end of an answer; those that are NULL don't. */
struct queue_talk_ops {
	void	(*row)(void *arg, struct str json);
	void	(*group)(void *arg, const struct ipc_QUEUE_GROUP *g);
	void	(*bytes)(void *arg, struct str bytes);
};

/* need: the role without which qmgr would not listen. */
int	queue_talk_connect(const struct ctl *c, struct ipc_caller *cl,
	    enum ipc_role need, struct err *e);
/* The filter, and what is to be set. */
int	queue_talk_terms(struct ipc_caller *cl, const struct queue_args *a,
	    struct err *e);
/* The answer to what was asked; TALK_FAILED too where qmgr says so. */
int	queue_talk_answer(struct ipc_caller *cl,
	    const struct queue_talk_ops *ops, void *arg,
	    struct ipc_QUEUE_DONE *done, struct err *e);

#define QUEUE_TALK_PUT(cl, name, e, ...) queue_talk_put_##name((cl),	\
	&(struct ipc_##name)__VA_ARGS__, (e))

/* Each of these sends one message. */
#define QUEUE_TALK_SENDER(name)						\
static inline int							\
queue_talk_put_##name(struct ipc_caller *cl,				\
    const struct ipc_##name *m, struct err *e)				\
{									\
	struct buf	b = BUF_INIT;					\
	int		rc;						\
									\
	rc = ipc_put_##name(&b, m) == -1 ?				\
	    err_set(e, "an argument is too long") :			\
	    ipc_caller_put(cl, IPC_##name, buf_str(&b), e);		\
	buf_free(&b);							\
	return rc;							\
}

#endif
