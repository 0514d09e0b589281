/*
 * It is a text, a line for each fact, and compared as such:
 *
 *	service smtpd 0 "127.0.0.1" 25 ...	a row of master.cf
 *	myhostname=mx.example			a parameter of that row
 *	script hooks/eod.hsl 120 ...		a hook with its whole text
 *	file /etc/h/cert.pem 2049 77 1200 ...	which file it is
 *
 * A directory that a parameter names stands for all files in it, for the
 * sake of script_root, whose scripts import from there what master does not
 * know of, and of directories with certificates.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/tls_client.h"

#include "fingerprint.h"
#include "identity.h"

#define FILES_MAX	5000	/* of one directory; more are not looked at */
#define DEPTH_MAX	16

/* What changes all the time, or is read when it is used. */
static const char *const	passing[] = { "run_directory",
	"spool_directory", "body_directory", "secret_directory",
	"log_target" };
/* What no parameter names, and workers read at their start. */
static const char *const	common[] = { "/etc/resolv.conf", "/etc/hosts",
	"/etc/localtime", "/etc/passwd", "/etc/group" };

struct taking {
	struct fingerprint	*f;
	const struct conf	*conf;
	struct identity		 plans[2];	/* they are not part of it */
	int			 left;		/* of FILES_MAX */
};

/* ---- Files --------------------------------------------------------------- */

static void
taking_note(struct taking *t, const char *path, const struct identity *id)
{
	buf_printf(&t->f->text, "file %s %ju %ju %ju %jd.%09jd %d\n", path,
	    (uintmax_t)id->device, (uintmax_t)id->inode, (uintmax_t)id->size,
	    (intmax_t)id->mtime_s, (intmax_t)id->mtime_ns, id->error);
}

static bool
taking_plans(const struct taking *t, const struct identity *id)
{
	return identity_equal(id, &t->plans[0]) ||
	    identity_equal(id, &t->plans[1]);
}

static void	taking_directory(struct taking *t, const char *path,
		    int depth);

/* What a link points to counts, but for a directory: it may lead around. */
static void
taking_entry(struct taking *t, const char *path, int depth)
{
	struct identity	id;
	struct stat	st;

	if (--t->left < 0 || lstat(path, &st) == -1) {
		t->f->doubtful = true;
		return;
	}
	if (S_ISDIR(st.st_mode)) {
		taking_directory(t, path, depth + 1);
		return;
	}
	id = identity_of(&st);
	if (!taking_plans(t, &id))
		taking_note(t, path, &id);
	if (!S_ISLNK(st.st_mode))
		return;
	id = identity_take(path);
	if (!taking_plans(t, &id))
		taking_note(t, "->", &id);
}

