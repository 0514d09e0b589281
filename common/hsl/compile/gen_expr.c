/*
 * Code for the values of expressions: literals, operators and what combines
 * them.  Each function leaves its value in the register that is wanted.
 */
#include "hsl/compile/fold.h"
#include "hsl/compile/gen.h"
#include "hsl/run/exec.h"

/* A destination: what is wanted, or a new temporary. */
uint16_t
gen_dest(struct gen *g, const struct node *at, uint16_t want)
{
	return want == REG_ANY ? gen_temp(g, at) : want;
}

static uint16_t
gen_loadk(struct gen *g, const struct node *n, struct hsl_value v,
    uint16_t want)
{
	uint32_t	 k = gen_k(g, n, v);

	want = gen_dest(g, n, want);
	gen_emit(g, n, OP_LOADK, (struct ins){ .a = want, .d = (int32_t)k });
	return want;
}

enum opcode
gen_binary_op(enum token_kind op)
{
	switch (op) {
	case T_ADD: case T_ADD_SET:
		return OP_ADD;
	case T_SUB: case T_SUB_SET:
		return OP_SUB;
	case T_MUL: case T_MUL_SET:
		return OP_MUL;
	case T_DIV: case T_DIV_SET:
		return OP_DIV;
	case T_MOD: case T_MOD_SET:
		return OP_MOD;
	case T_POW: case T_POW_SET:
		return OP_POW;
	case T_CONCAT: case T_CONCAT_SET:
		return OP_CONCAT;
	case T_BAND:
		return OP_BAND;
	case T_BOR:
		return OP_BOR;
	case T_BXOR:
		return OP_BXOR;
	case T_SHL:
		return OP_SHL;
	case T_SHR:
		return OP_SHR;
	case T_USHR:
		return OP_USHR;
	case T_EQUAL:
		return OP_EQUAL;
	case T_NOT_EQUAL:
		return OP_NOT_EQUAL;
	case T_SAME:
		return OP_SAME;
	case T_NOT_SAME:
		return OP_NOT_SAME;
	case T_LESS: case T_GREATER:
		return OP_LESS;
	case T_LESS_EQUAL: case T_GREATER_EQUAL:
		return OP_LESS_EQUAL;
	default:
		return OP_MATCHES;
	}
}

uint16_t
gen_copy(struct gen *g, const struct node *at, uint16_t reg)
{
	uint16_t	 copy = gen_temp(g, at);

	gen_emit(g, at, OP_MOVE, (struct ins){ .a = copy, .b = reg });
	return copy;
}

bool
gen_changes(const struct gen *g, const struct node *n)
{
	return n->impure || (n->calls && g->f->is_main);
}

uint16_t
gen_left(struct gen *g, struct node *n, const struct node *right)
{
	uint16_t	 reg = gen_value(g, n, REG_ANY);

	if (gen_is_temp(g, reg) || !gen_changes(g, right))
		return reg;
	return gen_copy(g, n, reg);
}

/* R[l] op R[r]; those of the two that are temporaries are used up. */
static uint16_t
gen_operate(struct gen *g, const struct node *at, enum token_kind op,
    uint16_t l, uint16_t r, uint16_t dst)
{
	struct ins	 i = { .a = dst };
	bool		 swap = op == T_GREATER || op == T_GREATER_EQUAL;

	i.b = swap ? r : l;
	i.c = swap ? l : r;
	if (gen_is_temp(g, i.b) && i.b != dst)
		i.x |= KILL_B;
	if (gen_is_temp(g, i.c) && i.c != dst)
		i.x |= KILL_C;
	gen_emit(g, at, gen_binary_op(op), i);
	if (op == T_NOT_MATCHES)
		gen_emit(g, at, OP_NOT, (struct ins){ .a = dst, .b = dst });
	return dst;
}

static bool
gen_number_k(struct gen *g, struct node *n, enum token_kind op,
    enum opcode *kop, uint32_t *k)
{
	struct hsl_value	 v;

	*kop = op == T_ADD ? OP_ADDK : op == T_SUB ? OP_SUBK :
	    op == T_MUL ? OP_MULK : op == T_MOD ? OP_MODK : OP_NOP;
	if (*kop == OP_NOP || n->kind != N_NUMBER || !fold_value(g->c, n, &v))
		return false;
	*k = gen_k(g, n, v);
	return *k <= UINT16_MAX;
}

