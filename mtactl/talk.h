/*
 * talk - a conversation with the master of an instance
 *
 * Failure    0, or another of enum talk with *e.  TALK_ABSENT is said only
 *            when nobody holds the lock of the instance.
 */
#ifndef MTACTL_TALK_H
#define MTACTL_TALK_H

#include "base/buf.h"
#include "ipc/caller.h"
#include "verb.h"

enum talk { TALK_ABSENT = -2, TALK_FAILED = -1, TALK_OK = 0 };

/* What master says before CTL_DONE. */
struct talk_ops {
	void	(*line)(void *arg, const char *file, int line, int column,
		    const char *text);
	void	(*warning)(void *arg, const char *file, int line, int column,
		    const char *text);
	void	(*process)(void *arg, const struct ipc_CTL_PROCESS *p);
	void	(*certificate)(void *arg,
		    const struct ipc_CTL_CERTIFICATE *c);
	void	(*cached)(void *arg, const struct ipc_CTL_CACHED *c);
	void	(*listener)(void *arg, const struct ipc_CTL_LISTENER *l);
};

/* The path of something in run_directory, at the end of out. */
void	talk_path(const struct ctl *c, const char *name, struct buf *out);
int	talk_connect(const struct ctl *c, struct ipc_caller *cl,
	    struct err *e);
/* Asks, hands on what comes, ends at CTL_DONE. */
int	talk_ask(struct ipc_caller *cl, int type, const struct talk_ops *ops,
	    void *arg, struct ipc_CTL_DONE *done, struct err *e);
/* Hands on what comes, without having asked; timeout_ms: between frames. */
int	talk_listen(struct ipc_caller *cl, int timeout_ms,
	    const struct talk_ops *ops, void *arg, struct ipc_CTL_DONE *done,
	    struct err *e);
/* talk_connect() and talk_ask(), on a connection for this one question. */
int	talk_once(const struct ctl *c, int type, const struct talk_ops *ops,
	    void *arg, struct ipc_CTL_DONE *done, struct err *e);
/* The line on standard error, and the exit code. */
int	talk_fail(int talk, const struct err *e);
/* Until master closes the connection, that is, has ended. */
void	talk_wait_end(struct ipc_caller *cl);

#endif
