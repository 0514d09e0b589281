/*
 * Assignment: to variables, along paths of indexes and properties, and by
 * pattern.  A path is evaluated left to right, then the value, then one
 * instruction walks and stores.
 */
#include "hsl/compile/fold.h"
#include "hsl/compile/gen.h"
#include "hsl/run/exec.h"

#define PATH_MAX_STEPS	250

struct path {
	enum path_root	 root;
	struct ins	 at;		/* where the root is */
	struct ins	 steps[PATH_MAX_STEPS];
	uint16_t	 nsteps;
	struct node	*node;
};

static void
path_key(struct gen *g, struct path *p, struct node *key, bool copy)
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
path_slice(struct gen *g, struct path *p, struct node *n)
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
path_spine(struct gen *g, struct node *n, struct node **spine)
{
	uint32_t	 count = 0;

	for (; n->kind == N_INDEX || n->kind == N_APPEND ||
	    n->kind == N_SLICE || n->kind == N_PROP; n = n->a) {
		if (count == PATH_MAX_STEPS) {
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

/* read: n is an object's expression; copy: what follows may change it. */
static void
path_root(struct gen *g, struct path *p, struct node *n, bool read,
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
			gen_value(g, n, REG_ANY);	/* CHECK */
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

/* Evaluates everything of the path but what it leads to. */
static void
path_open(struct gen *g, struct path *p, struct node *target,
    const struct node *value)
{
	struct node	*spine[PATH_MAX_STEPS], *n;
	uint32_t	 count = path_spine(g, target, spine);
	bool		 copy = value != NULL && gen_changes(g, value);
	bool		 later = false;

	p->at = (struct ins){ .a = 0 };
	p->nsteps = 0;
	p->node = target;
	/* Keys in variables stay there unless a later key assigns. */
	for (uint32_t i = 0; i < count; i++)
		later |= spine[i]->b != NULL && gen_changes(g, spine[i]->b);
	n = count > 0 ? spine[count - 1]->a : target;
	path_root(g, p, n, count > 0 && spine[count - 1]->kind == N_PROP,
	    copy || later);
	while (count-- > 0 && !g->failed) {
		n = spine[count];
		p->steps[p->nsteps++] = (struct ins){ .op = STEP_PUSH };
		if (n->kind == N_INDEX)
			path_key(g, p, n->b, copy || later);
		else if (n->kind == N_SLICE)
			path_slice(g, p, n);
		else if (n->kind == N_PROP) {
			p->steps[p->nsteps - 1].op = STEP_PROP;
			p->steps[p->nsteps - 1].d =
			    (int32_t)gen_k_text(g, n, n->text);
		}
		if (n->kind == N_SLICE && count > 0)
			gen_error(g, n, "only the last part is assigned to");
	}
}

/* b: result, v: value register; sub: what to do with the two. */
static void
path_emit(struct gen *g, struct path *p, enum opcode op, uint16_t result,
    struct ins sub)
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

/* One key on a variable in a register, and the like, are instructions. */
static bool
path_store_fast(struct gen *g, struct path *p, uint16_t src, bool kill)
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

static void
path_store(struct gen *g, struct path *p, uint16_t src, bool kill)
{
	struct ins	 sub = { .a = src };

	if (p->root == ROOT_REG && p->nsteps > 0 &&
	    p->node->kind != N_PROP && !gen_is_temp(g, p->at.a))
		gen_know(g, g->f->var_list[p->at.a]);
	if (path_store_fast(g, p, src, kill))
		return;
	sub.x = kill ? KILL_B : 0;
	path_emit(g, p, OP_PATH_SET, REG_NONE, sub);
}

/* A copy of what the path leads to, none if nothing; its keys stay. */
static uint16_t
path_read(struct gen *g, struct path *p, struct node *n)
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

/* Keys that both the reading and the storing needed: steps kill none. */
static void
path_drop(struct gen *g, struct path *p)
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

/* ---- = ----------------------------------------------------------------- */

static uint16_t
gen_assign_path(struct gen *g, struct node *n, uint16_t want, bool drop)
{
	uint16_t	 dst = drop ? REG_ANY : gen_dest(g, n, want), src;
	uint32_t	 mark = g->top;
	struct path	 p;

	path_open(g, &p, n->a, n->b);
	src = gen_value(g, n->b, drop || !gen_is_temp(g, dst) ? REG_ANY :
	    dst);
	/* $v[1] = $v: the copy is a second reference: the write separates. */
	if (p.root == ROOT_REG && src == p.at.a)
		src = gen_copy(g, n, src);
	if (!drop && src != dst)
		gen_emit(g, n, OP_MOVE, (struct ins){ .a = dst, .b = src });
	path_store(g, &p, src, gen_is_temp(g, src) && src != dst);
	g->top = mark;
	return dst;
}

static uint16_t
gen_assign_var(struct gen *g, struct node *n, uint16_t want, bool drop)
{
	uint16_t	 reg = gen_var_reg(g, n->a->u.var), src;
	uint32_t	 mark = g->top;

	gen_writable(g, n->a);
	if (reg != REG_NONE) {
		gen_value(g, n->b, reg);
		gen_know(g, gen_var_root(n->a->u.var));
		g->top = mark;
		if (drop || want == REG_ANY)
			return reg;
		if (want != reg)
			gen_emit(g, n, OP_MOVE,
			    (struct ins){ .a = want, .b = reg });
		return want;
	}
	if (drop) {
		src = gen_value(g, n->b, REG_ANY);
		gen_var_set(g, n->a, src, true);
		g->top = mark;
		return src;
	}
	src = gen_value(g, n->b, gen_dest(g, n, want));
	gen_var_set(g, n->a, src, false);
	return src;
}

/* ---- op=, ??= ---------------------------------------------------------- */

static uint16_t
gen_assign_op_var(struct gen *g, struct node *n, uint16_t reg)
{
	enum opcode	 op = gen_binary_op(n->op);
	uint32_t	 mark = g->top, k;
	struct ins	 i = { .a = reg, .b = reg };
	struct hsl_value v;

	gen_value(g, n->a, REG_ANY);		/* CHECK */
	if ((op == OP_ADD || op == OP_SUB) && n->b->kind == N_NUMBER &&
	    fold_value(g->c, n->b, &v) && (k = gen_k(g, n, v)) <= UINT16_MAX) {
		i.c = (uint16_t)k;
		gen_emit(g, n, op == OP_ADD ? OP_ADDK : OP_SUBK, i);
		return reg;
	}
	i.c = gen_value(g, n->b, REG_ANY);
	i.x = gen_is_temp(g, i.c) ? KILL_C : 0;
	if (op == OP_CONCAT) {
		i.b = i.c;
		i.x = i.x ? KILL_B : 0;
		op = OP_APPEND;
	}
	if (op == OP_ADD)
		i.x |= INTO;
	gen_emit(g, n, op, i);
	g->top = mark;
	return reg;
}

/* A slice is read, changed, and put in its place. */
static uint16_t
gen_slice_op(struct gen *g, struct node *n, uint16_t want)
{
	uint16_t	 dst = gen_dest(g, n, want), old;
	uint32_t	 mark = g->top;
	struct ins	 i = { .a = 0 };
	struct path	 p;

	path_open(g, &p, n->a, n->b);
	old = path_read(g, &p, n);
	i.a = i.b = old;
	i.c = gen_value(g, n->b, REG_ANY);
	i.x = gen_is_temp(g, i.c) ? KILL_C : 0;
	gen_emit(g, n, gen_binary_op(n->op), i);
	path_store(g, &p, old, false);
	path_drop(g, &p);
	gen_emit(g, n, OP_TAKE, (struct ins){ .a = dst, .b = old });
	g->top = mark;
	return dst;
}

static uint16_t
gen_assign_op(struct gen *g, struct node *n, uint16_t want, bool drop)
{
	uint32_t	 mark;
	uint16_t	 reg, dst;
	struct ins	 sub = { .a = 0 };
	struct path	 p;

	if (n->a->kind == N_VAR &&
	    (reg = gen_var_reg(g, n->a->u.var)) != REG_NONE) {
		gen_writable(g, n->a);
		gen_assign_op_var(g, n, reg);
		if (drop || want == REG_ANY || want == reg)
			return reg;
		gen_emit(g, n, OP_MOVE, (struct ins){ .a = want, .b = reg });
		return want;
	}
	if (n->a->kind == N_SLICE)
		return gen_slice_op(g, n, want);
	dst = drop ? REG_NONE : gen_dest(g, n, want);
	mark = g->top;
	path_open(g, &p, n->a, n->b);
	sub.op = (uint8_t)gen_binary_op(n->op);
	sub.a = gen_value(g, n->b, REG_ANY);
	sub.x = gen_is_temp(g, sub.a) ? KILL_B : 0;
	path_emit(g, &p, OP_PATH_OP, dst, sub);
	g->top = mark;
	return dst;
}

static void
gen_coalesce_path(struct gen *g, struct node *n, uint16_t value)
{
	int32_t		 end;
	uint32_t	 log;
	uint16_t	 old;
	struct path	 p;

	path_open(g, &p, n->a, n->b);
	old = path_read(g, &p, n);
	gen_emit(g, n, OP_TAKE, (struct ins){ .a = value, .b = old });
	end = gen_jump(g, n, OP_JSET, (struct ins){ .a = value }, -1);
	log = g->nlog;
	gen_value(g, n->b, value);
	path_store(g, &p, value, false);
	gen_forget(g, log);
	gen_patch(g, end);
	path_drop(g, &p);
}

static uint16_t
gen_assign_coalesce(struct gen *g, struct node *n, uint16_t want)
{
	uint16_t	 dst = gen_dest(g, n, want);
	uint32_t	 log, mark = g->top;
	int32_t		 end;
	uint16_t	 value = gen_temp(g, n);

	if (n->a->kind != N_VAR)
		gen_coalesce_path(g, n, value);
	else {
		gen_quiet(g, n->a, value);
		end = gen_jump(g, n, OP_JSET, (struct ins){ .a = value }, -1);
		log = g->nlog;
		gen_value(g, n->b, value);
		gen_store(g, n->a, value);
		gen_forget(g, log);
		gen_patch(g, end);
		gen_know(g, gen_var_root(n->a->u.var));
	}
	gen_emit(g, n, OP_TAKE, (struct ins){ .a = dst, .b = value });
	g->top = mark;
	return dst;
}

uint16_t
gen_assign(struct gen *g, struct node *n, uint16_t want, bool drop)
{
	if (n->op == T_COALESCE_SET)
		return gen_assign_coalesce(g, n, want);
	if (n->op != T_SET)
		return gen_assign_op(g, n, want, drop);
	if (n->a->kind == N_VAR)
		return gen_assign_var(g, n, want, drop);
	return gen_assign_path(g, n, want, drop);
}

/* ---- ++ -- ------------------------------------------------------------- */

uint16_t
gen_incdec(struct gen *g, struct node *n, uint16_t want, bool drop)
{
	uint32_t	 mark;
	uint16_t	 reg, dst;
	struct ins	 sub = { .a = 0 };
	struct path	 p;

	if (n->a->kind == N_VAR &&
	    (reg = gen_var_reg(g, n->a->u.var)) != REG_NONE) {
		gen_writable(g, n->a);
		gen_value(g, n->a, REG_ANY);	/* CHECK */
		if (n->postfix && !drop) {
			dst = gen_dest(g, n, want);
			gen_emit(g, n, n->op == T_INC ? OP_POST_INC :
			    OP_POST_DEC, (struct ins){ .a = dst, .b = reg });
			return dst;
		}
		gen_emit(g, n, n->op == T_INC ? OP_INC : OP_DEC,
		    (struct ins){ .a = reg });
		if (drop || want == REG_ANY || want == reg)
			return reg;
		gen_emit(g, n, OP_MOVE, (struct ins){ .a = want, .b = reg });
		return want;
	}
	if (n->a->kind == N_SLICE)
		gen_error(g, n, "++ and -- take no slice");
	dst = drop ? REG_NONE : gen_dest(g, n, want);
	mark = g->top;
	path_open(g, &p, n->a, NULL);
	sub.op = n->op == T_INC ? OP_INC : OP_DEC;
	sub.x = n->postfix;
	path_emit(g, &p, OP_PATH_INC, dst, sub);
	g->top = mark;
	return dst;
}

/* ---- isset, unset ------------------------------------------------------ */

uint16_t
gen_unset(struct gen *g, struct node *n, uint16_t want)
{
	uint16_t	 dst = gen_dest(g, n, want), reg;
	uint32_t	 mark = g->top;
	struct path	 p;

	if (n->a->kind == N_VAR)
		gen_writable(g, n->a);
	if (n->a->kind == N_VAR &&
	    (reg = gen_var_reg(g, n->a->u.var)) != REG_NONE) {
		gen_emit(g, n, OP_UNSET, (struct ins){ .a = reg, .b = dst });
		return dst;
	}
	path_open(g, &p, n->a, NULL);
	path_emit(g, &p, OP_PATH_UNSET, dst, (struct ins){ .a = 0 });
	g->top = mark;
	return dst;
}

uint16_t
gen_isset(struct gen *g, struct node *n, uint16_t want)
{
	uint32_t	 mark = g->top, k;
	struct node	*a = n->a;
	struct ins	 i = { .a = 0 };
	enum opcode	 op = OP_HAS_VAR;

	i.b = gen_quiet(g, a->kind == N_INDEX || a->kind == N_PROP ? a->a : a,
	    REG_ANY);
	i.x = gen_is_temp(g, i.b) ? KILL_B : 0;
	if (a->kind == N_INDEX) {
		op = OP_HAS_INDEX;
		i.c = gen_value(g, a->b, REG_ANY);
		i.x |= gen_is_temp(g, i.c) ? KILL_C : 0;
	} else if (a->kind == N_PROP) {
		op = OP_HAS_PROP;
		k = gen_k_text(g, a, a->text);
		if (k > UINT16_MAX)
			gen_error(g, a, "too many constants");
		i.c = (uint16_t)k;
	}
	g->top = mark;
	i.a = gen_dest(g, n, want);
	if (i.a == i.b)
		i.x &= (uint8_t)~KILL_B;
	if (i.a == i.c && op == OP_HAS_INDEX)
		i.x &= (uint8_t)~KILL_C;
	gen_emit(g, n, op, i);
	return i.a;
}

/* ---- Patterns ---------------------------------------------------------- */

static void
gen_pattern_item(struct gen *g, struct node *item, uint16_t src,
    uint16_t position)
{
	uint16_t	 value = gen_temp(g, item), key;
	struct node	*target = item->b;
	struct hsl_value v = vnumber(position);
	int32_t		 set;
	uint32_t	 log;

	key = gen_temp(g, item);
	if (item->a != NULL)
		gen_value(g, item->a, key);
	else
		gen_emit(g, item, OP_LOADK, (struct ins){ .a = key,
		    .d = (int32_t)gen_k(g, item, v) });
	gen_emit(g, item, OP_INDEX, (struct ins){ .a = value, .b = src,
	    .c = key, .x = KILL_C | ITEM });
	g->top--;
	if (target->kind == N_ASSIGN || target->kind == N_DESTRUCT) {
		set = gen_jump(g, item, OP_JSET, (struct ins){ .a = value },
		    -1);
		log = g->nlog;
		gen_value(g, target->b, value);
		gen_forget(g, log);
		gen_patch(g, set);
		target = target->a;
	}
	gen_store(g, target, value);
	gen_emit(g, item, OP_DROP, (struct ins){ .a = value });
	g->top--;
}

static void
gen_pattern(struct gen *g, struct node *pattern, uint16_t src)
{
	uint16_t	 position = 0, rest;
	struct node	*i;

	for (i = pattern->list; i != NULL && !g->failed; i = i->next) {
		if (i->kind == N_ITEM) {
			if (i->b != NULL)
				gen_pattern_item(g, i, src, position);
			position++;
			continue;
		}
		rest = gen_temp(g, i);
		gen_emit(g, i, OP_REST, (struct ins){ .a = rest, .b = src,
		    .c = position });
		gen_store(g, i->a, rest);
		gen_emit(g, i, OP_DROP, (struct ins){ .a = rest });
		g->top--;
	}
}

void
gen_store(struct gen *g, struct node *target, uint16_t src)
{
	uint32_t	 mark = g->top;
	struct path	 p;

	if (target->kind == N_VAR)
		gen_var_set(g, target, src, false);
	else if (target->kind == N_ARRAY)
		gen_pattern(g, target, src);
	else {
		path_open(g, &p, target, NULL);
		path_store(g, &p, src, false);
	}
	g->top = mark;
}

uint16_t
gen_destruct(struct gen *g, struct node *n, uint16_t want)
{
	uint16_t	 src = gen_temp(g, n);

	gen_value(g, n->b, src);
	gen_pattern(g, n->a, src);
	if (want == REG_ANY)
		return src;
	gen_emit(g, n, OP_TAKE, (struct ins){ .a = want, .b = src });
	g->top--;
	return want;
}
