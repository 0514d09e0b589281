/*
 * A compilation: parse every file, number what was found, link imports,
 * generate code.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "hsl/compile/advise.h"
#include "hsl/compile/comp.h"
#include "hsl/compile/fold.h"
#include "hsl/compile/gen.h"
#include "hsl/compile/link.h"
#include "hsl/run/exec.h"
#include "hsl/syntax/parse.h"
#include "hsl/values/class.h"

#define OVERFLOW_MAX	60000		/* functions, classes, natives */

struct comp_limits	comp_limits = { .constants_bytes = 256u << 20 };

/* ---- What the program keeps -------------------------------------------- */

static void
comp_class_open(struct unit *c, struct unit_class *cl)
{
	struct hsl_program	*p = c->program;
	struct unit_member	*m;
	struct vclass		*v = arena_alloc(&p->arena, sizeof *v);

	v->name = arena_str(&p->arena, cl->name);
	v->number = p->nclasses;
	v->template = vnone();
	p->classes[p->nclasses++] = v;
	cl->vclass = v;
	for (m = cl->members; m != NULL; m = m->next)
		if ((m->flags & MEMBER_STATIC) && m->func == NULL)
			m->index = p->nstatics++;
}

static void
comp_member_fill(struct unit *c, struct unit_member *m, struct vmember *v)
{
	struct gen		 g = { .c = c };
	uint32_t		 k;

	/* The same constant that code names the member by: vclass_member()
	 * compares pointers. */
	k = gen_k_text(&g, NULL, m->name);
	v->name = c->program->k[k].type == HSL_STRING ?
	    c->program->k[k].u.string : NULL;
	v->flags = m->flags;
	v->index = m->index;
	v->initial = vnone();
	if (m->func != NULL)
		v->proto = m->func->proto;
	else
		fold_must(c, m->initial, &v->initial);
}

static void
comp_class_fill(struct unit *c, struct unit_class *cl)
{
	struct hsl_program	*p = c->program;
	struct vclass		*v = cl->vclass;
	struct unit_member	*m;
	struct hsl_array	*props = varr_new(p->constants, 0);
	struct hsl_value	 key;
	uint32_t		 n = 0;

	for (m = cl->members; m != NULL; m = m->next)
		n++;
	v->members = arena_alloc(&p->arena, (n + 1) * sizeof *v->members);
	v->table = varr_new(p->constants, 0);
	for (m = cl->members; m != NULL; m = m->next) {
		struct vmember	*vm = &v->members[v->nmembers++];

		comp_member_fill(c, m, vm);
		if (vm->name == NULL)
			break;
		key = vmake(HSL_STRING, vm->name);
		varr_set(p->constants, v->table, varr_key(&key),
		    vnumber(v->nmembers - 1));
		v->guarded |= (m->flags & (MEMBER_PRIVATE |
		    MEMBER_READONLY)) && !(m->flags & MEMBER_STATIC);
		if (m->func != NULL)
			continue;
		if (m->flags & MEMBER_STATIC) {
			p->statics[m->index] = vm->initial;
			continue;
		}
		varr_set(p->constants, props, varr_key(&key), vm->initial);
	}
	v->constructor = cl->constructor ? cl->constructor->proto : NULL;
	v->template = vmake(HSL_ARRAY, props);
	vimmortal(p->constants, v->template);
}

/* The program's tables of classes and statics, with those of c->classes. */
static void
comp_classes(struct unit *c)
{
	struct hsl_program	*p = c->program;
	struct unit_class	*cl;
	uint32_t		 n = p->nclasses, statics = p->nstatics;
	struct vclass		**classes;
	struct hsl_value	*values;

	for (cl = c->classes; cl != NULL; cl = cl->next)
		n++;
	classes = arena_alloc(&p->arena, (n + 1) * sizeof(struct vclass *));
	if (p->nclasses > 0)
		memcpy(classes, p->classes,
		    p->nclasses * sizeof(struct vclass *));
	p->classes = classes;
	for (cl = c->classes; cl != NULL; cl = cl->next)
		comp_class_open(c, cl);
	if (n > OVERFLOW_MAX || p->nstatics > OVERFLOW_MAX) {
		unit_error(c, c->classes->at, "too many classes");
		return;
	}
	values = arena_alloc(&p->arena, (p->nstatics + 1) * sizeof *values);
	if (statics > 0)
		memcpy(values, p->statics, statics * sizeof *values);
	p->statics = values;
	for (cl = c->classes; cl != NULL; cl = cl->next)
		comp_class_fill(c, cl);
}

/* unset($x) through `global` or import unsets the variable itself. */
static void
comp_variables(struct unit *c)
{
	struct func	*f;
	struct var	*v;

	for (f = c->funcs; f != NULL; f = f->next)
		for (uint32_t i = 0; i < f->nvars; i++) {
			v = f->var_list[i];
			if (v->unset)
				gen_var_root(v)->unset = true;
		}
}