static int
taking_order(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void
taking_directory(struct taking *t, const char *path, int depth)
{
	struct dirent	**list;
	char		  in[PATH_MAX];
	int		  i, n;

	n = depth > DEPTH_MAX ? -1 : scandir(path, &list, NULL, taking_order);
	if (n == -1) {
		t->f->doubtful = true;
		return;
	}
	buf_printf(&t->f->text, "directory %s\n", path);
	for (i = 0; i < n; i++) {
		if (strcmp(list[i]->d_name, ".") != 0 &&
		    strcmp(list[i]->d_name, "..") != 0) {
			if ((size_t)snprintf(in, sizeof in, "%s/%s", path,
			    list[i]->d_name) >= sizeof in)
				t->f->doubtful = true;
			else
				taking_entry(t, in, depth);
		}
		free(list[i]);
	}
	free(list);
}

static void
taking_file(struct taking *t, const char *path)
{
	struct identity	id;
	struct stat	st;

	if (stat(path, &st) == -1)
		id = (struct identity){ .error = errno };
	else if (S_ISDIR(st.st_mode)) {
		t->left = FILES_MAX;
		taking_directory(t, path, 0);
		return;
	} else
		id = identity_of(&st);
	taking_note(t, path, &id);
}

/* ---- Parameters ---------------------------------------------------------- */

static void
taking_path(struct taking *t, struct str value)
{
	char	given[CONF_PATH_SIZE], path[CONF_PATH_SIZE];

	if (value.len == 0 || value.len >= sizeof given)
		return;
	(void)snprintf(given, sizeof given, "%.*s", (int)value.len, value.p);
	taking_file(t, conf_path(t->conf, given, path, sizeof path));
}

/* Of a word, or of what stands behind its "=": an ordinary file, if it is the
 * name of one. */
static void
taking_word(struct taking *t, struct str word)
{
	struct str	file, name = str_split(word, '=', &file);
	char		given[CONF_PATH_SIZE], path[CONF_PATH_SIZE];
	struct identity	id;
	struct stat	st;

	if (file.len > 0)
		name = file;
	if (name.len == 0 || name.len >= sizeof given)
		return;
	(void)snprintf(given, sizeof given, "%.*s", (int)name.len, name.p);
	conf_path(t->conf, given, path, sizeof path);
	if (stat(path, &st) == -1 || !S_ISREG(st.st_mode))
		return;
	id = identity_of(&st);
	taking_note(t, path, &id);
}

static void
taking_words(struct taking *t, struct str value)
{
	size_t	n;

	while (value.len > 0) {
		for (n = 0; n < value.len && strchr(" \t,", value.p[n]) ==
		    NULL; n++)
			;
		taking_word(t, (struct str){ value.p, n });
		if (n < value.len)
			n++;
		value.p += n;
		value.len -= n;
	}
}

static bool
taking_passing(const char *name)
{
	size_t	i;

	for (i = 0; i < sizeof passing / sizeof passing[0]; i++)
		if (strcmp(name, passing[i]) == 0)
			return true;
	return false;
}

static void
taking_script(struct taking *t, const char *path)
{
	struct str	text = conf_script(t->conf, path);

	buf_printf(&t->f->text, "script %s %zu\n", path, text.len);
	buf_add_str(&t->f->text, text);
	buf_add_byte(&t->f->text, '\n');
}

static void
taking_parameter(struct taking *t, const struct param_row *row,
    const struct params *p)
{
	struct buf	value = BUF_INIT;

	if (params_get(p, row->name, &value) == -1)
		t->f->doubtful = true;
	buf_printf(&t->f->text, "%s=%s\n", row->name, buf_cstr(&value));
	if (value.len > 0 && !taking_passing(row->name)) {
		if (row->type == PARAM_HOOK)
			taking_script(t, buf_cstr(&value));
		else if (row->type == PARAM_PATH)
			taking_path(t, buf_str(&value));
		else if (row->type == PARAM_TEXT)
			taking_words(t, buf_str(&value));
	}
	buf_free(&value);
}

static void
taking_service(struct taking *t, const struct conf_service *s,
    const char *programs)
{
	char	path[PATH_MAX];
	size_t	i;

	buf_printf(&t->f->text, "service %s %d \"%s\" %d %d%d%d%d %d %d "
	    "%s\n", s->name, s->type, s->host != NULL ? s->host : "", s->port,
	    s->private, s->unpriv, s->chroot, s->single, s->wakeup_s,
	    s->maxproc, s->command);
	(void)snprintf(path, sizeof path, "%s/%s", programs, s->command);
	taking_file(t, path);
	for (i = 0; i < param_count; i++)
		taking_parameter(t, &param_rows[i], &s->params);
}

/* ---- All of it ----------------------------------------------------------- */

void
fingerprint_take(struct fingerprint *f, const struct conf *conf,
    const char *programs)
{
	struct taking	 t = { .f = f, .conf = conf };
	const char	*authorities = tls_system_authorities();
	char		 path[CONF_PATH_SIZE];
	size_t		 i;

	buf_clear(&f->text);
	f->doubtful = false;
	t.plans[0] = identity_take(conf_path(conf, "transport.cf", path,
	    sizeof path));
	t.plans[1] = identity_take(conf_path(conf, "policy.cf", path,
	    sizeof path));
	for (i = 0; i < sizeof common / sizeof common[0]; i++)
		taking_file(&t, common[i]);
	if (authorities != NULL)
		taking_file(&t, authorities);
	for (i = 0; i < conf_service_count(conf); i++)
		taking_service(&t, conf_service(conf, i), programs);
}

void
fingerprint_fini(struct fingerprint *f)
{
	buf_free(&f->text);
}

bool
fingerprint_equal(const struct fingerprint *a, const struct fingerprint *b)
{
	return !a->doubtful && !b->doubtful &&
	    str_eq(buf_str(&a->text), buf_str(&b->text));
}
