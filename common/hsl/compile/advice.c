/*
 * Warnings about names: a variable that is read and that nothing assigns,
 * anywhere and in whatever order.  What isset() asks for is let alone, as the
 * author knows that it may be missing.
 *
 * There are two walks over all functions: the first marks variables that are
 * assigned, the second looks at those that are read.  A mark is on the variable
 * that `global`, `closure` and import lead to.
 */
#include <stdarg.h>
#include <stdio.h>

#include "hsl/compile/advise.h"
#include "hsl/syntax/hint.h"

#define TOLD_MAX	100		/* warnings of one kind */

static void	advise(struct advisor *a, const struct node *n);

void
advice_warn(const struct unit *c, const struct node *at, const char *fmt, ...)
{
	char		 text[512];
	struct hsl_diag	 d = { .file = c->program->files[at->file],
			    .line = (int)at->line, .column = at->column,
			    .text = text };
	va_list		 ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	c->host->warn(c->host->warn_arg, &d);
}

/* ---- Variables --------------------------------------------------------- */

static struct var *
advice_root(struct var *v)
{
	while (v->kind != VAR_LOCAL)
		v = v->alias;
	return v;
}

static void
advice_assign(struct var *v)
{
	if (v != NULL)
		advice_root(v)->assigned = true;
}

/* Whether a variable of that name exists where this function can't see it. */
static bool
advice_hidden(const struct func *f, struct str name, bool *closure)
{
	struct var	*v;

	*closure = f->name.len == 0;
	for (; !f->is_main; f = f->parent) {
		v = *closure ? symtab_get(&f->parent->vars, name) :
		    symtab_get(&f->module->main->vars, name);
		if (v != NULL && advice_root(v)->assigned)
			return true;
		/* Beyond a function with a name only its globals are left. */
		if (f->name.len > 0)
			break;
		*closure = *closure && f->parent->name.len == 0;
	}
	return false;
}

/* The nearest name of a variable that has a value here. */
static struct str
advice_near(const struct func *f, struct str name)
{
	struct hint	 h;

	hint_init(&h, name);
	for (uint32_t i = 0; i < f->nvars; i++)
		if (advice_root(f->var_list[i])->assigned)
			hint_try(&h, f->var_list[i]->name);
	return h.near;
}

static void
advice_unassigned(struct advisor *a, const struct node *n, struct var *v)
{
	struct str	 near;
	bool		 closure, hidden;
	int		 len = (int)v->name.len;
	const char	*name = v->name.p;

	if (a->told++ >= TOLD_MAX)
		return;
	hidden = advice_hidden(a->f, v->name, &closure);
	if (hidden && closure)
		advice_warn(a->c, n, "nothing assigns $%.*s in this function; "
		    "for the one outside write 'function (...) closure "
		    "($%.*s)'", len, name, len, name);
	else if (hidden)
		advice_warn(a->c, n, "nothing assigns $%.*s in this function; "
		    "for that of the top level write 'global $%.*s;'", len,
		    name, len, name);
	else if ((near = advice_near(a->f, v->name)).len > 0)
		advice_warn(a->c, n, "nothing assigns $%.*s; is it $%.*s?",
		    len, name, (int)near.len, near.p);
	else
		advice_warn(a->c, n, "nothing assigns $%.*s", len, name);
}

static void
advice_read(struct advisor *a, const struct node *n)
{
	struct var	*v = n->u.var, *root;

	if (!a->reads || v == NULL || v->told ||
	    str_eq(v->name, STR("this")))
		return;
	root = advice_root(v);
	if (root->assigned || root->asked || v->asked)
		return;
	v->told = true;
	advice_unassigned(a, n, v);
}

/* ---- The walk ---------------------------------------------------------- */

static void
advise_list(struct advisor *a, const struct node *n)
{
	for (; n != NULL; n = n->next)
		advise(a, n);
}

/* namespace::$name may be of any module. */
static void
advise_scope(struct advisor *a, const struct node *n)
{
	const struct unit_module	*m;

	for (m = a->c->modules; m != NULL; m = m->next)
		advice_assign(symtab_get(&m->main->vars, n->u.name));
}

