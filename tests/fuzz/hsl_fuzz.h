/*
 * hsl_fuzz - a fixed script that looks at the input, for targets
 *
 * The script finds the input in $in, and calls wrong() where what it computed
 * is not as it must be.  It runs with small limits; exceeding one is fine.
 */
#ifndef TESTS_FUZZ_HSL_FUZZ_H
#define TESTS_FUZZ_HSL_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "hsl/hsl.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum hsl_rc
fuzz_wrong(struct hsl_call *c)
{
	struct buf	 b = BUF_INIT;

	hsl_value_print(c->argv[0], &b);
	(void)fprintf(stderr, "wrong: %s\n", buf_cstr(&b));
	abort();
}

static void
fuzz_report(void *arg, const struct hsl_diag *d)
{
	(void)arg;
	(void)fprintf(stderr, "%d:%d: %s\n", d->line, d->column, d->text);
	abort();
}

/* Compiled at the first call and kept. */
static struct hsl_program *
fuzz_program(const char *script)
{
	static const struct hsl_function	functions[] = {
		{ "wrong", 1, 1, fuzz_wrong, "(why)", "" },
		{ .name = NULL }
	};
	static const struct hsl_variable	variables[] = {
		{ "in", true }, { .name = NULL }
	};
	static const struct hsl_host		host = {
		.functions = functions, .variables = variables
	};
	static struct hsl_program		*p;

	if (p == NULL)
		p = hsl_compile(&host, "script", str_of(script), fuzz_report,
		    NULL);
	return p;
}

static inline void
fuzz_script(const char *script, const uint8_t *data, size_t size)
{
	static const struct hsl_limits	limits = {
		.memory_bytes = 8 << 20,
		.instructions = 2000000,
		.slice = 1000000,
		.depth = 100
	};
	struct hsl_exec	*x = hsl_exec_new(fuzz_program(script), &limits,
			    NULL);
	enum hsl_run	 how;

	hsl_set_variable(x, "in", hsl_string(x,
	    (struct str){ (const char *)data, size }));
	do
		how = hsl_run(x);
	while (how == HSL_RUN_YIELD);
	/* The script catches what it expects. */
	if (how == HSL_RUN_ERROR && !hsl_error(x)->limit) {
		(void)fprintf(stderr, "%s\n", hsl_error(x)->text);
		abort();
	}
	hsl_exec_free(&x);
}

#endif
