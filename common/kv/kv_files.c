/*
 * The folder of a store: made, looked through, emptied.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "kv_files.h"

int
kv_files_dir(const char *dir, struct err *e)
{
	if (mkdir(dir, 0700) == -1 && errno != EEXIST)
		return err_errno(e, "%s", dir);
	return 0;
}

bool
kv_files_has(const char *dir, const char *prefix)
{
	struct dirent	*f;
	DIR		*d = opendir(dir);
	bool		 has = false;

	if (d == NULL)
		return false;
	while (!has && (f = readdir(d)) != NULL)
		has = strncmp(f->d_name, prefix, strlen(prefix)) == 0;
	(void)closedir(d);
	return has;
}

static int
kv_file_sync(int dir, const char *name)
{
	int	fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW |
		    O_CLOEXEC);
	int	rc;

	if (fd == -1)
		return errno == ENOENT ? 0 : errno;
	rc = fsync(fd) == 0 ? 0 : errno;
	(void)close(fd);
	return rc;
}

int
kv_files_sync(const char *dir, struct err *e)
{
	struct dirent	*f;
	DIR		*d = opendir(dir);
	int		 rc = 0;

	if (d == NULL) {
		rc = errno;
		(void)err_errno(e, "%s", dir);
		return rc;
	}
	while (rc == 0 && (f = readdir(d)) != NULL)
		if (f->d_name[0] != '.')
			rc = kv_file_sync(dirfd(d), f->d_name);
	if (rc == 0 && fsync(dirfd(d)) == -1)
		rc = errno;
	(void)closedir(d);
	if (rc != 0)
		(void)err_set(e, "%s: %s", dir, strerror(rc));
	return rc;
}

int
kv_files_remove(const char *dir, struct err *e)
{
	struct dirent	*f;
	DIR		*d = opendir(dir);
	int		 rc = 0;

	if (d == NULL)
		return errno == ENOENT ? 0 : err_errno(e, "%s", dir);
	while (rc == 0 && (f = readdir(d)) != NULL) {
		if (strcmp(f->d_name, ".") == 0 ||
		    strcmp(f->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(d), f->d_name, 0) == -1 && errno != ENOENT)
			rc = err_errno(e, "%s/%s", dir, f->d_name);
	}
	if (rc == 0 && fsync(dirfd(d)) == -1)
		rc = err_errno(e, "%s", dir);
	(void)closedir(d);
	return rc;
}
