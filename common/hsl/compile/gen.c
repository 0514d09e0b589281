/*
 * The generator's machinery: instructions, jumps, constants, temporaries,
 * and which variables are known to be set.
 *
 * Unpatched jumps are a list threaded through their jump words: d is the
 * index of the next one, -1 ends it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "hsl/compile/fold.h"
#include "hsl/compile/gen.h"
#include "hsl/run/exec.h"
#include "hsl/values/class.h"

void
gen_error(struct gen *g, const struct node *at, const char *fmt, ...)
{
	char	 text[512];
	va_list	 ap;

	if (g->failed)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	unit_error(g->c, at, "%s", text);
	g->failed = true;
}

void
gen_word(struct gen *g, struct ins word)
{
	if (g->ncode == g->code_cap) {
		g->code_cap = g->code_cap ? g->code_cap * 2 : 32;
		g->code = xreallocarray(g->code, g->code_cap,
		    sizeof *g->code);
	}
	g->code[g->ncode++] = word;
}

static void
gen_mark(struct gen *g, const struct node *at)
{
	struct mark	*m = g->nmarks ? &g->marks[g->nmarks - 1] : NULL;

	if (m != NULL && m->line == at->line && m->column == at->column &&
	    m->file == at->file)
		return;
	if (g->nmarks == g->marks_cap) {
		g->marks_cap = g->marks_cap ? g->marks_cap * 2 : 16;
		g->marks = xreallocarray(g->marks, g->marks_cap,
		    sizeof *g->marks);
	}
	m = &g->marks[g->nmarks++];
	*m = (struct mark){ g->ncode, at->line, at->column, at->file };
}

uint32_t
gen_emit(struct gen *g, const struct node *at, enum opcode op,
    struct ins operands)
{
	gen_mark(g, at);
	operands.op = (uint8_t)op;
	gen_word(g, operands);
	return g->ncode - 1;
}

int32_t
gen_jump(struct gen *g, const struct node *at, enum opcode op,
    struct ins operands, int32_t list)
{
	if (op != OP_JUMP)
		gen_emit(g, at, op, operands);
	else
		gen_mark(g, at);
	gen_word(g, (struct ins){ .op = OP_JUMP, .d = list });
	return (int32_t)g->ncode - 1;
}

int32_t
gen_join(struct gen *g, int32_t a, int32_t b)
{
	int32_t	 last = a;

	if (a == -1)
		return b;
	while (g->code[last].d != -1)
		last = g->code[last].d;
	g->code[last].d = b;
	return a;
}

void
gen_patch_to(struct gen *g, int32_t list, uint32_t target)
{
	int32_t	 next;

	for (; list != -1; list = next) {
		next = g->code[list].d;
		g->code[list].d = (int32_t)target - list;
		/* LOOP is a jump that is charged for. */
		if (target <= (uint32_t)list)
			g->code[list].op = OP_LOOP;
	}
}

void
gen_patch(struct gen *g, int32_t list)
{
	gen_patch_to(g, list, g->ncode);
}

void
gen_loop_to(struct gen *g, const struct node *at, uint32_t target)
{
	gen_mark(g, at);
	gen_word(g, (struct ins){ .op = OP_LOOP,
	    .d = (int32_t)target - (int32_t)g->ncode });
}

uint16_t
gen_temp(struct gen *g, const struct node *at)
{
	if (g->top >= REG_ANY - 1) {
		if (!g->failed)
			gen_error(g, at, "expression is too complex");
		return (uint16_t)g->top;
	}
	if (g->top + 1 > g->max)
		g->max = g->top + 1;
	return (uint16_t)g->top++;
}

bool
gen_is_temp(const struct gen *g, uint16_t reg)
{
	return reg >= g->f->nvars;
}

/* A variable of another function may change at any call: nothing is known of
 * it. */
void
gen_know(struct gen *g, const struct var *v)
{
	if (v->func != g->f || v->kind != VAR_LOCAL || v->unset ||
	    g->known[v->index])
		return;
	g->known[v->index] = true;
	g->log[g->nlog++] = v->index;
}

/* Forgets what became known since the log was nlog long: it was known on one
 * branch only. */
void
gen_forget(struct gen *g, uint32_t nlog)
{
	while (g->nlog > nlog)
		g->known[g->log[--g->nlog]] = false;
}

/* ---- Constants --------------------------------------------------------- */

static uint32_t
gen_k_add(struct gen *g, struct hsl_value v)
{
	struct hsl_program	*p = g->c->program;

	if ((p->nk & (p->nk - 1)) == 0)
		p->k = xreallocarray(p->k, p->nk ? p->nk * 2 : 1,
		    sizeof *p->k);
	vimmortal(p->constants, v);
	p->k[p->nk] = v;
	return p->nk++;
}

uint32_t
gen_k(struct gen *g, const struct node *at, struct hsl_value v)
{
	char	 key[24];
	size_t	 len;
	void	*found;
	uint32_t n;

	if (v.type == HSL_STRING)
		return gen_k_text(g, at, vstr_str(v.u.string));
	if (v.type > HSL_NUMBER)
		return gen_k_add(g, v);
	key[0] = (char)v.type;
	len = 1;
	if (v.type == HSL_NUMBER) {
		memcpy(key + 1, &v.u.number, sizeof v.u.number);
		len += sizeof v.u.number;
	} else if (v.type == HSL_BOOLEAN)
		key[len++] = v.u.boolean;
	found = symtab_get(&g->c->constants, (struct str){ key, len });
	if (found != NULL)
		return (uint32_t)((uintptr_t)found - 1);
	n = gen_k_add(g, v);
	symtab_put(&g->c->constants, &g->c->arena,
	    arena_str(&g->c->arena, (struct str){ key, len }),
	    (void *)(uintptr_t)(n + 1));
	return n;
}

