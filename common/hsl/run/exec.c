/*
 * The life of an execution as its host sees it: made, given variables, resumed,
 * asked for its result, freed.  Running it is in vm.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "hsl/run/barrier.h"
#include "hsl/run/exec.h"
#include "hsl/run/regex.h"
#include "hsl/run/throw.h"
#include "hsl/run/vm.h"

const struct hsl_limits	hsl_limits_default = {
	.memory_bytes = 64u << 20,
	.instructions = 1000000000,
	.slice = 100000,
	.depth = 256,
	.time_ms = 0
};

struct hsl_exec *
exec_new_bare(size_t memory)
{
	struct hsl_exec	*x = xcalloc(1, sizeof *x);

	varr_seed();
	x->space.throw = throw_error;
	vheap_init(&x->space.heap, memory);
	x->limits = hsl_limits_default;
	x->limits.instructions = UINT64_MAX;
	x->slice = x->space.budget = INT64_MAX / 2;
	x->thrown = x->result = vnone();
	return x;
}

/* The heap is given back as a whole; what a host made outside of it is freed
 * one by one. */
void
exec_free_bare(struct hsl_exec *x)
{
	struct hsl_object	*o;
	struct hsl_resource	*r;

	for (o = x->space.objects; o != NULL; o = o->next)
		o->host->free(o->data);
	for (r = x->space.resources; r != NULL; r = r->next)
		r->kind->free(r->data);
	regex_cache_free(x);
	hsl_cache_free(&x->message);
	free(x->frames);
	free(x->globals);
	free(x->module_run);
	free(x->statics);
	vheap_fini(&x->space.heap);
	free(x);
}

struct hsl_exec *
hsl_exec_new(struct hsl_program *p, const struct hsl_limits *limits,
    void *data)
{
	struct hsl_exec	*x = exec_new_bare((limits != NULL ? limits :
			    &hsl_limits_default)->memory_bytes);

	x->program = hsl_program_ref(p);
	if (limits != NULL)
		x->limits = *limits;
	else
		x->limits = hsl_limits_default;
	x->data = data;
	x->slice = x->space.budget = x->limits.slice ? x->limits.slice : 100000;
	x->start_ms = clock_mono_ms();
	x->globals = xcalloc(p->nmodules, sizeof(struct hsl_value *));
	x->module_run = xcalloc(p->nmodules, sizeof *x->module_run);
	x->statics = xcalloc(p->nstatics + 1, sizeof *x->statics);
	for (uint32_t i = 0; i < p->nstatics; i++)
		x->statics[i] = p->statics[i];
	vm_start(x);
	return x;
}

void
hsl_exec_free(struct hsl_exec **xp)
{
	struct hsl_exec		*x = *xp;
	struct hsl_program	*p;

	*xp = NULL;
	if (x == NULL)
		return;
	p = x->program;
	barrier_release_all(x);
	exec_free_bare(x);
	hsl_program_unref(&p);
}

void *
hsl_data(const struct hsl_exec *x)
{
	return x->data;
}

void
hsl_lend_cache(struct hsl_exec *x, struct hsl_cache **message)
{
	x->lent = message;
}

static struct hsl_value *
exec_variable(struct hsl_exec *x, const char *name)
{
	const struct proto	*p = x->program->modules[0].main;

	/* A heap that was too small from the beginning has no globals. */
	for (uint16_t i = 0; x->globals[0] != NULL && i < p->nvars; i++)
		if (str_eq(p->var_names[i], str_of(name)))
			return &x->globals[0][i];
	return NULL;
}

void
hsl_set_variable(struct hsl_exec *x, const char *name, struct hsl_value v)
{
	struct hsl_value	*slot = exec_variable(x, name);

	if (slot != NULL)
		vset(x, slot, v);
	else
		vunref(x, v);
}

struct hsl_value
hsl_get_variable(struct hsl_exec *x, const char *name)
{
	struct hsl_value	*slot = exec_variable(x, name);

	return slot == NULL || slot->type == HSL_UNDEF ? vnone() : *slot;
}

void
hsl_resume(struct hsl_exec *x, struct hsl_value v)
{
	if (!x->waiting) {
		vunref(x, v);
		return;
	}
	x->waiting = false;
	if (x->wait_ret != NULL)
		vset(x, x->wait_ret, v);
	else
		vunref(x, v);
}

void
hsl_resume_throw(struct hsl_exec *x, const char *fmt, ...)
{
	va_list	 ap;

	if (!x->waiting)
		return;
	x->waiting = false;
	va_start(ap, fmt);
	(void)throw_verror(x, fmt, ap);
	va_end(ap);
}

bool
hsl_exited(const struct hsl_exec *x)
{
	return x->exited;
}

struct hsl_value
hsl_result(const struct hsl_exec *x)
{
	return x->result;
}

void
hsl_time_unlimited(struct hsl_exec *x)
{
	x->unlimited_time = true;
}

const struct hsl_failure *
hsl_error(const struct hsl_exec *x)
{
	return &x->failure;
}

void
hsl_on_echo(struct hsl_exec *x, void (*fn)(void *arg, struct str text),
    void *arg)
{
	x->echo = fn;
	x->echo_arg = arg;
}

/* ---- Programs, which live as long as one of these does ------------------ */

struct hsl_program *
hsl_program_ref(struct hsl_program *p)
{
	p->refs++;
	return p;
}

void
hsl_program_unref(struct hsl_program **pp)
{
	struct hsl_program	*p = *pp;

	*pp = NULL;
	if (p == NULL || --p->refs > 0)
		return;
	hsl_cache_free(&p->cache);
	exec_free_bare(p->constants);
	arena_free(&p->arena);
	free(p->k);
	free(p);
}
