/*
 * Every service is looked at, whatever was found before, so that all faults
 * are told at once.  Addresses that the running instance has are not in the
 * way: it is asked for them.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/pid_file.h"
#include "ipc/caller.h"

#include "admission.h"
#include "generation.h"
#include "rehearsal.h"
#include "sockets.h"
#include "spool_place.h"

struct stage {
	const struct conf	*conf;
	void			(*fn)(void *arg, const struct diag *d);
	void			*arg;
	int			 faults;
	struct buf		 held;	/* "address\n" of the one that runs */
	bool			 runs;
	bool			 asked;	/* and it told us what it listens on */
};

static void
stage_fault(struct stage *s, const struct conf_service *svc,
    const char *parameter, const char *text)
{
	struct diag	d = { .file = parameter, .text = text };

	diag_place(&d, s->conf, svc, parameter);
	s->faults++;
	s->fn(s->arg, &d);
}

/* Can a file be made where path's directory is? */
static int
stage_can_make(const char *path, struct err *e)
{
	char		 copy[PATH_MAX];
	const char	*dir;

	(void)strlcpy(copy, path, sizeof copy);
	dir = dirname(copy);
	if (access(dir, W_OK | X_OK) == 0)
		return 0;
	return err_errno(e, "%s", dir);
}

static int
stage_run_directory(const char *path, struct err *e)
{
	struct stat	st;

	if (stat(path, &st) == -1)
		return errno == ENOENT ? stage_can_make(path, e) :
		    err_errno(e, "%s", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, "%s: is not a directory", path);
	return access(path, W_OK | X_OK) == 0 ? 0 : err_errno(e, "%s", path);
}

static int
stage_log(const char *path, struct err *e)
{
	int	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK |
		    O_NOCTTY);

	/* ENXIO: a pipe that nobody reads just now. */
	if (fd != -1)
		return close(fd);
	if (errno == ENXIO)
		return 0;
	return errno == ENOENT ? stage_can_make(path, e) :
	    err_errno(e, "%s", path);
}

static void
stage_files(struct stage *s)
{
	const struct params	*p = conf_params(s->conf);
	const struct conf_service *first = conf_service(s->conf, 0);
	const char		*parameter;
	char			 path[PATH_MAX];
	struct err		 e;

	if (stage_run_directory(conf_path(s->conf, p->run_directory, path,
	    sizeof path), &e) == -1)
		stage_fault(s, first, "run_directory", e.text);
	if (admission_check(s->conf, &parameter, &e) == -1)
		stage_fault(s, first, parameter, e.text);
	if (spool_place_check(s->conf, &e) == -1)
		stage_fault(s, first, "spool_directory", e.text);
	if (strcmp(p->log_target, "syslog") != 0 &&
	    strcmp(p->log_target, "stdout") != 0 &&
	    stage_log(conf_path(s->conf, p->log_target, path, sizeof path),
	    &e) == -1)
		stage_fault(s, first, "log_target", e.text);
}

/* ---- Addresses --------------------------------------------------------- */

static bool
stage_read_rows(struct stage *s, struct ipc_caller *cl)
{
	struct ipc_CTL_LISTENER	m;
	struct rbuf		r;
	int			type;

	while ((type = ipc_caller_recv(cl, &r, 5000, NULL)) > 0) {
		if (type == IPC_CTL_DONE)
			return true;
		if (type == IPC_CTL_LISTENER &&
		    ipc_get_CTL_LISTENER(&r, &m) == 0)
			buf_printf(&s->held, "%s\n", m.address);
	}
	return false;
}

/* What an instance that runs here listens on is not in our way. */
static void
stage_ask_running(struct stage *s)
{
	const char		*run = conf_params(s->conf)->run_directory;
	char			 name[PATH_MAX], path[PATH_MAX];
	struct ipc_caller	 cl;

	(void)snprintf(name, sizeof name, "%s/master.pid", run);
	s->runs = pid_file_holder(conf_path(s->conf, name, path,
	    sizeof path)) != 0;
	if (!s->runs)
		return;
	(void)snprintf(name, sizeof name, "%s/master.sock", run);
	if (ipc_caller_connect(&cl, conf_path(s->conf, name, path,
	    sizeof path), NULL) == -1)
		return;
	s->asked = ipc_caller_send(&cl, IPC_CTL_STATUS, NULL) == 0 &&
	    stage_read_rows(s, &cl);
	ipc_caller_close(&cl);
}

static bool
stage_is_ours(void *arg, const char *address)
{
	struct stage	*s = arg;
	char		 line[160];

	if (!s->asked)
		return s->runs;
	(void)snprintf(line, sizeof line, "%s\n", address);
	return strstr(buf_cstr(&s->held), line) != NULL;
}

static void
stage_sockets(struct stage *s)
{
	const struct conf_service	*svc;
	char				 file[PATH_MAX];
	struct err			 e;
	size_t				 i;

	stage_ask_running(s);
	(void)snprintf(file, sizeof file, "%s/master.cf", conf_dir(s->conf));
	for (i = 0; i < conf_service_count(s->conf); i++) {
		svc = conf_service(s->conf, i);
		if (sockets_try(s->conf, svc, stage_is_ours, s, &e) == 0)
			continue;
		s->faults++;
		s->fn(s->arg, &(struct diag){ file, svc->line, 1, false,
		    e.text });
	}
}

int
rehearsal(const struct conf *conf, void (*fn)(void *arg,
    const struct diag *d), void *arg)
{
	struct stage	s = { .conf = conf, .fn = fn, .arg = arg,
			    .held = BUF_INIT };

	stage_files(&s);
	stage_sockets(&s);
	buf_free(&s.held);
	return s.faults;
}
