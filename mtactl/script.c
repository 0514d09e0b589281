#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "hooks/hooks.h"
#include "script.h"

#define SCRIPT_LIMIT	(1u << 20)

static int
script_read_fd(int fd, struct buf *text)
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
		if (text->len > SCRIPT_LIMIT) {
			errno = EFBIG;
			return -1;
		}
	} while (n > 0 || (n == -1 && errno == EINTR));
	return n == 0 ? 0 : -1;
}

static int
script_read(const char *path, struct buf *text, struct err *e)
{
	int	fd, rc;

	buf_clear(text);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return err_errno(e, "%s", path);
	rc = script_read_fd(fd, text);
	if (rc == -1)
		(void)err_errno(e, "%s", path);
	(void)close(fd);
	return rc;
}

/*
 * Takes "." and ".." out of `path` without asking the file system.  -1 if
 * ".." leads above its start.
 */
static int
script_normalise(const char *path, struct buf *out)
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
static int
script_join(const char *root, const char *from, const char *path,
    struct buf *out, struct err *e)
{
	const char	*slash = strrchr(from, '/');

	if (strncmp(path, "extras://", 9) == 0)
		return err_set(e, "%s: there are no extras", path);
	if (strncmp(path, "./", 2) == 0 || strncmp(path, "../", 3) == 0) {
		if (slash != NULL)
			buf_add(out, from, (size_t)(slash - from) + 1);
		buf_add_text(out, path);
		return 0;
	}
	if (strncmp(path, "file://", 7) == 0)
		path += 7;
	else if (strncmp(path, "file:", 5) == 0)
		path += 5;
	buf_printf(out, "%s/%s", root, path);
	return 0;
}

/* Where include and import look. */
struct script_place {
	char	*root;
	bool	 confined;	/* the root was asked for */
};

static bool
script_beneath(const char *root, const char *path)
{
	size_t	len = strlen(root);

	if (len > 0 && root[len - 1] == '/')
		len--;
	return strncmp(path, root, len) == 0 && path[len] == '/';
}

static int
script_locate(const struct script_place *p, const char *from,
    const char *path, struct buf *out, struct err *e)
{
	struct buf	joined = BUF_INIT;
	int		rc;

	rc = script_join(p->root, from, path, &joined, e);
	if (rc == 0 && (script_normalise(buf_cstr(&joined), out) == -1 ||
	    (p->confined && !script_beneath(p->root, buf_cstr(out)))))
		rc = err_set(e, "%s: leads out of %s", path, p->root);
	buf_free(&joined);
	return rc;
}

static int
script_open(void *arg, const char *from, const char *path, struct buf *text,
    char *name, size_t name_size, struct err *e)
{
	struct buf	file = BUF_INIT;
	int		rc;

	rc = script_locate(arg, from, path, &file, e);
	if (rc == 0 && script_read(buf_cstr(&file), text, e) == -1) {
		buf_add_text(&file, ".hsl");
		rc = script_read(buf_cstr(&file), text, NULL);
	}
	if (rc == 0 && strlcpy(name, buf_cstr(&file), name_size) >= name_size)
		rc = err_set(e, "%s: too long", path);
	buf_free(&file);
	return rc;
}

struct script_report {
	conf_report_fn	*fn;
	void		*arg;
};

static void
script_diag(void *arg, const struct hsl_diag *d)
{
	struct script_report	*r = arg;

	r->fn(r->arg, d->file, d->line, d->column, d->text);
}

/* The directory of a file; absolute, so that a root has a beginning. */
static char *
script_root(const struct script_from *from)
{
	char		*dir = NULL, *root;
	const char	*slash = strrchr(from->file, '/');

	if (from->root != NULL)
		dir = xstrdup(from->root);
	else if (slash == NULL)
		dir = xstrdup(".");
	else
		dir = xstrndup(from->file, (size_t)(slash - from->file) + 1);
	root = realpath(dir, NULL);
	if (root == NULL)
		return dir;
	free(dir);
	return root;
}

bool
script_hook_known(const char *hook)
{
	return hooks_host(hook) != NULL;
}

struct hsl_program *
script_compile(const struct script_from *from, conf_report_fn *report,
    void *arg)
{
	struct script_report	 r = { report, arg };
	struct script_place	 place = { .confined = from->root != NULL };
	struct hsl_host		 host = { .functions = NULL };
	struct hsl_program	*p = NULL;
	struct buf		 text = BUF_INIT;
	struct str		 source = from->text;
	struct err		 e;
	char			*file;

	if (from->hook != NULL)
		host = *hooks_host(from->hook);
	place.root = script_root(from);
	file = realpath(from->file, NULL);
	host.open = script_open;
	host.open_arg = &place;
	if (source.p == NULL && script_read(from->file, &text, &e) == -1)
		report(arg, from->file, 1, 1, e.text);
	else
		p = hsl_compile(&host, file != NULL ? file : from->file,
		    source.p == NULL ? buf_str(&text) : source, script_diag,
		    &r);
	buf_free(&text);
	free(file);
	free(place.root);
	return p;
}
