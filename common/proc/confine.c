/*
 * The new root is run_directory, where the sockets that a worker may connect
 * to lie by the same names; or the spool, for those who work in it.
 * Descriptors of other directories were opened by prepare.  What libraries
 * read when first used (time zone, users) is read before.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "compat/hide.h"
#include "conf/programs.h"

#include "confine.h"
#include "daemon.h"

static const struct program_row *
confine_program(const struct worker *w)
{
	return program_find(w->daemon->program);
}

/* No way back: a saved id would be one. */
static int
confine_user(const struct program_user *u, struct err *e)
{
	if (setgroups(1, &u->gid) == -1 ||
	    setresgid(u->gid, u->gid, u->gid) == -1 ||
	    setresuid(u->uid, u->uid, u->uid) == -1)
		return err_errno(e, "becoming %s", u->name);
	if (setresuid(0, 0, 0) == 0)
		return err_set(e, "%s can become root again", u->name);
	return 0;
}

static const char *
confine_directory(const struct worker *w, const char *value, bool is_root,
    char *path, size_t size)
{
	if (is_root)
		(void)strlcpy(path, "", size);
	else if (value[0] == '/')
		(void)strlcpy(path, value, size);
	else
		(void)snprintf(path, size, "%s/%s", w->directory, value);
	return path;
}

const char *
confine_run_directory(const struct worker *w, bool inside, char *path,
    size_t size)
{
	return confine_directory(w, w->params.run_directory, inside &&
	    w->chroot && !confine_program(w)->spool, path, size);
}

const char *
confine_spool_directory(const struct worker *w, bool inside, char *path,
    size_t size)
{
	return confine_directory(w, w->params.spool_directory, inside &&
	    w->chroot && confine_program(w)->spool, path, size);
}

/* A rehearsal may come before the directory. */
int
confine_open_spool(struct worker *w, struct err *e)
{
	char	path[PATH_MAX];

	if (!confine_program(w)->spool)
		return 0;
	confine_spool_directory(w, false, path, sizeof path);
	w->dirs.spool = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->dirs.spool == -1 && !(w->check && errno == ENOENT))
		return err_errno(e, "%s", path);
	return 0;
}

static int
confine_root(const struct worker *w, struct err *e)
{
	char	path[PATH_MAX];

	if (confine_program(w)->spool)
		confine_spool_directory(w, false, path, sizeof path);
	else
		confine_run_directory(w, false, path, sizeof path);
	if (chroot(path) == -1 || chdir("/") == -1)
		return err_errno(e, "chroot to %s", path);
	return 0;
}

int
confine_jail(const struct worker *w, struct err *e)
{
	struct program_user	u;

	tzset();
	if (chdir(w->directory) == -1)
		return err_errno(e, "%s", w->directory);
	if (!w->root)
		return 0;
	if (w->unpriv && program_user(confine_program(w)->user, w->directory,
	    &u, e) == -1)
		return -1;
	if (w->chroot && confine_root(w, e) == -1)
		return -1;
	if (!w->unpriv) {
		LOG(EV_WORKER_ROOT, NULL, LOG_STR("service", w->service));
		return 0;
	}
	if (u.instead)
		LOG(EV_WORKER_USER, NULL, LOG_STR("service", w->service),
		    LOG_STR("wanted", confine_program(w)->user),
		    LOG_STR("user", u.name));
	return confine_user(&u, e);
}

int
confine_sandbox(const struct worker *w, struct err *e)
{
	if (!w->params.sandbox)
		return 0;
	if (process_hide() == -1)
		return err_errno(e, "hiding the memory");
	if (sandbox_enter(confine_program(w)->promises, &w->dirs) == -1)
		return err_errno(e, "entering the sandbox");
	return 0;
}