uint32_t
gen_k_text(struct gen *g, const struct node *at, struct str text)
{
	struct hsl_exec	*x = g->c->program->constants;
	void		*found;
	uint32_t	 n;

	(void)at;
	found = symtab_get(&g->c->strings, text);
	if (found != NULL)
		return (uint32_t)((uintptr_t)found - 1);
	n = gen_k_add(g, hsl_string(x, text));
	symtab_put(&g->c->strings, &g->c->arena,
	    arena_str(&g->c->arena, text), (void *)(uintptr_t)(n + 1));
	return n;
}

/* ---- A function -------------------------------------------------------- */

static void *
gen_keep(struct gen *g, const void *p, size_t size)
{
	void	*q = arena_alloc(&g->c->program->arena, size ? size : 1);

	return size ? memcpy(q, p, size) : q;
}

static void
gen_params(struct gen *g, struct func *f)
{
	struct proto	*p = f->proto;
	struct node	*n;
	uint32_t	 i = 0;
	struct var	*v;

	p->defaults = gen_keep(g, NULL, 0);
	if (f->nparams > f->nrequired)
		p->defaults = arena_alloc(&g->c->program->arena,
		    (f->nparams - f->nrequired) * sizeof *p->defaults);
	for (n = f->params; n != NULL; n = n->next) {
		if (n->b != NULL)
			fold_must(g->c, n->b, &p->defaults[i++]);
		gen_know(g, n->a->u.var);
	}
	if (f->method && f->nvars > 0)
		gen_know(g, f->var_list[0]);
	for (i = 0; i < f->nvars; i++) {
		v = f->var_list[i];
		if (v->kind == VAR_LOCAL && v->captured && !f->is_main)
			gen_emit(g, f->params != NULL ? f->params :
			    unit_place(g->c, f->file, f->line, f->column),
			    OP_CELL_NEW, (struct ins){ .a = v->index });
	}
}

static void
gen_captures(struct gen *g, struct func *f)
{
	struct proto	*p = f->proto;
	struct capture	*cap;
	struct var	*outer;

	p->ncaptures = (uint16_t)f->ncaptures;
	p->captures = cap = arena_alloc(&g->c->program->arena,
	    (f->ncaptures + 1) * sizeof *cap);
	for (uint32_t i = 0; i < f->ncaptures; i++) {
		outer = f->captures[i]->alias;
		cap[i].from = outer->kind == VAR_CAPTURE ? CAPTURE_OUTER :
		    CAPTURE_LOCAL;
		cap[i].index = outer->index;
		/* A global needs no cell; the capture is never looked at. */
		if (gen_var_root(outer)->func->is_main)
			cap[i].index = REG_NONE;
	}
}

static void
gen_finish(struct gen *g)
{
	struct proto	*p = g->f->proto;
	struct arena	*a = &g->c->program->arena;

	p->code = gen_keep(g, g->code, g->ncode * sizeof *g->code);
	p->ncode = g->ncode;
	p->marks = gen_keep(g, g->marks, g->nmarks * sizeof *g->marks);
	p->nmarks = g->nmarks;
	p->handlers = gen_keep(g, g->handlers,
	    g->nhandlers * sizeof *g->handlers);
	p->nhandlers = g->nhandlers;
	p->nregs = (uint16_t)(g->max + 1);
	p->var_names = arena_alloc(a, (g->f->nvars + 1) *
	    sizeof *p->var_names);
	for (uint32_t i = 0; i < g->f->nvars; i++)
		p->var_names[i] = arena_str(a, g->f->var_list[i]->name);
}

void
gen_func(struct unit *c, struct func *f)
{
	struct gen	 g = { .c = c, .f = f };
	struct proto	*p = f->proto;

	g.top = g.max = f->nvars;
	g.known = xcalloc(f->nvars + 1, sizeof *g.known);
	g.log = xcalloc(f->nvars + 1, sizeof *g.log);
	p->name = arena_str(&c->program->arena, f->name);
	p->nvars = (uint16_t)f->nvars;
	p->nparams = f->nparams;
	p->nrequired = f->nrequired;
	p->variadic = f->variadic;
	p->method = f->method;
	p->generator = f->generator;
	/* 255 arguments mark a call that spreads an array, which is not
	 * plain. */
	p->plain_argc = f->variadic || f->generator || f->nparams >= 255 ?
	    UINT16_MAX : f->nparams;
	p->module = (uint16_t)f->module->number;
	p->class = f->class != NULL ? f->class->vclass : NULL;
	gen_params(&g, f);
	gen_captures(&g, f);
	gen_statements(&g, f->body);
	gen_emit(&g, unit_place(c, f->file, f->line, f->column),
	    OP_RETURN_NONE, (struct ins){ .a = 0 });
	gen_finish(&g);
	free(g.code);
	free(g.marks);
	free(g.handlers);
	free(g.known);
	free(g.log);
}