/* a, then op b, op c ...: each step but the last goes to a temporary. */
static uint16_t
gen_chain(struct gen *g, struct node *n, uint16_t want)
{
	uint32_t	 mark = g->top, k;
	struct node	*t;
	enum opcode	 kop;
	uint16_t	 l, r, dst;
	struct ins	 i;

	l = gen_left(g, n->a, n->list->a);
	for (t = n->list; t != NULL; t = t->next) {
		if (gen_number_k(g, t->a, t->op, &kop, &k)) {
			g->top = mark;
			dst = t->next == NULL && want != REG_ANY ? want :
			    gen_temp(g, t);
			i = (struct ins){ .a = dst, .b = l };
			i.c = (uint16_t)k;
			i.x = gen_is_temp(g, l) && l != dst ? KILL_B : 0;
			gen_emit(g, t, kop, i);
		} else {
			r = gen_value(g, t->a, REG_ANY);
			g->top = mark;
			dst = t->next == NULL && want != REG_ANY ? want :
			    gen_temp(g, t);
			gen_operate(g, t, t->op, l, r, dst);
		}
		l = dst;
	}
	g->top = mark;
	return want != REG_ANY ? want : gen_temp(g, n);
}

static uint16_t
gen_pow(struct gen *g, struct node *n, uint16_t want)
{
	uint32_t	 mark = g->top;
	uint16_t	 l = gen_left(g, n->a, n->b);
	uint16_t	 r = gen_value(g, n->b, REG_ANY);

	g->top = mark;
	return gen_operate(g, n, T_POW, l, r, gen_dest(g, n, want));
}

/* All parts are put into consecutive temporaries, then joined. */
static uint16_t
gen_concat(struct gen *g, struct node *n, uint16_t want)
{
	uint32_t	 mark = g->top, count = 0;
	struct node	*part = n->list;
	uint16_t	 l, r;
	struct ins	 i = { .a = 0 };

	if (part->next != NULL && part->next->next == NULL) {
		l = gen_left(g, part, part->next);
		r = gen_value(g, part->next, REG_ANY);
		g->top = mark;
		return gen_operate(g, n, T_CONCAT, l, r,
		    gen_dest(g, n, want));
	}
	/* A very long chain goes in pieces, each joined to the first. */
	for (; part != NULL; part = part->next) {
		gen_value(g, part, gen_temp(g, part));
		if (++count < 200 && part->next != NULL)
			continue;
		i.a = i.b = (uint16_t)mark;
		i.c = (uint16_t)count;
		g->top = mark;
		if (part->next == NULL)
			i.a = gen_dest(g, n, want);
		else
			gen_temp(g, part);
		gen_emit(g, n, OP_CONCATN, i);
		count = 1;
	}
	return i.a;
}

static uint16_t
gen_unary(struct gen *g, struct node *n, uint16_t want)
{
	uint32_t	 mark = g->top;
	uint16_t	 r = gen_value(g, n->a, REG_ANY);
	struct ins	 i = { .b = r };

	g->top = mark;
	i.a = gen_dest(g, n, want);
	i.x = gen_is_temp(g, r) && r != i.a ? KILL_B : 0;
	gen_emit(g, n, n->op == T_SUB ? OP_NEG : n->op == T_ADD ? OP_PLUS :
	    n->op == T_BNOT ? OP_BNOT : OP_NOT, i);
	return i.a;
}

static void
gen_item(struct gen *g, struct node *item, uint16_t array)
{
	uint32_t	 mark = g->top;
	struct ins	 i = { .a = array };
	enum opcode	 op;

	if (item->kind == N_SPREAD) {
		op = OP_ITEM_SPREAD;
		i.b = gen_value(g, item->a, REG_ANY);
	} else if (item->a != NULL) {
		op = OP_ITEM_KEY;
		i.b = gen_left(g, item->a, item->b);
		i.c = gen_value(g, item->b, REG_ANY);
		i.x = gen_is_temp(g, i.c) ? KILL_C : 0;
	} else {
		op = OP_ITEM;
		i.b = gen_value(g, item->b, REG_ANY);
	}
	i.x |= gen_is_temp(g, i.b) ? KILL_B : 0;
	gen_emit(g, item, op, i);
	g->top = mark;
}

/* Whether the first key of a literal is a name: most often all are. */
static bool
gen_named(struct gen *g, const struct node *item)
{
	struct hsl_value	 v;

	return item != NULL && item->kind == N_ITEM && item->a != NULL &&
	    fold_value(g->c, item->a, &v) && v.type == HSL_STRING &&
	    v.u.string->data[0] > '9';
}

