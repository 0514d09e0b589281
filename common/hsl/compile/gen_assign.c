/*
 * Assignment: to variables, along paths of indexes and properties, and by
 * pattern; and what else changes a variable or asks whether it is set.
 */
#include "hsl/compile/fold.h"
#include "hsl/compile/gen_path.h"
#include "hsl/run/exec.h"

/* ---- = ----------------------------------------------------------------- */

static uint16_t
gen_assign_path(struct gen *g, struct node *n, uint16_t want, bool drop)
{
	uint16_t	 dst = drop ? REG_ANY : gen_dest(g, n, want), src;
	uint32_t	 mark = g->top;
	struct gen_path	 p;

	gen_path_open(g, &p, n->a, n->b);
	src = gen_value(g, n->b, drop || !gen_is_temp(g, dst) ? REG_ANY :
	    dst);
	/* $v[1] = $v: with a second reference the array is copied before it
	 * is written to, and does not come to hold itself. */
	if (p.root == ROOT_REG && src == p.at.a)
		src = gen_copy(g, n, src);
	if (!drop && src != dst)
		gen_emit(g, n, OP_MOVE, (struct ins){ .a = dst, .b = src });
	gen_path_store(g, &p, src, gen_is_temp(g, src) && src != dst);
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

	gen_value(g, n->a, REG_ANY);		/* throws if unset */
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
	struct gen_path	 p;

	gen_path_open(g, &p, n->a, n->b);
	old = gen_path_read(g, &p, n);
	i.a = i.b = old;
	i.c = gen_value(g, n->b, REG_ANY);
	i.x = gen_is_temp(g, i.c) ? KILL_C : 0;
	gen_emit(g, n, gen_binary_op(n->op), i);
	gen_path_store(g, &p, old, false);
	gen_path_drop(g, &p);
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
	struct gen_path	 p;

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
	gen_path_open(g, &p, n->a, n->b);
	sub.op = (uint8_t)gen_binary_op(n->op);
	sub.a = gen_value(g, n->b, REG_ANY);
	sub.x = gen_is_temp(g, sub.a) ? KILL_B : 0;
	gen_path_emit(g, &p, OP_PATH_OP, dst, sub);
	g->top = mark;
	return dst;
}

static void
gen_coalesce_path(struct gen *g, struct node *n, uint16_t value)
{
	int32_t		 end;
	uint32_t	 log;
	uint16_t	 old;
	struct gen_path	 p;

	gen_path_open(g, &p, n->a, n->b);
	old = gen_path_read(g, &p, n);
	gen_emit(g, n, OP_TAKE, (struct ins){ .a = value, .b = old });
	end = gen_jump(g, n, OP_JSET, (struct ins){ .a = value }, -1);
	log = g->nlog;
	gen_value(g, n->b, value);
	gen_path_store(g, &p, value, false);
	gen_forget(g, log);
	gen_patch(g, end);
	gen_path_drop(g, &p);
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
	struct gen_path	 p;

	if (n->a->kind == N_VAR &&
	    (reg = gen_var_reg(g, n->a->u.var)) != REG_NONE) {
		gen_writable(g, n->a);
		gen_value(g, n->a, REG_ANY);	/* throws if unset */
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
	gen_path_open(g, &p, n->a, NULL);
	sub.op = n->op == T_INC ? OP_INC : OP_DEC;
	sub.x = n->postfix;
	gen_path_emit(g, &p, OP_PATH_INC, dst, sub);
	g->top = mark;
	return dst;
}

/* ---- isset, unset ------------------------------------------------------ */

uint16_t
gen_unset(struct gen *g, struct node *n, uint16_t want)
{
	uint16_t	 dst = gen_dest(g, n, want), reg;
	uint32_t	 mark = g->top;
	struct gen_path	 p;

	if (n->a->kind == N_VAR)
		gen_writable(g, n->a);
	if (n->a->kind == N_VAR &&
	    (reg = gen_var_reg(g, n->a->u.var)) != REG_NONE) {
		gen_emit(g, n, OP_UNSET, (struct ins){ .a = reg, .b = dst });
		return dst;
	}
	gen_path_open(g, &p, n->a, NULL);
	gen_path_emit(g, &p, OP_PATH_UNSET, dst, (struct ins){ .a = 0 });
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
	struct gen_path	 p;

	if (target->kind == N_VAR)
		gen_var_set(g, target, src, false);
	else if (target->kind == N_ARRAY)
		gen_pattern(g, target, src);
	else {
		gen_path_open(g, &p, target, NULL);
		gen_path_store(g, &p, src, false);
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
