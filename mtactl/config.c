/*
 * mtactl config get, config dump: values and where they come from.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "schedule/transport.h"
#include "config_policy.h"
#include "options.h"
#include "report.h"
#include "verb.h"

struct config {
	const struct conf	*conf;
	bool			 set_only;	/* what main.cf sets */
	json_t			*out;	/* NULL: print lines */
	bool			 failed;
	struct buf		 value;
};

static const char *
config_value(struct config *g, const struct params *p, const char *name)
{
	buf_clear(&g->value);
	(void)params_get(p, name, &g->value);
	return buf_cstr(&g->value);
}

static void
config_show(struct config *g, const char *name)
{
	const struct params	*p = conf_params(g->conf);
	const char		*value = config_value(g, p, name);
	char			 origin[64];

	conf_origin(g->conf, name, origin, sizeof origin);
	if (g->set_only && strcmp(origin, "default") == 0)
		return;
	if (g->out != NULL)
		json_object_set_new(g->out, name, json_pack("{s:o,s:s}",
		    "value", json_text(value), "origin", origin));
	else
		(void)printf("%s = %s\t(%s)\n", name, value, origin);
}

static int
config_names(struct config *g, int argc, char **argv)
{
	struct err	 e;
	const char	*near;
	int		 i, rc = CTL_OK;

	for (i = 0; i < argc; i++) {
		buf_clear(&g->value);
		if (params_get(conf_params(g->conf), argv[i],
		    &g->value) == 0) {
			config_show(g, argv[i]);
			continue;
		}
		near = param_suggest(argv[i]);
		(void)err_set(&e, "unknown parameter \"%s\"%s%s%s", argv[i],
		    near != NULL ? ", did you mean \"" : "",
		    near != NULL ? near : "", near != NULL ? "\"?" : "");
		rc = verb_fail(&e);
	}
	return rc;
}

int
verb_config_get(const struct ctl *c, int argc, char **argv)
{
	struct config	 g = { .value = BUF_INIT };
	struct conf	*conf = NULL;
	struct options	 o;
	int		 rc;

	if (options_parse(&o, "j", argc, argv) == -1 || o.argc == 0)
		return verb_usage();
	if (conf_load(&conf, c->dir, report_print, NULL) == -1)
		return CTL_FAILED;
	g.conf = conf;
	if (o.json)
		g.out = json_object();
	rc = config_names(&g, o.argc, o.argv);
	if (o.json)
		json_print(g.out);
	buf_free(&g.value);
	conf_free(&conf);
	return rc;
}

/* What a service's -o arguments change. */
static json_t *
config_overrides(struct config *g, const struct conf_service *s)
{
	json_t		*o = json_object();
	const char	*value;
	char		*base;
	size_t		 i;

	for (i = 0; i < param_count; i++) {
		const char	*name = param_rows[i].name;

		base = xstrdup(config_value(g, conf_params(g->conf), name));
		value = config_value(g, &s->params, name);
		if (strcmp(base, value) != 0)
			json_object_set_new(o, name, json_text(value));
		free(base);
	}
	return o;
}

static void
config_service_line(const struct conf_service *s, json_t *overrides)
{
	const char	*name;
	json_t		*value;

	(void)printf("\n%s %s %c %c %c %d %d %s\t(master.cf:%d)\n", s->name,
	    s->type == CONF_INET ? "inet" : "unix", s->private ? 'y' : 'n',
	    s->unpriv ? 'y' : 'n', s->chroot ? 'y' : 'n', s->wakeup_s,
	    s->maxproc, s->command, s->line);
	json_object_foreach(overrides, name, value)
		(void)printf("    -o { %s = %s }\n", name,
		    json_string_value(value));
	json_decref(overrides);
}

