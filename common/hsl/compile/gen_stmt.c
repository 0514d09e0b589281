/*
 * Code for statements.  A loop keeps lists of jumps that leave or continue it,
 * which are patched at its end.
 */
#include "base/mem.h"
#include "hsl/compile/fold.h"
#include "hsl/compile/gen_barrier.h"
#include "hsl/run/exec.h"

static void	gen_statement(struct gen *g, struct node *n);

static void
gen_body(struct gen *g, struct node *n)
{
	if (n != NULL)
		gen_statement(g, n);
}

static void
gen_if(struct gen *g, struct node *n)
{
	int32_t		 end = -1, no;
	uint32_t	 log, first = UINT32_MAX;

	for (;;) {
		no = gen_cond(g, n->a, false, -1);
		log = g->nlog;
		/* What the first condition sets is known behind the
		 * statement: it is evaluated in any case. */
		if (first == UINT32_MAX)
			first = log;
		gen_body(g, n->b);
		gen_forget(g, log);
		if (n->c == NULL)
			break;
		end = gen_jump(g, n, OP_JUMP, (struct ins){ .a = 0 }, end);
		gen_patch(g, no);
		no = -1;
		if (n->c->kind != N_IF) {
			gen_body(g, n->c);
			gen_forget(g, log);
			break;
		}
		n = n->c;
	}
	gen_forget(g, first);
	gen_patch(g, no);
	gen_patch(g, end);
}

static void
gen_loop_open(struct gen *g, struct gen_loop *l, bool is_switch)
{
	*l = (struct gen_loop){ g->loop, -1, -1, is_switch };
	g->loop = l;
}

/*
 * The condition stands twice, before the loop and at its end, so that a turn
 * takes one jump.
 */
static void
gen_while(struct gen *g, struct node *cond, struct node *body,
    struct node *step, const struct node *at)
{
	struct gen_loop	 l;
	uint32_t	 log = g->nlog, start;
	int32_t		 out = -1;

	if (cond != NULL)
		out = gen_cond(g, cond, false, -1);
	if (cond != NULL)
		gen_forget(g, log);
	gen_loop_open(g, &l, false);
	start = g->ncode;
	gen_body(g, body);
	gen_forget(g, log);
	gen_patch(g, l.continues);
	for (; step != NULL; step = step->next)
		gen_drop(g, step);
	if (cond != NULL)
		gen_patch_to(g, gen_cond(g, cond, true, -1), start);
	else
		gen_loop_to(g, at, start);
	gen_forget(g, log);
	g->loop = l.prev;
	gen_patch(g, out);
	gen_patch(g, l.breaks);
}

static void
gen_for(struct gen *g, struct node *n)
{
	for (struct node *i = n->a; i != NULL; i = i->next)
		gen_drop(g, i);
	gen_while(g, n->b, n->d, n->c, n);
}

/* The register a foreach may store into directly, or a temporary. */
static uint16_t
gen_foreach_target(struct gen *g, struct node *target)
{
	uint16_t	 reg = REG_NONE;

	if (target == NULL)
		return REG_NONE;
	if (target->kind == N_VAR && !gen_var_root(target->u.var)->read_only)
		reg = gen_var_reg(g, target->u.var);
	return reg != REG_NONE ? reg : gen_temp(g, target);
}

static void
gen_foreach_store(struct gen *g, struct node *target, uint16_t reg)
{
	if (target == NULL)
		return;
	if (!gen_is_temp(g, reg)) {
		gen_know(g, gen_var_root(target->u.var));
		return;
	}
	gen_store(g, target, reg);
	gen_emit(g, target, OP_DROP, (struct ins){ .a = reg });
}

