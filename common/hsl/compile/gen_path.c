/*
 * Paths: what is evaluated before one instruction walks along the indexes and
 * properties and changes what is there (run/path.c).  Keys are evaluated from
 * left to right, and before the value.
 */
#include "hsl/compile/fold.h"
#include "hsl/compile/gen_path.h"
#include "hsl/run/exec.h"

static void
gen_path_key(struct gen *g, struct gen_path *p, struct node *key, bool copy)
{
	struct ins		*s = &p->steps[p->nsteps - 1];
	struct hsl_value	 v;

	if (fold_value(g->c, key, &v)) {
		s->op = STEP_KEYK;
		s->d = (int32_t)gen_k(g, key, v);
		return;
	}
	s->op = STEP_KEY;
	s->a = copy ? gen_value(g, key, gen_temp(g, key)) :
	    gen_value(g, key, REG_ANY);
	s->x = gen_is_temp(g, s->a) ? KILL_B : 0;
}

static void
gen_path_slice(struct gen *g, struct gen_path *p, struct node *n)
{
	struct node	*part[3] = { n->b, n->c, n->d };
	struct node	 none = { .kind = N_NONE };
	uint16_t	 first = 0, r;

	for (int i = 0; i < 3; i++) {
		r = gen_temp(g, n);
		first = i == 0 ? r : first;
		none.line = n->line;
		gen_value(g, part[i] != NULL ? part[i] : &none, r);
	}
	p->steps[p->nsteps - 1].op = STEP_SLICE;
	p->steps[p->nsteps - 1].a = first;
}

/* The nodes of a path, outermost first, down to its root. */
static uint32_t
gen_path_spine(struct gen *g, struct node *n, struct node **spine)
{
	uint32_t	 count = 0;

	for (; n->kind == N_INDEX || n->kind == N_APPEND ||
	    n->kind == N_SLICE || n->kind == N_PROP; n = n->a) {
		if (count == GEN_PATH_STEPS) {
			gen_error(g, n, "too many indexes");
			return 0;
		}
		spine[count++] = n;
		/* What stands before "->" is only read. */
		if (n->kind == N_PROP)
			break;
	}
	return count;
}

/* `read`: n is an object, whose property is written; `copy`: what is evaluated
 * later may change n. */
static void
gen_path_root(struct gen *g, struct gen_path *p, struct node *n, bool read,
    bool copy)
{
	struct unit_class	*class;
	struct unit_member	*m;
	struct var		*v;

	p->root = ROOT_REG;
	if (n->kind == N_VAR && !(read && (copy ||
	    gen_var_reg(g, n->u.var) == REG_NONE))) {
		p->root = gen_var_place(g, n->u.var, &p->at);
		if (!read)
			gen_writable(g, n);
		if (read)
			gen_value(g, n, REG_ANY);	/* throws if unset */
	} else if (n->kind == N_SCOPE && n->postfix && !read &&
	    (v = gen_space_var(g, n)) != NULL) {
		p->root = gen_var_place(g, v, &p->at);
	} else if (n->kind == N_SCOPE && n->postfix && !read) {
		m = gen_static(g, n, &class);
		p->root = ROOT_STATIC;
		p->at.a = m != NULL ? (uint16_t)m->index : 0;
	} else {
		p->at.a = gen_value(g, n, gen_temp(g, n));
	}
}

void
gen_path_open(struct gen *g, struct gen_path *p, struct node *target,
    const struct node *value)
{
	struct node	*spine[GEN_PATH_STEPS], *n;
	uint32_t	 count = gen_path_spine(g, target, spine);
	bool		 copy = value != NULL && gen_changes(g, value);
	bool		 later = false;

	p->at = (struct ins){ .a = 0 };
	p->nsteps = 0;
	p->node = target;
	/* Keys in variables stay there unless a later key assigns. */
	for (uint32_t i = 0; i < count; i++)
		later |= spine[i]->b != NULL && gen_changes(g, spine[i]->b);
	n = count > 0 ? spine[count - 1]->a : target;
	gen_path_root(g, p, n, count > 0 && spine[count - 1]->kind == N_PROP,
	    copy || later);
	while (count-- > 0 && !g->failed) {
		n = spine[count];
		p->steps[p->nsteps++] = (struct ins){ .op = STEP_PUSH };
		if (n->kind == N_INDEX)
			gen_path_key(g, p, n->b, copy || later);
		else if (n->kind == N_SLICE)
			gen_path_slice(g, p, n);
		else if (n->kind == N_PROP) {
			p->steps[p->nsteps - 1].op = STEP_PROP;
			p->steps[p->nsteps - 1].d =
			    (int32_t)gen_k_text(g, n, n->text);
		}
		if (n->kind == N_SLICE && count > 0)
			gen_error(g, n, "only the last part is assigned to");
	}
}

