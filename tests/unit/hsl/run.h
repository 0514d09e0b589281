/*
 * run - a script from its text to what it echoed, for the tests
 *
 * run_script() gives the lines echoed, then "! text" for an uncaught error
 * or "file:line:column: text" for every error of the compiler.
 */
#ifndef TESTS_HSL_RUN_H
#define TESTS_HSL_RUN_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "hsl/arguments.h"
#include "hsl/hsl.h"

struct run_case {
	const char	*name;
	const char	*script;
	const char	*want;
};

static inline void
run_diag(void *arg, const struct hsl_diag *d)
{
	buf_printf(arg, "%s:%d:%d: %s\n", d->file, d->line, d->column,
	    d->text);
}

static inline void
run_echo(void *arg, struct str text)
{
	buf_add_str(arg, text);
	buf_add_byte(arg, '\n');
}

static inline void
run_finish(struct hsl_exec *x, struct buf *out)
{
	enum hsl_run	 rc;

	while ((rc = hsl_run(x)) == HSL_RUN_YIELD)
		continue;
	if (rc == HSL_RUN_ERROR)
		buf_printf(out, "! %s%s\n", hsl_error(x)->limit ? "limit: " :
		    "", hsl_error(x)->text);
	else if (rc == HSL_RUN_WAIT)
		buf_add_text(out, "waiting\n");
}

static inline void
run_with(const struct hsl_host *host, const struct hsl_limits *limits,
    struct str script, struct buf *out)
{
	struct hsl_program	*p;
	struct hsl_exec		*x;

	p = hsl_compile(host, "t", script, run_diag, out);
	if (p == NULL)
		return;
	x = hsl_exec_new(p, limits, NULL);
	hsl_program_unref(&p);
	hsl_on_echo(x, run_echo, out);
	run_finish(x, out);
	hsl_exec_free(&x);
}

/* False, after a report, if it gave something else. */
static inline bool
run_check(const struct hsl_host *host, const struct run_case *c)
{
	struct buf	 out = BUF_INIT;
	bool		 ok;

	run_with(host, NULL, str_of(c->script), &out);
	ok = strcmp(buf_cstr(&out), c->want) == 0;
	if (!ok)
		fprintf(stderr, "%s:\n%s\ngave:\n%swanted:\n%s\n", c->name,
		    c->script, buf_cstr(&out), c->want);
	buf_free(&out);
	return ok;
}

static inline void
run_table(const struct run_case *c)
{
	int	 wrong = 0;

	for (; c->name != NULL; c++)
		wrong += !run_check(NULL, c);
	assert_int_equal(wrong, 0);
}

#endif