/* What an assignment writes to. */
static void
advise_target(struct advisor *a, const struct node *n)
{
	const struct node	*i;

	if (n == NULL)
		return;
	switch (n->kind) {
	case N_VAR:
		advice_assign(n->u.var);
		break;
	case N_INDEX: case N_APPEND: case N_SLICE:
		advise_target(a, n->a);
		advise(a, n->b);
		advise(a, n->c);
		advise(a, n->d);
		break;
	case N_ARRAY:
		for (i = n->list; i != NULL; i = i->next) {
			if (i->kind == N_ITEM)
				advise(a, i->a);
			advise_target(a, i->kind == N_ITEM ? i->b : i->a);
		}
		break;
	case N_SCOPE:
		advise_scope(a, n);
		break;
	default:
		/* A default in a pattern is an assignment, too. */
		advise(a, n);
	}
}

/* What isset, unset and ?? look at, which may be missing. */
static void
advise_quiet(struct advisor *a, const struct node *n, bool isset)
{
	switch (n->kind) {
	case N_VAR:
		if (isset && n->u.var != NULL)
			n->u.var->asked = advice_root(n->u.var)->asked = true;
		break;
	case N_INDEX: case N_SLICE: case N_PROP: case N_APPEND:
		advise_quiet(a, n->a, isset);
		advise(a, n->b);
		advise(a, n->c);
		advise(a, n->d);
		break;
	default:
		advise(a, n);
	}
}

static void
advise_children(struct advisor *a, const struct node *n)
{
	advise(a, n->a);
	advise(a, n->b);
	advise(a, n->c);
	advise(a, n->d);
	advise_list(a, n->list);
}

/* A chain of else-ifs may be longer than the stack is deep. */
static void
advise_if(struct advisor *a, const struct node *n)
{
	for (; n != NULL && n->kind == N_IF; n = n->c) {
		advise(a, n->a);
		advise(a, n->b);
	}
	advise(a, n);
}

static void
advise_import(const struct import *im)
{
	const struct import_item	*i;

	advice_assign(im->data);
	if (im->module == NULL)
		for (i = im->items; i != NULL; i = i->next)
			advice_assign(i->var);
}

static void
advise(struct advisor *a, const struct node *n)
{
	if (n == NULL)
		return;
	switch (n->kind) {
	case N_VAR:
		advice_read(a, n);
		break;
	case N_FUNCTION:		/* walked as a function */
		break;
	case N_ASSIGN: case N_DESTRUCT: case N_INCDEC:
		advise_target(a, n->a);
		advise(a, n->b);
		break;
	case N_FOR:			/* a and c are lists */
		advise_list(a, n->a);
		advise(a, n->b);
		advise_list(a, n->c);
		advise(a, n->d);
		break;
	case N_FOREACH:
		advise(a, n->a);
		advise_target(a, n->b);
		advise_target(a, n->c);
		advise(a, n->d);
		break;
	case N_TRY: case N_BARRIER:
		advise(a, n->a);
		advise_target(a, n->b);
		advise(a, n->c);
		break;
	case N_ISSET: case N_UNSET:
		advise_quiet(a, n->a, true);
		break;
	case N_COALESCE:
		advise_quiet(a, n->a, false);
		advise(a, n->b);
		break;
	case N_IF:
		advise_if(a, n);
		break;
	case N_IMPORT:
		advise_import(n->u.import);
		break;
	case N_CALL:
		if (a->reads)
			advise_call(a, n);
		/* FALLTHROUGH */
	default:
		advise_children(a, n);
	}
}

/* ---- The two walks ----------------------------------------------------- */

static void
advice_variables(struct func *main_func, const struct hsl_variable *v)
{
	for (; v != NULL && v->name != NULL; v++)
		advice_assign(symtab_get(&main_func->vars, str_of(v->name)));
}

static void
advice_walk(struct unit *c, bool reads)
{
	struct advisor		 a = { .c = c, .reads = reads };
	const struct node	*p;

	for (a.f = c->funcs; a.f != NULL; a.f = a.f->next) {
		for (p = a.f->params; p != NULL && !reads; p = p->next)
			advise_target(&a, p->a);
		advise_list(&a, a.f->body);
	}
}

void
advice_check(struct unit *c)
{
	const struct hsl_host		*host = c->host;
	const struct unit_module	*m;

	if (host == NULL || host->warn == NULL)
		return;
	order_check(c);
	advice_variables(c->modules->main, host->variables);
	for (m = c->modules; m != NULL && host->advice != NULL; m = m->next)
		advice_variables(m->main, host->advice->foreign);
	advice_walk(c, false);
	advice_walk(c, true);
}
