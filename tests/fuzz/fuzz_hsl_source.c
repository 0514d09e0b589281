/*
 * A script: whatever it holds, it is refused with places or compiled, and
 * then runs to an end under its limits.  A file that it includes or imports
 * is the same text with the first byte cut off, so that files differ.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hsl/hsl.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_source {
	const char	*p;
	size_t		 n;
};

static void
fuzz_diag(void *arg, const struct hsl_diag *d)
{
	if (d->file == NULL || d->text[0] == '\0' || d->line < 1 ||
	    d->column < 1)
		abort();
	++*(int *)arg;
}

static int
fuzz_open(void *arg, const struct hsl_open *o, struct err *e)
{
	const struct fuzz_source	*s = arg;
	size_t				 cut = strlen(o->path) % 8 + 1;

	if (cut > s->n)
		return err_set(e, "no such file");
	buf_add(o->text, s->p + cut, s->n - cut);
	snprintf(o->name, o->name_size, "%zu", cut);
	return 0;
}

static enum hsl_rc
fuzz_wait(struct hsl_call *c)
{
	(void)c;
	return HSL_SUSPEND;
}

static enum hsl_rc
fuzz_exit(struct hsl_call *c)
{
	(void)c;
	return HSL_EXIT;
}

static const struct hsl_function	fuzz_functions[] = {
	{ "wait", 0, 2, fuzz_wait, "([any, any]): any", "suspends" },
	{ "Accept", 0, 2, fuzz_exit, "()", "ends the script" },
	{ .name = NULL }
};
/* Barriers: what is waited for or held is let go, and only that. */
static int	fuzz_held;

static enum hsl_rc
fuzz_acquire(struct hsl_call *c)
{
	if (c->argv[1].type != HSL_STRING)
		abort();
	fuzz_held++;
	return HSL_SUSPEND;
}

static void
fuzz_release(struct hsl_exec *x, uint64_t id)
{
	(void)x;
	if (id == 0 || --fuzz_held < 0)
		abort();
}

static const struct hsl_barriers	fuzz_barriers = {
	.acquire = fuzz_acquire, .load = fuzz_wait, .store = fuzz_wait,
	.release = fuzz_release
};

static const struct hsl_variable	fuzz_variables[] = {
	{ "arguments", true },
	{ "context", false },
	{ .name = NULL }
};
static const struct hsl_limits		fuzz_limits = {
	.memory_bytes = 4 << 20,
	.instructions = 200000,
	.slice = 5000,
	.depth = 50
};

static void
fuzz_echo(void *arg, struct str text)
{
	*(size_t *)arg += text.len;
}

/* What waits gets a value, an exception, or is given up, in turns. */
static void
fuzz_run(struct hsl_program *p)
{
	struct hsl_exec		*x = hsl_exec_new(p, &fuzz_limits, NULL);
	struct hsl_frozen	*f;
	size_t			 echoed = 0;
	int			 waits = 0;

	hsl_on_echo(x, fuzz_echo, &echoed);
	hsl_set_variable(x, "arguments", hsl_array(x));
	for (;;) {
		switch (hsl_run(x)) {
		case HSL_RUN_YIELD:
			continue;
		case HSL_RUN_WAIT:
			waits++;
			if (waits % 3 == 0)
				hsl_resume_throw(x, "wait %d", waits);
			else if (waits < 50)
				hsl_resume(x, hsl_number(waits));
			else
				break;
			continue;
		default:
			break;
		}
		break;
	}
	if (hsl_freeze(hsl_get_variable(x, "context"), 100000, &f,
	    NULL) == 0) {
		hsl_value_unref(x, hsl_thaw(x, f));
		hsl_frozen_free(&f);
	}
	hsl_exec_free(&x);
	if (fuzz_held != 0)
		abort();
}

static void
fuzz_warn(void *arg, const struct hsl_diag *d)
{
	if (arg != NULL || d->file == NULL || d->line == 0 ||
	    d->text[0] == '\0')
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_source	 s = { (const char *)data, size };
	struct hsl_host		 host = {
		.functions = fuzz_functions,
		.variables = fuzz_variables,
		.barriers = &fuzz_barriers,
		.open = fuzz_open,
		.open_arg = &s,
		.warn = fuzz_warn
	};
	struct hsl_program	*p;
	struct buf		 text = BUF_INIT;
	int			 errors = 0;

	p = hsl_compile(&host, "main", (struct str){ s.p, s.n }, fuzz_diag,
	    &errors);
	if ((p == NULL) != (errors > 0))
		abort();
	if (p == NULL)
		return 0;
	hsl_disassemble(p, &text);
	buf_free(&text);
	fuzz_run(p);
	hsl_program_unref(&p);
	return 0;
}
