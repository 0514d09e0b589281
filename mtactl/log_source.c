/*
 * The block holds whole lines from `at` to `whole`, then the beginning of
 * one.  Texts are looked for in all whole lines at once; where each stands
 * next is kept in `hit`, so that no byte is searched twice for one text.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "log_source.h"
#include "logs/log_line.h"

#define SOURCE_BLOCK	(4 * LOG_LINE_MAX)
#define SOURCE_NONE	SIZE_MAX

extern char	**environ;

/* Who may read it is what the reader wants to know. */
static int
source_denied(const char *path, struct err *e)
{
	struct stat		 st;
	const struct group	*gr;
	const struct passwd	*pw;

	if (errno != EACCES || stat(path, &st) == -1)
		return err_errno(e, "%s", path);
	gr = (st.st_mode & S_IRGRP) != 0 ? getgrgid(st.st_gid) : NULL;
	pw = getpwuid(st.st_uid);
	if (gr != NULL && st.st_gid != 0)
		return err_set(e, "%s: permission denied: root and members of "
		    "the group %s may read it", path, gr->gr_name);
	return err_set(e, "%s: permission denied: only %s may read it", path,
	    pw != NULL ? pw->pw_name : "its owner");
}

/* gzip -dc from s->fd into `to`, with a SIGPIPE that ends it: we may stop
 * reading before it has done.  0, or the number of an error. */
static int
source_spawn(struct log_source *s, int to)
{
	char				 gzip[] = "gzip", how[] = "-dc";
	char				*argv[] = { gzip, how, NULL };
	posix_spawn_file_actions_t	 acts;
	posix_spawnattr_t		 attr;
	sigset_t			 set;
	int				 rc;

	if ((rc = posix_spawn_file_actions_init(&acts)) != 0)
		return rc;
	if ((rc = posix_spawnattr_init(&attr)) != 0) {
		(void)posix_spawn_file_actions_destroy(&acts);
		return rc;
	}
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGPIPE);
	if ((rc = posix_spawnattr_setsigdefault(&attr, &set)) == 0 &&
	    (rc = posix_spawnattr_setflags(&attr,
	    POSIX_SPAWN_SETSIGDEF)) == 0 &&
	    (rc = posix_spawn_file_actions_adddup2(&acts, s->fd,
	    STDIN_FILENO)) == 0 &&
	    (rc = posix_spawn_file_actions_adddup2(&acts, to,
	    STDOUT_FILENO)) == 0)
		rc = posix_spawnp(&s->gzip, gzip, &acts, &attr, argv, environ);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&acts);
	return rc;
}

