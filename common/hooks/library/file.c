/*
 * class File: a file that is read whole when it is opened, and the functions
 * of older scripts for that.
 *
 * An object holds two strings of the heap, which go with it, or with close().
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#include "file.h"
#include "library.h"
#include "hooks/origin.h"

#define POSITION_MAX	9007199254740992.0	/* 2^53 */

struct file {
	struct hsl_exec		*x;
	struct hsl_value	 bytes;		/* none: closed */
	struct hsl_value	 path;		/* none: there is none */
	uint64_t		 at;
};

static void
file_free(void *data)
{
	struct file	*f = data;

	hsl_value_unref(f->x, f->bytes);
	hsl_value_unref(f->x, f->path);
	free(f);
}

struct hsl_value
file_new(struct hsl_exec *x, struct hsl_value bytes, struct hsl_value path)
{
	struct file	*f = xcalloc(1, sizeof *f);

	f->x = x;
	f->bytes = bytes;
	f->path = path;
	return hsl_object_new(x, &file_class, f);
}

/* ---- Opening ----------------------------------------------------------- */

static int
file_fill(int fd, char *to, size_t size, const char *path, struct err *e)
{
	size_t	done = 0;
	ssize_t	n;

	while (done < size) {
		n = read(fd, to + done, size - done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_errno(e, "%s", path);
		if (n == 0)
			return err_set(e, "%s: has become shorter", path);
		done += (size_t)n;
	}
	return 0;
}

/* 0 with *bytes, -1 with *e; a limit of the run that is reached ends the
 * script instead. */
static int
file_load(struct hsl_call *c, const char *path, struct hsl_value *bytes,
    struct err *e)
{
	struct hsl_value	 s = hsl_none();
	char			*to = NULL;
	uint64_t		 size;
	int			 rc = -1;
	int			 fd = origin_open_file(
				    library_of(c->x)->host.origin, path,
				    &size, e);

	if (fd == -1)
		return -1;
	if (hsl_charge(c->x, 1 + size / 32))
		s = hsl_string_new(c->x, size, &to);
	if (to == NULL)
		(void)err_set(e, "%s: too large", path);
	else
		rc = file_fill(fd, to, size, path, e);
	(void)close(fd);
	if (rc == 0)
		*bytes = s;
	else
		hsl_value_unref(c->x, s);
	return rc;
}

/* The name in argument i, or thrown and false. */
static bool
file_path(struct hsl_call *c, int i)
{
	struct str	s;

	if (!hsl_arg_string(c, i, &s))
		return false;
	if (s.len > 0 && s.len < 4096 && memchr(s.p, '\0', s.len) == NULL)
		return true;
	hsl_throw(c, "File: this is no path");
	return false;
}

/* It is who lends it that gives it back. */
static void
file_resource_free(void *data)
{
	(void)data;
}

static const struct hsl_resource_kind	file_resource_kind = {
	.name = "FileResource", .free = file_resource_free };

struct hsl_value
file_resource(struct hsl_exec *x, const struct file_source *s)
{
	return hsl_resource_new(x, &file_resource_kind,
	    (void *)(uintptr_t)s);
}

/* Of what is no file of a path. */
static enum hsl_rc
file_open_source(struct hsl_call *c, const struct file_source *s)
{
	struct hsl_value	 bytes;
	struct err		 e;
	uint64_t		 size;
	char			*to = NULL;

	if (s->size(s->arg, &size, &e) == -1)
		return hsl_throw(c, "File: %s", e.text);
	if (!hsl_charge(c->x, 1 + size / 32))
		return HSL_THROW;
	bytes = hsl_string_new(c->x, size, &to);
	if (to == NULL)
		return hsl_throw(c, "File: too large");
	if (s->read(s->arg, to, size, &e) == -1) {
		hsl_value_unref(c->x, bytes);
		return hsl_throw(c, "File: %s", e.text);
	}
	*c->ret = file_new(c->x, bytes, hsl_none());
	return HSL_OK;
}

static enum hsl_rc
file_construct(struct hsl_call *c)
{
	const struct file_source	*s;
	struct hsl_value		 bytes;
	struct err			 e;

	s = hsl_resource_data(c->argv[0], &file_resource_kind);
	if (s != NULL)
		return file_open_source(c, s);
	if (!file_path(c, 0))
		return HSL_THROW;
	/* Strings of the heap end in a NUL. */
	if (file_load(c, hsl_value_str(c->argv[0]).p, &bytes, &e) == -1)
		return hsl_throw(c, "File: %s", e.text);
	*c->ret = file_new(c->x, bytes, hsl_value_ref(c->argv[0]));
	return HSL_OK;
}

static enum hsl_rc
file_static_read(struct hsl_call *c)
{
	struct err	e;

	if (!file_path(c, 0))
		return HSL_THROW;
	(void)file_load(c, hsl_value_str(c->argv[0]).p, c->ret, &e);
	return HSL_OK;
}

static enum hsl_rc
file_static_string(struct hsl_call *c)
{
	struct str	s;

	if (!hsl_arg_string(c, 0, &s))
		return HSL_THROW;
	*c->ret = file_new(c->x, hsl_value_ref(c->argv[0]), hsl_none());
	return HSL_OK;
}

bool
file_argument(struct hsl_call *c, int i, struct hsl_value *bytes)
{
	const struct file	*f = hsl_object_data(c->argv[i], &file_class);

	if (f == NULL)
		return hsl_arg_wrong(c, i, "File");
	*bytes = f->bytes;
	if (f->bytes.type != HSL_NONE)
		return true;
	hsl_throw(c, "the file is closed");
	return false;
}

/* ---- Old functions ----------------------------------------------------- */

struct str
file_line(struct str *rest)
{
	struct str	line = str_split(*rest, '\n', rest);

	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

enum hsl_rc
library_file_get_contents(struct hsl_call *c)
{
	return file_static_read(c);
}

bool
file_whole(struct hsl_call *c, int i, struct hsl_value *bytes)
{
	*bytes = hsl_none();
	if (!file_path(c, i))
		return false;
	if (file_load(c, hsl_value_str(c->argv[i]).p, bytes, NULL) == -1)
		return true;
	return hsl_charge(c->x, hsl_value_str(*bytes).len / 8);
}

enum hsl_rc
library_file(struct hsl_call *c)
{
	struct hsl_value	bytes;
	struct str		rest, line;
	enum hsl_rc		rc = HSL_THROW;

	if (!file_whole(c, 0, &bytes))
		goto out;
	rc = HSL_OK;
	if (bytes.type == HSL_NONE)
		goto out;
	*c->ret = hsl_array(c->x);
	rest = hsl_value_str(bytes);
	while (rc == HSL_OK && rest.p != NULL && rest.len > 0) {
		line = file_line(&rest);
		hsl_array_push(c->x, *c->ret, hsl_string(c->x, line));
		if (!hsl_charge(c->x, 1))
			rc = HSL_THROW;
	}
out:
	hsl_value_unref(c->x, bytes);
	return rc;
}

/* ---- Reading ----------------------------------------------------------- */

static struct file *
file_self(const struct hsl_call *c)
{
	return hsl_object_data(c->self, &file_class);
}

/* What is left; p NULL: the file is closed. */
static struct str
file_rest(const struct file *f)
{
	struct str	s = hsl_value_str(f->bytes);

	if (f->bytes.type == HSL_NONE)
		return STR_NONE;
	if (f->at >= s.len)
		return (struct str){ s.p + s.len, 0 };
	return (struct str){ s.p + f->at, s.len - f->at };
}

static enum hsl_rc
file_give(struct hsl_call *c, struct str s)
{
	if (!hsl_charge(c->x, 1 + s.len / 32))
		return HSL_THROW;
	*c->ret = hsl_string(c->x, s);
	return HSL_OK;
}

static enum hsl_rc
file_read(struct hsl_call *c)
{
	struct file	*f = file_self(c);
	struct str	 s = file_rest(f);
	double		 len;

	if (s.p == NULL)
		return HSL_OK;
	if (c->argc > 0 && c->argv[0].type != HSL_NONE) {
		len = hsl_value_number(c->argv[0], NAN);
		if (!(len >= 0))
			return hsl_throw(c, "read: len is a number of bytes");
		if (len < (double)s.len)
			s.len = (size_t)len;
	}
	f->at += s.len;
	return file_give(c, s);
}

static enum hsl_rc
file_readline(struct hsl_call *c)
{
	struct file	*f = file_self(c);
	struct str	 s = file_rest(f), line;

	if (s.p == NULL)
		return HSL_OK;
	if (s.len == 0) {
		*c->ret = hsl_boolean(false);
		return HSL_OK;
	}
	line = file_line(&s);
	f->at += (s.p != NULL ? (size_t)(s.p - line.p) : line.len);
	return file_give(c, line);
}

/* ---- Position and name ------------------------------------------------- */

static enum hsl_rc
file_tell(struct hsl_call *c)
{
	struct file	*f = file_self(c);

	if (f->bytes.type != HSL_NONE)
		*c->ret = hsl_number((double)f->at);
	return HSL_OK;
}

/* From where a position counts; -1: there is no such whence. */
static double
file_seek_base(const struct file *f, struct str whence)
{
	if (str_eq(whence, STR("SEEK_SET")))
		return 0;
	if (str_eq(whence, STR("SEEK_CUR")))
		return (double)f->at;
	if (str_eq(whence, STR("SEEK_END")))
		return (double)hsl_value_str(f->bytes).len;
	return -1;
}

static enum hsl_rc
file_seek(struct hsl_call *c)
{
	struct file	*f = file_self(c);
	double		 offset = hsl_value_number(c->argv[0], NAN);
	double		 base = file_seek_base(f, c->argc > 1 ?
			    hsl_value_str(c->argv[1]) : STR("SEEK_SET"));

	if (isnan(offset) || base < 0)
		return hsl_throw(c, "seek: offset is a number, whence "
		    "SEEK_SET, SEEK_CUR or SEEK_END");
	offset = trunc(base + offset);
	if (f->bytes.type == HSL_NONE || offset < 0 || offset > POSITION_MAX)
		return HSL_OK;
	f->at = (uint64_t)offset;
	return file_tell(c);
}

static enum hsl_rc
file_get_path(struct hsl_call *c)
{
	*c->ret = hsl_value_ref(file_self(c)->path);
	return HSL_OK;
}

static enum hsl_rc
file_close(struct hsl_call *c)
{
	struct file	*f = file_self(c);

	hsl_value_unref(c->x, f->bytes);
	f->bytes = hsl_none();
	return HSL_OK;
}

static const struct hsl_function	file_methods[] = {
	{ "read", 0, 1, file_read, "read([len]): string",
	    "The next bytes, or all that is left; \"\" at the end." },
	{ "readline", 0, 0, file_readline, "readline(): string or false",
	    "The next line without CR and LF; false at the end." },
	{ "seek", 1, 2, file_seek, "seek(offset[, whence]): number",
	    "Move; whence is SEEK_SET, SEEK_CUR or SEEK_END." },
	{ "tell", 0, 0, file_tell, "tell(): number", "The position." },
	{ "close", 0, 0, file_close, "close(): none",
	    "Give the memory back; then there is none to read." },
	{ "getPath", 0, 0, file_get_path, "getPath(): string or none",
	    "The path it was opened by." },
	{ NULL, 0, 0, NULL, NULL, NULL }
};

static const struct hsl_function	file_statics[] = {
	{ "String", 1, 1, file_static_string, "File::String(data): File",
	    "A file of these bytes." },
	{ "read", 1, 1, file_static_read, "File::read(path): string or none",
	    "All of a file; none if it can't be read." },
	{ NULL, 0, 0, NULL, NULL, NULL }
};

static const struct hsl_function	file_constructor = {
	"File", 1, 1, file_construct, "File(path): File",
	"Open a file beneath script_root, or a FileResource, such as "
	"$message[\"file\"][\"modified\"]."
};

const struct hsl_class	file_class = {
	.name = "File",
	.methods = file_methods,
	.statics = file_statics,
	.constructor = &file_constructor,
	.free = file_free,
};
