/*
 * What joins files and scopes: include puts a file in its place, import names
 * what another module has, global names a variable of the top level.
 */
#include <string.h>

#include "hsl/syntax/parse.h"

/* A constant string; false: error. */
static bool
parse_path(struct parser *p, struct str *path)
{
	struct node	*n;

	if (p->tok.kind != T_STRING && p->tok.kind != T_RAW) {
		parse_error(p, "a path in quotes is expected");
		return false;
	}
	n = parse_primary(p);
	if (n->kind != N_STRING) {
		parse_error(p, "a path can't hold variables");
		return false;
	}
	*path = n->text;
	return true;
}

static bool
parse_include_open(struct parser *p, const struct node *at, struct str path,
    struct str *text, const char **name)
{
	const struct parser	*q;

	if (unit_open(p->c, at, path, text, name) == -1) {
		p->panic = p->tok.kind != T_SEMICOLON;
		return false;
	}
	for (q = p; q != NULL; q = q->includer)
		if (strcmp(q->name, *name) == 0) {
			unit_error(p->c, at, "'%s' includes itself", *name);
			return false;
		}
	return true;
}

struct node *
parse_include(struct parser *p)
{
	struct node	*n = parse_node(p, N_BLOCK);
	bool		 once = p->tok.kind == K_INCLUDE_ONCE;
	struct symtab	*seen = &p->func->module->included;
	struct str	 path, text;
	const char	*name;

	parse_advance(p);
	if (!parse_path(p, &path))
		return n;
	if (p->tok.kind != T_SEMICOLON)
		parse_expect(p, T_SEMICOLON);
	if (p->panic || !parse_enter(p))
		return n;
	if (parse_include_open(p, n, path, &text, &name) &&
	    !(once && symtab_get(seen, str_of(name)) != NULL)) {
		symtab_put(seen, &p->c->arena, str_of(name), p);
		n->list = parse_text(p->c, p->func, name, text, p);
	}
	parse_leave(p);
	parse_advance(p);
	return n;
}

/* ---- import ------------------------------------------------------------ */

static void
parse_import_item(struct parser *p, struct import *im)
{
	struct import_item	*i = arena_alloc(&p->c->arena, sizeof *i);
	enum token_kind		 kind = p->tok.kind;

	if (kind != T_VAR && kind != T_NAME) {
		parse_error(p, "a name or variable to import is expected");
		return;
	}
	i->at = parse_node(p, N_NAME);
	i->name = i->as = p->tok.text;
	parse_advance(p);
	if (parse_accept(p, K_AS)) {
		if (p->tok.kind != kind)
			parse_expect(p, kind);
		i->as = p->tok.text;
		parse_advance(p);
	}
	if (p->panic)
		return;
	if (kind == T_VAR) {
		i->var = symtab_get(&p->func->vars, i->as);
		if (i->var != NULL && !i->var->imported) {
			parse_error(p, "$%.*s exists already",
			    (int)i->as.len, i->as.p);
			return;
		}
		if (i->var == NULL &&
		    (i->var = parse_variable(p, i->as)) == NULL)
			return;
		i->var->imported = true;
	} else if (symtab_get(&p->func->names, i->as) != NULL)
		parse_error(p, "'%.*s' exists already", (int)i->as.len,
		    i->as.p);
	i->next = im->items;
	im->items = i;
}

static void
parse_import_list(struct parser *p, struct import *im)
{
	if (p->tok.kind == T_VAR) {
		im->data = parse_variable(p, p->tok.text);
		parse_advance(p);
		return;
	}
	if (parse_accept(p, T_MUL)) {
		parse_expect(p, K_AS);
		im->space = p->tok.text;
		parse_expect(p, T_NAME);
		return;
	}
	parse_expect(p, T_LBRACE);
	while (!p->panic && p->tok.kind != T_RBRACE) {
		parse_import_item(p, im);
		if (!parse_accept(p, T_COMMA))
			break;
	}
	parse_expect(p, T_RBRACE);
}

struct node *
parse_import(struct parser *p)
{
	struct node	*n = parse_node(p, N_IMPORT);
	struct import	*im = arena_alloc(&p->c->arena, sizeof *im);

	n->u.import = im;
	im->at = n;
	if (!p->func->is_main || p->depth != p->top + 1)
		parse_error(p, "import stands at the top level only");
	parse_advance(p);
	parse_import_list(p, im);
	parse_expect(p, K_FROM);
	if (p->panic || !parse_path(p, &im->path))
		return n;
	if (parse_accept(p, K_WITH))
		im->options = parse_primary(p);
	parse_expect(p, T_SEMICOLON);
	*p->func->module->last_import = im;
	p->func->module->last_import = &im->next;
	return n;
}

/* ---- global ------------------------------------------------------------ */

static void
parse_global_name(struct parser *p)
{
	struct func	*main_func = p->func->module->main;
	struct str	 name = p->tok.text;
	struct var	*v, *outer;

	if (p->tok.kind != T_VAR) {
		parse_error(p, "a variable is expected");
		return;
	}
	v = symtab_get(&p->func->vars, name);
	if (v != NULL && v->kind != VAR_ALIAS)
		parse_error(p, "$%.*s exists already in this function",
		    (int)name.len, name.p);
	if (p->panic)
		return;
	outer = parse_declare(p, main_func, name);
	v = parse_variable(p, name);
	if (v != NULL && outer != NULL) {
		v->kind = VAR_ALIAS;
		v->alias = outer;
	}
	parse_advance(p);
}

struct node *
parse_global(struct parser *p)
{
	if (p->func->is_main)
		parse_error(p, "global stands in functions only");
	parse_advance(p);
	do {
		parse_global_name(p);
	} while (parse_accept(p, T_COMMA));
	parse_expect(p, T_SEMICOLON);
	return NULL;
}