static void
gen_foreach(struct gen *g, struct node *n)
{
	uint32_t	 mark = g->top, log, start;
	uint16_t	 iter = gen_temp(g, n), value, key, src;
	struct gen_loop	 l;
	int32_t		 out;

	gen_temp(g, n);
	src = gen_value(g, n->a, REG_ANY);
	gen_emit(g, n, OP_FOREACH, (struct ins){ .a = iter, .b = src,
	    .x = gen_is_temp(g, src) ? KILL_B : 0 });
	g->top = mark + 2;
	value = gen_foreach_target(g, n->c);
	key = gen_foreach_target(g, n->b);
	log = g->nlog;
	start = g->ncode;
	out = gen_jump(g, n, OP_NEXT, (struct ins){ .a = iter, .b = value,
	    .c = key }, -1);
	gen_foreach_store(g, n->b, key);
	gen_foreach_store(g, n->c, value);
	gen_loop_open(g, &l, false);
	gen_body(g, n->d);
	g->loop = l.prev;
	gen_patch(g, l.continues);
	gen_loop_to(g, n, start);
	gen_forget(g, log);
	gen_patch(g, out);
	gen_patch(g, l.breaks);
	gen_emit(g, n, OP_DROP, (struct ins){ .a = iter });
	g->top = mark;
}

static int32_t
gen_case_jump(struct gen *g, struct node *label, uint16_t subject)
{
	uint32_t		 mark = g->top, k;
	struct hsl_value	 v;
	struct ins		 i = { .b = subject };

	if (fold_value(g->c, label, &v) && v.type != HSL_ARRAY &&
	    (k = gen_k(g, label, v)) <= UINT16_MAX) {
		i.c = (uint16_t)k;
		return gen_jump(g, label, OP_JEQK, i, -1);
	}
	i.c = gen_value(g, label, REG_ANY);
	i.x = gen_is_temp(g, i.c) ? KILL_C : 0;
	g->top = mark;
	return gen_jump(g, label, OP_JEQ, i, -1);
}

static void
gen_switch(struct gen *g, struct node *n)
{
	uint32_t	 mark = g->top, log, count = 0, i = 0;
	uint16_t	 subject = gen_temp(g, n);
	struct gen_loop	 l;
	struct node	*c;
	int32_t		*jumps, otherwise = -1;

	gen_value(g, n->a, subject);
	for (c = n->list; c != NULL; c = c->next)
		count++;
	jumps = arena_alloc(&g->c->arena, (count + 1) * sizeof *jumps);
	log = g->nlog;
	for (c = n->list; c != NULL; c = c->next, i++)
		jumps[i] = c->a == NULL ? -1 : gen_case_jump(g, c->a, subject);
	gen_forget(g, log);
	otherwise = gen_jump(g, n, OP_JUMP, (struct ins){ .a = 0 }, -1);
	gen_loop_open(g, &l, true);
	for (c = n->list, i = 0; c != NULL; c = c->next, i++) {
		if (c->a == NULL) {
			gen_patch(g, otherwise);
			otherwise = -1;
		} else
			gen_patch(g, jumps[i]);
		gen_forget(g, log);
		gen_statements(g, c->list);
	}
	gen_forget(g, log);
	g->loop = l.prev;
	/* A switch is no loop: `continue` in it goes on with the loop
	 * around. */
	if (l.prev != NULL)
		l.prev->continues = gen_join(g, l.continues,
		    l.prev->continues);
	gen_patch(g, otherwise);
	gen_patch(g, l.breaks);
	gen_emit(g, n, OP_DROP, (struct ins){ .a = subject });
	g->top = mark;
}

static void
gen_try(struct gen *g, struct node *n)
{
	struct handler	 h = { .start = g->ncode };
	uint32_t	 log = g->nlog;
	int32_t		 end;

	gen_statement(g, n->a);
	gen_forget(g, log);
	h.end = g->ncode;
	end = gen_jump(g, n, OP_JUMP, (struct ins){ .a = 0 }, -1);
	h.handler = g->ncode;
	h.reg = gen_temp(g, n);
	g->handlers = xreallocarray(g->handlers, g->nhandlers + 1,
	    sizeof *g->handlers);
	g->handlers[g->nhandlers++] = h;
	gen_var_set(g, n->b, h.reg, true);
	g->top--;
	gen_statement(g, n->c);
	gen_forget(g, log);
	gen_patch(g, end);
}

