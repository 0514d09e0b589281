/*
 * Where no master answers there are several reasons, and an operator needs to
 * know which: none runs; one runs, but its socket's file was removed; main.cf
 * names another run_directory than the one it was started with, or can't be
 * read.  What settles it is the lock on master.pid, and the title that a
 * master gives its process.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/pid_file.h"
#include "compat/title.h"
#include "conf/conf.h"
#include "talk.h"

#define GOING_TRIES	50
#define GOING_WAIT_NS	20000000

void
talk_path(const struct ctl *c, const char *name, struct buf *out)
{
	struct buf	run = BUF_INIT;

	conf_peek(c->dir, "run_directory", &run);
	if (buf_cstr(&run)[0] != '/')
		buf_printf(out, "%s/", c->dir);
	buf_printf(out, "%s/%s", buf_cstr(&run), name);
	buf_free(&run);
}

static pid_t
talk_holder(const struct ctl *c)
{
	struct buf	path = BUF_INIT;
	pid_t		pid;

	talk_path(c, "master.pid", &path);
	pid = pid_file_holder(buf_cstr(&path));
	buf_free(&path);
	return pid;
}

/* A master of this directory that is not where main.cf says. */
static pid_t
talk_elsewhere(const struct ctl *c)
{
	char	dir[PATH_MAX], title[PATH_MAX + 32];

	if (realpath(c->dir, dir) == NULL)
		return 0;
	(void)snprintf(title, sizeof title, "halyard master: %s", dir);
	return title_find(title);
}

/* There is nobody to speak to: why? */
static int
talk_absent(const struct ctl *c, struct err *e)
{
	pid_t	pid = talk_holder(c);

	if (pid != 0) {
		(void)err_set(e, "%s: runs as process %ld, but its control "
		    "socket is gone: kill -HUP %ld makes a new one", c->dir,
		    (long)pid, (long)pid);
		return TALK_FAILED;
	}
	pid = talk_elsewhere(c);
	if (pid != 0) {
		(void)err_set(e, "%s: runs as process %ld, with another "
		    "run_directory than main.cf has now: put the old one back, "
		    "or stop it by kill %ld", c->dir, (long)pid, (long)pid);
		return TALK_FAILED;
	}
	(void)err_set(e, "%s: not running", c->dir);
	return TALK_ABSENT;
}

