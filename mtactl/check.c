/*
 * mtactl config check, hsl check: scripts compiled as a worker compiles them.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "options.h"
#include "report.h"
#include "script.h"
#include "start.h"
#include "talk.h"
#include "verb.h"

#define CHECK_WAIT_MS	90000	/* more than master waits for its workers */

static void
check_json(struct reporter *r)
{
	r->array = json_array();
	r->warnings = json_array();
}

/* What a check prints when it ends; the exit code. */
static int
check_end(struct reporter *r, const char *good)
{
	bool	failed = r->count > 0;

	json_decref(r->warned);

	if (r->array != NULL)
		json_print(json_pack("{s:b,s:o,s:o}", "ok", !failed,
		    "errors", r->array, "warnings", r->warnings));
	else if (!failed && good != NULL)
		(void)printf("%s\n", good);
	return failed ? CTL_FAILED : CTL_OK;
}

int
verb_hsl_check(const struct ctl *c, int argc, char **argv)
{
	struct reporter		 r = { .array = NULL };
	struct script_from	 from = { .text = STR_NONE };
	struct hsl_program	*p;
	struct options		 o;
	int			 i;

	(void)c;
	if (options_parse(&o, "jkr", argc, argv) == -1 || o.argc == 0)
		return verb_usage();
	if (o.hook != NULL && !script_hook_known(o.hook)) {
		(void)fprintf(stderr, "mtactl: no hook \"%s\"\n", o.hook);
		return CTL_USAGE;
	}
	if (o.json)
		check_json(&r);
	from.root = o.root;
	from.hook = o.hook;
	from.warning = report_warning;
	for (i = 0; i < o.argc; i++) {
		from.file = o.argv[i];
		p = script_compile(&from, report_json, &r);
		hsl_program_unref(&p);
	}
	return check_end(&r, NULL);
}

static conf_report_fn *
check_warning(const struct params *p)
{
	switch (p->hsl_warnings) {
	case PARAM_HSL_WARNINGS_IGNORE:
		return NULL;
	case PARAM_HSL_WARNINGS_ERROR:
		return report_json;
	default:
		return report_warning;
	}
}

/* One hook of a service, unless a service before it had the same. */
static void
check_hook(const struct conf *conf, size_t service, const char *name,
    struct reporter *r)
{
	struct buf		 path = BUF_INIT, before = BUF_INIT;
	const struct params	*p = &conf_service(conf, service)->params;
	struct script_from	 from;
	struct hsl_program	*program;
	char			 file[CONF_PATH_SIZE], root[CONF_PATH_SIZE];
	size_t			 i;

	(void)params_get(p, name, &path);
	for (i = 0; i < service && path.len > 0; i++) {
		buf_clear(&before);
		(void)params_get(&conf_service(conf, i)->params, name,
		    &before);
		if (str_eq(str_of(buf_cstr(&path)), str_of(buf_cstr(&before))))
			buf_clear(&path);
	}
	if (path.len > 0) {
		from.file = conf_path(conf, buf_cstr(&path), file,
		    sizeof file);
		from.root = conf_path(conf, p->script_root, root,
		    sizeof root);
		from.hook = name + strlen("hook_");
		from.warning = check_warning(p);
		from.text = conf_script(conf, buf_cstr(&path));
		program = script_compile(&from, report_json, r);
		hsl_program_unref(&program);
	}
	buf_free(&path);
	buf_free(&before);
}

static void
check_hooks(const struct conf *conf, struct reporter *r)
{
	size_t	i, k;

	for (i = 0; i < conf_service_count(conf); i++)
		for (k = 0; k < param_count; k++)
			if (param_rows[k].type == PARAM_HOOK)
				check_hook(conf, i, param_rows[k].name, r);
}

/* A master that only tries, with one worker a service, and then ends. */
static void
check_start(const struct ctl *c, struct reporter *r)
{
	static const struct talk_ops	ops = { .line = report_json,
	    .warning = report_warning };
	struct ipc_caller		cl;
	struct ipc_CTL_DONE		done;
	struct err			e;

	if (start_rehearsal(c, &cl, &e) == -1 ||
	    talk_listen(&cl, CHECK_WAIT_MS, &ops, r, &done, &e) == -1)
		report_json(r, c->dir, 0, 0, e.text);
	else if (done.failed && r->count == 0)
		report_json(r, c->dir, 0, 0, done.text);
	ipc_caller_close(&cl);
}

int
verb_config_check(const struct ctl *c, int argc, char **argv)
{
	struct reporter	 r = { .array = NULL };
	struct conf	*conf = NULL;
	struct options	 o;

	if (options_parse(&o, "j", argc, argv) == -1 || o.argc != 0)
		return verb_usage();
	if (o.json)
		check_json(&r);
	if (conf_load(&conf, c->dir, report_json, &r) == 0) {
		check_hooks(conf, &r);
		conf_warn(conf, report_warning, &r);
	}
	conf_free(&conf);
	/* What the files say holds; now what a start would find. */
	if (r.count == 0)
		check_start(c, &r);
	return check_end(&r, "ok");
}