static void
gen_break(struct gen *g, struct node *n)
{
	struct gen_loop	*l = g->loop;

	while (n->kind == N_CONTINUE && l != NULL && l->is_switch &&
	    l->prev != NULL)
		l = l->prev;
	if (l == NULL || (n->kind == N_CONTINUE && l->is_switch)) {
		gen_error(g, n, "'%s' outside of a loop",
		    n->kind == N_BREAK ? "break" : "continue");
		return;
	}
	gen_barrier_leave_to(g, l);
	if (n->kind == N_BREAK)
		l->breaks = gen_jump(g, n, OP_JUMP, (struct ins){ .a = 0 },
		    l->breaks);
	else
		l->continues = gen_jump(g, n, OP_JUMP,
		    (struct ins){ .a = 0 }, l->continues);
}

static void
gen_import(struct gen *g, struct node *n)
{
	struct import	*im = n->u.import;
	uint16_t	 r;

	if (im->module != NULL) {
		gen_emit(g, n, OP_IMPORT, (struct ins){
		    .d = (int32_t)im->module->number });
		return;
	}
	if (im->data == NULL)
		return;
	r = gen_temp(g, n);
	gen_emit(g, n, OP_LOADK, (struct ins){ .a = r,
	    .d = (int32_t)gen_k(g, n, im->value) });
	n->u.var = im->data;
	gen_var_set(g, n, r, true);
	g->top--;
}

static void
gen_unary_statement(struct gen *g, struct node *n, enum opcode op)
{
	uint32_t	 mark = g->top;
	uint16_t	 r = gen_value(g, n->a, REG_ANY);

	gen_emit(g, n, op, (struct ins){ .a = r,
	    .x = gen_is_temp(g, r) ? KILL_B : 0 });
	g->top = mark;
}

static void
gen_return(struct gen *g, struct node *n)
{
	uint32_t	 mark = g->top;
	uint16_t	 r;

	if (n->a != NULL && g->barrier == NULL) {
		gen_unary_statement(g, n, OP_RETURN);
		return;
	}
	r = n->a != NULL ? gen_value(g, n->a, gen_temp(g, n)) : 0;
	gen_barrier_leave_to(g, NULL);
	gen_emit(g, n, n->a != NULL ? OP_RETURN : OP_RETURN_NONE,
	    (struct ins){ .a = r, .x = n->a != NULL ? KILL_B : 0 });
	g->top = mark;
}

static void
gen_yield(struct gen *g, struct node *n)
{
	uint32_t	 mark = g->top;
	struct node	 none = *n;
	struct ins	 i = { .a = REG_NONE };

	none.kind = N_NONE;
	if (n->a != NULL)
		i.a = gen_value(g, n->a, gen_temp(g, n));
	i.b = gen_value(g, n->b != NULL ? n->b : &none, gen_temp(g, n));
	gen_emit(g, n, OP_YIELD, i);
	g->top = mark;
}

static void
gen_statement(struct gen *g, struct node *n)
{
	if (g->failed)
		return;
	switch (n->kind) {
	case N_BLOCK:
		gen_statements(g, n->list);
		break;
	case N_EXPR:
		gen_drop(g, n->a);
		break;
	case N_ECHO:
		gen_unary_statement(g, n, OP_ECHO);
		break;
	case N_RETURN:
		gen_return(g, n);
		break;
	case N_IF:
		gen_if(g, n);
		break;
	case N_WHILE:
		gen_while(g, n->a, n->b, NULL, n);
		break;
	case N_FOR:
		gen_for(g, n);
		break;
	case N_FOREACH:
		gen_foreach(g, n);
		break;
	case N_SWITCH:
		gen_switch(g, n);
		break;
	case N_TRY:
		gen_try(g, n);
		break;
	case N_BARRIER:
		gen_barrier(g, n);
		break;
	case N_BREAK:
	case N_CONTINUE:
		gen_break(g, n);
		break;
	case N_YIELD:
		gen_yield(g, n);
		break;
	case N_IMPORT:
		gen_import(g, n);
		break;
	default:
		break;
	}
}

/* After an error go on, to report the next one, too. */
void
gen_statements(struct gen *g, struct node *list)
{
	bool		 failed = g->failed;
	uint32_t	 mark = g->top;

	for (; list != NULL; list = list->next) {
		g->failed = false;
		gen_statement(g, list);
		g->top = mark;
		failed |= g->failed;
	}
	g->failed = failed;
}