uint16_t
gen_array(struct gen *g, struct node *n, uint16_t want)
{
	uint16_t	 dst = gen_temp(g, n);
	int32_t		 count = 0;
	struct node	*i;

	for (i = n->list; i != NULL; i = i->next)
		count++;
	gen_emit(g, n, OP_ARRAY, (struct ins){ .a = dst, .d = count,
	    .x = gen_named(g, n->list) });
	for (i = n->list; i != NULL; i = i->next) {
		if (i->kind == N_ITEM && i->b == NULL)
			gen_error(g, i, "an expression is expected before "
			    "','");
		else
			gen_item(g, i, dst);
	}
	if (want == REG_ANY)
		return dst;
	gen_emit(g, n, OP_TAKE, (struct ins){ .a = want, .b = dst });
	g->top--;
	return want;
}

static uint16_t
gen_throw(struct gen *g, struct node *n, uint16_t want)
{
	uint32_t	 mark = g->top;
	uint16_t	 r = gen_value(g, n->a, REG_ANY);

	gen_emit(g, n, OP_THROW, (struct ins){ .a = r });
	g->top = mark;
	return gen_dest(g, n, want);
}

/* Whether the code of n writes its destination before it has read all of its
 * operands. */
static bool
gen_writes_early(const struct node *n)
{
	switch (n->kind) {
	case N_AND: case N_OR: case N_TERNARY: case N_COALESCE:
	case N_MATCH:
		return true;
	case N_ASSIGN:
		return n->a->kind != N_VAR;
	default:
		return false;
	}
}

static uint16_t
gen_any(struct gen *g, struct node *n, uint16_t want)
{
	switch (n->kind) {
	case N_VAR:
		return gen_var_get(g, n, want, false);
	case N_ARRAY:
		return gen_array(g, n, want);
	case N_CHAIN:
		return gen_chain(g, n, want);
	case N_POW:
		return gen_pow(g, n, want);
	case N_INTERP:
	case N_CONCAT:
		return gen_concat(g, n, want);
	case N_UNARY:
		return gen_unary(g, n, want);
	case N_INCDEC:
		return gen_incdec(g, n, want, false);
	case N_ASSIGN:
		return gen_assign(g, n, want, false);
	case N_DESTRUCT:
		return gen_destruct(g, n, want);
	case N_INDEX: case N_SLICE: case N_PROP: case N_CALL: case N_SCOPE:
		return gen_postfix(g, n, want, false, false);
	case N_NAME: case N_BUILTIN: case N_FUNCTION:
		return gen_function_value(g, n, want);
	case N_ISSET:
		return gen_isset(g, n, want);
	case N_UNSET:
		return gen_unset(g, n, want);
	case N_THROW:
		return gen_throw(g, n, want);
	case N_APPEND:
		gen_error(g, n, "[] reads nothing");
		return gen_dest(g, n, want);
	case N_CACHE:
		return gen_cache(g, n, want);
	default:
		return gen_logic(g, n, want);
	}
}

uint16_t
gen_value(struct gen *g, struct node *n, uint16_t want)
{
	struct hsl_value	 v;
	uint16_t		 r;

	if (g->failed)
		return gen_dest(g, n, want);
	if (fold_value(g->c, n, &v))
		return gen_loadk(g, n, v, want);
	if (want != REG_ANY && !gen_is_temp(g, want) && gen_writes_early(n)) {
		r = gen_any(g, n, gen_temp(g, n));
		gen_emit(g, n, OP_TAKE, (struct ins){ .a = want, .b = r });
		g->top--;
		return want;
	}
	return gen_any(g, n, want);
}

/* As gen_value(), but what is not set is none. */
uint16_t
gen_quiet(struct gen *g, struct node *n, uint16_t want)
{
	if (n->kind == N_VAR)
		return gen_var_get(g, n, want, true);
	if (n->kind == N_INDEX || n->kind == N_PROP || n->kind == N_SLICE ||
	    n->kind == N_CALL || (n->kind == N_SCOPE && n->postfix))
		return gen_postfix(g, n, want, true, false);
	return gen_value(g, n, want);
}

/* For its effects only. */
void
gen_drop(struct gen *g, struct node *n)
{
	uint32_t	 mark = g->top;
	uint16_t	 r;

	if (n->kind == N_ASSIGN)
		gen_assign(g, n, REG_ANY, true);
	else if (n->kind == N_INCDEC)
		gen_incdec(g, n, REG_ANY, true);
	else if (n->kind == N_CALL)
		gen_postfix(g, n, REG_ANY, false, true);
	else {
		r = gen_value(g, n, REG_ANY);
		if (gen_is_temp(g, r))
			gen_emit(g, n, OP_DROP, (struct ins){ .a = r });
	}
	g->top = mark;
}
