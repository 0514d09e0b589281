/*
 * A session compiles one piece after the other into one program, whose main
 * module is generated anew for each: its variables keep their places, its
 * names may be declared again.  A piece that is refused leaves no trace but
 * constants, and arena memory.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "hsl/compile/comp.h"
#include "hsl/run/throw.h"
#include "hsl/run/vm.h"
#include "hsl/session.h"
#include "hsl/syntax/parse.h"

struct hsl_session {
	struct unit		 c;
	struct hsl_exec		*x;
	/* How many of each the execution has room for. */
	uint32_t		 nmodules;
	uint32_t		 nstatics;
	uint16_t		 nvars;
	uint16_t		 nregs;		/* of the main module */
};

/* What a refused piece takes back. */
struct saved {
	struct symtab		 names;
	struct symtab		 vars;
	struct symtab		 included;
	struct var		**var_list;
	uint32_t		 nvars;
	struct proto		*proto;
	struct unit_module	**last_module;
	uint32_t		 nprotos;
	uint32_t		 room_protos;
	uint32_t		 nmodules;
	uint32_t		 nclasses;
	uint32_t		 nstatics;
};

static struct symtab
session_copy(struct unit *c, const struct symtab *t)
{
	struct symtab	 copy = { .slots = NULL };

	for (uint32_t i = 0; i < t->cap; i++)
		if (t->slots[i].value != NULL)
			symtab_put(&copy, &c->arena, t->slots[i].name,
			    t->slots[i].value);
	return copy;
}

static void
session_save(struct unit *c, struct saved *s)
{
	struct func		*f = c->modules->main;
	struct hsl_program	*p = c->program;

	s->names = session_copy(c, &f->names);
	s->vars = session_copy(c, &f->vars);
	s->included = session_copy(c, &c->modules->included);
	s->var_list = f->var_list;
	s->nvars = f->nvars;
	s->proto = f->proto;
	s->last_module = c->last_module;
	s->nprotos = p->nprotos;
	s->room_protos = p->room_protos;
	s->nmodules = p->nmodules;
	s->nclasses = p->nclasses;
	s->nstatics = p->nstatics;
}

static void
session_restore(struct unit *c, const struct saved *s)
{
	struct func		*f = c->modules->main;
	struct hsl_program	*p = c->program;

	f->names = s->names;
	f->vars = s->vars;
	c->modules->included = s->included;
	f->var_list = s->var_list;
	f->nvars = s->nvars;
	f->proto = s->proto;
	c->last_module = s->last_module;
	*c->last_module = NULL;
	p->nprotos = s->nprotos;
	p->room_protos = s->room_protos;
	p->modules[0].main = s->proto;
	p->nmodules = s->nmodules;
	p->nclasses = s->nclasses;
	p->nstatics = s->nstatics;
}

/* The main module, ready for another text. */
static void
session_open(struct unit *c)
{
	struct unit_module	*m = c->modules;

	c->piece++;
	c->errors = 0;
	m->imports = NULL;
	m->last_import = &m->imports;
	m->done = false;
	m->main->proto = unit_proto(c);
	m->main->next = NULL;
	c->funcs = m->main;
	c->last_func = &m->main->next;
	c->classes = NULL;
	c->last_class = &c->classes;
}

/* An expression at the end is the piece's value, unless it stores one. */
static void
session_result(struct node *body)
{
	while (body != NULL && body->next != NULL)
		body = body->next;
	if (body != NULL && body->kind == N_EXPR &&
	    body->a->kind != N_ASSIGN && body->a->kind != N_DESTRUCT &&
	    body->a->kind != N_INCDEC && body->a->kind != N_UNSET)
		body->kind = N_RETURN;
}

static struct hsl_value *
session_registers(struct hsl_exec *x, uint16_t n)
{
	struct hsl_value	*regs = vheap_alloc(&x->space.heap,
				    n * sizeof *regs);

	for (uint16_t i = 0; regs != NULL && i < n; i++)
		regs[i].type = HSL_UNDEF;
	return regs;
}

/* Registers of the main module: its variables move, the rest is new. */
static bool
session_grow_main(struct hsl_session *s)
{
	const struct proto	*main_proto =
				    s->x->program->modules[0].main;
	struct hsl_value	*old = s->x->globals[0];
	struct hsl_value	*regs = session_registers(s->x,
				    main_proto->nregs);

	if (regs == NULL)
		return false;
	for (uint16_t i = 0; old != NULL && i < s->nregs; i++) {
		if (i < s->nvars)
			regs[i] = old[i];
		else
			vunref(s->x, old[i]);
	}
	if (old != NULL)
		vheap_free(&s->x->space.heap, old, s->nregs * sizeof *old);
	s->x->globals[0] = regs;
	s->nvars = main_proto->nvars;
	s->nregs = main_proto->nregs;
	return true;
}

