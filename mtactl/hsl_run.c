/*
 * mtactl hsl run: a script with what every hook has, but for the hook's own.
 * What it shares by memory_store() and the like it shares with itself.
 */
#include <stdint.h>
#include <stdio.h>

#include "dns/dns.h"
#include "event/loop.h"
#include "hooks/terminate.h"
#include "share/share.h"

#include "options.h"
#include "report.h"
#include "script.h"
#include "verb.h"

#define RUN_SHARED	(64u << 20)

struct run {
	struct hook_data	 data;		/* first: hsl_data() */
	struct hsl_exec		*exec;
	struct loop		*loop;
	struct timer		 again;		/* after a slice */
	int			 rc;
};

/* Echoed text is a line each. */
static void
run_echo(void *arg, struct str text)
{
	(void)arg;
	(void)fwrite(text.p, 1, text.len, stdout);
	(void)putchar('\n');
}

static int
run_error(const struct hsl_exec *x)
{
	const struct hsl_failure	*f = hsl_error(x);

	(void)fflush(stdout);
	(void)fprintf(stderr, "%s:%d:%d: %s\n", f->file, f->line, f->column,
	    f->text);
	return CTL_FAILED;
}

static void
run_slice(void *arg)
{
	struct run	*r = arg;
	enum hsl_run	 how = hsl_run(r->exec);

	if (how == HSL_RUN_YIELD)
		timer_start(&r->again, 0);
	else if (how != HSL_RUN_WAIT) {
		r->rc = how == HSL_RUN_ERROR ? run_error(r->exec) : CTL_OK;
		loop_stop(r->loop);
	}
}

/* What a worker has for its scripts; NULL goes without it. */
static void
run_library(struct run *r, const struct origin *place)
{
	r->data.library = (struct library){ .host = { .loop = r->loop,
	    .dns = dns_new(r->loop, NULL, NULL, NULL), .origin = place,
	    .share = share_local(r->loop, RUN_SHARED) },
	    .until_ms = INT64_MAX, .go_on = run_slice, .arg = r };
}

static int
run_program(struct hsl_program *p, const struct origin *place)
{
	struct run		 r = { .rc = CTL_FAILED };
	struct library_host	*host = &r.data.library.host;
	static struct logctx	 log;
	struct err		 e;

	r.loop = loop_new(&e);
	if (r.loop == NULL) {
		(void)fprintf(stderr, "mtactl: %s\n", e.text);
		return CTL_FAILED;
	}
	verdict_init(&r.data.verdict);
	run_library(&r, place);
	r.data.library.log = &log;
	r.exec = hsl_exec_new(p, &hsl_limits_default, &r);
	hsl_on_echo(r.exec, run_echo, NULL);
	timer_init(&r.again, r.loop, run_slice, &r);
	timer_start(&r.again, 0);
	(void)loop_run(r.loop);
	library_end(&r.data.library);
	hsl_exec_free(&r.exec);
	timer_fini(&r.again);
	verdict_fini(&r.data.verdict);
	share_free(&host->share);
	dns_free(&host->dns);
	loop_free(&r.loop);
	return r.rc;
}

int
verb_hsl_run(const struct ctl *c, int argc, char **argv)
{
	struct script_from	 from = { .text = STR_NONE };
	struct hsl_program	*p;
	struct options		 o;
	struct origin		 place;
	int			 rc;

	(void)c;
	if (options_parse(&o, "r", argc, argv) == -1 || o.argc != 1)
		return verb_usage();
	from.file = o.argv[0];
	from.root = o.root;
	p = script_compile(&from, report_print, NULL);
	if (p == NULL)
		return CTL_FAILED;
	script_origin(&from, &place);
	rc = run_program(p, &place);
	script_origin_free(&place);
	hsl_program_unref(&p);
	return rc;
}
