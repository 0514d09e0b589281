/*
 * Variables: where a name is declared, which variable it means, and what may
 * stand left of an assignment.
 */
#include "hsl/syntax/parse.h"

struct var *
parse_declare(struct parser *p, struct func *f, struct str name)
{
	struct var	*v = symtab_get(&f->vars, name), **list;

	if (v != NULL)
		return v;
	if (f->nvars >= 30000) {
		parse_error(p, "too many variables in one function");
		return NULL;
	}
	v = arena_alloc(&p->c->arena, sizeof *v);
	v->name = name;
	v->func = f;
	v->index = (uint16_t)f->nvars;
	if ((f->nvars & (f->nvars - 1)) == 0) {
		list = arena_alloc(&p->c->arena,
		    (f->nvars ? f->nvars * 2 : 1) * sizeof *list);
		for (uint32_t i = 0; i < f->nvars; i++)
			list[i] = f->var_list[i];
		f->var_list = list;
	}
	f->var_list[f->nvars++] = v;
	symtab_put(&f->vars, &p->c->arena, name, v);
	return v;
}

struct var *
parse_variable(struct parser *p, struct str name)
{
	if (str_eq(name, STR("this")) &&
	    symtab_get(&p->func->vars, name) == NULL)
		parse_error(p, "$this stands in methods, and in functions "
		    "with closure ($this)");
	return parse_declare(p, p->func, name);
}

bool
parse_is_lvalue(const struct node *n)
{
	switch (n->kind) {
	case N_VAR:
	case N_PROP:
	case N_INDEX:
	case N_APPEND:
	case N_SLICE:
		return true;
	case N_SCOPE:
		return n->postfix;
	default:
		return false;
	}
}

/* The variable that a chain of indexes writes to; NULL if it writes to a
 * property or a static. */
static const struct node *
parse_root(const struct node *n)
{
	while (n->kind == N_INDEX || n->kind == N_APPEND || n->kind == N_SLICE)
		n = n->a;
	return n;
}

static void
parse_check_pattern(struct parser *p, struct node *pattern)
{
	struct node	*i, *target;
	int		 keyed = -1;

	if (pattern->list == NULL)
		parse_error(p, "a pattern without variables");
	for (i = pattern->list; i != NULL && !p->panic; i = i->next) {
		target = i->kind == N_SPREAD ? i->a : i->b;
		if (i->kind == N_ITEM && keyed != -1 &&
		    keyed != (i->a != NULL)) {
			parse_error(p, "a pattern has keys for all or none");
			return;
		}
		if (i->kind == N_ITEM)
			keyed = i->a != NULL;
		if (target == NULL)
			continue;
		if (i->kind == N_SPREAD && i->next != NULL)
			parse_error(p, "'...' must be last in a pattern");
		/* `$a = 1` in a pattern is a target and its default. */
		if (target->kind == N_ASSIGN && target->op == T_SET &&
		    i->kind == N_ITEM)
			continue;
		if (target->kind == N_DESTRUCT && i->kind == N_ITEM)
			continue;
		if (target->kind != N_ARRAY && !parse_is_lvalue(target)) {
			parse_error(p, "a pattern holds variables only");
			return;
		}
		parse_check_target(p, target);
	}
}

void
parse_check_target(struct parser *p, struct node *n)
{
	const struct node	*root;

	if (p->panic)
		return;
	if (n->kind == N_ARRAY) {
		if (!parse_enter(p))
			return;
		parse_check_pattern(p, n);
		parse_leave(p);
		return;
	}
	root = parse_root(n);
	if (root->kind == N_VAR && str_eq(root->u.var->name, STR("this")) &&
	    n == root)
		parse_error(p, "$this can't be assigned to");
	if (root->kind != N_VAR && root->kind != N_PROP &&
	    !(root->kind == N_SCOPE && root->postfix))
		parse_error(p, "this can't be assigned to");
}
