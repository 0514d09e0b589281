/*
 * mtactl hsl repl: a session, line by line.  Lines are collected while a
 * bracket or a string is open.  Prompts are shown on a terminal only.
 */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hooks/hooks.h"
#include "hsl/session.h"
#include "options.h"
#include "report.h"
#include "script.h"
#include "shell.h"
#include "verb.h"

#define REPL_LINE_MAX	(1u << 20)

struct repl {
	struct hsl_session	*session;
	struct shell		 shell;
	struct buf		 text;		/* of the piece so far */
	unsigned		 number;
	bool			 terminal;
};

static void
repl_value(struct hsl_value v)
{
	struct buf	 b = BUF_INIT;

	if (v.type == HSL_NONE)
		return;
	hsl_value_print(v, &b);
	shell_echo(NULL, buf_str(&b));
	buf_free(&b);
}

static void
repl_diag(void *arg, const struct hsl_diag *d)
{
	report_print(arg, d->file, d->line, d->column, d->text);
}

static void
repl_piece(struct repl *r)
{
	struct hsl_exec	*x = hsl_session_exec(r->session);
	char		 name[32];

	(void)snprintf(name, sizeof name, "input %u", ++r->number);
	if (hsl_session_add(r->session, name, buf_str(&r->text),
	    repl_diag, NULL) && shell_run(&r->shell, x) == CTL_OK)
		repl_value(hsl_result(x));
	buf_clear(&r->text);
	(void)fflush(stdout);
}

static void
repl_prompt(const struct repl *r)
{
	if (!r->terminal)
		return;
	(void)fputs(r->text.len > 0 ? "... " : "hsl> ", stdout);
	(void)fflush(stdout);
}

/* To the end of the input; what is unfinished then is an error of its own. */
static void
repl_loop(struct repl *r)
{
	char	*line = NULL;
	size_t	 room = 0;
	ssize_t	 n;

	for (;;) {
		repl_prompt(r);
		n = getline(&line, &room, stdin);
		if (n <= 0)
			break;
		buf_add(&r->text, line, (size_t)n);
		if (str_trim(buf_str(&r->text)).len == 0)
			buf_clear(&r->text);
		else if (r->text.len > REPL_LINE_MAX ||
		    !hsl_incomplete(buf_str(&r->text)))
			repl_piece(r);
	}
	if (r->text.len > 0)
		repl_piece(r);
	if (r->terminal)
		(void)putchar('\n');
	free(line);
}

static int
repl_session(struct repl *r, struct origin *place)
{
	struct hsl_host	host = hooks_script_host;
	struct err	e;

	host.open = origin_open;
	host.open_arg = place;
	if (shell_open(&r->shell, place, &e) == -1)
		return verb_fail(&e);
	r->session = hsl_session_new(&host, &hsl_limits_default, &r->shell);
	hsl_on_echo(hsl_session_exec(r->session), shell_echo, NULL);
	repl_loop(r);
	hsl_session_free(&r->session);
	shell_close(&r->shell);
	return CTL_OK;
}

int
verb_hsl_repl(const struct ctl *c, int argc, char **argv)
{
	struct repl		 r = { .text = BUF_INIT };
	/* What is typed in imports "./x" from the root. */
	struct script_from	 from = { .file = "input" };
	struct options		 o;
	struct origin		 place;
	int			 rc;

	(void)c;
	if (options_parse(&o, "r", argc, argv) == -1 || o.argc != 0)
		return verb_usage();
	r.terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	from.root = o.root;
	script_origin(&from, &place);
	rc = repl_session(&r, &place);
	script_origin_free(&place);
	buf_free(&r.text);
	return rc;
}
