/*
 * The owner is looked at before anything is changed: a path that was mistyped
 * must not take a directory from somebody else.
 */
#include <sys/stat.h>

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "conf/programs.h"

#include "spool_place.h"

const struct conf_service *
spool_place_user(const struct conf *conf)
{
	const struct conf_service	*svc;
	size_t				 i;

	for (i = 0; i < conf_service_count(conf); i++) {
		svc = conf_service(conf, i);
		if (program_find(svc->command)->spool)
			return svc;
	}
	return NULL;
}

/* The user and group that the directory shall have. */
static int
spool_place_owner(const struct conf *conf, const struct conf_service *svc,
    struct program_user *u, struct err *e)
{
	u->uid = geteuid();
	u->gid = getegid();
	if (u->uid != 0)
		return 0;
	return program_user(program_find(svc->command)->user, conf_dir(conf),
	    u, e);
}

/* 0 if the directory is there and good, 1 if it is not there, or -1. */
static int
spool_place_look(const char *path, const struct program_user *u,
    struct err *e)
{
	struct stat	st;

	if (lstat(path, &st) == -1)
		return errno == ENOENT ? 1 : err_errno(e, "%s", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, "%s: is not a directory", path);
	if (st.st_uid != u->uid)
		return err_set(e, "%s belongs to user %lu, not to %lu, whose "
		    "spool it shall be; if it is one of an instance, chown "
		    "-R it", path, (unsigned long)st.st_uid,
		    (unsigned long)u->uid);
	return 0;
}

static int
spool_place_new(const char *path, const struct program_user *u,
    struct err *e)
{
	if (mkdir(path, 0700) == -1)
		return err_errno(e, "%s", path);
	if (chown(path, u->uid, u->gid) == -1) {
		(void)err_errno(e, "%s", path);
		(void)rmdir(path);
		return -1;
	}
	return 0;
}

int
spool_place_make(const struct conf *conf, struct err *e)
{
	const struct conf_service	*svc = spool_place_user(conf);
	struct program_user		 u;
	char				 path[PATH_MAX];
	int				 rc;

	if (svc == NULL)
		return 0;
	conf_path(conf, conf_params(conf)->spool_directory, path,
	    sizeof path);
	if (spool_place_owner(conf, svc, &u, e) == -1)
		return -1;
	rc = spool_place_look(path, &u, e);
	if (rc == 1)
		return spool_place_new(path, &u, e);
	if (rc == 0 && chmod(path, 0700) == -1)
		return err_errno(e, "%s", path);
	return rc;
}

int
spool_place_check(const struct conf *conf, struct err *e)
{
	const struct conf_service	*svc = spool_place_user(conf);
	struct program_user		 u;
	char				 path[PATH_MAX];
	const char			*dir;
	int				 rc;

	if (svc == NULL)
		return 0;
	conf_path(conf, conf_params(conf)->spool_directory, path,
	    sizeof path);
	if (spool_place_owner(conf, svc, &u, e) == -1)
		return -1;
	rc = spool_place_look(path, &u, e);
	if (rc != 1)
		return rc;
	dir = dirname(path);
	return access(dir, W_OK | X_OK) == 0 ? 0 : err_errno(e, "%s", dir);
}