static json_t *
config_service_json(const struct conf_service *s, json_t *overrides)
{
	return json_pack("{s:s,s:s,s:s,s:i,s:b,s:b,s:b,s:i,s:i,s:s,s:i,s:o}",
	    "name", s->name,
	    "type", s->type == CONF_INET ? "inet" : "unix",
	    "host", s->host, "port", s->port,
	    "private", s->private, "unpriv", s->unpriv, "chroot", s->chroot,
	    "wakeup", s->wakeup_s, "maxproc", s->maxproc,
	    "command", s->command, "line", s->line,
	    "parameters", overrides);
}

/* ---- transport.cf ------------------------------------------------------ */

static void
config_transport_line(const struct transport *t)
{
	enum transport_option	o;

	(void)printf("\ntransport %.*s %s %.*s\t(transport.cf:%d)\n",
	    (int)t->id.len, t->id.p, transport_mode_name(t->mode),
	    (int)t->target.len, t->target.p, t->line);
	for (o = 0; o < TRANSPORT_OPTIONS; o++)
		if (t->text[o].p != NULL)
			(void)printf("    -o { %s = %.*s }\n",
			    transport_option_name(o), (int)t->text[o].len,
			    t->text[o].p);
}

/* All options, as they hold. */
static json_t *
config_transport_json(const struct transport *t)
{
	json_t			*options = json_object();
	enum transport_option	 o;
	struct str		 text;

	for (o = 0; o < TRANSPORT_OPTIONS; o++) {
		text = transport_text(t, o);
		json_object_set_new(options, transport_option_name(o),
		    json_stringn(text.p, text.len));
	}
	return json_pack("{s:s%,s:s,s:s%,s:s%,s:i,s:o}",
	    "id", t->id.p, t->id.len,
	    "mode", transport_mode_name(t->mode),
	    "target", t->target.p, t->target.len,
	    "group", t->group.p != NULL ? t->group.p : "", t->group.len,
	    "line", t->line, "options", options);
}

static json_t *
config_transports(struct config *g)
{
	struct transports	*t = NULL;
	json_t			*list = json_array();
	char			 file[CONF_PATH_SIZE];
	size_t			 i;

	if (transports_compile(&t, conf_path(g->conf, "transport.cf", file,
	    sizeof file), conf_transport_cf(g->conf), conf_params(g->conf),
	    report_print, NULL) == -1)
		g->failed = true;
	for (i = 0; i < transports_count(t); i++) {
		if (g->out != NULL)
			json_array_append_new(list,
			    config_transport_json(transports_at(t, i)));
		else
			config_transport_line(transports_at(t, i));
	}
	transports_free(&t);
	return list;
}

static void
config_dump(struct config *g)
{
	const struct conf_service	*s;
	json_t				*services = json_array();
	json_t				*transports, *policies = NULL;
	size_t				 i;

	for (i = 0; i < param_count; i++)
		config_show(g, param_rows[i].name);
	for (i = 0; i < conf_service_count(g->conf); i++) {
		s = conf_service(g->conf, i);
		if (g->out != NULL)
			json_array_append_new(services, config_service_json(s,
			    config_overrides(g, s)));
		else
			config_service_line(s, config_overrides(g, s));
	}
	transports = config_transports(g);
	if (g->out != NULL)
		policies = json_array();
	if (!config_policies(g->conf, policies))
		g->failed = true;
	if (g->out != NULL)
		json_print(json_pack("{s:O,s:O,s:O,s:o}", "parameters",
		    g->out, "services", services, "transports", transports,
		    "policies", policies));
	json_decref(services);
	json_decref(transports);
}

int
verb_config_dump(const struct ctl *c, int argc, char **argv)
{
	struct config	 g = { .value = BUF_INIT };
	struct conf	*conf = NULL;
	struct options	 o;

	if (options_parse(&o, "js", argc, argv) == -1 || o.argc != 0)
		return verb_usage();
	if (conf_load(&conf, c->dir, report_print, NULL) == -1)
		return CTL_FAILED;
	g.conf = conf;
	g.set_only = o.set;
	if (o.json)
		g.out = json_object();
	config_dump(&g);
	json_decref(g.out);
	buf_free(&g.value);
	conf_free(&conf);
	return g.failed ? CTL_FAILED : CTL_OK;
}
