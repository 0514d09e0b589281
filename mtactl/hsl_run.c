/*
 * mtactl hsl run: a script with what every hook has, but for the hook's own.
 */
#include <stdio.h>

#include "options.h"
#include "report.h"
#include "script.h"
#include "shell.h"
#include "verb.h"

static int
run_program(struct hsl_program *p, const struct origin *place)
{
	struct shell	 s;
	struct hsl_exec	*x;
	struct err	 e;
	int		 rc;

	if (shell_open(&s, place, &e) == -1)
		return verb_fail(&e);
	x = hsl_exec_new(p, &hsl_limits_default, &s);
	hsl_on_echo(x, shell_echo, NULL);
	rc = shell_run(&s, x);
	hsl_exec_free(&x);
	shell_close(&s);
	return rc;
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
