/*
 * mtactl start, mtactl run: finding the master and handing over to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "mtactl/paths.h"
#include "start.h"
#include "talk.h"
#include "users.h"

#define NOTIFY_FD	3

static bool
start_is_program(const char *dir, size_t len, char *out, size_t size)
{
	int	n = snprintf(out, size, "%.*s/master", (int)len, dir);

	return n > 0 && (size_t)n < size && access(out, X_OK) == 0;
}

/* The file that was run: by its path, or as the first of PATH. */
static bool
start_self(const char *self, char *out)
{
	char		 path[PATH_MAX];
	struct str	 rest, dir;
	const char	*list = getenv("PATH");

	if (strchr(self, '/') != NULL)
		return realpath(self, out) != NULL;
	for (rest = str_of(list != NULL ? list : ""); rest.p != NULL;) {
		dir = str_split(rest, ':', &rest);
		(void)snprintf(path, sizeof path, "%.*s/%s", (int)dir.len,
		    dir.p, self);
		if (dir.len > 0 && access(path, X_OK) == 0)
			return realpath(path, out) != NULL;
	}
	return false;
}

/* Beside this mtactl: a build that was not installed. */
static bool
start_beside(const char *self, char *out, size_t size)
{
	char	path[PATH_MAX], *slash;

	if (!start_self(self, path))
		return false;
	slash = strrchr(path, '/');
	return start_is_program(path, (size_t)(slash - path), out, size);
}

static int
start_find(const struct ctl *c, char *out, size_t size, struct err *e)
{
	const char	*dir = getenv("HALYARD_DAEMONS");

	if (dir != NULL && dir[0] != '\0') {
		if (start_is_program(dir, strlen(dir), out, size))
			return 0;
		return err_set(e, "HALYARD_DAEMONS: no master in %s", dir);
	}
	if (start_beside(c->self, out, size) ||
	    start_is_program(HALYARD_LIBEXEC, strlen(HALYARD_LIBEXEC), out,
	    size))
		return 0;
	return err_set(e, "no master beside mtactl nor in " HALYARD_LIBEXEC);
}

/* Is there one already, or what stands in the way of knowing? */
static int
start_running(const struct ctl *c, struct err *e)
{
	struct ipc_caller	cl;
	int			rc = talk_connect(c, &cl, e);

	if (rc == TALK_ABSENT)
		return 0;
	if (rc == TALK_FAILED)
		return -1;
	ipc_caller_close(&cl);
	return err_set(e, "%s: already running", c->dir);
}

/* option: "-n" or "-t", what the descriptor is for. */
static void
start_child(const struct ctl *c, const char *path, const char *option,
    int notify)
{
	/* dup2() to itself would keep close-on-exec. */
	if ((notify == NOTIFY_FD ? fd_cloexec(notify, false) :
	    dup2(notify, NOTIFY_FD)) == -1)
		_exit(CTL_FAILED);
	(void)execl(path, path, "-c", c->dir, option, "3", (char *)NULL);
	(void)fprintf(stderr, "mtactl: %s: %s\n", path, strerror(errno));
	_exit(CTL_FAILED);
}

static void
start_read(int fd, struct buf *out)
{
	ssize_t	n;

	do {
		n = read(fd, buf_reserve(out, 4096), 4096);
		if (n > 0)
			buf_added(out, (size_t)n);
	} while (n > 0 || (n == -1 && errno == EINTR));
}

/* Lines of errors and warnings, then "ready" if it is. */
static int
start_result(struct buf *said, pid_t pid, struct err *e)
{
	static const char	last[] = "\nready\n";
	const char		*text;
	bool			 ready;
	int			 status = 0;

	text = buf_cstr(said);
	ready = said->len >= sizeof last - 1 && strcmp(text + said->len -
	    (sizeof last - 1), last) == 0;
	(void)fwrite(text + 1, 1, said->len - 1 - (ready ? sizeof last - 2 :
	    0), stderr);
	if (ready)
		return 0;
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	if (said->len > 1)
		return err_set(e, "not started");
	if (WIFSIGNALED(status))
		return err_set(e, "master was killed by signal %d",
		    WTERMSIG(status));
	return err_set(e, "master ended with status %d before it was ready",
	    WEXITSTATUS(status));
}

static int
start_background(const struct ctl *c, const char *path, struct err *e)
{
	struct buf	said = BUF_INIT;
	pid_t		pid;
	int		p[2], rc;

	if (pipe(p) == -1)
		return err_errno(e, "pipe");
	(void)fd_cloexec(p[0], true);
	(void)fd_cloexec(p[1], true);
	pid = fork();
	if (pid == 0)
		start_child(c, path, "-n", p[1]);
	(void)close(p[1]);
	if (pid == -1) {
		(void)close(p[0]);
		return err_errno(e, "fork");
	}
	/* So that the first line begins after a newline, as the others do. */
	buf_add_byte(&said, '\n');
	start_read(p[0], &said);
	(void)close(p[0]);
	rc = start_result(&said, pid, e);
	buf_free(&said);
	return rc;
}

int
start_rehearsal(const struct ctl *c, struct ipc_caller *cl, struct err *e)
{
	char	path[PATH_MAX];
	pid_t	pid;
	int	sv[2];

	*cl = (struct ipc_caller){ .fd = -1, .in = BUF_INIT,
	    .peer = IPC_MASTER };
	if (start_find(c, path, sizeof path, e) == -1)
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		return err_errno(e, "socketpair");
	pid = fork();
	if (pid == 0)
		start_child(c, path, "-t", sv[1]);
	(void)close(sv[1]);
	cl->fd = sv[0];
	return pid == -1 ? err_errno(e, "fork") : 0;
}

static int
start_prepare(const struct ctl *c, char *path, size_t size, struct err *e)
{
	if (access(c->dir, F_OK) == -1)
		return err_errno(e, "%s", c->dir);
	if (start_find(c, path, size, e) == -1)
		return -1;
	users_warn(c->dir);
	return start_running(c, e);
}

int
verb_start(const struct ctl *c, int argc, char **argv)
{
	char		path[PATH_MAX];
	struct err	e;

	(void)argv;
	if (argc != 1)
		return verb_usage();
	if (start_prepare(c, path, sizeof path, &e) == -1 ||
	    start_background(c, path, &e) == -1)
		return verb_fail(&e);
	(void)printf("started\n");
	return CTL_OK;
}

int
verb_run(const struct ctl *c, int argc, char **argv)
{
	char		path[PATH_MAX];
	struct err	e;

	(void)argv;
	if (argc != 1)
		return verb_usage();
	if (start_prepare(c, path, sizeof path, &e) == -1)
		return verb_fail(&e);
	(void)execl(path, path, "-c", c->dir, (char *)NULL);
	(void)err_errno(&e, "%s", path);
	return verb_fail(&e);
}
