/*
 * Where variables live: in a register, in a cell that closures share, or in
 * the globals of a module.
 */
#include "hsl/compile/gen.h"

/* The variable that v stands for, through `global` and `import`. */
struct var *
gen_var_root(struct var *v)
{
	struct var	*outer;

	while (v->kind != VAR_LOCAL) {
		if (v->kind == VAR_CAPTURE) {
			outer = gen_var_root(v->alias);
			return outer->func->is_main ? outer : v;
		}
		v = v->alias;
	}
	return v;
}

enum path_root
gen_var_place(struct gen *g, struct var *v, struct ins *at)
{
	v = gen_var_root(v);
	if (v->func->is_main && v->func != g->f) {
		at->a = (uint16_t)v->func->module->number;
		at->b = v->index;
		return ROOT_GLOBAL;
	}
	at->a = v->index;
	if (v->kind == VAR_CAPTURE)
		return ROOT_OUTER;
	return v->captured && !v->func->is_main ? ROOT_CELL : ROOT_REG;
}

uint16_t
gen_var_reg(struct gen *g, struct var *v)
{
	struct ins	 at = { .a = 0 };

	return gen_var_place(g, v, &at) == ROOT_REG ? at.a : REG_NONE;
}

uint16_t
gen_var_get(struct gen *g, struct node *n, uint16_t want, bool quiet)
{
	struct ins	 at = { .a = 0 }, i = { .a = 0 };
	enum path_root	 root = gen_var_place(g, n->u.var, &at);
	struct var	*v = gen_var_root(n->u.var);

	if (root == ROOT_REG) {
		if (!quiet && !g->known[at.a]) {
			gen_emit(g, n, OP_CHECK, (struct ins){ .a = at.a });
			gen_know(g, v);
		}
		if (want == REG_ANY)
			return at.a;
		if (want != at.a)
			gen_emit(g, n, OP_MOVE,
			    (struct ins){ .a = want, .b = at.a });
		return want;
	}
	i.a = gen_dest(g, n, want);
	i.b = at.a;
	i.c = at.b;
	i.x = quiet ? QUIET : 0;
	gen_emit(g, n, root == ROOT_CELL ? OP_CELL_GET :
	    root == ROOT_OUTER ? OP_OUTER_GET : OP_GLOBAL_GET, i);
	return i.a;
}

void
gen_writable(struct gen *g, const struct node *n)
{
	const struct var	*v = gen_var_root(n->u.var);

	if (v->read_only)
		gen_error(g, n, "$%.*s is read-only", (int)v->name.len,
		    v->name.p);
}

void
gen_var_set(struct gen *g, struct node *n, uint16_t src, bool take)
{
	struct ins	 at = { .a = 0 }, i = { .a = 0 };
	enum path_root	 root = gen_var_place(g, n->u.var, &at);
	struct var	*v = gen_var_root(n->u.var);

	gen_writable(g, n);
	take = take && gen_is_temp(g, src);
	if (root == ROOT_REG) {
		if (src != at.a)
			gen_emit(g, n, take ? OP_TAKE : OP_MOVE,
			    (struct ins){ .a = at.a, .b = src });
		gen_know(g, v);
		return;
	}
	i.x = take ? KILL_B : 0;
	if (root == ROOT_GLOBAL) {
		i.a = src;
		i.b = at.a;
		i.c = at.b;
		gen_emit(g, n, OP_GLOBAL_SET, i);
		return;
	}
	i.a = at.a;
	i.b = src;
	gen_emit(g, n, root == ROOT_CELL ? OP_CELL_SET : OP_OUTER_SET, i);
}
