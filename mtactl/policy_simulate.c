/*
 * mtactl policy simulate: what the log tells of, under another policy.cf.
 */
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "conf/file.h"
#include "conf/report.h"
#include "forecast/forecast.h"

#include "log_source.h"
#include "policy_talk.h"
#include "progress.h"
#include "report.h"
#include "simulate_args.h"
#include "simulate_print.h"

#define SIMULATE_FILE_MAX	(16 << 20)

struct simulate {
	const struct ctl	*c;
	struct simulate_args	 a;
	struct conf		*conf;		/* NULL: there is none */
	struct params		 params;	/* of main.cf, or none */
	struct policies		*policies;
	struct transports	*transports;
	struct forecast		*forecast;
	struct progress		 progress;
	uint64_t		 read, all;	/* bytes of logs */
};

/* ---- The plans ----------------------------------------------------------- */

static int
simulate_list(void *arg, struct str list, const char *path, struct buf *out,
    struct err *e)
{
	const struct simulate	*s = arg;
	char			 file[CONF_PATH_SIZE];

	(void)list;
	if (s->conf != NULL)
		path = conf_path(s->conf, path, file, sizeof file);
	else if (path[0] != '/' && (size_t)snprintf(file, sizeof file,
	    "%s/%s", s->c->dir, path) < sizeof file)
		path = file;
	return file_read_most(path, POLICY_LIST_MAX, out, e);
}

/* An instance need not be here, if all that is asked for is given. */
static int
simulate_conf(struct simulate *s)
{
	conf_report_fn	*tell = report_print;

	if (s->a.transport != NULL)
		tell = report_nothing;
	params_init(&s->params);
	if (conf_load(&s->conf, s->c->dir, tell, NULL) == -1)
		return s->a.transport != NULL ? 0 : -1;
	return 0;
}

static int
simulate_transports(struct simulate *s, struct err *e)
{
	const struct params	*p = s->conf != NULL ? conf_params(s->conf) :
				    &s->params;
	struct buf		 text = BUF_INIT;
	const char		*file = s->a.transport;
	int			 rc = 0;

	if (file != NULL)
		rc = file_read_most(file, SIMULATE_FILE_MAX, &text, e);
	else {
		file = "transport.cf";
		buf_add_str(&text, conf_transport_cf(s->conf));
	}
	if (rc == 0 && transports_compile(&s->transports, file,
	    buf_str(&text), p, report_print, NULL) == -1)
		rc = err_set(e, "%s does not hold", file);
	buf_free(&text);
	return rc;
}

static int
simulate_policies(struct simulate *s, struct err *e)
{
	struct policy_source	 src = { .file = s->a.policy,
				    .read = simulate_list, .arg = s };
	struct buf		 text = BUF_INIT;
	int			 rc;

	rc = file_read_most(s->a.policy, SIMULATE_FILE_MAX, &text, e);
	src.text = buf_str(&text);
	if (rc == 0 && policies_compile(&s->policies, &src, report_print,
	    NULL) == -1)
		rc = err_set(e, "%s does not hold", s->a.policy);
	buf_free(&text);
	return rc;
}

/* Recipients that all workers have under way at most. */
static uint32_t
simulate_in_flight(const struct simulate *s)
{
	const struct conf_service	*row;
	int64_t				 all = 0;
	size_t				 i;

	for (i = 0; s->conf != NULL && i < conf_service_count(s->conf); i++) {
		row = conf_service(s->conf, i);
		if (strcmp(row->command, "deliver") == 0)
			all += row->maxproc * row->params.deliver_concurrency;
	}
	return all > 0 && all < INT32_MAX ? (uint32_t)all : INT32_MAX;
}

/* ---- The log ------------------------------------------------------------- */

static void
simulate_size(struct simulate *s)
{
	struct stat	st;
	size_t		i;

	for (i = 0; i < s->a.logs; i++)
		if (stat(s->a.log[i], &st) == 0)
			s->all += (uint64_t)st.st_size;
}

/* Of what is packed the size is more: then all of it is read sooner. */
static int
simulate_log(struct simulate *s, const char *path, struct log_line *l,
    struct err *e)
{
	struct str		needle[] = { STR("delivery"),
				    STR("queue") };
	struct log_source	src;
	struct str		line;
	int			rc;

	if (log_source_open(&src, path, e) == -1)
		return -1;
	while ((rc = log_source_next(&src, needle, 2, &line, e)) == 1) {
		s->read += line.len + 1;
		progress_show(&s->progress, s->read < s->all ? s->read :
		    s->all, s->all);
		if (log_line_parse(l, line) == 0)
			forecast_line(s->forecast, l);
	}
	log_source_close(&src);
	return rc;
}

static int
simulate_logs(struct simulate *s, struct err *e)
{
	struct log_line	*l = xcalloc(1, sizeof *l);
	size_t		 i;
	int		 rc = 0;

	simulate_size(s);
	for (i = 0; i < s->a.logs && rc == 0; i++)
		rc = simulate_log(s, s->a.log[i], l, e);
	progress_end(&s->progress);
	log_line_fini(l);
	free(l);
	return rc;
}

/* ---- All of it ----------------------------------------------------------- */

static void
simulate_progress(void *arg, uint64_t done, uint64_t all)
{
	struct simulate	*s = arg;

	progress_show(&s->progress, done, all);
}

static int
simulate_run(struct simulate *s, struct err *e)
{
	struct forecast_options	o = { .progress = simulate_progress,
				    .arg = s, .seed = 1 };
	const struct params	*p;
	int			rc;

	if (simulate_transports(s, e) == -1 || simulate_policies(s, e) == -1)
		return -1;
	s->forecast = forecast_new(s->transports);
	if (simulate_logs(s, e) == -1)
		return -1;
	o.policies = s->policies;
	o.in_flight = simulate_in_flight(s);
	p = s->conf != NULL ? conf_params(s->conf) : &s->params;
	o.active_limit = (uint32_t)p->active_limit;
	o.active_window = (uint32_t)p->active_window;
	rc = forecast_run(s->forecast, &o, e);
	progress_end(&s->progress);
	return rc;
}

static void
simulate_fini(struct simulate *s)
{
	forecast_free(&s->forecast);
	policies_free(&s->policies);
	transports_free(&s->transports);
	conf_free(&s->conf);
	params_fini(&s->params);
}

int
verb_policy_simulate(const struct ctl *c, int argc, char **argv)
{
	struct simulate	s = { .c = c, .progress = PROGRESS_INIT };
	struct err	e;
	int		rc = CTL_FAILED;

	if (simulate_args_parse(&s.a, argc, argv, &e) == -1)
		return policy_talk_usage(&e);
	if (simulate_conf(&s) == 0) {
		rc = simulate_run(&s, &e) == -1 ? verb_fail(&e) : CTL_OK;
		if (rc == CTL_OK && s.a.json)
			json_print(simulate_json(forecast_report(s.forecast),
			    s.a.top));
		else if (rc == CTL_OK)
			simulate_print(forecast_report(s.forecast), s.a.top);
	}
	simulate_fini(&s);
	return rc;
}