/* Room in the execution for what a piece has added. */
static bool
session_grow(struct hsl_session *s)
{
	struct hsl_exec			*x = s->x;
	const struct hsl_program	*p = x->program;

	x->globals = xreallocarray(x->globals, p->nmodules,
	    sizeof(struct hsl_value *));
	x->module_run = xreallocarray(x->module_run, p->nmodules,
	    sizeof *x->module_run);
	for (; s->nmodules < p->nmodules; s->nmodules++) {
		x->module_run[s->nmodules] = false;
		x->globals[s->nmodules] = session_registers(x,
		    p->modules[s->nmodules].main->nregs);
		if (x->globals[s->nmodules] == NULL)
			return false;
	}
	x->statics = xreallocarray(x->statics, p->nstatics + 1,
	    sizeof *x->statics);
	for (; s->nstatics < p->nstatics; s->nstatics++)
		x->statics[s->nstatics] = p->statics[s->nstatics];
	return session_grow_main(s);
}

/* Makes an execution ready to run again; its variables stay. */
static void
session_again(struct hsl_exec *x)
{
	x->done = x->failed = x->exited = x->throwing = false;
	x->limit = NULL;
	x->spent = 0;
	x->space.budget = x->slice;
	x->start_ms = clock_mono_ms();
	x->space.heap.over = x->space.heap.used > x->space.heap.limit;
	vset(x, &x->thrown, vnone());
	vset(x, &x->result, vnone());
}

struct hsl_session *
hsl_session_new(const struct hsl_host *host, const struct hsl_limits *limits,
    void *data)
{
	struct hsl_session	*s = xcalloc(1, sizeof *s);
	const struct proto	*p;

	comp_begin(&s->c, host, "input");
	comp_finish(&s->c);
	s->x = hsl_exec_new(s->c.program, limits, data);
	(void)hsl_run(s->x);
	p = s->c.program->modules[0].main;
	s->nmodules = s->c.program->nmodules;
	s->nvars = p->nvars;
	s->nregs = p->nregs;
	return s;
}

struct hsl_exec *
hsl_session_exec(struct hsl_session *s)
{
	return s->x;
}

void
hsl_session_free(struct hsl_session **sp)
{
	struct hsl_session	*s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	hsl_exec_free(&s->x);
	hsl_program_unref(&s->c.program);
	arena_free(&s->c.arena);
	free(s);
}

bool
hsl_session_add(struct hsl_session *s, const char *file, struct str source,
    hsl_diag_fn *report, void *arg)
{
	struct unit	*c = &s->c;
	struct func	*f = c->modules->main;
	struct saved	 saved;

	c->report = report;
	c->report_arg = arg;
	session_save(c, &saved);
	session_open(c);
	f->body = parse_text(c, f, arena_strdup(&c->arena, str_of(file)),
	    arena_str(&c->arena, source), NULL);
	session_result(f->body);
	comp_finish(c);
	if (c->errors > 0) {
		session_restore(c, &saved);
		return false;
	}
	session_again(s->x);
	if (session_grow(s))
		vm_module(s->x, 0);
	else
		throw_limit(s->x, "memory limit exceeded");
	return true;
}

/* Open brackets, or a string, comment or the like that goes on. */
bool
hsl_incomplete(struct str source)
{
	struct lexer	 l;
	struct token	 t;
	int		 depth = 0;

	lexer_init(&l, source);
	for (lexer_next(&l, &t); t.kind != T_EOF; lexer_next(&l, &t)) {
		if (t.kind == T_LPAREN || t.kind == T_LBRACKET ||
		    t.kind == T_LBRACE)
			depth++;
		if (t.kind == T_RPAREN || t.kind == T_RBRACKET ||
		    t.kind == T_RBRACE)
			depth--;
		/* A regular expression stays on its line. */
		if (t.kind == T_ERROR && l.p >= l.end &&
		    !str_prefix(t.text, STR("regular")) &&
		    memmem(t.text.p, t.text.len, "without end", 11) != NULL)
			return true;
	}
	return depth > 0;
}
