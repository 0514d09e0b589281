/*
 * Age is told by when a file was last written: names count in both
 * directions, by habit.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "log_files.h"

int
log_files_target(const struct ctl *c, char *path, size_t size, struct err *e)
{
	struct buf	 target = BUF_INIT;
	const char	*file;
	int		 rc = 0;

	conf_peek(c->dir, "log_target", &target);
	file = buf_cstr(&target);
	if (strcmp(file, "syslog") == 0 || strcmp(file, "stdout") == 0)
		rc = err_set(e, "log_target is %s: name the file that these "
		    "lines are in with --file", file);
	else if ((size_t)snprintf(path, size, "%s%s%s", file[0] == '/' ? "" :
	    c->dir, file[0] == '/' ? "" : "/", file) >= size)
		rc = err_set(e, "log_target is too long");
	buf_free(&target);
	return rc;
}

/* ".1", "-20261122", each perhaps with ".gz". */
static bool
files_is_rotated(const char *rest)
{
	size_t	n;

	if ((rest[0] != '.' && rest[0] != '-') ||
	    !ascii_isdigit((unsigned char)rest[1]))
		return false;
	n = 1 + strspn(rest + 1, "0123456789-");
	return rest[n] == '\0' || strcmp(rest + n, ".gz") == 0;
}

struct aged {
	char		*path;
	struct timespec	 written;
};

static int
files_order(const void *a, const void *b)
{
	const struct aged	*x = a, *y = b;

	if (x->written.tv_sec != y->written.tv_sec)
		return x->written.tv_sec < y->written.tv_sec ? -1 : 1;
	if (x->written.tv_nsec != y->written.tv_nsec)
		return x->written.tv_nsec < y->written.tv_nsec ? -1 : 1;
	return strcmp(x->path, y->path);
}

static void
files_add(struct aged **list, size_t *count, const char *path, int64_t since)
{
	struct stat	st;

	if (stat(path, &st) == -1 || !S_ISREG(st.st_mode) ||
	    (int64_t)st.st_mtime < since)
		return;
	*list = xreallocarray(*list, *count + 1, sizeof **list);
	(*list)[(*count)++] = (struct aged){ xstrdup(path), st.st_mtim };
}

/* A folder that can't be read has nothing beside the log. */
static void
files_beside(struct aged **list, size_t *count, const char *file,
    int64_t since)
{
	const char	*slash = strrchr(file, '/');
	const char	*base = slash == NULL ? file : slash + 1;
	struct buf	 path = BUF_INIT;
	struct dirent	*d;
	DIR		*dir;

	buf_add(&path, file, (size_t)(base - file));
	dir = opendir(path.len > 0 ? buf_cstr(&path) : ".");
	while (dir != NULL && (d = readdir(dir)) != NULL) {
		if (strncmp(d->d_name, base, strlen(base)) != 0 ||
		    !files_is_rotated(d->d_name + strlen(base)))
			continue;
		buf_truncate(&path, (size_t)(base - file));
		buf_add_text(&path, d->d_name);
		files_add(list, count, buf_cstr(&path), since);
	}
	if (dir != NULL)
		(void)closedir(dir);
	buf_free(&path);
}

void
log_files_find(struct log_files *f, const char *file, int64_t since)
{
	struct aged	*list = NULL;
	size_t		 count = 0, i;

	files_beside(&list, &count, file, since);
	if (count > 1)
		qsort(list, count, sizeof *list, files_order);
	f->path = xreallocarray(NULL, count + 1, sizeof *f->path);
	for (i = 0; i < count; i++)
		f->path[i] = list[i].path;
	f->path[count] = xstrdup(file);
	f->count = count + 1;
	free(list);
}

void
log_files_fini(struct log_files *f)
{
	size_t	i;

	for (i = 0; i < f->count; i++)
		free(f->path[i]);
	free(f->path);
	*f = (struct log_files){ NULL, 0 };
}
