/*
 * A script is compiled with the tables of the hook that it is meant for, or,
 * for none, with what every hook has.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hooks/hooks.h"
#include "hooks/origin.h"
#include "script.h"

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
	return hooks_host_named(hook) != NULL;
}

void
script_origin(const struct script_from *from, struct origin *o)
{
	*o = (struct origin){ .confined = from->root != NULL, .dir = -1 };
	o->root = script_root(from);
	if (o->confined)
		(void)origin_open_root(o, NULL);
}

void
script_origin_free(struct origin *o)
{
	origin_close_root(o);
	free((char *)(size_t)o->root);
}

struct hsl_program *
script_compile(const struct script_from *from, conf_report_fn *report,
    void *arg)
{
	struct script_report	 r = { report, arg };
	struct script_report	 warnings = { from->warning, arg };
	struct origin		 place;
	struct hsl_host		 host;
	struct hsl_program	*p = NULL;
	struct buf		 text = BUF_INIT;
	struct str		 source = from->text;
	struct err		 e;
	char			*file;

	host = from->hook != NULL ? *hooks_host_named(from->hook) :
	    hooks_script_host;
	script_origin(from, &place);
	file = realpath(from->file, NULL);
	host.open = origin_open;
	host.open_arg = &place;
	if (from->warning != NULL) {
		host.warn = script_diag;
		host.warn_arg = &warnings;
	}
	if (source.p == NULL && origin_read(from->file, &text, &e) == -1)
		report(arg, from->file, 1, 1, e.text);
	else
		p = hsl_compile(&host, file != NULL ? file : from->file,
		    source.p == NULL ? buf_str(&text) : source, script_diag,
		    &r);
	buf_free(&text);
	free(file);
	script_origin_free(&place);
	return p;
}
