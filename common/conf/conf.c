/*
 * Loading in steps: read both files, parse them to settings, expand and set
 * each parameter (for main.cf, then for each row with its own -o on it),
 * check what belongs together, read the hooks.  A step runs only if those
 * before it found nothing that would make its errors misleading.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "conf_int.h"
#include "file.h"

static char *
conf_absolute(const char *dir)
{
	char	*path = realpath(dir, NULL), *cwd, *joined;

	if (path != NULL)
		return path;
	if (dir[0] == '/')
		return xstrdup(dir);
	cwd = getcwd(NULL, 0);
	joined = xasprintf("%s/%s", cwd != NULL ? cwd : "", dir);
	free(cwd);
	return joined;
}

static struct conf *
conf_new(const char *dir)
{
	struct conf	*c = xcalloc(1, sizeof *c);

	c->dir = conf_absolute(dir);
	c->main_file = xasprintf("%s/main.cf", c->dir);
	c->master_file = xasprintf("%s/master.cf", c->dir);
	settings_init(&c->settings);
	params_init(&c->params);
	return c;
}

void
conf_free(struct conf **cp)
{
	struct conf	*c = *cp;
	size_t		 i;

	if (c == NULL)
		return;
	*cp = NULL;
	for (i = 0; i < c->hook_count; i++) {
		free(c->hooks[i].path);
		buf_free(&c->hooks[i].text);
	}
	free(c->hooks);
	buf_free(&c->transport_cf);
	buf_free(&c->policy_cf);
	rows_fini(&c->rows);
	params_fini(&c->params);
	settings_fini(&c->settings);
	free(c->master_file);
	free(c->main_file);
	free(c->dir);
	free(c);
}

/*
 * A default that fails does so because of a parameter that it refers to,
 * which is reported for itself.
 */
static void
conf_evaluate(const struct settings *s, struct params *p, struct reports *r)
{
	struct scope	 sc;
	struct err	 e;
	const char	*value, *why;
	size_t		 i;

	scope_init(&sc, s);
	for (i = 0; i < param_count; i++) {
		value = scope_value(&sc, i);
		why = scope_error(&sc, i);
		if (value != NULL &&
		    params_set(p, param_rows[i].name, value, &e) == -1)
			why = e.text;
		if (why != NULL && s->row[i].text != NULL)
			report(r, &s->row[i].at, "%s", why);
	}
	scope_fini(&sc);
}

static void
conf_build(struct conf *c, struct str main_cf, struct str master_cf,
    struct reports *r)
{
	struct source	src = { c->main_file, main_cf, r };
	struct row	*row;
	size_t		 i;

	main_cf_parse(&src, &c->settings);
	conf_evaluate(&c->settings, &c->params, r);
	src.file = c->master_file;
	src.text = master_cf;
	master_cf_parse(&src, &c->settings, &c->rows);
	for (i = 0; i < c->rows.count; i++) {
		row = &c->rows.row[i];
		params_init(&row->service.params);
		conf_evaluate(&row->settings, &row->service.params, r);
	}
	conf_check(c, r);
}

/* Hands over the configuration, or frees it if a fault was reported. */
static int
conf_settle(struct conf **out, struct conf *c, struct reports *r)
{
	bool	failed = r->count > 0;

	reports_fini(r);
	if (failed) {
		conf_free(&c);
		return -1;
	}
	*out = c;
	return 0;
}

int
conf_parse(struct conf **out, const struct conf_text *text,
    conf_report_fn *fn, void *arg)
{
	struct conf	*c = conf_new(text->dir);
	struct reports	 r = REPORTS_INIT(fn, arg);

	conf_build(c, text->main_cf, text->master_cf, &r);
	return conf_settle(out, c, &r);
}

static struct str
conf_read(const char *file, struct buf *text, struct reports *r)
{
	struct place	top = { file, 1, 1 };
	struct err	e;

	if (file_read(file, text, &e) == 0)
		return buf_str(text);
	report(r, &top, "%s", e.text);
	return STR_NONE;
}