static uint32_t
comp_count_rows(const struct hsl_function *row)
{
	uint32_t	 n = 0;

	for (; row != NULL && row->name != NULL; row++)
		n++;
	return n;
}

/* Room for every native there is. */
static void
comp_natives(struct unit *c)
{
	const struct hsl_class	*const *cl;
	uint32_t		 n = comp_count_rows(hsl_core_functions) + 16;

	if (c->host != NULL) {
		n += comp_count_rows(c->host->functions);
		for (cl = c->host->classes; cl != NULL && *cl != NULL; cl++)
			n += comp_count_rows((*cl)->statics) + 1;
	}
	c->program->natives = arena_alloc(&c->program->arena,
	    n * sizeof(struct hsl_function *));
}

/* Room for all functions and modules; those of earlier pieces stay. */
static void
comp_tables(struct unit *c)
{
	struct hsl_program	*p = c->program;
	struct proto		**protos = arena_alloc(&p->arena,
				    (p->nprotos + 1) *
				    sizeof(struct proto *));

	if (p->room_protos > 0)
		memcpy(protos, p->protos,
		    p->room_protos * sizeof(struct proto *));
	p->protos = protos;
	p->room_protos = p->nprotos;
	p->modules = arena_alloc(&p->arena, p->nmodules * sizeof *p->modules);
}

static void
comp_generate(struct unit *c)
{
	struct hsl_program	*p = c->program;
	struct unit_module	*m;
	struct func		*f;

	comp_variables(c);
	if (p->natives == NULL)
		comp_natives(c);
	comp_classes(c);
	if (c->errors > 0)
		return;
	comp_tables(c);
	for (f = c->funcs; f != NULL && c->errors < UNIT_ERRORS_MAX;
	    f = f->next) {
		p->protos[f->proto->number] = f->proto;
		gen_func(c, f);
	}
	for (m = c->modules; m != NULL; m = m->next) {
		p->modules[m->number].file = m->name;
		p->modules[m->number].main = m->main->proto;
		p->modules[m->number].nglobals = (uint16_t)m->main->nvars;
	}
}

/* ---- hsl_compile() ----------------------------------------------------- */

static void
comp_host_variables(struct unit *c, struct func *main_func)
{
	const struct hsl_variable	*v;
	struct parser			 p = { .c = c, .func = main_func };
	struct var			*var;

	if (c->host == NULL || c->host->variables == NULL)
		return;
	for (v = c->host->variables; v->name != NULL; v++) {
		var = parse_declare(&p, main_func,
		    arena_str(&c->arena, str_of(v->name)));
		var->read_only = v->read_only;
		/* The host may leave it unset. */
		var->unset = true;
		c->program->nhost_vars++;
	}
}

static void
comp_check_host(const struct hsl_host *host)
{
#ifndef NDEBUG
	const struct hsl_function	*f;

	if (host == NULL)
		return;
	for (f = host->functions; f != NULL && f->name != NULL; f++)
		if (table_find(hsl_core_functions, str_of(f->name)) != NULL)
			panic("hsl: host function %s is in the core library",
			    f->name);
#else
	(void)host;
#endif
}

void
comp_begin(struct unit *c, const struct hsl_host *host, const char *file)
{
	struct hsl_program	*p = xcalloc(1, sizeof *p);
	struct unit_module	*m;

	comp_check_host(host);
	*c = (struct unit){ .program = p, .host = host };
	p->refs = 1;
	p->shared = host != NULL ? host->cache : NULL;
	p->barriers = host != NULL ? host->barriers : NULL;
	p->constants = exec_new_bare(comp_limits.constants_bytes);
	p->constants->space.heap.fail_in = comp_limits.constants_fail;
	c->last_module = &c->modules;
	c->last_class = &c->classes;
	c->last_func = &c->funcs;
	m = unit_module_new(c, file);
	unit_file(c, file);
	comp_host_variables(c, m->main);
}

void
comp_finish(struct unit *c)
{
	struct hsl_program	*p = c->program;

	link_modules(c);
	if (p->nprotos > OVERFLOW_MAX)
		unit_error(c, unit_place(c, 0, 1, 1), "too many functions");
	if (c->errors == 0) {
		advice_check(c);
		comp_generate(c);
	}
	if (c->errors == 0 && p->constants->space.heap.over)
		unit_error(c, unit_place(c, 0, 1, 1), "-");
}

struct hsl_program *
hsl_compile(const struct hsl_host *host, const char *file, struct str source,
    hsl_diag_fn *report, void *arg)
{
	struct unit		 c;
	struct func		*f;

	comp_begin(&c, host, file);
	c.report = report;
	c.report_arg = arg;
	f = c.modules->main;
	if (source.len > UNIT_SOURCE_MAX)
		unit_error(&c, unit_place(&c, 0, 1, 1),
		    "the script is too long");
	else
		f->body = parse_text(&c, f, file, source, NULL);
	comp_finish(&c);
	arena_free(&c.arena);
	if (c.errors > 0)
		hsl_program_unref(&c.program);
	return c.program;
}