/* Without main.cf, run_directory is not known. */
static int
talk_readable(const struct ctl *c, struct err *e)
{
	struct buf	path = BUF_INIT;
	int		fd;

	buf_printf(&path, "%s/main.cf", c->dir);
	fd = open(buf_cstr(&path), O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		(void)err_errno(e, "%s", buf_cstr(&path));
	else
		(void)close(fd);
	buf_free(&path);
	return fd == -1 ? TALK_FAILED : TALK_OK;
}

int
talk_connect(const struct ctl *c, struct ipc_caller *cl, struct err *e)
{
	struct buf	path = BUF_INIT;
	int		rc;

	if (access(c->dir, F_OK) == -1)
		return err_errno(e, "%s", c->dir);
	if (talk_readable(c, e) != TALK_OK)
		return TALK_FAILED;
	talk_path(c, "master.sock", &path);
	rc = ipc_caller_connect(cl, buf_cstr(&path), e);
	if (rc == -1 && (errno == ENOENT || errno == ECONNREFUSED ||
	    errno == ENOTDIR))
		rc = talk_absent(c, e);
	buf_free(&path);
	return rc;
}

int
talk_once(const struct ctl *c, int type, const struct talk_ops *ops,
    void *arg, struct ipc_CTL_DONE *done, struct err *e)
{
	const struct timespec	wait = { .tv_nsec = GOING_WAIT_NS };
	struct ipc_caller	cl;
	int			rc, tries = 0;

	rc = talk_connect(c, &cl, e);
	if (rc != TALK_OK)
		return rc;
	rc = talk_ask(&cl, type, ops, arg, done, e);
	ipc_caller_close(&cl);
	if (rc == TALK_OK)
		return rc;
	/* It may have ended between our question and its answer. */
	while (talk_holder(c) != 0 && ++tries < GOING_TRIES)
		(void)nanosleep(&wait, NULL);
	return tries == GOING_TRIES ? TALK_FAILED : talk_absent(c, e);
}

int
talk_fail(int talk, const struct err *e)
{
	(void)verb_fail(e);
	return talk == TALK_ABSENT ? CTL_ABSENT : CTL_FAILED;
}

static void
talk_line(const struct ipc_CTL_LINE *l, const struct talk_ops *ops, void *arg)
{
	if (l->warning != 0 && ops->warning != NULL)
		ops->warning(arg, l->file, (int)l->line, (int)l->column,
		    l->text);
	else if (l->warning == 0 && ops->line != NULL)
		ops->line(arg, l->file, (int)l->line, (int)l->column,
		    l->text);
}

static int
talk_frame(int type, struct rbuf *r, const struct talk_ops *ops, void *arg)
{
	struct ipc_CTL_LINE		line;
	struct ipc_CTL_PROCESS		process;
	struct ipc_CTL_CERTIFICATE	certificate;
	struct ipc_CTL_LISTENER		listener;
	struct ipc_CTL_CACHED		cached;
	int				rc = -1;

	if (type == IPC_CTL_LINE && (rc = ipc_get_CTL_LINE(r, &line)) == 0)
		talk_line(&line, ops, arg);
	else if (type == IPC_CTL_PROCESS &&
	    (rc = ipc_get_CTL_PROCESS(r, &process)) == 0 &&
	    ops->process != NULL)
		ops->process(arg, &process);
	else if (type == IPC_CTL_CERTIFICATE &&
	    (rc = ipc_get_CTL_CERTIFICATE(r, &certificate)) == 0 &&
	    ops->certificate != NULL)
		ops->certificate(arg, &certificate);
	else if (type == IPC_CTL_LISTENER &&
	    (rc = ipc_get_CTL_LISTENER(r, &listener)) == 0 &&
	    ops->listener != NULL)
		ops->listener(arg, &listener);
	else if (type == IPC_CTL_CACHED &&
	    (rc = ipc_get_CTL_CACHED(r, &cached)) == 0 &&
	    ops->cached != NULL)
		ops->cached(arg, &cached);
	return rc;
}

int
talk_listen(struct ipc_caller *cl, int timeout_ms,
    const struct talk_ops *ops, void *arg, struct ipc_CTL_DONE *done,
    struct err *e)
{
	struct rbuf	r;
	int		got, rc;

	for (;;) {
		got = ipc_caller_recv(cl, &r, timeout_ms, e);
		if (got == -1)
			return -1;
		if (got == IPC_CTL_DONE)
			rc = ipc_get_CTL_DONE(&r, done);
		else
			rc = talk_frame(got, &r, ops, arg);
		if (rc == -1)
			return err_set(e, "master sent a frame that does not "
			    "decode");
		if (got == IPC_CTL_DONE)
			return 0;
	}
}

int
talk_ask(struct ipc_caller *cl, int type, const struct talk_ops *ops,
    void *arg, struct ipc_CTL_DONE *done, struct err *e)
{
	/* A reload may have to wait until an older generation has gone. */
	int	timeout_ms = type == IPC_CTL_RELOAD ? -1 : 30000;

	if (ipc_caller_send(cl, type, e) == -1)
		return -1;
	return talk_listen(cl, timeout_ms, ops, arg, done, e);
}

void
talk_wait_end(struct ipc_caller *cl)
{
	char	 bin[256];
	ssize_t	 n;

	do
		n = read(cl->fd, bin, sizeof bin);
	while (n > 0 || (n == -1 && errno == EINTR));
}
