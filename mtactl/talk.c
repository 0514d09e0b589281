#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "talk.h"

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

int
talk_connect(const struct ctl *c, struct ipc_client *cl, struct err *e)
{
	struct buf	path = BUF_INIT;
	int		rc;

	if (access(c->dir, F_OK) == -1)
		return err_errno(e, "%s", c->dir);
	talk_path(c, "master.sock", &path);
	rc = ipc_client_connect(cl, buf_cstr(&path), e);
	if (rc == -1 && (errno == ENOENT || errno == ECONNREFUSED))
		(void)err_set(e, "%s: not running", c->dir);
	buf_free(&path);
	return rc;
}

static int
talk_bad(struct err *e)
{
	return err_set(e, "master sent a frame that does not decode");
}

static int
talk_frame(int type, struct rbuf *r, const struct talk_ops *ops, void *arg,
    struct err *e)
{
	struct ipc_CTL_LINE	line;
	struct ipc_CTL_PROCESS	process;

	switch (type) {
	case IPC_CTL_LINE:
		if (ipc_get_CTL_LINE(r, &line) == -1)
			return talk_bad(e);
		if (ops->line != NULL)
			ops->line(arg, line.file, (int)line.line,
			    (int)line.column, line.text);
		return 0;
	case IPC_CTL_PROCESS:
		if (ipc_get_CTL_PROCESS(r, &process) == -1)
			return talk_bad(e);
		if (ops->process != NULL)
			ops->process(arg, &process);
		return 0;
	default:
		return talk_bad(e);
	}
}

int
talk_ask(struct ipc_client *cl, int type, const struct talk_ops *ops,
    void *arg, struct ipc_CTL_DONE *done, struct err *e)
{
	/* A reload may have to wait until an older generation has gone. */
	int		timeout_ms = type == IPC_CTL_RELOAD ? -1 : 30000;
	struct rbuf	r;
	int		got;

	if (ipc_client_send(cl, type, e) == -1)
		return -1;
	for (;;) {
		got = ipc_client_recv(cl, &r, timeout_ms, e);
		if (got == -1)
			return -1;
		if (got == IPC_CTL_DONE)
			return ipc_get_CTL_DONE(&r, done) == -1 ?
			    talk_bad(e) : 0;
		if (talk_frame(got, &r, ops, arg, e) == -1)
			return -1;
	}
}

void
talk_wait_end(struct ipc_client *cl)
{
	char	 bin[256];
	ssize_t	 n;

	do
		n = read(cl->fd, bin, sizeof bin);
	while (n > 0 || (n == -1 && errno == EINTR));
}
