/*
 * mtactl hsl run: a script on the core library alone.
 */
#include <stdio.h>

#include "options.h"
#include "report.h"
#include "script.h"
#include "verb.h"

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

static int
run_program(struct hsl_program *p)
{
	struct hsl_exec	*x = hsl_exec_new(p, &hsl_limits_default, NULL);
	enum hsl_run	 how;
	int		 rc = CTL_OK;

	hsl_on_echo(x, run_echo, NULL);
	do
		how = hsl_run(x);
	while (how == HSL_RUN_YIELD);
	if (how == HSL_RUN_ERROR)
		rc = run_error(x);
	if (how == HSL_RUN_WAIT) {
		(void)fprintf(stderr, "mtactl: the script waits for what "
		    "only a daemon has\n");
		rc = CTL_FAILED;
	}
	hsl_exec_free(&x);
	return rc;
}

int
verb_hsl_run(const struct ctl *c, int argc, char **argv)
{
	struct script_from	 from = { .text = STR_NONE };
	struct hsl_program	*p;
	struct options		 o;
	int			 rc;

	(void)c;
	if (options_parse(&o, "r", argc, argv) == -1 || o.argc != 1)
		return verb_usage();
	from.file = o.argv[0];
	from.root = o.root;
	p = script_compile(&from, report_print, NULL);
	if (p == NULL)
		return CTL_FAILED;
	rc = run_program(p);
	hsl_program_unref(&p);
	return rc;
}