void
gen_path_emit(struct gen *g, struct gen_path *p, enum opcode op,
    uint16_t result, struct ins sub)
{
	struct ins	 i = { .x = (uint8_t)p->root, .a = p->at.a };

	i.b = result;
	i.c = p->nsteps;
	gen_emit(g, p->node, op, i);
	sub.b = p->at.b;
	gen_word(g, sub);
	for (uint16_t s = 0; s < p->nsteps; s++)
		gen_word(g, p->steps[s]);
}

/* The most common paths, such as one key on a variable in a register, have an
 * instruction of their own. */
static bool
gen_path_store_fast(struct gen *g, struct gen_path *p, uint16_t src, bool kill)
{
	struct ins	*s = &p->steps[0], i = { .a = p->at.a };
	uint32_t	 mark = g->top;
	uint32_t	 k = (uint32_t)s->d;

	if (p->root != ROOT_REG || p->nsteps != 1)
		return false;
	if (s->op == STEP_PUSH) {
		i.b = src;
		i.x = kill ? KILL_B : 0;
		gen_emit(g, p->node, OP_SET_PUSH, i);
		return true;
	}
	i.c = src;
	i.x = kill ? KILL_C : 0;
	if (s->op == STEP_PROP && k <= UINT16_MAX) {
		i.b = (uint16_t)k;
		gen_emit(g, p->node, OP_SET_PROP, i);
		return true;
	}
	if (s->op == STEP_KEYK) {
		i.b = gen_temp(g, p->node);
		gen_emit(g, p->node, OP_LOADK,
		    (struct ins){ .a = i.b, .d = s->d });
	} else if (s->op == STEP_KEY) {
		i.b = s->a;
		i.x |= s->x;
	} else
		return false;
	gen_emit(g, p->node, OP_SET_INDEX, i);
	g->top = mark;
	return true;
}

void
gen_path_store(struct gen *g, struct gen_path *p, uint16_t src, bool kill)
{
	struct ins	 sub = { .a = src };

	if (p->root == ROOT_REG && p->nsteps > 0 &&
	    p->node->kind != N_PROP && !gen_is_temp(g, p->at.a))
		gen_know(g, g->f->var_list[p->at.a]);
	if (gen_path_store_fast(g, p, src, kill))
		return;
	sub.x = kill ? KILL_B : 0;
	gen_path_emit(g, p, OP_PATH_SET, REG_NONE, sub);
}

uint16_t
gen_path_read(struct gen *g, struct gen_path *p, struct node *n)
{
	uint16_t	 value = gen_temp(g, n), bounds;
	struct ins	 get = { .a = value, .b = p->at.a, .c = p->at.b,
			    .x = QUIET }, *s;

	if (p->root == ROOT_STATIC)
		get = (struct ins){ .a = value, .x = QUIET, .d = p->at.a };
	gen_emit(g, n, p->root == ROOT_CELL ? OP_CELL_GET :
	    p->root == ROOT_OUTER ? OP_OUTER_GET : p->root == ROOT_GLOBAL ?
	    OP_GLOBAL_GET : p->root == ROOT_STATIC ? OP_STATIC_GET : OP_MOVE,
	    p->root == ROOT_REG ? (struct ins){ .a = value, .b = p->at.a } :
	    get);
	for (s = p->steps; s < p->steps + p->nsteps; s++) {
		s->x = 0;
		get = (struct ins){ .a = value, .b = value, .c = s->a };
		switch (s->op) {
		case STEP_SLICE:
			bounds = gen_copy(g, n, value);
			for (uint16_t i = 0; i < 3; i++)
				gen_copy(g, n, (uint16_t)(s->a + i));
			get.b = bounds;
			gen_emit(g, n, OP_SLICE, get);
			g->top = bounds;
			break;
		case STEP_KEY:
			gen_emit(g, n, OP_INDEX, get);
			break;
		case STEP_PUSH:
			gen_error(g, n, "[] reads nothing");
			break;
		default:
			get.c = (uint16_t)s->d;
			if (s->d > UINT16_MAX)
				gen_error(g, n, "too many constants");
			gen_emit(g, n, s->op == STEP_PROP ? OP_PROP :
			    OP_INDEXK, get);
		}
	}
	return value;
}

void
gen_path_drop(struct gen *g, struct gen_path *p)
{
	for (uint16_t i = 0; i < p->nsteps; i++) {
		struct ins	*s = &p->steps[i];

		if (s->op == STEP_KEY && gen_is_temp(g, s->a))
			gen_emit(g, p->node, OP_DROP,
			    (struct ins){ .a = s->a });
		for (uint16_t b = 0; s->op == STEP_SLICE && b < 3; b++)
			gen_emit(g, p->node, OP_DROP,
			    (struct ins){ .a = (uint16_t)(s->a + b) });
	}
}
