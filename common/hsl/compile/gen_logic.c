/*
 * Code that asks whether something is true: conditions become jumps, without a
 * value in between; and, or, the ternary, ?? and match stand on them.
 */
#include "hsl/compile/fold.h"
#include "hsl/compile/gen.h"
#include "hsl/run/exec.h"

struct fused {
	enum opcode	 when;		/* jumps if it is true */
	enum opcode	 unless;
	bool		 swap;
	bool		 ordered;	/* <, not == */
};

static bool
gen_fused(enum token_kind op, bool constant, struct fused *f)
{
	f->swap = false;
	f->ordered = true;
	switch (op) {
	case T_LESS:
		f->when = constant ? OP_JLTK : OP_JLT;
		f->unless = constant ? OP_JNLTK : OP_JNLT;
		return true;
	case T_LESS_EQUAL:
		f->when = constant ? OP_JLEK : OP_JLE;
		f->unless = constant ? OP_JNLEK : OP_JNLE;
		return true;
	case T_GREATER:
		f->when = constant ? OP_JGTK : OP_JLT;
		f->unless = constant ? OP_JNGTK : OP_JNLT;
		f->swap = !constant;
		return true;
	case T_GREATER_EQUAL:
		f->when = constant ? OP_JGEK : OP_JLE;
		f->unless = constant ? OP_JNGEK : OP_JNLE;
		f->swap = !constant;
		return true;
	case T_EQUAL:
	case T_NOT_EQUAL:
		f->when = constant ? OP_JEQK : OP_JEQ;
		f->unless = constant ? OP_JNEK : OP_JNE;
		break;
	case T_SAME:
	case T_NOT_SAME:
		f->when = constant ? OP_JSAMEK : OP_JSAME;
		f->unless = constant ? OP_JNSAMEK : OP_JNSAME;
		break;
	default:
		return false;
	}
	f->ordered = false;
	if (op == T_NOT_EQUAL || op == T_NOT_SAME) {
		enum opcode	 when = f->when;

		f->when = f->unless;
		f->unless = when;
	}
	return true;
}

/* A comparison and its jump as one instruction; -2 if there is none. */
static int32_t
gen_compare(struct gen *g, struct node *n, bool sense, int32_t list)
{
	struct node		*right = n->list->a;
	uint32_t		 mark = g->top, k = UINT32_MAX;
	struct hsl_value	 v;
	struct fused		 f;
	struct ins		 i = { .a = 0 };
	uint16_t		 l, r = 0;

	if (n->list->next != NULL || !gen_fused(n->list->op, false, &f))
		return -2;
	if (fold_value(g->c, right, &v) && v.type != HSL_ARRAY)
		k = gen_k(g, right, v);
	if (k <= UINT16_MAX && (v.type == HSL_NUMBER || !f.ordered))
		gen_fused(n->list->op, true, &f);
	else
		k = UINT32_MAX;
	l = gen_left(g, n->a, right);
	if (k == UINT32_MAX)
		r = gen_value(g, right, REG_ANY);
	i.b = f.swap ? r : l;
	i.c = k != UINT32_MAX ? (uint16_t)k : f.swap ? l : r;
	i.x = gen_is_temp(g, i.b) ? KILL_B : 0;
	if (k == UINT32_MAX && gen_is_temp(g, i.c))
		i.x |= KILL_C;
	g->top = mark;
	return gen_jump(g, n->list, sense ? f.when : f.unless, i, list);
}

/* and, or: jumps to `list` when the whole is `sense`. */
static int32_t
gen_cond_list(struct gen *g, struct node *n, bool sense, int32_t list)
{
	bool		 stops = n->kind == N_OR;	/* what ends it early */
	int32_t		 past = -1;
	uint32_t	 log;
	struct node	*i;

	log = g->nlog;
	for (i = n->list; i != NULL; i = i->next) {
		if (i->next == NULL)
			list = gen_cond(g, i, sense, list);
		else if (stops == sense)
			list = gen_cond(g, i, sense, list);
		else
			past = gen_cond(g, i, stops, past);
		if (i == n->list)
			log = g->nlog;
	}
	gen_forget(g, log);
	gen_patch(g, past);
	return list;
}

/* Emits a jump, added to `list`, taken if n's truth is `sense`. */
int32_t
gen_cond(struct gen *g, struct node *n, bool sense, int32_t list)
{
	uint32_t		 mark = g->top;
	struct hsl_value	 v;
	uint16_t		 r;
	int32_t			 jump;

	if (g->failed)
		return list;
	if (n->kind == N_UNARY && (n->op == T_BANG || n->op == K_NOT))
		return gen_cond(g, n->a, !sense, list);
	if (n->kind == N_AND || n->kind == N_OR)
		return gen_cond_list(g, n, sense, list);
	if (fold_value(g->c, n, &v))
		return vtrue(v) == sense ? gen_jump(g, n, OP_JUMP,
		    (struct ins){ .a = 0 }, list) : list;
	if (n->kind == N_CHAIN &&
	    (jump = gen_compare(g, n, sense, list)) != -2)
		return jump;
	r = gen_value(g, n, REG_ANY);
	g->top = mark;
	return gen_jump(g, n, sense ? OP_JTRUE : OP_JFALSE,
	    (struct ins){ .a = r, .x = gen_is_temp(g, r) ? KILL_B : 0 },
	    list);
}

