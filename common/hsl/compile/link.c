/*
 * Imports: every module is parsed once, then its names are bound.  A module
 * exports all of its functions, classes and variables, imported ones too.
 */
#include "hsl/compile/link.h"
#include "hsl/run/exec.h"
#include "hsl/syntax/parse.h"

static struct unit_module *
link_load(struct unit *c, struct import *im)
{
	struct unit_module	*m;
	struct str		 text;
	const char		*name;

	if (unit_open(c, im->at, im->path, &text, &name) == -1)
		return NULL;
	for (m = c->modules; m != NULL; m = m->next)
		if (strcmp(m->name, name) == 0)
			return m;
	m = unit_module_new(c, name);
	m->main->body = parse_text(c, m->main, name, text, NULL);
	return m;
}

static void
link_item(struct unit *c, struct unit_module *m, struct import *im,
    struct import_item *i)
{
	struct func	*from = im->module->main;
	struct var	*v;
	struct decl	*d, *mine;

	if (i->var != NULL) {
		v = symtab_get(&from->vars, i->name);
		if (v == NULL)
			unit_error(c, i->at, "'%s' has no variable $%.*s",
			    im->module->name, (int)i->name.len, i->name.p);
		else if (i->var->kind == VAR_ALIAS && i->var->alias != v)
			unit_error(c, i->at, "$%.*s exists already",
			    (int)i->as.len, i->as.p);
		else {
			i->var->kind = VAR_ALIAS;
			i->var->alias = v;
		}
		return;
	}
	d = symtab_get(&from->names, i->name);
	mine = symtab_get(&m->main->names, i->as);
	if (d == NULL)
		unit_error(c, i->at, "'%s' has no function or class '%.*s'",
		    im->module->name, (int)i->name.len, i->name.p);
	else if (mine != NULL && mine != d)
		unit_error(c, i->at, "'%.*s' is declared twice",
		    (int)i->as.len, i->as.p);
	else if (mine == NULL)
		symtab_put(&m->main->names, &c->arena, i->as, d);
}

static void
link_space(struct unit *c, struct unit_module *m, struct import *im)
{
	struct decl	*d = symtab_get(&m->main->names, im->space);

	if (d != NULL) {
		if (d->kind != DECL_NAMESPACE || d->module != im->module)
			unit_error(c, im->at, "'%.*s' is declared twice",
			    (int)im->space.len, im->space.p);
		return;
	}
	d = arena_alloc(&c->arena, sizeof *d);
	d->kind = DECL_NAMESPACE;
	d->module = im->module;
	symtab_put(&m->main->names, &c->arena, im->space, d);
}

/* A module's own imports are bound first, so that it can pass them on. */
static void
link_module(struct unit *c, struct unit_module *m)
{
	struct import		*im;
	struct import_item	*i;

	m->open = true;
	for (im = m->imports; im != NULL; im = im->next) {
		if (im->module == NULL)
			continue;
		if (im->module->open) {
			unit_error(c, im->at, "'%s' imports itself",
			    im->module->name);
			continue;
		}
		if (!im->module->done && c->depth++ < UNIT_NEST_MAX)
			link_module(c, im->module);
		for (i = im->items; i != NULL; i = i->next)
			link_item(c, m, im, i);
		if (im->space.len > 0)
			link_space(c, m, im);
	}
	m->open = false;
	m->done = true;
}

void
link_modules(struct unit *c)
{
	struct unit_module	*m;
	struct import		*im;

	/* The list grows while it is walked. */
	for (m = c->modules; m != NULL && c->errors == 0; m = m->next)
		for (im = m->imports; im != NULL; im = im->next) {
			if (im->linked)
				continue;
			im->linked = true;
			if (im->data != NULL)
				import_data(c, im);
			else
				im->module = link_load(c, im);
		}
	if (c->errors == 0)
		link_module(c, c->modules);
}