/* Not every instance has one. */
static void
conf_read_optional(struct conf *c, const char *name, struct buf *text,
    struct reports *r)
{
	char		file[CONF_PATH_SIZE];
	struct place	top = { .line = 1, .column = 1 };
	struct err	e;

	conf_path(c, name, file, sizeof file);
	if (access(file, F_OK) == -1 && errno == ENOENT)
		return;
	top.file = file;
	if (file_read(file, text, &e) == -1)
		report(r, &top, "%s", e.text);
}

int
conf_load(struct conf **out, const char *dir, conf_report_fn *fn, void *arg)
{
	struct conf	*c = conf_new(dir);
	struct reports	 r = REPORTS_INIT(fn, arg);
	struct buf	 main_buf = BUF_INIT, master_buf = BUF_INIT;
	struct str	 main_cf, master_cf;

	main_cf = conf_read(c->main_file, &main_buf, &r);
	master_cf = conf_read(c->master_file, &master_buf, &r);
	conf_build(c, main_cf, master_cf, &r);
	conf_read_hooks(c, &r);
	conf_read_optional(c, "transport.cf", &c->transport_cf, &r);
	conf_read_optional(c, "policy.cf", &c->policy_cf, &r);
	buf_free(&main_buf);
	buf_free(&master_buf);
	return conf_settle(out, c, &r);
}

void
conf_peek(const char *dir, const char *name, struct buf *out)
{
	struct conf	*c = conf_new(dir);
	struct reports	 r = REPORTS_INIT(NULL, NULL);
	struct buf	 text = BUF_INIT;
	struct source	 src = { c->main_file, STR_NONE, &r };

	src.text = conf_read(c->main_file, &text, &r);
	main_cf_parse(&src, &c->settings);
	conf_evaluate(&c->settings, &c->params, &r);
	(void)params_get(&c->params, name, out);
	reports_fini(&r);
	buf_free(&text);
	conf_free(&c);
}

const char *
conf_dir(const struct conf *c)
{
	return c->dir;
}

const struct params *
conf_params(const struct conf *c)
{
	return &c->params;
}

size_t
conf_service_count(const struct conf *c)
{
	return c->rows.count;
}

const struct conf_service *
conf_service(const struct conf *c, size_t i)
{
	return &c->rows.row[i].service;
}

struct str
conf_transport_cf(const struct conf *c)
{
	return buf_str(&c->transport_cf);
}

struct str
conf_policy_cf(const struct conf *c)
{
	return buf_str(&c->policy_cf);
}

struct str
conf_script(const struct conf *c, const char *path)
{
	size_t	i;

	for (i = 0; i < c->hook_count; i++)
		if (strcmp(c->hooks[i].path, path) == 0)
			return buf_str(&c->hooks[i].text);
	return STR_NONE;
}

const char *
conf_path(const struct conf *c, const char *path, char *buf, size_t size)
{
	if (path[0] == '/')
		(void)strlcpy(buf, path, size);
	else
		(void)snprintf(buf, size, "%s/%s", c->dir, path);
	return buf;
}

bool
conf_place(const struct conf *c, const struct conf_service *s,
    const char *name, struct conf_place *at)
{
	const struct place	*p;
	size_t			 i, k = param_find(str_of(name));

	for (i = 0; i < c->rows.count; i++)
		if (&c->rows.row[i].service == s)
			break;
	if (i == c->rows.count || k == param_count ||
	    c->rows.row[i].settings.row[k].text == NULL)
		return false;
	p = &c->rows.row[i].settings.row[k].at;
	*at = (struct conf_place){ p->file, p->line, p->column };
	return true;
}

const char *
conf_origin(const struct conf *c, const char *name, char *buf, size_t size)
{
	size_t	i = param_find(str_of(name));

	if (i < param_count && c->settings.row[i].text != NULL)
		(void)snprintf(buf, size, "main.cf:%d",
		    c->settings.row[i].at.line);
	else
		(void)strlcpy(buf, "default", size);
	return buf;
}