/* A condition as a value: true or false. */
static uint16_t
gen_truth(struct gen *g, struct node *n, uint16_t want)
{
	int32_t		 no = gen_cond(g, n, false, -1), end;
	uint32_t	 yes_k = gen_k(g, n, vboolean(true));
	uint32_t	 no_k = gen_k(g, n, vboolean(false));
	uint16_t	 dst = gen_dest(g, n, want);

	gen_emit(g, n, OP_LOADK, (struct ins){ .a = dst,
	    .d = (int32_t)yes_k });
	end = gen_jump(g, n, OP_JUMP, (struct ins){ .a = 0 }, -1);
	gen_patch(g, no);
	gen_emit(g, n, OP_LOADK, (struct ins){ .a = dst, .d = (int32_t)no_k });
	gen_patch(g, end);
	return dst;
}

static uint16_t
gen_ternary(struct gen *g, struct node *n, uint16_t want)
{
	uint16_t	 dst = gen_dest(g, n, want);
	int32_t		 no, end;
	uint32_t	 log;

	if (n->b == NULL) {			/* a ?: c */
		gen_value(g, n->a, dst);
		end = gen_jump(g, n, OP_JTRUE, (struct ins){ .a = dst }, -1);
		log = g->nlog;
		gen_value(g, n->c, dst);
	} else {
		no = gen_cond(g, n->a, false, -1);
		log = g->nlog;
		gen_value(g, n->b, dst);
		gen_forget(g, log);
		end = gen_jump(g, n, OP_JUMP, (struct ins){ .a = 0 }, -1);
		gen_patch(g, no);
		gen_value(g, n->c, dst);
	}
	gen_forget(g, log);
	gen_patch(g, end);
	return dst;
}

static uint16_t
gen_coalesce(struct gen *g, struct node *n, uint16_t want)
{
	uint16_t	 dst = gen_dest(g, n, want);
	int32_t		 end;
	uint32_t	 log;

	gen_quiet(g, n->a, dst);
	end = gen_jump(g, n, OP_JSET, (struct ins){ .a = dst }, -1);
	log = g->nlog;
	gen_value(g, n->b, dst);
	gen_forget(g, log);
	gen_patch(g, end);
	return dst;
}

/* ---- match ------------------------------------------------------------- */

/* Jumps to `list` if R[subject] == value. */
static int32_t
gen_match_value(struct gen *g, struct node *value, uint16_t subject,
    int32_t list)
{
	uint32_t		 mark = g->top, k;
	struct hsl_value	 v;
	struct ins		 i = { .b = subject };

	if (fold_value(g->c, value, &v) && v.type != HSL_ARRAY &&
	    (k = gen_k(g, value, v)) <= UINT16_MAX) {
		i.c = (uint16_t)k;
		return gen_jump(g, value, OP_JEQK, i, list);
	}
	i.c = gen_value(g, value, REG_ANY);
	i.x = gen_is_temp(g, i.c) ? KILL_C : 0;
	g->top = mark;
	return gen_jump(g, value, OP_JEQ, i, list);
}

static int32_t
gen_arm(struct gen *g, struct node *arm, uint16_t dst, uint16_t subject,
    int32_t end)
{
	uint32_t	 log = g->nlog;

	gen_emit(g, arm, OP_DROP, (struct ins){ .a = subject });
	gen_value(g, arm->b, dst);
	gen_forget(g, log);
	return gen_jump(g, arm, OP_JUMP, (struct ins){ .a = 0 }, end);
}

static uint16_t
gen_match(struct gen *g, struct node *n, uint16_t want)
{
	uint16_t	 dst = gen_dest(g, n, want);
	uint32_t	 mark = g->top, log;
	uint16_t	 subject = gen_temp(g, n);
	struct node	*arm, *value, *otherwise = NULL;
	int32_t		 end = -1, body, next;

	gen_value(g, n->a, subject);
	log = g->nlog;
	for (arm = n->list; arm != NULL; arm = arm->next) {
		if (arm->list == NULL) {
			otherwise = arm;
			continue;
		}
		body = -1;
		for (value = arm->list; value != NULL; value = value->next)
			body = gen_match_value(g, value, subject, body);
		gen_forget(g, log);
		next = gen_jump(g, arm, OP_JUMP, (struct ins){ .a = 0 }, -1);
		gen_patch(g, body);
		end = gen_arm(g, arm, dst, subject, end);
		gen_patch(g, next);
	}
	if (otherwise != NULL)
		end = gen_arm(g, otherwise, dst, subject, end);
	else
		gen_emit(g, n, OP_NO_MATCH, (struct ins){ .a = subject });
	gen_patch(g, end);
	g->top = mark;
	return dst;
}

uint16_t
gen_logic(struct gen *g, struct node *n, uint16_t want)
{
	switch (n->kind) {
	case N_AND:
	case N_OR:
		return gen_truth(g, n, want);
	case N_TERNARY:
		return gen_ternary(g, n, want);
	case N_COALESCE:
		return gen_coalesce(g, n, want);
	case N_MATCH:
		return gen_match(g, n, want);
	default:
		if (!g->failed)
			gen_error(g, n, "this has no value");
		return gen_dest(g, n, want);
	}
}