/* s->fd becomes the reading end of what gzip writes. */
static int
source_gzip(struct log_source *s, struct err *e)
{
	int	end[2], rc;

	if (pipe(end) == -1)
		return err_errno(e, "pipe");
	(void)fcntl(end[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(end[1], F_SETFD, FD_CLOEXEC);
	rc = source_spawn(s, end[1]);
	(void)close(end[1]);
	(void)close(s->fd);
	s->fd = end[0];
	if (rc == 0)
		return 0;
	s->gzip = 0;
	return err_set(e, "%s: gzip: %s", s->path, strerror(rc));
}

int
log_source_open(struct log_source *s, const char *path, struct err *e)
{
	size_t	n = strlen(path);

	memset(s, 0, sizeof *s);
	s->path = path;
	s->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (s->fd == -1)
		return source_denied(path, e);
	if (n > 3 && strcmp(path + n - 3, ".gz") == 0 &&
	    source_gzip(s, e) == -1) {
		(void)close(s->fd);
		s->fd = -1;
		return -1;
	}
	s->block = xmalloc(SOURCE_BLOCK);
	return 0;
}

void
log_source_close(struct log_source *s)
{
	if (s->fd != -1)
		(void)close(s->fd);
	while (s->gzip > 0 && waitpid(s->gzip, NULL, 0) == -1 &&
	    errno == EINTR)
		;
	s->gzip = 0;
	s->fd = -1;
	free(s->block);
	s->block = NULL;
}

/* It ended well, or what was read is not all of it. */
static int
source_end(struct log_source *s, struct err *e)
{
	int	status = 0;

	if (s->gzip == 0)
		return 0;
	while (waitpid(s->gzip, &status, 0) == -1 && errno == EINTR)
		;
	s->gzip = 0;
	return status == 0 ? 0 : err_set(e, "%s: gzip could not read all of it",
	    s->path);
}

int
log_source_seek(struct log_source *s, int64_t offset, struct err *e)
{
	s->at = s->whole = s->len = 0;
	s->skip = offset > 0;
	/* From the byte before on: it may be the end of a line. */
	if (lseek(s->fd, offset > 0 ? (off_t)offset - 1 : 0, SEEK_SET) == -1)
		return err_errno(e, "%s", s->path);
	return 0;
}

/* ---- Lines --------------------------------------------------------------- */

/* More of the file: 1, 0 at its end, or -1. */
static int
source_fill(struct log_source *s, struct err *e)
{
	const char	*last;
	ssize_t		 n;
	size_t		 k;

	s->len -= s->whole;
	memmove(s->block, s->block + s->whole, s->len);
	s->at = s->whole = 0;
	if (s->len == SOURCE_BLOCK) {		/* a line without an end */
		s->len = 0;
		s->skip = true;
	}
	do
		n = read(s->fd, s->block + s->len, SOURCE_BLOCK - s->len);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return err_errno(e, "%s", s->path);
	if (n == 0)
		return 0;
	s->len += (size_t)n;
	last = memrchr(s->block, '\n', s->len);
	s->whole = last == NULL ? 0 : (size_t)(last + 1 - s->block);
	if (s->skip && s->whole > 0) {
		last = memchr(s->block, '\n', s->len);
		s->at = (size_t)(last + 1 - s->block);
		s->skip = false;
	}
	for (k = 0; k < LOG_NEEDLES; k++)
		s->hit[k] = 0;
	return 1;
}

/* Where in the whole lines one of the texts stands next. */
static size_t
source_find(struct log_source *s, const struct str *needle, size_t count)
{
	size_t		 k, best = count == 0 ? s->at : SOURCE_NONE;
	const char	*at;

	for (k = 0; k < count; k++) {
		if (s->hit[k] < s->at || s->hit[k] == 0) {
			at = memmem(s->block + s->at, s->whole - s->at,
			    needle[k].p, needle[k].len);
			s->hit[k] = at == NULL ? SOURCE_NONE :
			    (size_t)(at - s->block);
		}
		if (s->hit[k] < best)
			best = s->hit[k];
	}
	return best;
}

/* The line around a byte of the block. */
static struct str
source_line(struct log_source *s, size_t hit)
{
	const char	*from = memrchr(s->block + s->at, '\n', hit - s->at);
	const char	*end = memchr(s->block + hit, '\n', s->whole - hit);

	from = from == NULL ? s->block + s->at : from + 1;
	s->at = (size_t)(end + 1 - s->block);
	return (struct str){ from, (size_t)(end - from) };
}

/* The end of a file that ends within a line. */
static int
source_last(struct log_source *s, const struct str *needle, size_t count,
    struct str *line)
{
	size_t	k;
	bool	wanted = count == 0;

	*line = (struct str){ s->block, s->len };
	for (k = 0; k < count; k++)
		wanted = wanted || memmem(line->p, line->len, needle[k].p,
		    needle[k].len) != NULL;
	if (s->growing || s->skip || s->len == 0 || s->len > LOG_LINE_MAX)
		return 0;
	s->len = 0;
	return wanted;
}

int
log_source_next(struct log_source *s, const struct str *needle, size_t count,
    struct str *line, struct err *e)
{
	size_t	hit;
	int	rc;

	for (;;) {
		while (s->at < s->whole && (hit = source_find(s, needle,
		    count)) != SOURCE_NONE) {
			*line = source_line(s, hit);
			if (line->len <= LOG_LINE_MAX)
				return 1;
		}
		s->at = s->whole;
		if ((rc = source_fill(s, e)) == -1)
			return -1;
		if (rc == 0)
			return source_end(s, e) == -1 ? -1 :
			    source_last(s, needle, count, line);
	}
}
