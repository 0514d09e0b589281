/*
 * Finding and opening what a script includes, imports or reads: paths are
 * normalised as text first, so that none leads out of the root, and then
 * opened beneath its descriptor, so that no link does either.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compat/beneath.h"

#include "hooks/origin.h"

#define ORIGIN_LIMIT	(1u << 20)
#define ORIGIN_FLAGS	(O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
#define EXTRAS		"extras://"

static int
origin_read_fd(int fd, struct buf *text)
{
	struct stat	st;
	ssize_t		n;

	if (fstat(fd, &st) == -1)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		return -1;
	}
	do {
		n = read(fd, buf_reserve(text, 16384), 16384);
		if (n > 0)
			buf_added(text, (size_t)n);
		if (text->len > ORIGIN_LIMIT) {
			errno = EFBIG;
			return -1;
		}
	} while (n > 0 || (n == -1 && errno == EINTR));
	return n == 0 ? 0 : -1;
}

/* Takes fd, which is -1 with errno if `path` could not be opened. */
static int
origin_take(int fd, const char *path, struct buf *text, struct err *e)
{
	int	rc = -1;

	buf_clear(text);
	if (fd != -1)
		rc = origin_read_fd(fd, text);
	if (rc == -1)
		(void)err_errno(e, "%s", path);
	if (fd != -1)
		(void)close(fd);
	return rc;
}

int
origin_read(const char *path, struct buf *text, struct err *e)
{
	return origin_take(open(path, ORIGIN_FLAGS), path, text, e);
}

int
origin_open_root(struct origin *o, struct err *e)
{
	o->dir = open(o->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return o->dir == -1 ? err_errno(e, "%s", o->root) : 0;
}

void
origin_close_root(struct origin *o)
{
	if (o->dir != -1)
		(void)close(o->dir);
	o->dir = -1;
}

/*
 * Takes "." and ".." out of `path` without asking the file system.  -1 if
 * ".." leads above its start.
 */
static int
origin_normalise(const char *path, struct buf *out)
{
	struct str	rest = str_of(path), part;
	bool		absolute = path[0] == '/';

	while (rest.p != NULL) {
		part = str_split(rest, '/', &rest);
		if (part.len == 0 || str_eq(part, STR(".")))
			continue;
		if (!str_eq(part, STR(".."))) {
			if (out->len > 0 || absolute)
				buf_add_byte(out, '/');
			buf_add_str(out, part);
			continue;
		}
		if (out->len == 0)
			return -1;
		while (out->len > 0 && buf_cstr(out)[out->len - 1] != '/')
			buf_truncate(out, out->len - 1);
		if (out->len > 0)
			buf_truncate(out, out->len - 1);
	}
	return 0;
}

/* Where `path`, asked for by `from`, should lie; not yet normalised. */
static void
origin_join(const char *root, const char *from, const char *path,
    struct buf *out)
{
	const char	*slash = strrchr(from, '/');

	if (strncmp(path, EXTRAS, strlen(EXTRAS)) == 0) {
		buf_printf(out, "%s/extras/%s", root, path + strlen(EXTRAS));
		return;
	}
	if (strncmp(path, "./", 2) == 0 || strncmp(path, "../", 3) == 0) {
		if (slash != NULL)
			buf_add(out, from, (size_t)(slash - from) + 1);
		else
			buf_printf(out, "%s/", root);
		buf_add_text(out, path);
		return;
	}
	if (strncmp(path, "file://", 7) == 0)
		path += 7;
	else if (strncmp(path, "file:", 5) == 0)
		path += 5;
	buf_printf(out, "%s/%s", root, path);
}

static bool
origin_beneath(const char *root, const char *path)
{
	size_t	len = strlen(root);

	if (len > 0 && root[len - 1] == '/')
		len--;
	return strncmp(path, root, len) == 0 && path[len] == '/';
}

static int
origin_locate(const struct origin *o, const char *from,
    const char *path, struct buf *out, struct err *e)
{
	struct buf	joined = BUF_INIT;
	int		rc = 0;

	origin_join(o->root, from, path, &joined);
	if (origin_normalise(buf_cstr(&joined), out) == -1 ||
	    (o->confined && !origin_beneath(o->root, buf_cstr(out))))
		rc = err_set(e, "%s: leads out of %s", path, o->root);
	buf_free(&joined);
	return rc;
}

/* `path` is absolute and normalised; a link in it may lead anywhere. */
static int
origin_open_path(const struct origin *o, const char *path)
{
	if (!o->confined)
		return open(path, ORIGIN_FLAGS);
	path += strlen(o->root);
	while (*path == '/')
		path++;
	return open_beneath(o->dir, path, ORIGIN_FLAGS);
}

static int
origin_fail(const struct origin *o, const char *path, struct err *e)
{
	if (o->confined && (errno == EXDEV || errno == ELOOP))
		return err_set(e, "%s: leads out of %s", path, o->root);
	return err_errno(e, "%s", path);
}

static int
origin_read_inside(const struct origin *o, const char *path,
    struct buf *text, struct err *e)
{
	int	fd = origin_open_path(o, path);

	if (fd == -1)
		return origin_fail(o, path, e);
	return origin_take(fd, path, text, e);
}

static int
origin_regular(int fd, const char *path, uint64_t *size, struct err *e)
{
	struct stat	st;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		return err_set(e, "%s: is no regular file", path);
	}
	*size = (uint64_t)st.st_size;
	return fd;
}

int
origin_open_file(const struct origin *o, const char *path, uint64_t *size,
    struct err *e)
{
	struct buf	from = BUF_INIT, file = BUF_INIT;
	int		fd = -1;

	buf_printf(&from, "%s/", o->root);
	if (origin_locate(o, buf_cstr(&from), path, &file, e) == 0) {
		fd = origin_open_path(o, buf_cstr(&file));
		fd = fd == -1 ? origin_fail(o, path, e) :
		    origin_regular(fd, path, size, e);
	}
	buf_free(&from);
	buf_free(&file);
	return fd;
}

int
origin_open(void *arg, const struct hsl_open *w, struct err *e)
{
	static const char *const more[] = { "", ".hsl", "/main.hsl" };
	const struct origin	*o = arg;
	struct buf		 file = BUF_INIT;
	bool			 extra = strncmp(w->path, EXTRAS,
				    strlen(EXTRAS)) == 0;
	size_t			 len, n = extra ? 3 : 2;
	int			 rc;

	rc = origin_locate(o, w->from, w->path, &file, e);
	len = file.len;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		buf_truncate(&file, len);
		buf_add_text(&file, more[i]);
		if (origin_read_inside(o, buf_cstr(&file), w->text,
		    i == 0 ? e : NULL) == 0)
			break;
		if (i + 1 == n)
			rc = -1;
	}
	if (rc == 0 && strlcpy(w->name, buf_cstr(&file), w->name_size) >=
	    w->name_size)
		rc = err_set(e, "%s: too long", w->path);
	buf_free(&file);
	return rc;
}
